/** What is a service? The types of the catalogue and the builders with which each service's file is written. Data only, no I/O. */

import { type HttpCheck, type SnowflakeDepth } from "./deep";

/** A place into which a variable's value is written. */
export type Destination = "esc" | "github" | "vercel";

/** One of the two places in which a rotating credential can live at once. */
export type SlotName = "a" | "b";

/** An outside address that is a setting with the real one as its default (see `automation/settings.ts`). */
export type EndpointName = "esc" | "github" | "vercel" | "snowflake";

/** A name and a value that programs read. */
export interface Variable<Name extends string = string> {
  /** True unless declared with {@link plain}: a secret is encrypted in ESC and never shown. */
  readonly secret: boolean;
  readonly description: string;
  readonly destinations: readonly Destination[];
  /** Programs work without it: its absence is no finding. */
  readonly optional: boolean;
  /** The value where neither the intake nor the stack's configuration gives one. */
  readonly defaultValue?: string;
  /** The key of the stack's configuration (without `sophia:`) that holds the value. */
  readonly config?: string;
  /** Another variable of the service that always has the same value: some services have two names for one thing. */
  readonly sameAs?: Name;
  /** A domain that people take for the right one, and why it is not. */
  readonly mistaken?: { readonly domain: string; readonly because: string };
  /** Extra strings that programs of the Python tools read; accepted on import with a warning. */
  readonly aliases: readonly string[];
}

type VariableOptions = Partial<Omit<Variable, "secret">> & { readonly description: string };

const EVERYWHERE: readonly Destination[] = ["esc", "github", "vercel"];

/** A secret variable: the default kind. @default destinations esc, github and vercel */
export function secret<const O extends VariableOptions>(options: O) {
  return { optional: false, destinations: EVERYWHERE, aliases: [], ...options, secret: true } as const;
}

/** A variable that may be read by anybody who can read the program's configuration. @default destinations esc, github and vercel */
export function plain<const O extends VariableOptions>(options: O) {
  return { optional: false, destinations: EVERYWHERE, aliases: [], ...options, secret: false } as const;
}

/**
 * How a slot's material comes to be. `variables` names what the material consists of; they change together.
 * - `snowflake-user`: a Snowflake user of the stack's role. By `password`, each slot is a user of its own; by `key-pair` and `access-token`,
 *   both slots are of one user that has no password: its two public keys, or two of its programmatic access tokens.
 * - `vercel-user-token`: a token made and deleted through the API by a controlling token.
 * - `estuary-token`: the same at Estuary.
 * - `provided`: a person makes the credential and hands it over; no API makes it.
 */
export type Credential<Name extends string = string> = (
  | SnowflakeCredential<Name>
  | { readonly kind: "vercel-user-token"; readonly variables: { readonly token: Name } }
  | { readonly kind: "estuary-token"; readonly variables: { readonly token: Name; readonly url: Name } }
  | { readonly kind: "provided"; readonly variables: readonly Name[]; readonly steps: readonly string[] }
) & {
  /** Where the service says when a credential was last used; left out where it says nothing that tells one from the other. */
  readonly usage?: Usage<Name>;
};

/**
 * Where a service says when a credential was last used. Asked as the controlling identity: asking as the credential would be a use.
 * - `log-ins`: Snowflake's history of the user's log-ins (https://docs.snowflake.com/en/sql-reference/functions/login_history).
 * - `token-list`: one JSON answer with a list of tokens. `list` leads to it, through every element of an array on the way. `identity` tells how a
 *   token is recognised by its value; `usedAt` is ISO text or milliseconds since 1970.
 */
export type Usage<Name extends string = string> =
  | { readonly kind: "log-ins"; readonly user: Name }
  | {
      readonly kind: "token-list";
      readonly token: Name;
      readonly asWhom: "vercel" | "estuary";
      readonly base: { readonly endpoint: EndpointName } | { readonly variable: Name };
      readonly path: string;
      /** A GraphQL query of a connection, which takes `$after` and asks for `pageInfo`; without it the list is read by GET. */
      readonly query?: string;
      /** The field that holds the list or the connection, then the way from each element to what has `identity` and `usedAt`. */
      readonly list: readonly string[];
      /** `ends`: the list shows the first and the last characters. `encoded-id`: the value is base64 of JSON with the id that the list shows. */
      readonly identity:
        | { readonly kind: "ends"; readonly prefix: string; readonly suffix: string }
        | { readonly kind: "encoded-id"; readonly id: string };
      readonly usedAt: string;
    };

