/** Which parameters do objects have, with which defaults? `SHOW PARAMETERS`, and setting them. https://docs.snowflake.com/en/sql-reference/parameters */
import { type Context } from "./context";
import { doesNotExist, invalidProperty } from "./errors";
import { type Database, type Schema, type Securable } from "./objects";
import { type PropertyValue, type Statement } from "./statement";
import { likeMatcher, tableOf, type Table } from "./table";

type ParameterType = "BOOLEAN" | "NUMBER" | "STRING";
type Parameter = readonly [name: string, value: string, type: ParameterType];

const USER: readonly Parameter[] = [
  ["ABORT_DETACHED_QUERY", "false", "BOOLEAN"],
  ["AUTOCOMMIT", "true", "BOOLEAN"],
  ["BINARY_INPUT_FORMAT", "HEX", "STRING"],
  ["BINARY_OUTPUT_FORMAT", "HEX", "STRING"],
  ["CLIENT_MEMORY_LIMIT", "1536", "NUMBER"],
  ["CLIENT_METADATA_REQUEST_USE_CONNECTION_CTX", "false", "BOOLEAN"],
  ["CLIENT_PREFETCH_THREADS", "4", "NUMBER"],
  ["CLIENT_RESULT_CHUNK_SIZE", "160", "NUMBER"],
  ["CLIENT_RESULT_COLUMN_CASE_INSENSITIVE", "false", "BOOLEAN"],
  ["CLIENT_SESSION_KEEP_ALIVE", "false", "BOOLEAN"],
  ["CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", "3600", "NUMBER"],
  ["CLIENT_TIMESTAMP_TYPE_MAPPING", "TIMESTAMP_LTZ", "STRING"],
  ["DATE_INPUT_FORMAT", "AUTO", "STRING"],
  ["DATE_OUTPUT_FORMAT", "YYYY-MM-DD", "STRING"],
  ["ENABLE_UNLOAD_PHYSICAL_TYPE_OPTIMIZATION", "true", "BOOLEAN"],
  ["ENABLE_UNREDACTED_QUERY_SYNTAX_ERROR", "false", "BOOLEAN"],
  ["ERROR_ON_NONDETERMINISTIC_MERGE", "true", "BOOLEAN"],
  ["ERROR_ON_NONDETERMINISTIC_UPDATE", "false", "BOOLEAN"],
  ["GEOGRAPHY_OUTPUT_FORMAT", "GeoJSON", "STRING"],
  ["GEOMETRY_OUTPUT_FORMAT", "GeoJSON", "STRING"],
  ["JDBC_TREAT_DECIMAL_AS_INT", "true", "BOOLEAN"],
  ["JDBC_TREAT_TIMESTAMP_NTZ_AS_UTC", "false", "BOOLEAN"],
  ["JDBC_USE_SESSION_TIMEZONE", "true", "BOOLEAN"],
  ["JSON_INDENT", "2", "NUMBER"],
  ["LOCK_TIMEOUT", "43200", "NUMBER"],
  ["LOG_LEVEL", "OFF", "STRING"],
  ["MULTI_STATEMENT_COUNT", "1", "NUMBER"],
  ["NETWORK_POLICY", "", "STRING"],
  ["NOORDER_SEQUENCE_AS_DEFAULT", "true", "BOOLEAN"],
  ["ODBC_TREAT_DECIMAL_AS_INT", "false", "BOOLEAN"],
  ["PREVENT_UNLOAD_TO_INTERNAL_STAGES", "false", "BOOLEAN"],
  ["QUERY_TAG", "", "STRING"],
  ["QUOTED_IDENTIFIERS_IGNORE_CASE", "false", "BOOLEAN"],
  ["ROWS_PER_RESULTSET", "0", "NUMBER"],
  ["S3_STAGE_VPCE_DNS_NAME", "", "STRING"],
  ["SEARCH_PATH", "$current, $public", "STRING"],
  ["SIMULATED_DATA_SHARING_CONSUMER", "", "STRING"],
  ["STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", "0", "NUMBER"],
  ["STATEMENT_TIMEOUT_IN_SECONDS", "172800", "NUMBER"],
  ["STRICT_JSON_OUTPUT", "false", "BOOLEAN"],
  ["TIMESTAMP_DAY_IS_ALWAYS_24H", "false", "BOOLEAN"],
  ["TIMESTAMP_INPUT_FORMAT", "AUTO", "STRING"],
  ["TIMESTAMP_LTZ_OUTPUT_FORMAT", "", "STRING"],
  ["TIMESTAMP_NTZ_OUTPUT_FORMAT", "YYYY-MM-DD HH24:MI:SS.FF3", "STRING"],
  ["TIMESTAMP_OUTPUT_FORMAT", "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM", "STRING"],
  ["TIMESTAMP_TYPE_MAPPING", "TIMESTAMP_NTZ", "STRING"],
  ["TIMESTAMP_TZ_OUTPUT_FORMAT", "", "STRING"],
  ["TIMEZONE", "America/Los_Angeles", "STRING"],
  ["TIME_INPUT_FORMAT", "AUTO", "STRING"],
  ["TIME_OUTPUT_FORMAT", "HH24:MI:SS", "STRING"],
  ["TRACE_LEVEL", "OFF", "STRING"],
  ["TRANSACTION_ABORT_ON_ERROR", "false", "BOOLEAN"],
  ["TRANSACTION_DEFAULT_ISOLATION_LEVEL", "READ COMMITTED", "STRING"],
  ["TWO_DIGIT_CENTURY_START", "1970", "NUMBER"],
  ["UNSUPPORTED_DDL_ACTION", "ignore", "STRING"],
  ["USE_CACHED_RESULT", "true", "BOOLEAN"],
  ["WEEK_OF_YEAR_POLICY", "0", "NUMBER"],
  ["WEEK_START", "0", "NUMBER"],
];

