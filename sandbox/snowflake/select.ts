/** What does a SELECT without FROM answer? Constants and the functions about the session; there is no data to query here. https://docs.snowflake.com/en/sql-reference/functions-context */
import { type Context } from "./context";
import { SqlError } from "./errors";
import { isLogInHistory, selectLogInHistory } from "./login-history";
import { currentDatabase, currentSchema, currentWarehouse } from "./session-objects";
import { type Statement } from "./statement";
import { timestamp, type Cell, type Column, type ColumnType, type Table } from "./table";

/** The version that `CURRENT_VERSION()` and the log-in answer. */
export const SERVER_VERSION = "9.38.1";

interface Value {
  readonly title: string;
  readonly type: ColumnType;
  readonly cell: Cell;
}

type ContextFunction = (context: Context, argument: string | undefined) => readonly [ColumnType, Cell];

const FUNCTIONS: Readonly<Record<string, ContextFunction>> = {
  CURRENT_ACCOUNT: ({ account }) => ["text", account.locator],
  CURRENT_ACCOUNT_NAME: ({ account }) => ["text", account.name],
  CURRENT_AVAILABLE_ROLES: ({ account, session }) => {
    const available = account.roles.all().filter((role) => account.mayActAs(session.user, role));
    return ["text", JSON.stringify(available.map(({ name }) => name))];
  },
  CURRENT_CLIENT: () => ["text", null],
  CURRENT_DATABASE: (context) => ["text", currentDatabase(context)?.name ?? null],
  CURRENT_IP_ADDRESS: () => ["text", "127.0.0.1"],
  CURRENT_ORGANIZATION_NAME: ({ account }) => ["text", account.organization],
  CURRENT_REGION: () => ["text", "PUBLIC.AWS_US_WEST_2"],
  CURRENT_ROLE: ({ session }) => ["text", session.role.name],
  CURRENT_ROLE_TYPE: () => ["text", "ROLE"],
  CURRENT_SCHEMA: (context) => ["text", currentSchema(context)?.name ?? null],
  CURRENT_SECONDARY_ROLES: () => ["text", JSON.stringify({ roles: "", value: "" })],
  CURRENT_SESSION: ({ session }) => ["text", String(session.id)],
  CURRENT_TIMESTAMP: ({ account }) => ["timestamp_ltz", timestamp(account.clock())],
  CURRENT_USER: ({ session }) => ["text", session.user.name],
  CURRENT_VERSION: () => ["text", SERVER_VERSION],
  CURRENT_WAREHOUSE: (context) => ["text", currentWarehouse(context)?.name ?? null],
  IS_ROLE_IN_SESSION: ({ account, session }, name = "") => {
    const role = account.roles.find(name);
    return ["boolean", role !== undefined && account.rolesWithin(session.role).has(role) ? "1" : "0"];
  },
  LAST_QUERY_ID: ({ session }) => ["text", session.lastQueryId ?? null],
};

/** `SELECT expression [[AS] alias], …`; the cursor stands behind the word. Throws 000002 for a FROM. */
export function select(context: Context, statement: Statement): Table {
  if (isLogInHistory(statement)) return selectLogInHistory(context, statement);
  if (statement.accept("COUNT")) return countGenerated(context, statement);
  const values: Value[] = [];
  do {
    const value = readExpression(context, statement);
    const aliased = statement.accept("AS") || (statement.peek() && !isFrom(statement) && !isComma(statement));
    values.push(aliased ? { ...value, title: statement.identifier() } : value);
  } while (statement.acceptSymbol(","));
  if (statement.accept("FROM")) {
    throw new SqlError("000002", "Unsupported feature 'FROM': the Snowflake stand-in holds no data.", "0A000");
  }
  statement.end();
  return {
    columns: values.map(({ title, type }): Column => [title, type]),
    rows: [values.map(({ cell }) => cell)],
  };
}

/** `COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => n))`, behind COUNT: the one query here that needs a running warehouse. */
function countGenerated(context: Context, statement: Statement): Table {
  const expectSymbols = (...symbols: string[]) => symbols.forEach((symbol) => statement.expectSymbol(symbol));
  expectSymbols("(", "*", ")");
  statement.expect("FROM", "TABLE");
  statement.expectSymbol("(");
  statement.expect("GENERATOR");
  statement.expectSymbol("(");
  statement.expect("ROWCOUNT");
  expectSymbols("=", ">");
  const count = statement.number();
  expectSymbols(")", ")");
  statement.end();
  resumeWarehouse(context);
  return { columns: [["COUNT(*)", "fixed"]], rows: [[String(count)]] };
}

/** A suspended warehouse resumes by itself where it may; else it counts as none. That the number is the same for both is assumed. */
function resumeWarehouse(context: Context): void {
  const warehouse = currentWarehouse(context);
  if (!warehouse || (warehouse.suspended && warehouse.settings.get("AUTO_RESUME")?.toUpperCase() !== "TRUE")) {
    const message =
      "No active warehouse selected in the current session.  Select an active warehouse with the 'use warehouse' command.\n";
    throw new SqlError("000606", message, "57P03");
  }
  if (!warehouse.suspended) return;
  warehouse.suspended = false;
  warehouse.resumedOn = context.account.clock();
}

function readExpression(context: Context, statement: Statement): Value {
  const token = statement.peek();
  if (token?.kind === "number") {
    statement.number();
    return { title: token.text, type: "fixed", cell: token.text };
  }
  if (token?.kind === "string") {
    statement.string();
    return { title: `'${token.text}'`, type: "text", cell: token.text };
  }
  const name = statement.keyword();
  if (name === "NULL") return { title: name, type: "text", cell: null };
  if (name === "TRUE" || name === "FALSE") return { title: name, type: "boolean", cell: name === "TRUE" ? "1" : "0" };
  const compute = FUNCTIONS[name];
  if (!compute) throw unknownFunction(name);
  let argument: string | undefined;
  const called = statement.acceptSymbol("(");
  if (called && !statement.acceptSymbol(")")) {
    argument = statement.string();
    statement.expectSymbol(")");
  }
  const [type, cell] = compute(context, argument);
  return { title: called ? `${name}(${argument === undefined ? "" : `'${argument}'`})` : name, type, cell };
}

function isFrom(statement: Statement): boolean {
  const token = statement.peek();
  return token?.kind === "word" && token.text.toUpperCase() === "FROM";
}

function isComma(statement: Statement): boolean {
  const token = statement.peek();
  return token?.kind === "symbol" && token.text === ",";
}

function unknownFunction(name: string): SqlError {
  return new SqlError("002140", `SQL compilation error:\nUnknown function ${name}`, "42601");
}
