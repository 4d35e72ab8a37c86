/** What is this stack set to? One typed object from the stack's configuration and the process environment; every fault is reported at once. */
import { z } from "zod";
import { services } from "../services";
import { type EndpointName, type Service } from "../services/service";
import { variablesOf } from "../services/select";
import { usageError } from "./errors";
import { isLoopback } from "./http";
import { rotatedUserNames } from "./snowflake-users";

/** The controlling credentials. They come from the process environment, never from a file of the stack, and go to no destination. */
export interface ControlTokens {
  readonly pulumi: string;
  readonly github: string;
  readonly vercel: string;
  readonly estuary: string;
  readonly snowflakeUser: string;
  readonly snowflakePassword: string;
}

/** How the entries of a place at GitHub are written: one resource each, or all of them by one (`docs/services/github.md`). */
export type GitHubWriter = "resources" | "batch";

/** Everything that a run needs to know, values of secrets aside. */
export interface Settings {
  readonly stack: string;
  readonly organization: string;
  readonly escProject: string;
  /** Names of the three ESC environments within the project. */
  readonly environments: { readonly intake: string; readonly secrets: string; readonly published: string };
  /** Addresses without a slash at the end; Snowflake's is empty where the account's own address is meant. */
  readonly endpoints: Readonly<Record<EndpointName, string>>;
  readonly github: {
    readonly owner: string;
    readonly repositories: readonly string[];
    /** Names of GitHub environments by repository; from the intake only. */
    readonly environments?: Readonly<Record<string, readonly string[]>>;
    /** What the settings file asks for; `writer` is what the stack does. */
    readonly wantedWriter?: GitHubWriter;
    /** One resource a secret, or one a place; from the intake, where a move from one to the other is noted. @default resources */
    readonly writer?: GitHubWriter;
    readonly organizationSecrets?: {
      readonly visibility: "all" | "private" | "selected";
      readonly repositories: readonly string[];
    };
  };
  readonly vercel: { readonly team: string; readonly project: string; readonly targets: readonly string[] };
  readonly snowflake: {
    readonly organizationName: string;
    readonly accountName: string;
    readonly warehouse: string;
    readonly database: string;
    readonly schema: string;
    readonly role: string;
    readonly user: string;
    /** Create the warehouse, the database and the schema too. */
    readonly manage: boolean;
    readonly adminRole: string;
    /** An existing network policy for the user without a password; Snowflake gives it access tokens only under one, its own or the account's. */
    readonly networkPolicy?: string;
  };
  /** Catalogue name of the service account for which Estuary makes the keys. */
  readonly estuary: { readonly serviceAccount: string };
  /** Values of plain variables that the stack's configuration gives, by variable name. */
  readonly values: Readonly<Record<string, string>>;
  /** The chosen strategy of each service that has several, by service name. */
  readonly strategies: Readonly<Record<string, string>>;
  readonly tokens: ControlTokens;
  /** Where alerts go. */
  readonly alerts?: AlertSettings;
}

/** Where alerts go: places of values, never the values. Each is `env:NAME`, or `esc:ENVIRONMENT/PATH` in the stack's ESC project. */
export interface AlertSettings {
  readonly webhook: string;
  readonly format: "json" | "slack";
  readonly signingKey?: string;
}

/** Reads one key of the stack's configuration (without `sophia:`); undefined where it is not set. */
export type ConfigReader = (key: string) => unknown;

const word = z.string().trim().min(1);
/** Becomes part of addresses: nothing that could lead elsewhere in them, two dots above all. */
const idOrName = word.refine((text) => text === "" || /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/.test(text), {
  error: "must be made of letters, digits, '-', '_' and '.'",
});
/** Upper case, as Snowflake itself folds a name that is not quoted: the provider quotes every name, programs do not. */
const identifier = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_$]{0,254}$/, "must be an identifier: letters, digits, _ and $")
  .toUpperCase();
const segment = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/, "must be made of letters, digits, '-', '_' and '.'");

