/**
 * How are programmatic access tokens made, rotated and removed?
 * https://docs.snowflake.com/en/user-guide/programmatic-access-tokens
 */
import { randomBytes } from "node:crypto";
import { toBoolean, toInteger, type Context } from "./context";
import { EXECUTED } from "./create";
import { digest, matchesDigest } from "./digests";
import { alreadyExists, doesNotExist, insufficientPrivileges, invalidProperty, invalidValue, SqlError } from "./errors";
import { type AccessToken, type User } from "./objects";
import { type PropertyValue, type Statement } from "./statement";
import { status, tableOf, timestamp, type Table } from "./table";

const DAY = 86_400_000;
const DEFAULT_DAYS = 15;
const MOST_DAYS = 365;
const MOST_TOKENS = 15;

/** `ADD | ROTATE | REMOVE | MODIFY {PROGRAMMATIC ACCESS TOKEN | PAT} …` behind `ALTER USER u`; undefined when it is another statement. */
export function alterAccessToken(context: Context, user: User, statement: Statement): Table | undefined {
  const verb = statement.peek()?.text.toUpperCase() ?? "";
  const action = ACTIONS[verb];
  if (!action) return undefined;
  statement.keyword();
  if (!statement.accept("PROGRAMMATIC", "ACCESS", "TOKEN")) statement.expect("PAT");
  const { account, session } = context;
  if (user !== session.user && !account.owns(session.role, user)) throw insufficientPrivileges("USER", user.name);
  return action(context, user, statement.identifier(), statement);
}

const ACTIONS: Readonly<Record<string, (context: Context, user: User, name: string, rest: Statement) => Table>> = {
  ADD: addToken,
  ROTATE: rotateToken,
  REMOVE: removeToken,
  MODIFY: modifyToken,
};

/** `SHOW USER {PROGRAMMATIC ACCESS TOKENS | PATS} [FOR USER u]` */
export function showAccessTokens(context: Context, statement: Statement): Table {
  const { account, session } = context;
  const user = statement.accept("FOR", "USER") ? account.users.require(statement.identifier()) : session.user;
  statement.end();
  if (user !== session.user && !account.owns(session.role, user)) throw insufficientPrivileges("USER", user.name);
  return tableOf<AccessToken>(
    [
      ["name", "text", (token) => token.name],
      ["user_name", "text", () => user.name],
      ["role_restriction", "text", (token) => token.role?.name ?? null],
      ["expires_at", "timestamp_ltz", (token) => timestamp(token.expiresAt)],
      ["status", "text", (token) => statusOf(token, account.clock())],
      ["comment", "text", (token) => token.comment],
      ["created_on", "timestamp_ltz", (token) => timestamp(token.createdOn)],
      ["created_by", "text", (token) => token.createdBy],
      ["mins_to_bypass_network_policy_requirement", "fixed", () => null],
      ["rotated_to", "text", (token) => token.rotatedTo],
    ],
    [...user.accessTokens.values()],
  );
}

/** The token of this user that the secret belongs to, if it can be used now. */
export function findAccessToken(user: User, secret: string, now: number): AccessToken | undefined {
  for (const token of user.accessTokens.values()) {
    if (statusOf(token, now) === "ACTIVE" && matchesDigest(secret, token.digest)) return token;
  }
  return undefined;
}

function statusOf(token: AccessToken, now: number): "ACTIVE" | "DISABLED" | "EXPIRED" {
  if (token.expiresAt <= now) return "EXPIRED";
  return token.disabled ? "DISABLED" : "ACTIVE";
}

function addToken(context: Context, user: User, name: string, statement: Statement): Table {
  const { account, session } = context;
  const properties = statement.properties();
  statement.end();
  requireKnown(properties, [
    "ROLE_RESTRICTION",
    "DAYS_TO_EXPIRY",
    "MINS_TO_BYPASS_NETWORK_POLICY_REQUIREMENT",
    "COMMENT",
  ]);
  if (user.accessTokens.has(name)) throw alreadyExists(name);
  if (user.accessTokens.size >= MOST_TOKENS)
    throw refused(`A user has at most ${MOST_TOKENS} programmatic access tokens.`);
  const restriction = properties.get("ROLE_RESTRICTION");
  if (user.type !== "PERSON" && !restriction) throw refused("ROLE_RESTRICTION is required for service users.");
  requireNetworkPolicy(context, user);
  const role = restriction && account.roles.require(restriction.text);
  if (role && !account.mayActAs(user, role)) throw doesNotExist("role", role.name);
  const days = properties.get("DAYS_TO_EXPIRY");
  const lifetime = (days ? toInteger("DAYS_TO_EXPIRY", days) : DEFAULT_DAYS) * DAY;
  if (lifetime < DAY || lifetime > MOST_DAYS * DAY) throw invalidValue("DAYS_TO_EXPIRY");
  const comment = properties.get("COMMENT")?.text ?? "";
  const secret = newSecret();
  user.accessTokens.set(name, newToken(name, secret, role, session.user.name, account.clock(), lifetime, comment));
  return secretTable([
    ["token_name", name],
    ["token_secret", secret],
  ]);
}

