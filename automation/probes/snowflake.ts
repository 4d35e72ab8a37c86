/** Does the Snowflake user get in, and where does it stand then? One log-in, one statement, and the verdicts on both. */
import { type Probe, type Service } from "../../services/service";
import { judge } from "./remedies";
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
import { addressOf, judgeRefusal } from "./snowflake-refusals";
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
  // What an env file without quotes leaves of a key.
  if (/^-----BEGIN [A-Z ]+-----\s*$/.test(privateKey)) throw new UnusableValueError("cut-value", [probe.privateKey]);
  // The driver would say so too, but in the words of OpenSSL.
  if (!publicKeyOf(privateKey)) throw new UnusableValueError("malformed-value", [probe.privateKey]);
  return { privateKey };
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