/** An address or a key in the settings file would be read by whoever reads the repository. */
const reference = z
  .string()
  .regex(
    /^(env:[A-Za-z_][A-Za-z0-9_]*|esc:[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+)$/,
    "must name where the value is: env:NAME or esc:ENVIRONMENT/PATH",
  );

const configSchema = z.object({
  organization: segment.default("payready"),
  escProject: segment.default("sophia"),
  githubOwner: segment.default("payready"),
  githubRepositories: z.array(segment).default([]),
  githubWriter: z.enum(["resources", "batch"]).optional(),
  githubOrganizationVisibility: z.enum(["all", "private", "selected"]).optional(),
  githubOrganizationRepositories: z.array(segment).default([]),
  vercelTeam: idOrName,
  vercelProject: idOrName,
  vercelTargets: z
    .array(z.enum(["production", "preview"]))
    .min(1)
    .default(["production", "preview"]),
  snowflakeAccount: z.string().regex(/^[A-Za-z0-9]+-[A-Za-z0-9_]+$/, "must be ORGANIZATION-ACCOUNT"),
  snowflakeWarehouse: identifier,
  snowflakeDatabase: identifier,
  snowflakeSchema: identifier.default("PUBLIC"),
  snowflakeRole: identifier.default("SOPHIA_ROLE"),
  snowflakeUser: identifier.default("SOPHIA_SERVICE"),
  snowflakeManage: z
    .union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")])
    .default(false),
  snowflakeAdminRole: identifier.default("SECURITYADMIN"),
  snowflakeNetworkPolicy: identifier.optional(),
  estuaryServiceAccount: word.default("payready/sophia"),
  alertWebhook: reference.optional(),
  alertFormat: z.enum(["json", "slack"]).default("json"),
  alertSigningKey: reference.optional(),
});

const ENDPOINTS: Readonly<Record<EndpointName, { variable: string; address: string }>> = {
  esc: { variable: "SOPHIA_ESC_URL", address: "https://api.pulumi.com" },
  github: { variable: "SOPHIA_GITHUB_URL", address: "https://api.github.com" },
  vercel: { variable: "SOPHIA_VERCEL_URL", address: "https://api.vercel.com" },
  snowflake: { variable: "SOPHIA_SNOWFLAKE_URL", address: "" },
};

/** Where each controlling credential comes from; `source` tells a person what it is for and where to get one. */
const TOKENS: Readonly<Record<keyof ControlTokens, { variable: string; source: string }>> = {
  pulumi: { variable: "PULUMI_ACCESS_TOKEN", source: "opens and writes ESC: https://app.pulumi.com/account/tokens" },
  github: { variable: "GITHUB_TOKEN", source: "writes Actions secrets: https://github.com/settings/tokens" },
  vercel: {
    variable: "SOPHIA_VERCEL_CONTROL_TOKEN",
    source: "makes tokens: https://vercel.com/account/settings/tokens",
  },
  estuary: {
    variable: "SOPHIA_ESTUARY_CONTROL_TOKEN",
    source: "makes API keys: https://dashboard.estuary.dev/admin/api",
  },
  snowflakeUser: {
    variable: "SOPHIA_SNOWFLAKE_ADMIN_USER",
    source: "makes users and roles: a user with sophia:snowflakeAdminRole",
  },
  snowflakePassword: { variable: "SOPHIA_SNOWFLAKE_ADMIN_PASSWORD", source: "the password of that user" },
};

/** Which controlling tokens a command needs: who only reads what consumers read must not have to hold an administrator's password. */
export type NeededTokens = readonly (keyof ControlTokens)[];

/** For everything that brings a stack about. */
export const ALL_TOKENS = Object.keys(TOKENS) as (keyof ControlTokens)[];

/** For what only opens ESC environments. */
export const ESC_TOKEN: NeededTokens = ["pulumi"];

/** The names of the controlling credentials: no other program gets them from us. */
export const CONTROL_VARIABLES: readonly string[] = Object.values(TOKENS).map(({ variable }) => variable);

/** Variables of the environment that win over the stack's file, by the key of the configuration. */
const OVERRIDES: Readonly<Record<string, string>> = {
  organization: "PULUMI_ORGANIZATION",
  escProject: "PULUMI_PROJECT",
};

/**
 * Builds the settings of a stack. Throws one usage error that lists every missing or malformed setting, each with the place to set it.
 * `needed` are the controlling tokens without which the caller cannot work; those of the others that are not set are empty.
 * `PULUMI_ORGANIZATION` and `PULUMI_PROJECT` of the environment win over the stack's file, as in the tools that this one replaces.
 */
export function parseSettings(
  stack: string,
  read: ConfigReader,
  environment: NodeJS.ProcessEnv,
  needed: NeededTokens = ALL_TOKENS,
): Settings {
  const faults: string[] = [];
  const raw = Object.fromEntries(Object.keys(configSchema.shape).map((key) => [key, read(key)]));
  const overrides = Object.entries(OVERRIDES).filter(([, variable]) => environment[variable]);
  for (const [key, variable] of overrides) raw[key] = environment[variable];
  const names = new Map(overrides);
  const parsed = configSchema.safeParse(raw);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) faults.push(describeFault(issue, raw, names));
  }
  const tokens = readTokens(environment);
  const missing = needed.filter((name) => !tokens[name].trim());
  const endpoints = readEndpoints(environment, faults);
  // Node would then take any certificate, and so anybody between us and a service would get the tokens.
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED === "0")
    faults.push("NODE_TLS_REJECT_UNAUTHORIZED must not be 0; for a certificate of your own use NODE_EXTRA_CA_CERTS");
  const strategies = readStrategies(read, faults);
  const values = configuredValues(parsed.data ?? {}, read, faults);
  if (!parsed.success || faults.length + missing.length > 0) throw settingsError(stack, faults, missing);
  const config = parsed.data;
  const [organizationName = "", accountName = ""] = config.snowflakeAccount.split("-");
  const settings: Settings = {
    stack,
    organization: config.organization,
    escProject: config.escProject,
    environments: { intake: `${stack}-intake`, secrets: `${stack}-secrets`, published: stack },
    endpoints,
    github: {
      owner: config.githubOwner,
      repositories: config.githubRepositories,
      ...(config.githubWriter ? { wantedWriter: config.githubWriter } : {}),
      ...(config.githubOrganizationVisibility
        ? {
            organizationSecrets: {
              visibility: config.githubOrganizationVisibility,
              repositories: config.githubOrganizationRepositories,
            },
          }
        : {}),
    },
    vercel: { team: config.vercelTeam, project: config.vercelProject, targets: config.vercelTargets },
    snowflake: {
      organizationName,
      accountName,
      warehouse: config.snowflakeWarehouse,
      database: config.snowflakeDatabase,
      schema: config.snowflakeSchema,
      role: config.snowflakeRole,
      user: config.snowflakeUser,
      manage: config.snowflakeManage,
      adminRole: config.snowflakeAdminRole,
      ...(config.snowflakeNetworkPolicy === undefined ? {} : { networkPolicy: config.snowflakeNetworkPolicy }),
    },
    estuary: { serviceAccount: config.estuaryServiceAccount },
    values,
    strategies,
    tokens,
    ...(config.alertWebhook === undefined ? {} : { alerts: alertSettings(config.alertWebhook, config) }),
  };
  refuseSelfRotation(settings);
  return settings;
}