const WAREHOUSE: readonly Parameter[] = [
  ["MAX_CONCURRENCY_LEVEL", "8", "NUMBER"],
  ["STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", "0", "NUMBER"],
  ["STATEMENT_TIMEOUT_IN_SECONDS", "172800", "NUMBER"],
];

const DATABASE: readonly Parameter[] = [
  ["CATALOG", "", "STRING"],
  ["DATA_RETENTION_TIME_IN_DAYS", "1", "NUMBER"],
  ["DEFAULT_DDL_COLLATION", "", "STRING"],
  ["ENABLE_CONSOLE_OUTPUT", "false", "BOOLEAN"],
  ["EXTERNAL_VOLUME", "", "STRING"],
  ["LOG_LEVEL", "OFF", "STRING"],
  ["MAX_DATA_EXTENSION_TIME_IN_DAYS", "14", "NUMBER"],
  ["QUOTED_IDENTIFIERS_IGNORE_CASE", "false", "BOOLEAN"],
  ["REPLACE_INVALID_CHARACTERS", "false", "BOOLEAN"],
  ["STORAGE_SERIALIZATION_POLICY", "OPTIMIZED", "STRING"],
  ["SUSPEND_TASK_AFTER_NUM_FAILURES", "10", "NUMBER"],
  ["TASK_AUTO_RETRY_ATTEMPTS", "0", "NUMBER"],
  ["TRACE_LEVEL", "OFF", "STRING"],
  ["USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE", "Medium", "STRING"],
  ["USER_TASK_MINIMUM_TRIGGER_INTERVAL_IN_SECONDS", "30", "NUMBER"],
  ["USER_TASK_TIMEOUT_MS", "3600000", "NUMBER"],
];

const SCHEMA: readonly Parameter[] = [...DATABASE, ["PIPE_EXECUTION_PAUSED", "false", "BOOLEAN"]];

const NAMES: Partial<Record<Securable["kind"], readonly Parameter[]>> = {
  ACCOUNT: USER,
  USER,
  WAREHOUSE,
  DATABASE,
  SCHEMA,
};

