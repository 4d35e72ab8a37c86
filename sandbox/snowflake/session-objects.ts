/** Which warehouse, database and schema can the session use? Those that it names and on which its role holds USAGE, so that a probe proves the grants. */
import { type Context } from "./context";
import { EXECUTED } from "./create";
import { SqlError } from "./errors";
import { type Database, type Schema, type Warehouse } from "./objects";
import { type Statement } from "./statement";
import { status, type Table } from "./table";

/** The session's warehouse, if its role may use it. */
export function currentWarehouse({ account, session }: Context): Warehouse | undefined {
  const warehouse = account.warehouses.find(session.warehouse ?? "");
  return warehouse && account.holds(session.role, "USAGE", warehouse) ? warehouse : undefined;
}

/** The session's database, if its role may use it. */
export function currentDatabase({ account, session }: Context): Database | undefined {
  const database = account.databases.find(session.database ?? "");
  return database && account.holds(session.role, "USAGE", database) ? database : undefined;
}

/** The session's schema, if its role may use it and its database. */
export function currentSchema(context: Context): Schema | undefined {
  const schema = currentDatabase(context)?.schemas.find(context.session.schema ?? "");
  return schema && context.account.holds(context.session.role, "USAGE", schema) ? schema : undefined;
}

/** `USE {ROLE r | SECONDARY ROLES … | WAREHOUSE w | [DATABASE] d | SCHEMA [d.]s}`; the cursor stands behind the word. Refused, it changes nothing. */
export function use(context: Context, statement: Statement): Table {
  const { session } = context;
  if (statement.accept("ROLE")) return useRole(context, statement);
  if (statement.accept("SECONDARY", "ROLES")) {
    // Secondary roles would hide a missing grant, so none are ever active here.
    if (!statement.accept("ALL")) statement.expect("NONE");
    statement.end();
    return status(EXECUTED);
  }
  const before = { warehouse: session.warehouse, database: session.database, schema: session.schema };
  const works = switchTo(context, statement);
  statement.end();
  if (works()) return status(EXECUTED);
  Object.assign(session, before);
  const message = "SQL compilation error:\nObject does not exist, or operation cannot be performed.";
  throw new SqlError("002043", message, "02000");
}

function switchTo(context: Context, statement: Statement): () => boolean {
  const { session } = context;
  if (statement.accept("WAREHOUSE")) {
    session.warehouse = statement.identifier();
    return () => currentWarehouse(context) !== undefined;
  }
  const wantsSchema = statement.accept("SCHEMA");
  if (!wantsSchema) statement.accept("DATABASE");
  const [first, second] = statement.name(2);
  if (wantsSchema && second === undefined) session.schema = first;
  else [session.database, session.schema] = [first, second ?? "PUBLIC"];
  const needsSchema = wantsSchema || second !== undefined;
  return () => (needsSchema ? currentSchema(context) : currentDatabase(context)) !== undefined;
}

function useRole({ account, session }: Context, statement: Statement): Table {
  const name = statement.identifier();
  statement.end();
  const role = account.roles.require(name);
  if (!account.mayActAs(session.user, role)) {
    const message = `SQL access control error:\nRequested role '${name}' is not assigned to the executing user. Specify another role to activate.`;
    throw new SqlError("003013", message, "42501");
  }
  session.role = role;
  return status(EXECUTED);
}
