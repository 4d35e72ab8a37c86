/** How are schemas made, changed and removed? https://docs.snowflake.com/en/sql-reference/sql/create-schema */
import { readShowTail, type Context, type Noun } from "./context";
import { createObject, dropObject, EXECUTED } from "./create";
import { setContainerProperties, unsetContainerProperties } from "./container-properties";
import { doesNotExist, invalidValue } from "./errors";
import { applyFutureGrants } from "./grants";
import { type Database, type Role, type Schema } from "./objects";
import { readSchema, readSchemaName } from "./securables";
import { likeMatcher, status, tableOf, timestamp, type ColumnOf } from "./table";

/** A schema, not yet in its database. */
export function newSchema(
  { account }: Pick<Context, "account">,
  database: Database,
  name: string,
  owner: Role,
  transient = database.transient,
): Schema {
  return { kind: "SCHEMA", ...account.securable(name, owner), database, transient, managedAccess: false };
}

/** CREATE, ALTER, DROP, SHOW and DESCRIBE of schemas. */
export const schemas: Noun = {
  words: ["SCHEMA"],
  plural: ["SCHEMAS"],

  create(context, statement, options) {
    const { account, session } = context;
    const { database, name } = readSchemaName(context, statement);
    account.requirePrivilege(session.role, "CREATE SCHEMA", database);
    const managedAccess = statement.accept("WITH", "MANAGED", "ACCESS");
    const properties = statement.properties();
    statement.end();
    const answer = createObject(context, database.schemas, name, options, () => {
      const schema = newSchema(context, database, name, session.role, options.transient || database.transient);
      schema.managedAccess = managedAccess;
      setContainerProperties(context, schema, properties);
      return schema;
    });
    applyFutureGrants(context, database.schemas.require(name));
    return answer;
  },

  alter(context, statement) {
    const { account, session } = context;
    const { database, schema } = readSchema(context, statement);
    if (statement.accept("RENAME", "TO")) {
      const target = readSchemaName(context, statement);
      statement.end();
      account.requireOwnership(session.role, schema);
      if (target.database !== database) throw invalidValue("RENAME TO");
      database.schemas.rename(schema, target.name);
      return status(EXECUTED);
    }
    account.requirePrivilege(session.role, "MODIFY", schema);
    const managed = statement.accept("ENABLE") ? true : statement.accept("DISABLE") ? false : undefined;
    if (managed !== undefined) {
      statement.expect("MANAGED", "ACCESS");
      statement.end();
      schema.managedAccess = managed;
    } else if (statement.accept("UNSET")) {
      const names = statement.keywords();
      statement.end();
      unsetContainerProperties(schema, names);
    } else {
      statement.expect("SET");
      const properties = statement.properties();
      statement.end();
      setContainerProperties(context, schema, properties);
    }
    return status(EXECUTED);
  },

  drop(context, statement) {
    const { database, schema } = readSchema(context, statement);
    if (!statement.accept("CASCADE")) statement.accept("RESTRICT");
    statement.end();
    return dropObject(context, database.schemas, schema);
  },

  show(context, statement) {
    const { account, session } = context;
    const like = statement.accept("LIKE") ? likeMatcher(statement.string()) : () => true;
    const containers = readScope(context, statement);
    const filter = readShowTail<Schema>(statement, like);
    const seen = containers
      .flatMap(({ schemas: store }) => store.all())
      .filter((one) => account.sees(session.role, one));
    return tableOf(schemaColumns(context), filter(seen));
  },

  describe(context, statement) {
    const { schema } = readSchema(context, statement);
    statement.end();
    if (!context.account.sees(context.session.role, schema)) throw doesNotExist("schema", schema.name);
    // Objects in schemas are not kept here, so there is nothing to list.
    return {
      columns: [
        ["created_on", "timestamp_ltz"],
        ["name", "text"],
        ["kind", "text"],
      ],
      rows: [],
    };
  },
};

/** `[IN {ACCOUNT | [DATABASE] d}]` */
function readScope({ account, session }: Context, statement: Parameters<Noun["show"]>[1]): Database[] {
  const explicit = statement.accept("IN");
  if (explicit && statement.accept("ACCOUNT")) return account.databases.all();
  if (!explicit)
    return session.database === undefined ? account.databases.all() : [account.databases.require(session.database)];
  statement.accept("DATABASE");
  const database = account.databases.require(statement.identifier());
  if (!account.sees(session.role, database)) throw doesNotExist("database", database.name);
  return [database];
}

function schemaColumns({ session }: Context): ColumnOf<Schema>[] {
  const retention = ({ parameters, database }: Schema) =>
    parameters.get("DATA_RETENTION_TIME_IN_DAYS") ?? database.parameters.get("DATA_RETENTION_TIME_IN_DAYS") ?? "1";
  const options = ({ transient, managedAccess }: Schema) =>
    [transient ? "TRANSIENT" : "", managedAccess ? "MANAGED ACCESS" : ""].filter((option) => option !== "").join(", ");
  return [
    ["created_on", "timestamp_ltz", (schema) => timestamp(schema.createdOn)],
    ["name", "text", (schema) => schema.name],
    ["is_default", "text", () => "N"],
    [
      "is_current",
      "text",
      ({ name, database }) => (session.schema === name && session.database === database.name ? "Y" : "N"),
    ],
    ["database_name", "text", ({ database }) => database.name],
    ["owner", "text", (schema) => schema.owner?.name ?? ""],
    ["comment", "text", (schema) => schema.comment],
    ["options", "text", options],
    ["retention_time", "text", retention],
    ["owner_role_type", "text", () => "ROLE"],
  ];
}
