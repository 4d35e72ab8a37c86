/** What is a deeper look at a service? The types of what `test --deep` checks, which each service's file declares. Data only, no I/O. */
import { type HttpStep, type Reference } from "./service";

/** Keys that lead to a value, through every element of an array on the way. */
export type Path = readonly string[];

/** How bad it is: a warning leaves the service connected, `failed` and `unknown` do not. */
export type Level = "warning" | "failed" | "unknown";

/**
 * What is said where something is not as it should be. In both sentences `{label}` and `{value}` stand for those of the row, and `{…}` for the
 * value of a plain variable or for what was captured under that name.
 */
export interface Complaint {
  readonly level: Level;
  readonly class: "configuration" | "permission" | "rate-limit" | "service";
  readonly reason: string;
  readonly remedy: string;
}

/**
 * What holds for each row of an answer; the first rule that does not hold decides on a row.
 * - `one-of`: the value is one of the words (`true` and `false` are words).
 * - `same`: the value is this one.
 * - `not-after`: a time (ISO text, or milliseconds since 1970) that is not later than the captured one.
 */
export type Rule<Name extends string = string> = { readonly at: Path; readonly otherwise: Complaint } & (
  | { readonly kind: "one-of"; readonly words: readonly string[] }
  | { readonly kind: "same"; readonly as: Reference<Name> }
  | { readonly kind: "not-after"; readonly captured: string }
);

interface Asked<Name extends string> {
  /** One or two words, for reports: `calls`. */
  readonly name: string;
  readonly request: HttpStep<Name>;
  /** A status by which the service says that there is none. */
  readonly none?: number;
  /** Leads to the rows. Left out, the answer is one row. */
  readonly rows?: Path;
  /** Leads from a row to what it is called. */
  readonly label?: Path;
}

/**
 * One check over HTTPS. It is left out where something that its request needs was not captured: an earlier check has complained of that.
 * - `rows`: each row is judged by the rules.
 * - `newest`: the newest of the times that a label's rows have is younger than `hours`; every label that was captured under `of` needs one.
 * - `allowance`: how many requests are left, by headers of the last answer; below a tenth is a warning.
 */
export type HttpCheck<Name extends string = string> =
  | (Asked<Name> & {
      readonly kind: "rows";
      /** Only rows with this value, or with a list that holds it. */
      readonly where?: { readonly at: Path; readonly is: string };
      /** Leads to true where the answer does not hold all rows: then it is said that only these were looked at. */
      readonly more?: Path;
      readonly rules: readonly Rule<Name>[];
      /** Where there is no row. */
      readonly empty?: Complaint;
      /** Names under which values of all rows are kept for later checks. */
      readonly capture?: Readonly<Record<string, Path>>;
    })
  | (Asked<Name> & {
      readonly kind: "newest";
      readonly times: readonly Path[];
      readonly of: readonly string[];
      readonly hours: number;
      readonly otherwise: Complaint;
    })
  | {
      readonly kind: "allowance";
      readonly name: string;
      readonly remaining: string;
      readonly limit: string;
      /** What the vendor's page says of the limit. */
      readonly published: string;
    };

/** A privilege on an object whose name's parts are variables: `USAGE` on `SCHEMA` of database and schema. */
export interface Privilege<Name extends string = string> {
  readonly privilege: string;
  /** As `SHOW GRANTS` calls the kind of object. */
  readonly on: string;
  readonly object: readonly Name[];
}

/** The deeper look at Snowflake: where the session stands, what its role holds against what it needs, and whether a query runs. */
export interface SnowflakeDepth<Name extends string = string> {
  /** Each one that the role lacks is a failure, with the GRANT. */
  readonly needs: readonly Privilege<Name>[];
  /** What it may hold besides on objects within this schema; anything else is too much, with the REVOKE. */
  readonly allows: {
    readonly privileges: readonly string[];
    readonly on: readonly string[];
    readonly within: readonly Name[];
  };
  /** A statement that needs a running warehouse. */
  readonly query: string;
}
