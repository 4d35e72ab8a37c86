/** What is a service? The types of the catalogue and the builders with which each service's file is written. Data only, no I/O. */

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
 * - `snowflake-password`: two users of the same role, each with a random password.
 * - `vercel-user-token`: a token made and deleted through the API by a controlling token.
 * - `estuary-token`: the same at Estuary.
 * - `provided`: a person makes the credential and hands it over; no API makes it.
 */
export type Credential<Name extends string = string> =
  | { readonly kind: "snowflake-password"; readonly variables: { readonly user: Name; readonly password: Name } }
  | { readonly kind: "vercel-user-token"; readonly variables: { readonly token: Name } }
  | { readonly kind: "estuary-token"; readonly variables: { readonly token: Name; readonly url: Name } }
  | { readonly kind: "provided"; readonly variables: readonly Name[]; readonly steps: readonly string[] };

/** The kinds of {@link Credential}. */
export type CredentialKind = Credential["kind"];

/** When and how a service's credential is replaced. */
export interface Rotation<Name extends string = string> {
  /** Days after which the credential is due. */
  readonly everyDays: number;
  /** The strategies to choose from, by name; the first is the default. */
  readonly strategies: Readonly<Record<string, Credential<Name>>>;
  /** The key of the stack's configuration (without `sophia:`) that chooses one. */
  readonly config?: string;
}

/** Text made of constants and of what a probe knows: a variable's value or something captured by an earlier step. */
export type Reference<Name extends string = string> = { readonly variable: Name } | { readonly captured: string };

/** One HTTPS request of a probe; a 2xx answer passes. */
export interface HttpStep<Name extends string = string> {
  /** What the step proves, for reports: `list users`. */
  readonly purpose: string;
  readonly method: "GET" | "POST";
  readonly base: { readonly endpoint: EndpointName } | { readonly variable: Name };
  /** Path segments; references are percent-encoded. */
  readonly path: readonly (string | Reference<Name>)[];
  readonly query?: Readonly<Record<string, string | Reference<Name>>>;
  readonly auth:
    | { readonly basic: readonly [user: Name, password: Name] }
    | { readonly bearer: Reference<Name> }
    | { readonly token: Reference<Name> };
  /** Sent as JSON. */
  readonly body?: Readonly<Record<string, string | Reference<Name>>>;
  /** Keeps a property of the JSON answer under a name for later steps; the step fails when it is missing. */
  readonly capture?: { readonly property: string; readonly as: string };
}

/** How to see whether a credential works: a real log-in and a cheap real request. */
export type Probe<Name extends string = string> =
  | { readonly kind: "http"; readonly steps: readonly HttpStep<Name>[] }
  | {
      readonly kind: "snowflake";
      readonly account: Name;
      readonly user: Name;
      readonly password: Name;
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
