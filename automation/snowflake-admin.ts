/** What does the administrator's log-in see and do in Snowflake, where the program cannot? One statement a log-in. */
import { queryOnce, SnowflakeRefusal, type Cells } from "./probes/snowflake-driver";
import { type Settings } from "./settings";

/** Snowflake's number for an object that is not there, or that the role may not see. */
const DOES_NOT_EXIST = 2003;

/** Runs one statement as the stack's administrator and returns its rows; `timeoutMs` is for each request. Throws what Snowflake or the driver says. */
export function queryAsAdministrator(
  settings: Settings,
  statement: string,
  timeoutMs = 30_000,
): Promise<readonly Cells[]> {
  const { endpoints, snowflake, tokens } = settings;
  const logIn = {
    account: `${snowflake.organizationName}-${snowflake.accountName}`,
    accessUrl: endpoints.snowflake,
    user: tokens.snowflakeUser,
    credential: { password: tokens.snowflakePassword },
    role: snowflake.adminRole,
    timeoutMs,
  };
  return queryOnce(logIn, statement);
}

/**
 * The properties of a user as `DESCRIBE USER` shows them, by name; undefined where there is no such user. Unset ones read `null`.
 * https://docs.snowflake.com/en/sql-reference/sql/desc-user
 */
export async function describeUser(
  settings: Settings,
  user: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const rows = await queryAsAdministrator(settings, `DESCRIBE USER ${quoteIdentifier(user)}`).catch(
    (error: unknown): undefined => {
      if (error instanceof SnowflakeRefusal && error.phase === "statement" && error.errorCode === DOES_NOT_EXIST)
        return undefined;
      throw error;
    },
  );
  return rows && Object.fromEntries(rows.map(([name, value]) => [String(name), String(value)]));
}

/** An identifier as SQL takes it literally. https://docs.snowflake.com/en/sql-reference/identifiers-syntax */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string constant as SQL takes it literally; a backslash escapes in it. https://docs.snowflake.com/en/sql-reference/data-types-text */
export function quoteText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