function alertSettings(
  webhook: string,
  { alertFormat: format, alertSigningKey: signingKey }: z.infer<typeof configSchema>,
): AlertSettings {
  return { webhook, format, ...(signingKey === undefined ? {} : { signingKey }) };
}

function readTokens(environment: NodeJS.ProcessEnv): ControlTokens {
  const entries = Object.entries(TOKENS).map(([name, { variable }]) => [name, environment[variable] ?? ""]);
  return Object.fromEntries(entries) as Record<keyof ControlTokens, string>;
}

function readEndpoints(environment: NodeJS.ProcessEnv, faults: string[]): Record<EndpointName, string> {
  const entries = Object.entries(ENDPOINTS).map(([name, { variable, address }]) => {
    const given = environment[variable] ?? address;
    if (given !== "" && !isSafeAddress(given))
      faults.push(`${variable} must be an https:// address (http:// only on loopback)`);
    return [name, given.replace(/\/+$/, "")];
  });
  return Object.fromEntries(entries) as Record<EndpointName, string>;
}

/** Tokens travel in headers, so anything but TLS is refused; loopback is the exception. */
export function isSafeAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, password } = new URL(address);
  if (username !== "" || password !== "") return false;
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}

function readStrategies(read: ConfigReader, faults: string[]): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const { name, rotation } of services as readonly Service[]) {
    if (!rotation) continue;
    const names = Object.keys(rotation.strategies);
    const value = (rotation.config === undefined ? undefined : read(rotation.config)) ?? names[0];
    if (typeof value === "string" && names.includes(value)) chosen[name] = value;
    else faults.push(`sophia:${rotation.config ?? name} must be one of: ${names.join(", ")}`);
  }
  return chosen;
}