/** How a program shows Snowflake who it is; `variables.password` of an access token is where drivers take the token: in the password's place. */
export type SnowflakeCredential<Name extends string = string> = { readonly kind: "snowflake-user" } & (
  | { readonly method: "password"; readonly variables: { readonly user: Name; readonly password: Name } }
  | { readonly method: "key-pair"; readonly variables: { readonly user: Name; readonly privateKey: Name } }
  | { readonly method: "access-token"; readonly variables: { readonly user: Name; readonly password: Name } }
);

/** The kinds of {@link Credential}. */
export type CredentialKind = Credential["kind"];

/** When and how a service's credential is replaced. */
export interface Rotation<Name extends string = string> {
  /** Days after which the credential is due. */
  readonly everyDays: number;
  /**
   * The strategies to choose from, by name. The first is the default, and that of every slot whose record names none: another order would
   * make other credentials of those.
   */
  readonly strategies: Readonly<Record<string, Credential<Name>>>;
  /** The key of the stack's configuration (without `sophia:`) that chooses one. */
  readonly config?: string;
  /** How a person ends a credential that was handed over or imported, a sentence each: nothing of this project made it, so nothing deletes it. */
  readonly retirement?: readonly string[];
}

/** What a probe knows: a variable's value or something that an earlier step captured. */
export type Known<Name extends string = string> = { readonly variable: Name } | { readonly captured: string };

/** The same, or the beginning of a day in UTC (0 is today) as ISO 8601. */
export type Reference<Name extends string = string> = Known<Name> | { readonly day: number };

/** A JSON body: constants, references, and `{every}` for all that was captured under some names, as one list. */
export type JsonPart<Name extends string = string> =
  string | Reference<Name> | { readonly every: readonly string[] } | { readonly [key: string]: JsonPart<Name> };

/** One HTTPS request of a probe; a 2xx answer passes. */
export interface HttpStep<Name extends string = string> {
  /** What the step proves, for reports: `list users`. */
  readonly purpose: string;
  readonly method: "GET" | "POST";
  readonly base: { readonly endpoint: EndpointName } | { readonly variable: Name };
  /** Path segments; references are percent-encoded. */
  readonly path: readonly (string | Known<Name>)[];
  readonly query?: Readonly<Record<string, string | Reference<Name>>>;
  readonly auth:
    | { readonly basic: readonly [user: Name, password: Name] }
    | { readonly bearer: Known<Name> }
    | { readonly token: Known<Name> };
  /** Sent as JSON. */
  readonly body?: Readonly<Record<string, JsonPart<Name>>>;
  /** What the vendor calls the right to do this, for who lacks it. */
  readonly scope?: string;
  /** Whoever is let in may do this: 403 is about the credential itself. */
  readonly open?: true;
  /** Keeps a property of the JSON answer under a name for later steps; the step fails when it is missing. */
  readonly capture?: { readonly property: string; readonly as: string };
}

/** How to see whether a credential works: a real log-in and a cheap real request. */
export type Probe<Name extends string = string> =
  | {
      readonly kind: "http";
      readonly steps: readonly HttpStep<Name>[];
      /** The checks of `test --deep`, in this order. */
      readonly deep?: readonly HttpCheck<Name>[];
    }
  | {
      readonly kind: "snowflake";
      /** What `test --deep` compares and runs. */
      readonly deep?: SnowflakeDepth<Name>;
      readonly account: Name;
      readonly user: Name;
      /** A password, or an access token in its place; where it has a value the log-in is by it. */
      readonly password: Name;
      /** Without a password the log-in is by this key. */
      readonly privateKey: Name;
      readonly role: Name;
      readonly warehouse: Name;
      readonly database: Name;
      readonly schema: Name;
    };

/** A third party that we hold credentials for. */
export interface Service<Name extends string = string> {
  /** Lower-case word of the command line: `rotate --service NAME`. */
  readonly name: string;
  readonly title: string;
  /** Who answers for it. */
  readonly owner: string;
  readonly description: string;
  /** The vendor's page on its credentials. */
  readonly docs: string;
  readonly variables: Readonly<Record<string, Variable<Name>>>;
  readonly rotation?: Rotation<Name>;
  readonly probe: Probe<Name>;
}

/** What {@link defineService} takes: names in the rotation, the probe and `sameAs` must be declared variables. */
export interface ServiceDefinition<Name extends string> extends Omit<
  Service<Name>,
  "variables" | "rotation" | "probe"
> {
  readonly variables: Readonly<Record<Name, Variable<NoInfer<Name>>>>;
  readonly rotation?: Rotation<NoInfer<Name>>;
  readonly probe: Probe<NoInfer<Name>>;
}

/** Checks a service's definition at compile time: a misspelt variable does not compile. */
export function defineService<const ServiceName extends string, Name extends string>(
  definition: ServiceDefinition<Name> & { readonly name: ServiceName },
): ServiceDefinition<Name> & { readonly name: ServiceName } {
  return definition;
}
