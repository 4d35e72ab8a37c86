/** Who may read at one place? What every place is asked for, and what it is worth when it does not answer. */
import { type Service } from "../../../services/service";
import { UnreadableError, type ApiReader } from "../../api-reader";
import { DriverMissingError, SnowflakeRefusal, type Cells } from "../../probes/snowflake-driver";
import { type Settings } from "../../settings";

/** What it is that may read; `object` is what a role reaches, `environment` what stands between a workflow and its secrets. */
export type AccessorKind =
  "user" | "team" | "token" | "role" | "repository" | "key" | "environment" | "object" | "service account" | "link";

/**
 * Somebody or something that may read, or make what may read. What a rotation renews has one name for all its generations, and no end in `how`,
 * so that a review stays true over rotations. Times are ISO 8601 in UTC, as far as the place says them. */
export interface Accessor {
  readonly who: string;
  readonly kind: AccessorKind;
  /** What it may do, in the place's own words. */
  readonly how: string;
  /** Through which team or account. */
  readonly via?: string;
  readonly since?: string;
  readonly lastUsed?: string;
}

/** One place with everybody who was found. */
export interface AccessPlace {
  /** `github payready/sophia`, `esc members of payready`. */
  readonly place: string;
  /**
   * `not available`: this account, edition or token is not shown it (403, 404). `unreadable`: nobody knows why (no answer, 5xx, 401).
   * `not asked`: what it takes to ask is not set. `no api`: there is none; a person has to look.
   */
  readonly state: "read" | "not available" | "unreadable" | "not asked" | "no api";
  /** Why it was not read. */
  readonly reason?: string;
  /** What would make it readable. */
  readonly hint?: string;
  readonly accessors: readonly Accessor[];
  /** What the list does not show. */
  readonly notes: readonly string[];
}

/** What places are asked with. */
export interface AccessWorld {
  readonly settings: Settings;
  readonly catalogue: readonly Service[];
  readonly api: ApiReader;
  /** What consumers read; empty where it could not be opened. */
  readonly published: Readonly<Record<string, string>>;
  /** Runs a statement as Snowflake's administrator. */
  readonly query: (statement: string) => Promise<readonly Cells[]>;
}

/** What a reader found. */
export interface Found {
  readonly accessors: readonly Accessor[];
  readonly notes?: readonly string[];
}

/** Asks one place; what was foreseen to go wrong is a state, anything else is thrown. */
export async function readPlace(place: string, hint: string, read: () => Promise<Found>): Promise<AccessPlace> {
  try {
    const { accessors, notes = [] } = await read();
    return { place, state: "read", accessors: merged(accessors), notes };
  } catch (error) {
    const failure = failureOf(error);
    if (!failure) throw error;
    return { place, ...failure, hint, accessors: [], notes: [] };
  }
}

/** Snowflake's number for what is not there, or must not be seen. */
const DOES_NOT_EXIST = 2003;
const REFUSED = [402, 403, 404];

function failureOf(error: unknown): (Pick<AccessPlace, "state"> & { reason: string }) | undefined {
  if (error instanceof UnreadableError) {
    const isRefused = REFUSED.includes(error.answer?.status ?? 0);
    return { state: isRefused ? "not available" : "unreadable", reason: error.reason };
  }
  if (error instanceof SnowflakeRefusal) {
    const isRefused = error.phase === "statement" && error.errorCode === DOES_NOT_EXIST;
    return { state: isRefused ? "not available" : "unreadable", reason: error.message };
  }
  return error instanceof DriverMissingError ? { state: "unreadable", reason: error.message } : undefined;
}

/** In order of their names; those that are the same but for their times are one, with the newest times. */
function merged(accessors: readonly Accessor[]): Accessor[] {
  const found = new Map<string, Accessor>();
  for (const one of accessors) {
    const key = [one.kind, one.who, one.via ?? "", one.how].join("\n");
    const { since, lastUsed } = found.get(key) ?? {};
    const times = { since: newest(since, one.since), lastUsed: newest(lastUsed, one.lastUsed) };
    const { since: _since, lastUsed: _lastUsed, ...rest } = one;
    found.set(key, { ...rest, ...known(times) });
  }
  return [...found].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, one]) => one);
}

function newest(left: string | undefined, right: string | undefined): string | undefined {
  return (left ?? "") > (right ?? "") ? left : right;
}

/** ISO of seconds since 1970 as Pulumi writes them, where 0 means never. */
export function secondsToIso(seconds: number | undefined): string | undefined {
  return seconds === undefined || seconds <= 0 ? undefined : new Date(seconds * 1000).toISOString();
}

/** The object without what is not known. */
export function known<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