/** What the configuration says of plain variables: the value under the variable's `config` key. */
function configuredValues(
  config: Readonly<Record<string, unknown>>,
  read: ConfigReader,
  faults: string[],
): Record<string, string> {
  const values: Record<string, string> = {};
  for (const variable of services.flatMap(variablesOf)) {
    const value = variable.config === undefined ? undefined : (config[variable.config] ?? read(variable.config));
    if (typeof value !== "string" || value === "") continue;
    values[variable.name] = value;
    // Where the default is an address, keys are sent to it.
    if (variable.defaultValue?.startsWith("https://") && !isSafeAddress(value)) {
      faults.push(`sophia:${variable.config} must be an https:// address (http:// only on loopback)`);
    }
  }
  return values;
}

/** The identity that rotates must not be the one that is rotated: a slip would lock both out. */
function refuseSelfRotation(settings: Settings): void {
  const admin = settings.tokens.snowflakeUser.toUpperCase();
  if (!rotatedUserNames(settings.snowflake.user).includes(admin)) return;
  throw usageError(
    "settings.self_rotation",
    `SOPHIA_SNOWFLAKE_ADMIN_USER and sophia:snowflakeUser name the same Snowflake user (stack ${settings.stack}); nothing was changed.`,
    "Use an administrator of its own for the rotation, or set sophia:snowflakeUser to another name.",
  );
}

function describeFault(
  issue: z.core.$ZodIssue,
  raw: Readonly<Record<string, unknown>>,
  names: ReadonlyMap<string, string>,
): string {
  const [key] = issue.path;
  const name = names.get(String(key)) ?? `sophia:${String(key)}`;
  if (raw[String(key)] === undefined) return `${name} is not set`;
  return issue.code === "too_small"
    ? `${name} is empty`
    : `${name} ${issue.message.replace(/^Invalid input: /, "is wrong: ")}`;
}

/** One line a fault, so that a person can go through them. */
function settingsError(stack: string, faults: readonly string[], missing: NeededTokens) {
  const tokens = missing.map((name) => TOKENS[name]);
  const width = Math.max(...tokens.map(({ variable }) => variable.length));
  const lines = [
    ...faults.map((fault) => `  ${fault}`),
    ...(tokens.length > 0 ? ["  not set in the environment:"] : []),
    ...tokens.map(({ variable, source }) => `    ${variable.padEnd(width)}  ${source}`),
  ];
  return usageError(
    "settings.invalid",
    [`The settings of stack ${stack} are not usable; nothing was changed.`, ...lines].join("\n"),
    [
      ...(faults.length > 0
        ? [
            `Settings that begin with sophia: go into Pulumi.${stack}.yaml (pulumi config set KEY VALUE); the others into the environment.`,
          ]
        : []),
      ...(tokens.length > 0
        ? ["Set the tokens with `export NAME=…`. To try it all without any: npx sophia-secrets sandbox start"]
        : []),
    ].join(" "),
  );
}
