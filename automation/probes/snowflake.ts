/** Does the Snowflake user get in, and where does it stand then? One log-in, one statement, and the verdicts on both. */
import { type Probe, type Service } from "../../services/service";
import { judge, judgeConnection, type Subject } from "./remedies";
import { type Attempt } from "./result";
import { publicKeyOf } from "../snowflake-keys";
import { DriverMissingError, queryOnce, SnowflakeRefusal, type LogInCredential } from "./snowflake-driver";
import { findValue, isOptional, parseBase, UnusableValueError } from "./values";

/** The part of a service's declaration that this file reads. */
export type SnowflakeProbe = Extract<Probe, { kind: "snowflake" }>;

/** What an attempt may use. */
export interface SnowflakeAttemptContext {
  readonly service: Service;
  readonly probe: SnowflakeProbe;
  readonly values: Readonly<Record<string, string>>;
  /** Empty for the account's own address. */
  readonly accessUrl: string;
  /** Milliseconds left for the attempt. */
  readonly remainingMs: () => number;
  readonly signal?: AbortSignal;
}

const STATEMENT = "SELECT CURRENT_USER(), CURRENT_ROLE(), CURRENT_WAREHOUSE(), CURRENT_DATABASE(), CURRENT_SCHEMA()";
const SHOWN = ["user", "role", "warehouse", "database", "schema"] as const;
type Part = (typeof SHOWN)[number];

/** The variables without which there is nothing to log in with, or nothing to compare with; either the password or the private key will do. */
export function requiredBySnowflake(
  service: Service,
  probe: SnowflakeProbe,
  values: Readonly<Record<string, string>>,
): string[] {
  const secrets = [probe.password, probe.privateKey];
  const given = secrets.find((name) => findValue(service, values, name) !== undefined);
  const always = [probe.account, probe.user, given ?? secrets.join(" or ")];
  const compared = [probe.role, probe.warehouse, probe.database, probe.schema];
  return [...always, ...compared.filter((name) => !isOptional(service, name))];
}

/** Logs in once with a connection of its own. Never throws for what Snowflake does. */
export async function attemptSnowflake(context: SnowflakeAttemptContext): Promise<Attempt> {
  const { service, probe } = context;
  const accessUrlName = context.accessUrl === "" ? probe.account : "SOPHIA_SNOWFLAKE_URL";
  const address: Subject = { service, names: [accessUrlName] };
  try {
    const row = await withinDeadline(context);
    return row === undefined ? judge("timed-out", address) : judgeSession(row, context);
  } catch (error) {
    if (error instanceof UnusableValueError)
      return { ...judge(error.kind, { ...address, names: error.names }), notSent: true };
    if (error instanceof DriverMissingError) return { ...judge("driver-missing", address), notSent: true };
    if (error instanceof SnowflakeRefusal) return judgeRefusal(error, context, address);
    throw error;
  }
}

/** The row, or undefined when the time is up. The driver's own requests end by their own limit. */
async function withinDeadline(context: SnowflakeAttemptContext): Promise<readonly unknown[] | undefined> {
  const { probe, signal } = context;
  const value = (name: string): string => findValue(context.service, context.values, name) ?? "";
  const optional = (part: Exclude<Part, "user">): Record<string, string> => {
    const found = value(probe[part]);
    return found === "" ? {} : { [part]: found };
  };
  const timeoutMs = Math.max(1, context.remainingMs());
  const query = queryOnce(
    {
      account: value(probe.account),
      accessUrl: context.accessUrl === "" ? "" : parseBase(context.accessUrl, "SOPHIA_SNOWFLAKE_URL"),
      user: value(probe.user),
      credential: credentialOf(context),
      ...optional("role"),
      ...optional("warehouse"),
      ...optional("database"),
      ...optional("schema"),
      timeoutMs,
    },
    STATEMENT,
  ).then(([row = []]) => row);
  query.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => undefined;
  const end = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    timer = setTimeout(stop, timeoutMs);
    signal?.addEventListener("abort", stop, { once: true });
  });
  return Promise.race([query, end]).finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  });
}

