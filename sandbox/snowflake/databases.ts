/** How are databases made, changed and removed? https://docs.snowflake.com/en/sql-reference/sql/create-database */
import { readShowFilter, type Context, type Noun } from "./context";
import { setContainerProperties, unsetContainerProperties } from "./container-properties";
import { createObject, dropObject, EXECUTED } from "./create";
import { ObjectStore, type Database, type Role, type Schema } from "./objects";
import { newSchema } from "./schemas";
import { status, tableOf, timestamp, type ColumnOf, type Table } from "./table";

/** A database with the schema PUBLIC, as each new one has it. */
export function newDatabase(
  { account }: Pick<Context, "account">,
  name: string,
  owner: Role,
  transient = false,
): Database {
  const database: Database = {
    kind: "DATABASE",
    ...account.securable(name, owner),
    transient,
    schemas: new ObjectStore<Schema>("schema", () => database.name),
  };
  database.schemas.add(newSchema({ account }, database, "PUBLIC", owner));
  return database;
}

/** CREATE, ALTER, DROP, SHOW and DESCRIBE of databases. */
export const databases: Noun = {
  words: ["DATABASE"],
  plural: ["DATABASES"],

  create(context, statement, options) {
    const { account, session } = context;
    account.requirePrivilege(session.role, "CREATE DATABASE", account.root);
    const name = statement.identifier();
    const properties = statement.properties();
    statement.end();
    return createObject(context, account.databases, name, options, () => {
      const database = newDatabase(context, name, session.role, options.transient);
      setContainerProperties(context, database, properties);
      return database;
    });
  },

  alter(context, statement) {
    const { account, session } = context;
    const database = account.databases.require(statement.identifier());
    if (statement.accept("RENAME", "TO")) {
      const name = statement.identifier();
      statement.end();
      account.requireOwnership(session.role, database);
      account.databases.rename(database, name);
      return status(EXECUTED);
    }
    account.requirePrivilege(session.role, "MODIFY", database);
    if (statement.accept("UNSET")) {
      const names = statement.keywords();
      statement.end();
      unsetContainerProperties(database, names);
    } else {
      statement.expect("SET");
      const properties = statement.properties();
      statement.end();
      setContainerProperties(context, database, properties);
    }
    return status(EXECUTED);
  },

  drop(context, statement) {
    const database = context.account.databases.require(statement.identifier());
    if (!statement.accept("CASCADE")) statement.accept("RESTRICT");
    statement.end();
    return dropObject(context, context.account.databases, database);
  },

  show(context, statement) {
    const { account, session } = context;
    statement.accept("HISTORY");
    const filter = readShowFilter<Database>(statement);
    const seen = account.databases.all().filter((database) => account.sees(session.role, database));
    return tableOf(databaseColumns(context), filter(seen));
  },
};

/** `SHOW REPLICATION DATABASES …`: nothing is replicated here, which the provider reads as such. */
export function showReplicationDatabases(): Table {
  return {
    columns: [
      ["region_group", "text"],
      ["snowflake_region", "text"],
      ["created_on", "timestamp_ltz"],
      ["account_name", "text"],
      ["name", "text"],
      ["comment", "text"],
      ["is_primary", "text"],
      ["primary", "text"],
      ["replication_allowed_to_accounts", "text"],
      ["failover_allowed_to_accounts", "text"],
      ["organization_name", "text"],
      ["account_locator", "text"],
    ],
    rows: [],
  };
}

function databaseColumns({ account, session }: Context): ColumnOf<Database>[] {
  const retention = (database: Database) =>
    database.parameters.get("DATA_RETENTION_TIME_IN_DAYS") ??
    account.root.parameters.get("DATA_RETENTION_TIME_IN_DAYS") ??
    "1";
  return [
    ["created_on", "timestamp_ltz", (database) => timestamp(database.createdOn)],
    ["name", "text", (database) => database.name],
    ["is_default", "text", () => "N"],
    ["is_current", "text", ({ name }) => (session.database === name ? "Y" : "N")],
    ["origin", "text", () => ""],
    ["owner", "text", (database) => database.owner?.name ?? ""],
    ["comment", "text", (database) => database.comment],
    ["options", "text", (database) => (database.transient ? "TRANSIENT" : "")],
    ["retention_time", "text", retention],
    ["kind", "text", () => "STANDARD"],
    ["owner_role_type", "text", () => "ROLE"],
  ];
}
