/** Who has logged in? `SELECT … FROM TABLE(DB.INFORMATION_SCHEMA.LOGIN_HISTORY_BY_USER(…))`. https://docs.snowflake.com/en/sql-reference/functions/login_history */
import { type Context } from "./context";
import { doesNotExist, SqlError } from "./errors";
import { type Statement } from "./statement";
import { tableOf, timestamp, type ColumnOf, type Table } from "./table";

/** One attempt to log in. */
export interface LogInRecord {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Upper case, as claimed. */
  readonly user: string;
  readonly ok: boolean;
  /** The refusal's code. */
  readonly code?: string;
  /** What the driver calls itself. */
  readonly client: string;
  /** @default 127.0.0.1 */
  readonly address?: string;
}

const WEEK_MS = 7 * 86_400_000;
const COLUMNS: Readonly<Record<string, ColumnOf<LogInRecord>>> = {
  EVENT_TIMESTAMP: ["EVENT_TIMESTAMP", "timestamp_ltz", ({ at }) => timestamp(at)],
  EVENT_TYPE: ["EVENT_TYPE", "text", () => "LOGIN"],
  USER_NAME: ["USER_NAME", "text", ({ user }) => user],
  CLIENT_IP: ["CLIENT_IP", "text", ({ address }) => address ?? "127.0.0.1"],
  REPORTED_CLIENT_TYPE: ["REPORTED_CLIENT_TYPE", "text", ({ client }) => client],
  IS_SUCCESS: ["IS_SUCCESS", "text", ({ ok }) => (ok ? "YES" : "NO")],
  ERROR_CODE: ["ERROR_CODE", "fixed", ({ code }) => code ?? null],
};

/** Whether a column of the history comes next: nothing else here has rows to select from. */
export function isLogInHistory(statement: Statement): boolean {
  const token = statement.peek();
  return token?.kind === "word" && Object.hasOwn(COLUMNS, token.text.toUpperCase());
}

/** The rest of the statement behind SELECT. The newest first; users that the role neither owns nor manages show nothing. */
export function selectLogInHistory({ account, session }: Context, statement: Statement): Table {
  const columns: ColumnOf<LogInRecord>[] = [];
  do {
    const name = statement.keyword();
    const column = COLUMNS[name];
    if (!column) throw new SqlError("000904", `SQL compilation error:\ninvalid identifier '${name}'`, "42000");
    columns.push(column);
  } while (statement.acceptSymbol(","));
  statement.expect("FROM");
  statement.expect("TABLE");
  statement.expectSymbol("(");
  const [database = "", schema, name] = statement.name();
  if (schema !== "INFORMATION_SCHEMA" || name !== "LOGIN_HISTORY_BY_USER") throw statement.unexpected();
  const found = account.databases.find(database);
  if (!found || !account.sees(session.role, found)) throw doesNotExist("Database", database);
  const { user, limit } = readArguments(statement, session.user.name);
  statement.expectSymbol(")");
  statement.end();
  const owner = account.users.find(user);
  const isVisible = owner === session.user || (owner !== undefined && account.sees(session.role, owner));
  const records = account.logIns
    .filter((one) => one.user === user && one.at > account.clock() - WEEK_MS)
    .sort((left, right) => right.at - left.at);
  return tableOf(columns, isVisible ? records.slice(0, limit) : []);
}

function readArguments(statement: Statement, self: string): { readonly user: string; readonly limit: number } {
  let [user, limit] = [self, 100];
  statement.expectSymbol("(");
  while (!statement.acceptSymbol(")")) {
    const argument = statement.keyword();
    statement.expectSymbol("=");
    statement.expectSymbol(">");
    if (argument === "USER_NAME") user = nameOf(statement.string());
    else if (argument === "RESULT_LIMIT") limit = statement.number();
    else throw statement.unexpected();
    statement.acceptSymbol(",");
  }
  return { user, limit };
}

/** A name within a string: exact in double quotes, otherwise in upper case. */
function nameOf(text: string): string {
  return /^".*"$/s.test(text) ? text.slice(1, -1).replaceAll('""', '"') : text.toUpperCase();
}