/** By the password where there is one, as programs that know of no keys would, else by the key. Throws for a text that is no key. */
function credentialOf({ service, probe, values }: SnowflakeAttemptContext): LogInCredential {
  const password = findValue(service, values, probe.password);
  if (password !== undefined) return { password };
  const privateKey = findValue(service, values, probe.privateKey) ?? "";
  // The driver would say so too, but in the words of OpenSSL.
  if (!publicKeyOf(privateKey)) throw new UnusableValueError("malformed-value", [probe.privateKey]);
  return { privateKey };
}

/** Which variable the user logs in with. */
function secretName({ service, probe, values }: SnowflakeAttemptContext): string {
  return findValue(service, values, probe.password) === undefined ? probe.privateKey : probe.password;
}

/** Compares where the session stands with what is configured; the first difference decides. */
function judgeSession(row: readonly unknown[], context: SnowflakeAttemptContext): Attempt {
  const { service, probe } = context;
  const current = Object.fromEntries(
    SHOWN.map((part, index) => [part, typeof row[index] === "string" ? row[index] : ""]),
  ) as Record<Part, string>;
  const details = Object.fromEntries(Object.entries(current).filter(([, name]) => name !== ""));
  const configured = (part: Part): string => findValue(service, context.values, probe[part]) ?? "";
  const names = Object.fromEntries(SHOWN.map((part) => [part, identifier(configured(part))])) as Record<Part, string>;
  const differing = SHOWN.find((part) => configured(part) !== "" && !isSameName(configured(part), current[part]));
  if (differing === undefined) {
    return {
      finding: { outcome: "passed", reason: "Logged in as configured.", credentialRefused: false, details },
      worthRetrying: false,
    };
  }
  const subject = { service, names: [probe[differing]], purpose: differing };
  if (differing === "user") {
    return judge("other-user", { ...subject, statement: "SHOW USERS;" }, details);
  }
  return judge("missing-grant", { ...subject, statement: grantStatement(differing, names) }, details);
}

function grantStatement(part: Exclude<Part, "user">, names: Readonly<Record<Part, string>>): string {
  switch (part) {
    case "role":
      return `GRANT ROLE ${names.role} TO USER ${names.user};`;
    case "warehouse":
      return `GRANT USAGE ON WAREHOUSE ${names.warehouse} TO ROLE ${names.role};`;
    case "database":
      return `GRANT USAGE ON DATABASE ${names.database} TO ROLE ${names.role};`;
    case "schema":
      return `GRANT USAGE ON SCHEMA ${names.database}.${names.schema} TO ROLE ${names.role};`;
  }
}

/**
 * Snowflake's numbers where they are known, its words where they are not documented (they have been stable for years).
 * Numbers: https://docs.snowflake.com/en/user-guide/key-pair-auth-troubleshooting and the driver's `gs_errors`.
 */
const REFUSALS: readonly { code?: number; words?: RegExp; verdict: Parameters<typeof judge>[0] }[] = [
  { code: 390102, words: /temporarily locked|user is locked/i, verdict: "user-locked" },
  { code: 390101, words: /user access disabled/i, verdict: "user-disabled" },
  { words: /multi-?factor|\bmfa\b|duo security|passcode/i, verdict: "second-factor" },
  { code: 390106, words: /password has expired|password must be changed/i, verdict: "password-expired" },
  { words: /not allowed to access snowflake|network policy/i, verdict: "network-policy" },
  { code: 390144, words: /jwt token/i, verdict: "key-refused" },
  { code: 390189, words: /role .* is not granted/i, verdict: "missing-grant" },
  { code: 390100, words: /incorrect username or password|authentication failed/i, verdict: "unauthorized" },
  { code: 394400, words: /access token is (invalid|expired|disabled)/i, verdict: "unauthorized" },
  { words: /account .*(does not exist|not found)/i, verdict: "account-unknown" },
];