function rotateToken(context: Context, user: User, name: string, statement: Statement): Table {
  const properties = statement.properties();
  statement.end();
  requireKnown(properties, ["EXPIRE_ROTATED_TOKEN_AFTER_HOURS"]);
  const token = requireToken(user, name);
  const now = context.account.clock();
  const wanted = properties.get("EXPIRE_ROTATED_TOKEN_AFTER_HOURS");
  const hours = wanted ? toInteger("EXPIRE_ROTATED_TOKEN_AFTER_HOURS", wanted) : 24;
  const rotatedName = `${name}_ROTATED_${now}`;
  const secret = newSecret();
  const lifetime = token.expiresAt - token.createdOn;
  user.accessTokens.set(
    name,
    newToken(name, secret, token.role, context.session.user.name, now, lifetime, token.comment),
  );
  token.name = rotatedName;
  token.rotatedTo = name;
  token.expiresAt = Math.min(token.expiresAt, now + hours * 3_600_000);
  user.accessTokens.set(rotatedName, token);
  return secretTable([
    ["token_name", name],
    ["token_secret", secret],
    ["rotated_token_name", rotatedName],
  ]);
}

function removeToken(_context: Context, user: User, name: string, statement: Statement): Table {
  statement.end();
  user.accessTokens.delete(requireToken(user, name).name);
  return status(EXECUTED);
}

function modifyToken(_context: Context, user: User, name: string, statement: Statement): Table {
  const token = requireToken(user, name);
  if (statement.accept("RENAME", "TO")) {
    const renamed = statement.identifier();
    statement.end();
    if (user.accessTokens.has(renamed)) throw alreadyExists(renamed);
    user.accessTokens.delete(name);
    token.name = renamed;
    user.accessTokens.set(renamed, token);
    return status(EXECUTED);
  }
  statement.expect("SET");
  const properties = statement.properties();
  statement.end();
  requireKnown(properties, ["DISABLED", "COMMENT"]);
  const disabled = properties.get("DISABLED");
  if (disabled) token.disabled = toBoolean("DISABLED", disabled);
  token.comment = properties.get("COMMENT")?.text ?? token.comment;
  return status(EXECUTED);
}

function newToken(
  name: string,
  secret: string,
  role: AccessToken["role"],
  createdBy: string,
  now: number,
  lifetime: number,
  comment: string,
): AccessToken {
  const expiresAt = now + lifetime;
  return {
    name,
    digest: digest(secret),
    role,
    createdOn: now,
    createdBy,
    expiresAt,
    disabled: false,
    comment,
    rotatedTo: "",
  };
}

function newSecret(): string {
  return `pat-${randomBytes(48).toString("base64url")}`;
}

/** By default a service user needs a network policy to get or use a token; what its lists say is not enforced here. */
export function requireNetworkPolicy({ account }: Pick<Context, "account">, user: User): void {
  if (user.type === "PERSON" || user.parameters.get("NETWORK_POLICY") || account.root.parameters.get("NETWORK_POLICY"))
    return;
  throw refused("Network policy is required for programmatic access tokens of service users.");
}

function requireToken(user: User, name: string): AccessToken {
  const token = user.accessTokens.get(name);
  if (!token) throw doesNotExist("programmatic access token", name);
  return token;
}

function requireKnown(properties: ReadonlyMap<string, PropertyValue>, known: readonly string[]): void {
  for (const name of properties.keys())
    if (!known.includes(name)) throw invalidProperty(name, "PROGRAMMATIC ACCESS TOKEN");
}

function secretTable(cells: readonly (readonly [name: string, cell: string])[]): Table {
  return { columns: cells.map(([name]) => [name, "text"] as const), rows: [cells.map(([, cell]) => cell)] };
}

/** The code is assumed, not compared with a real account. */
function refused(message: string): SqlError {
  return new SqlError("099210", message, "22023");
}
