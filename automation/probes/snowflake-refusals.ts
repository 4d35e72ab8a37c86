/** What does it mean that Snowflake or its driver says no? Its numbers and words become verdicts, with the statement that helps. */
import { judge, judgeConnection, type Subject } from "./remedies";
import { type Attempt } from "./result";
import { type SnowflakeAttemptContext } from "./snowflake";
import { type SnowflakeRefusal } from "./snowflake-driver";
import { identifier } from "./snowflake-names";
import { findValue } from "./values";

/** Who was refused, by variables and their values. */
export type RefusalContext = Pick<SnowflakeAttemptContext, "service" | "probe" | "values" | "accessUrl">;

/** What a failed connection points at. */
export function addressOf({ service, probe, accessUrl }: RefusalContext): Subject {
  return { service, names: [accessUrl === "" ? probe.account : "SOPHIA_SNOWFLAKE_URL"] };
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
  { words: /access token (is|has) expired/i, verdict: "expired" },
  { code: 394400, words: /access token is (invalid|expired|disabled)/i, verdict: "unauthorized" },
  { words: /account .*(does not exist|not found)/i, verdict: "account-unknown" },
];

/** The driver's own numbers: nothing was sent (404xxx), no connection (401001), an answer in another form (401002, 401003). */
const DRIVER = { invalidFrom: 404_000, invalidTo: 405_000 } as const;

/** The verdict on a refused log-in, or on a statement of a probe. */
export function judgeRefusal(refusal: SnowflakeRefusal, context: RefusalContext): Attempt {
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
function judgeStatement(errorCode: number | undefined, subject: Subject, context: RefusalContext): Attempt {
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
function aboutRefusal(verdict: string, { service, probe, values }: RefusalContext): Partial<Subject> {
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

/** Which variable the user logs in with. */
function secretName({ service, probe, values }: RefusalContext): string {
  return findValue(service, values, probe.password) === undefined ? probe.privateKey : probe.password;
}
