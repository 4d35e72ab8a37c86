/** What must hold at every instant of a rotation, and what in the end? Asked of the stand-ins themselves, never of the product. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { comparePlaces, placeFaults } from "../../sandbox/places";
import { SANDBOX_STACK } from "../../sandbox/sandbox";
import { type Settings } from "../../automation/settings";
import { publicKeyOf } from "../../automation/snowflake-keys";
import { type SpecSandbox } from "../support/sandbox";

/** The services that refuse what consumers of ESC read at this instant. */
export function refusedConsumers(sandbox: SpecSandbox): string[] {
  const values = sandbox.published();
  return CREDENTIALS.flatMap(({ service, names, accepts }) =>
    accepts(
      sandbox,
      names.map((name) => values[name] ?? ""),
    )
      ? []
      : [`${service} refuses what ESC publishes`],
  );
}

/**
 * The copies at GitHub and Vercel that no service would take. Each of them replaces one variable at a time, so a pair may be torn for a moment;
 * but each value must belong to a credential that is alive.
 */
export function deadCopies(sandbox: SpecSandbox, settings: Settings): string[] {
  const { github, vercel, snowflake, gong, estuary } = sandbox;
  const isAlive: Readonly<Record<string, (value: string) => boolean>> = {
    VERCEL_ACCESS_TOKEN: (value) => vercel.tokens().some(({ bearerToken }) => bearerToken === value),
    ESTUARY_API_KEY: (value) => estuary.accepts(value),
    GONG_API_KEY: (value) => gong.keys().some(({ accessKey }) => accessKey === value),
    SNOWFLAKE_USER: (value) => snowflake.user(value) !== undefined,
    SNOWFLAKE_PASSWORD: (value) => serviceUsers(sandbox).some((name) => snowflake.tryLogin(name, value).ok),
    SNOWFLAKE_PRIVATE_KEY: (value) => serviceUsers(sandbox).some((name) => hasKey(sandbox, name, value)),
  };
  const copies = Object.keys(isAlive).flatMap((name) => [
    ...settings.github.repositories.map((repository) => {
      const scope = { kind: "repository", repository } as const;
      const value = github.openedSecret(scope, name) ?? github.variables(scope)[name];
      return { name, place: `github ${repository}`, value };
    }),
    { name, place: "vercel", value: vercel.variable(settings.vercel.project, name, "preview") },
  ]);
  return copies.flatMap(({ name, place, value }) =>
    value === undefined || isAlive[name]?.(value) ? [] : [`${place} holds a ${name} that is dead`],
  );
}

/** What is not as after an undisturbed rotation; empty when all is well. */
export async function settledFaults(sandbox: SpecSandbox, settings: Settings): Promise<string[]> {
  const { rotation = {} } = sandbox.esc.openValues("sophia", `${SANDBOX_STACK}-intake`) as {
    rotation?: Record<string, { phase: string; run?: unknown }>;
  };
  const records = Object.entries(rotation).flatMap(([service, { phase, run }]) => [
    ...(phase === "idle" ? [] : [`the record of ${service} is ${phase}`]),
    ...(run === undefined ? [] : [`the record of ${service} is still held`]),
  ]);
  const counts = Object.entries(liveCredentials(sandbox)).flatMap(([service, names]) =>
    names.length === 1 ? [] : [`${service} has ${names.length} live credentials: ${names.join(", ")}`],
  );
  const compared = await comparePlaces(sandbox, settings, {});
  return [...records, ...counts, ...refusedConsumers(sandbox), ...placeFaults(compared)];
}

/** The names of the credentials that each service would take, made by the tool or handed to it. */
export function liveCredentials(sandbox: SpecSandbox): Readonly<Record<string, readonly string[]>> {
  const { gong, vercel, estuary } = sandbox;
  return {
    snowflake: serviceUsers(sandbox).flatMap((name) => waysIn(sandbox, name)),
    gong: gong.keys().map((_, index) => `key ${index + 1}`),
    vercel: vercel.tokens().flatMap(({ name }) => (name.startsWith("sophia-") ? [name] : [])),
    estuary: estuary.tokens().flatMap(({ detail, revoked }) => (revoked ? [] : [detail])),
  };
}

const CREDENTIALS: readonly {
  readonly service: string;
  readonly names: readonly string[];
  readonly accepts: (sandbox: SpecSandbox, values: readonly string[]) => boolean;
}[] = [
  {
    service: "snowflake",
    names: ["SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD", "SNOWFLAKE_PRIVATE_KEY"],
    accepts: (sandbox, [user = "", password = "", privateKey = ""]) =>
      privateKey === "" ? sandbox.snowflake.tryLogin(user, password).ok : hasKey(sandbox, user, privateKey),
  },
  {
    service: "gong",
    names: ["GONG_API_KEY", "GONG_API_SECRET"],
    accepts: ({ gong }, [key = "", secret = ""]) => gong.accepts(key, secret),
  },
  {
    service: "vercel",
    names: ["VERCEL_ACCESS_TOKEN"],
    accepts: ({ vercel }, [token]) => vercel.tokens().some(({ bearerToken }) => bearerToken === token),
  },
  { service: "estuary", names: ["ESTUARY_API_KEY"], accepts: ({ estuary }, [key = ""]) => estuary.accepts(key) },
];

function serviceUsers({ snowflake }: SpecSandbox): string[] {
  return snowflake.users().flatMap(({ name }) => (name.startsWith("SOPHIA_SERVICE") ? [name] : []));
}

function hasKey({ snowflake }: SpecSandbox, user: string, privateKey: string): boolean {
  const fingerprint = publicKeyOf(privateKey)?.fingerprint;
  return fingerprint !== undefined && (snowflake.user(user)?.fingerprints.includes(fingerprint) ?? false);
}

/** The password, the keys and the tokens with which somebody could log in as the user. */
function waysIn({ snowflake }: SpecSandbox, name: string): string[] {
  const { hasPassword = false, fingerprints = [], accessTokens = [] } = snowflake.user(name) ?? {};
  return [...(hasPassword ? [name] : []), ...fingerprints.flatMap((one) => one ?? []), ...accessTokens];
}

/** Pulumi's locks that nobody has taken away. */
export function leftLocks({ directory }: SpecSandbox): string[] {
  const folder = join(directory, "state", ".pulumi", "locks");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map(({ name }) => `Pulumi's lock ${name} is left behind`);
}
