/**
 * Does anybody still use the old credential? What the service says of its last use, asked as the controlling identity.
 *
 * Silence is evidence only where the service would have spoken: the new credential, with which we have just logged in ourselves, must show as used.
 */
import { type Usage } from "../../services/service";
import { ApiReader } from "../api-reader";
import { type HttpDependencies } from "../http";
import { type Settings } from "../settings";
import { queryAsAdministrator, quoteIdentifier, quoteText } from "../snowflake-admin";

/** The last use that a service knows of. */
export interface LastUse {
  /** ISO 8601. */
  readonly at: string;
  /** Who or from where, as far as the service says. */
  readonly by?: string;
}

/**
 * - `in_use`: it was used after the promotion was confirmed, and not so long ago that its user must have ended.
 * - `unused`: the service shows uses, and none of it that counts.
 * - `unknown`: the service does not say.
 */
export type UsageFinding =
  | { readonly outcome: "in_use"; readonly last: LastUse }
  | { readonly outcome: "unused"; readonly last?: LastUse }
  | { readonly outcome: "unknown"; readonly reason: string };

/** Values of a credential, and those that it needs to be asked for. Never print. */
type Values = Readonly<Record<string, string>>;

/** The two credentials: the one that is to go, and the one that took its place. */
export interface UsageQuestion {
  readonly old: Values;
  readonly fresh: Values;
}

/** What the answer depends on. */
export interface UsageWorld {
  readonly settings: Settings;
  readonly http: HttpDependencies;
  readonly signal?: AbortSignal;
}

/** The last uses of both; throws what the service or the driver says. Undefined: the service knows of no use. */
export interface LastUses {
  readonly old: LastUse | undefined;
  readonly fresh: LastUse | undefined;
}

/** What the last uses mean at `now`. A use counts when it came after `since` and less than `quietMs` ago; all in milliseconds. */
export function judgeUsage(
  { old, fresh }: LastUses,
  { since, now, quietMs }: { readonly since: number; readonly now: number; readonly quietMs: number },
): UsageFinding {
  if (!fresh) return { outcome: "unknown", reason: "the service does not even show our own use of the new credential" };
  if (!old) return { outcome: "unused" };
  const at = Date.parse(old.at);
  return at > since && at + quietMs > now ? { outcome: "in_use", last: old } : { outcome: "unused", last: old };
}

/** Asks the service for the last use of both credentials. Throws where it does not answer. */
export async function readLastUses(usage: Usage, { old, fresh }: UsageQuestion, world: UsageWorld): Promise<LastUses> {
  if (usage.kind === "log-ins") {
    const [ofOld, ofFresh] = [old[usage.user] ?? "", fresh[usage.user] ?? ""];
    const [lastOfOld, lastOfFresh] = await Promise.all([lastLogIn(ofOld, world), lastLogIn(ofFresh, world)]);
    return { old: lastOfOld, fresh: lastOfFresh };
  }
  const tokens = await listTokens(usage, fresh, world);
  const find = (values: Values) => findUse(usage, tokens, values[usage.token] ?? "");
  return { old: find(old), fresh: find(fresh) };
}

/** The newest successful log-in of the last 7 days, as the administrator sees it. */
async function lastLogIn(user: string, { settings }: UsageWorld): Promise<LastUse | undefined> {
  const history = `${quoteIdentifier(settings.snowflake.database)}.INFORMATION_SCHEMA.LOGIN_HISTORY_BY_USER`;
  const name = quoteText(quoteIdentifier(user));
  const rows = await queryAsAdministrator(
    settings,
    `SELECT EVENT_TIMESTAMP, IS_SUCCESS, REPORTED_CLIENT_TYPE, CLIENT_IP FROM TABLE(${history}(USER_NAME => ${name}, RESULT_LIMIT => 1000))`,
  );
  const uses = rows
    .filter(([, isSuccess]) => isSuccess === "YES")
    .map(([at, , client, address]) => ({ at: isoTime(at), by: `${String(client)} from ${String(address)}` }))
    .sort((left, right) => left.at.localeCompare(right.at));
  return uses.at(-1);
}

type TokenList = Extract<Usage, { kind: "token-list" }>;
type Listed = Readonly<Record<string, unknown>>;

async function listTokens(usage: TokenList, values: Values, { settings, http, signal }: UsageWorld): Promise<Listed[]> {
  const base = "endpoint" in usage.base ? settings.endpoints[usage.base.endpoint] : (values[usage.base.variable] ?? "");
  const url = `${base.replace(/\/+$/, "")}${usage.path}`;
  const token = settings.tokens[usage.asWhom];
  const [key = "", ...rest] = usage.list;
  const api = new ApiReader(http, signal);
  const items =
    usage.query === undefined
      ? await api.chain<Listed>({ url, token }, key)
      : await api.connection<Listed>({ url, token }, usage.query, key);
  return follow(items, rest);
}

/** The elements at the end of the path; lists on the way are gone through one by one. */
function follow(value: unknown, path: readonly string[]): Listed[] {
  if (Array.isArray(value)) return value.flatMap((element) => follow(element, path));
  if (typeof value !== "object" || value === null) return [];
  const [key, ...rest] = path;
  return key === undefined ? [value as Listed] : follow((value as Listed)[key], rest);
}

function findUse({ identity, usedAt }: TokenList, tokens: readonly Listed[], value: string): LastUse | undefined {
  const found = tokens.filter((token) =>
    identity.kind === "ends"
      ? isEnd(token[identity.prefix], value.startsWith.bind(value)) &&
        isEnd(token[identity.suffix], value.endsWith.bind(value))
      : encodedId(value) !== undefined && token[identity.id] === encodedId(value),
  );
  const [used] = found.map((token) => token[usedAt]);
  // Two that look alike say nothing of either.
  return found.length !== 1 || used === undefined || used === null ? undefined : { at: isoTime(used) };
}

function isEnd(end: unknown, fits: (end: string) => boolean): boolean {
  return typeof end === "string" && end !== "" && fits(end);
}

function encodedId(value: string): unknown {
  try {
    return (JSON.parse(Buffer.from(value, "base64").toString("utf8")) as { id?: unknown }).id;
  } catch {
    return undefined;
  }
}

/** Dates of the driver, ISO texts and milliseconds since 1970. */
function isoTime(value: unknown): string {
  return new Date(value instanceof Date || typeof value === "number" ? value : String(value)).toISOString();
}
