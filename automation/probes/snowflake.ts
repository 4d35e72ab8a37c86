/** Does the Snowflake user get in, and where does it stand then? One log-in, one statement, and the verdicts on both. */
import { type Probe, type Service } from "../../services/service";
import { judge, judgeConnection, type Subject } from "./remedies";
import { type Attempt, type Finding } from "./result";
import { publicKeyOf } from "../snowflake-keys";
import {
  DriverMissingError,
  SnowflakeRefusal,
  withSession,
  type LogIn,
  type LogInCredential,
  type SnowflakeSession,
} from "./snowflake-driver";
import { identifier, isSameName } from "./snowflake-names";
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

/** Asks where the session stands. */
export const STATEMENT =
  "SELECT CURRENT_USER(), CURRENT_ROLE(), CURRENT_WAREHOUSE(), CURRENT_DATABASE(), CURRENT_SCHEMA()";
const SHOWN = ["user", "role", "warehouse", "database", "schema"] as const;
/** What a session has that is configured. */
export type Part = (typeof SHOWN)[number];

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
  const work = async (session: SnowflakeSession): Promise<Attempt> => {
    const [row = []] = await session.rows(STATEMENT);
    return judgeSession(row, context);
  };
  return inSession(context, work);
}

/** What the work comes to, in a session of its own; or the verdict where there is none in time. Never throws for what Snowflake does. */
export async function inSession<T>(
  context: SnowflakeAttemptContext,
  work: (session: SnowflakeSession) => Promise<T>,
): Promise<T | Attempt> {
  const { service } = context;
  const address = addressOf(context);
  try {
    return await withinDeadline(context, withSession(logInOf(context), work), () => judge("timed-out", address));
  } catch (error) {
    if (error instanceof UnusableValueError)
      return { ...judge(error.kind, { service, names: error.names }), notSent: true };
    if (error instanceof DriverMissingError) return { ...judge("driver-missing", address), notSent: true };
    if (error instanceof SnowflakeRefusal) return judgeRefusal(error, context);
    throw error;
  }
}

function addressOf({ service, probe, accessUrl }: SnowflakeAttemptContext): Subject {
  return { service, names: [accessUrl === "" ? probe.account : "SOPHIA_SNOWFLAKE_URL"] };
}

/** Who logs in, and where to. Throws {@link UnusableValueError}. */
function logInOf(context: SnowflakeAttemptContext): LogIn {
  const { probe, service, values, accessUrl } = context;
  const value = (name: string): string => findValue(service, values, name) ?? "";
  const optional = (part: Exclude<Part, "user">): Record<string, string> => {
    const found = value(probe[part]);
    return found === "" ? {} : { [part]: found };
  };
  return {
    account: value(probe.account),
    accessUrl: accessUrl === "" ? "" : parseBase(accessUrl, "SOPHIA_SNOWFLAKE_URL"),
    user: value(probe.user),
    credential: credentialOf(context),
    ...optional("role"),
    ...optional("warehouse"),
    ...optional("database"),
    ...optional("schema"),
    timeoutMs: Math.max(1, context.remainingMs()),
  };
}

/** The result, or the other one when the time is up. The driver's own requests end by their own limit. */
async function withinDeadline<T>(
  { remainingMs, signal }: SnowflakeAttemptContext,
  running: Promise<T>,
  otherwise: () => Attempt,
): Promise<T | Attempt> {
  running.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => undefined;
  const end = new Promise<Attempt>((resolve) => {
    stop = () => resolve(otherwise());
    timer = setTimeout(stop, Math.max(1, remainingMs()));
    signal?.addEventListener("abort", stop, { once: true });
  });
  return Promise.race([running, end]).finally(() => {
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
  const parts = sessionParts(row, context);
  const details = Object.fromEntries(parts.flatMap(({ part, current }) => (current === "" ? [] : [[part, current]])));
  const differing = parts.find(({ isAsConfigured }) => !isAsConfigured);
  if (differing) return judgePart(differing.part, context, details);
  return {
    finding: { outcome: "passed", reason: "Logged in as configured.", credentialRefused: false, details },
    worthRetrying: false,
  };
}

/** Where a session stands, part by part. */
export interface SessionPart {
  readonly part: Part;
  /** Empty where the session has none. */
  readonly current: string;
  /** True as well where nothing is configured. */
  readonly isAsConfigured: boolean;
}

/** The parts of the row that {@link STATEMENT} answers, compared with the configuration. */
export function sessionParts(
  row: readonly unknown[],
  { service, values, probe }: SnowflakeAttemptContext,
): SessionPart[] {
  return SHOWN.map((part, index) => {
    const current = typeof row[index] === "string" ? row[index] : "";
    const configured = findValue(service, values, probe[part]) ?? "";
    return { part, current, isAsConfigured: configured === "" || isSameName(configured, current) };
  });
}

/** The verdict on a part that is another one than configured, with the statement that makes it right. */
export function judgePart(
  differing: Part,
  context: SnowflakeAttemptContext,
  details: Finding["details"] = {},
): Attempt {
  const { service, probe, values } = context;
  const names = Object.fromEntries(
    SHOWN.map((part) => [part, identifier(findValue(service, values, probe[part]) ?? "")]),
  ) as Record<Part, string>;
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

/** The verdict on a refused log-in, or on a statement of a probe. */
export function judgeRefusal(refusal: SnowflakeRefusal, context: SnowflakeAttemptContext): Attempt {
  const { service, probe } = context;
  const address = addressOf(context);
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
  if (refusal.phase === "statement") return judgeStatement(errorCode, subject, context);
  const known = verdictOf(refusal);
  if (!known) return judge("unexpected-answer", subject);
  return judge(known, { ...subject, ...aboutRefusal(known, context) });
}

/** Numbers of refused statements. https://community.snowflake.com lists them; https://docs.snowflake.com/en/user-guide/resource-monitors */
function judgeStatement(errorCode: number | undefined, subject: Subject, context: SnowflakeAttemptContext): Attempt {
  const { service, probe, values } = context;
  const warehouse = identifier(findValue(service, values, probe.warehouse) ?? "");
  const about = { ...subject, names: [probe.warehouse] };
  if (errorCode === 606) {
    const statement = `ALTER WAREHOUSE ${warehouse} SET AUTO_RESUME = TRUE;`;
    return judge("warehouse-suspended", { ...about, statement });
  }
  if (errorCode === 90_073) {
    return judge("warehouse-quota", {
      ...about,
      statement: `SHOW WAREHOUSES LIKE '${warehouse.replaceAll("'", "''")}';`,
    });
  }
  return judge("unexpected-answer", subject);
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
