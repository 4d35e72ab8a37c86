/** On what can privileges be granted, and which? https://docs.snowflake.com/en/user-guide/security-access-control-privileges */
import { type Context } from "./context";
import { type Database, type Kind, type Schema, type Securable } from "./objects";
import { type Statement } from "./statement";

const SCHEMA_OBJECTS = [
  "TABLE",
  "VIEW",
  "STAGE",
  "PIPE",
  "STREAM",
  "TASK",
  "FUNCTION",
  "PROCEDURE",
  "SEQUENCE",
  "FILE FORMAT",
  "MATERIALIZED VIEW",
  "DYNAMIC TABLE",
  "EXTERNAL TABLE",
  "TEMPORARY TABLE",
];

const PRIVILEGES: Readonly<Record<Kind, readonly string[]>> = {
  ACCOUNT: [
    "CREATE USER",
    "CREATE ROLE",
    "CREATE DATABASE",
    "CREATE WAREHOUSE",
    "CREATE NETWORK POLICY",
    "MANAGE GRANTS",
    "MANAGE ACCOUNT",
    "MANAGE WAREHOUSES",
    "MONITOR USAGE",
    "MONITOR EXECUTION",
    "EXECUTE TASK",
    "IMPORT SHARE",
  ],
  USER: ["OWNERSHIP", "MONITOR", "MODIFY PROGRAMMATIC AUTHENTICATION METHODS"],
  ROLE: ["OWNERSHIP"],
  WAREHOUSE: ["OWNERSHIP", "USAGE", "OPERATE", "MONITOR", "MODIFY", "APPLYBUDGET"],
  DATABASE: ["OWNERSHIP", "USAGE", "MONITOR", "MODIFY", "CREATE SCHEMA", "CREATE DATABASE ROLE", "REFERENCE_USAGE"],
  SCHEMA: [
    "OWNERSHIP",
    "USAGE",
    "MONITOR",
    "MODIFY",
    "ADD SEARCH OPTIMIZATION",
    ...SCHEMA_OBJECTS.map((type) => `CREATE ${type}`),
  ],
  NETWORK_POLICY: ["OWNERSHIP", "USAGE"],
};

/** The privileges that such an object knows. */
export function privilegesOn(kind: Kind): readonly string[] {
  return PRIVILEGES[kind];
}

/** `ACCOUNT | USER u | ROLE r | WAREHOUSE w | DATABASE d | SCHEMA d.s | NETWORK POLICY p`. Throws 002003 when it is not there. */
export function readSecurable(context: Context, statement: Statement): Securable {
  const { account } = context;
  if (statement.accept("ACCOUNT")) return account.root;
  if (statement.accept("USER")) return account.users.require(statement.identifier());
  if (statement.accept("ROLE")) return account.roles.require(statement.identifier());
  if (statement.accept("WAREHOUSE")) return account.warehouses.require(statement.identifier());
  if (statement.accept("NETWORK", "POLICY")) return account.networkPolicies.require(statement.identifier());
  return readContainer(context, statement);
}

/** `DATABASE d | SCHEMA d.s` */
export function readContainer(context: Context, statement: Statement): Database | Schema {
  if (statement.accept("DATABASE")) return context.account.databases.require(statement.identifier());
  statement.expect("SCHEMA");
  return readSchema(context, statement).schema;
}

/** `d.s`, or `s` in the session's database; the schema itself must be there. */
export function readSchema(context: Context, statement: Statement): { database: Database; schema: Schema } {
  const { database, name } = readSchemaName(context, statement);
  return { database, schema: database.schemas.require(name) };
}

/** `d.s`, or `s` in the session's database; the database must be there. */
export function readSchemaName(context: Context, statement: Statement): { database: Database; name: string } {
  const parts = statement.name(2);
  const name = parts.at(-1) ?? "";
  const databaseName = parts.length === 2 ? parts[0] : context.session.database;
  return { database: context.account.databases.require(databaseName ?? ""), name };
}

/** The parts of the object's full name. */
export function nameParts(object: Securable): string[] {
  return object.kind === "SCHEMA" ? [(object as Schema).database.name, object.name] : [object.name];
}