/** What drivers read out of the log-in and query responses; snowflake-sdk fails without the output formats. */
export const SESSION_PARAMETERS: readonly { name: string; value: string | number | boolean }[] = USER.map(
  ([name, value, type]) => {
    if (type === "BOOLEAN") return { name, value: value === "true" };
    return { name, value: type === "NUMBER" ? Number(value) : value };
  },
);

/** Is this the name of a parameter that such an object can have? */
export function hasParameter(kind: Securable["kind"], name: string): boolean {
  return NAMES[kind]?.some(([known]) => known === name) ?? false;
}

/** Is this the name of a parameter of a session? */
export function isSessionParameter(name: string): boolean {
  return hasParameter("USER", name) || /^(CLIENT|PYTHON|JS|ODBC|GO)_/.test(name) || name === "QUERY_TAG";
}

/**
 * Checks a parameter's new value and returns what sets it, so that a statement with several takes effect as a whole.
 * Throws 001420 for an unknown one, 002003 for a network policy that is not there.
 */
export function planParameter(context: Context, object: Securable, name: string, value: PropertyValue): () => void {
  if (!hasParameter(object.kind, name)) throw invalidProperty(name, object.kind);
  const text = value.kind === "name" && /^(TRUE|FALSE)$/i.test(value.text) ? value.text.toLowerCase() : value.text;
  if (name === "NETWORK_POLICY" && text !== "") context.account.networkPolicies.require(text);
  return () => void object.parameters.set(name, text);
}

/** The parameter's value on the object itself, else on what contains it, else its default; with the level at which it is set. */
function resolve(context: Context, object: Securable, [name, preset]: Parameter): { value: string; level: string } {
  const containers = object.kind === "SCHEMA" ? [(object as Schema).database] : [];
  for (const holder of [object, ...containers, context.account.root]) {
    const value = holder.parameters.get(name);
    if (value !== undefined) return { value, level: holder.kind };
  }
  return { value: preset, level: "" };
}

/** `SHOW PARAMETERS [LIKE 'p'] [{IN | FOR} {ACCOUNT | SESSION | USER u | WAREHOUSE w | DATABASE d | SCHEMA d.s}]` */
export function showParameters(context: Context, statement: Statement): Table {
  const like = statement.accept("LIKE") ? likeMatcher(statement.string()) : () => true;
  const object =
    statement.accept("IN") || statement.accept("FOR") ? readObject(context, statement) : context.session.user;
  statement.end();
  const rows = (NAMES[object.kind] ?? [])
    .filter(([name]) => like(name))
    .map((parameter) => ({ parameter, ...resolve(context, object, parameter) }));
  return tableOf(
    [
      ["key", "text", ({ parameter }) => parameter[0]],
      ["value", "text", ({ value }) => value],
      ["default", "text", ({ parameter }) => parameter[1]],
      ["level", "text", ({ level }) => level],
      ["description", "text", () => ""],
      ["type", "text", ({ parameter }) => parameter[2]],
    ],
    rows,
  );
}

function readObject({ account, session }: Context, statement: Statement): Securable {
  if (statement.accept("ACCOUNT")) return account.root;
  if (statement.accept("SESSION")) return session.user;
  if (statement.accept("USER")) {
    const user = account.users.require(statement.identifier());
    if (user !== session.user && !account.owns(session.role, user) && !account.managesGrants(session.role)) {
      throw doesNotExist("user", user.name);
    }
    return user;
  }
  if (statement.accept("WAREHOUSE")) return visible(account.warehouses.require(statement.identifier()));
  if (statement.accept("DATABASE")) return visible(account.databases.require(statement.identifier()));
  statement.expect("SCHEMA");
  const [database = "", schema = ""] = statement.name(2);
  const found: Database = account.databases.require(database);
  return visible(found.schemas.require(schema));

  function visible(object: Securable): Securable {
    if (!account.sees(session.role, object)) throw doesNotExist(object.kind, object.name);
    return object;
  }
}