/** The driver's own numbers: nothing was sent (404xxx), no connection (401001), an answer in another form (401002, 401003). */
const DRIVER = { invalidFrom: 404_000, invalidTo: 405_000 } as const;

function judgeRefusal(refusal: SnowflakeRefusal, context: SnowflakeAttemptContext, address: Subject): Attempt {
  const { service, probe } = context;
  const { errorCode, status, connectionCode } = refusal;
  const subject: Subject = {
    service,
    names: [probe.user, secretName(context)],
    code: `error ${errorCode ?? status ?? "unknown"}`,
  };
  if (connectionCode !== undefined) return judgeConnection({ ...address, code: connectionCode });
  if (status !== undefined) return judgeStatus(status, address);
  if (errorCode !== undefined && errorCode >= DRIVER.invalidFrom && errorCode < DRIVER.invalidTo) {
    return { ...judge("malformed-value", { ...subject, names: [probe.account, probe.user] }), notSent: true };
  }
  if (refusal.phase === "statement") return judge("unexpected-answer", subject);
  const known = verdictOf(refusal);
  if (!known) return judge("unexpected-answer", subject);
  return judge(known, { ...subject, ...aboutRefusal(known, context) });
}

/** What a refused log-in means; undefined where the refusal is none that is known. */
export function verdictOf({
  errorCode,
  said,
}: Pick<SnowflakeRefusal, "errorCode" | "said">): Parameters<typeof judge>[0] | undefined {
  return REFUSALS.find(({ code, words }) => (code !== undefined && code === errorCode) || (words?.test(said) ?? false))
    ?.verdict;
}

/** What the remedy of a refused log-in points at, where it is not the pair of user and password. */
function aboutRefusal(verdict: string, { service, probe, values }: SnowflakeAttemptContext): Partial<Subject> {
  const quoted = (name: string): string => identifier(findValue(service, values, name) ?? "");
  const user = quoted(probe.user);
  switch (verdict) {
    case "user-locked":
      return { statement: `ALTER USER ${user} SET MINS_TO_UNLOCK = 0;` };
    case "user-disabled":
      return { statement: `ALTER USER ${user} SET DISABLED = FALSE;` };
    case "second-factor":
      return { statement: `ALTER USER ${user} SET TYPE = LEGACY_SERVICE;` };
    case "key-refused":
      return { statement: `DESCRIBE USER ${user};` };
    case "network-policy":
      return { statement: `SHOW PARAMETERS LIKE 'NETWORK_POLICY' FOR USER ${user};` };
    case "missing-grant":
      return { names: [probe.role], purpose: "role", statement: `GRANT ROLE ${quoted(probe.role)} TO USER ${user};` };
    default:
      return {};
  }
}

/** Snowflake refuses with HTTP 200 and a number, so a status is about the way there: https://docs.snowflake.com/en/user-guide/organizations-connect */
function judgeStatus(status: number, address: Subject): Attempt {
  if (status === 404) return judge("account-unknown", { ...address, code: "HTTP 404" });
  if (status === 403) return judge("account-forbidden", address);
  if (status === 429) return judge("rate-limit", { ...address, code: status });
  if (status >= 500 || status === 408) return judge("service-down", { ...address, code: status });
  if (status === 200) return judge("not-the-api", { ...address, code: status });
  return judge("unexpected-answer", { ...address, code: `HTTP ${status}` });
}

/** Unquoted names are upper-cased by Snowflake: https://docs.snowflake.com/en/sql-reference/identifiers-syntax */
function isSameName(configured: string, current: string): boolean {
  if (/^".*"$/s.test(configured)) return current === configured.slice(1, -1).replaceAll('""', '"');
  return current === configured || current === configured.toUpperCase();
}

/** The name as it is written in SQL, quoted only where it must be. */
function identifier(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_$]*$/.test(name)) return name;
  const bare = /^"(?:[^"]|"")*"$/s.test(name) ? name.slice(1, -1).replaceAll('""', '"') : name;
  return `"${bare.replaceAll('"', '""')}"`;
}
