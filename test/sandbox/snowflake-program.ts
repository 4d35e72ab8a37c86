/** Which resources does the provider spec put through the engine? A program with one of each kind that the stand-in serves. */
import * as pulumi from "@pulumi/pulumi";
import { type PulumiFn } from "@pulumi/pulumi/automation";
import * as snowflake from "@pulumi/snowflake";
import { newKey } from "./snowflake-client";

/** The administrator's password, as awkward as any. */
export const DEPLOY_PASSWORD = `Deploy "it's" \\ 1`;
/** The service user's first password. */
export const FIRST_PASSWORD = `First '; DROP ROLE SOPHIA; -- " \\ \${x} \n € 1`;

/** The administrator's key, and the two that the key-pair user rotates between. */
export const KEYS = { deploy: newKey(), first: newKey(), second: newKey() };

/** What the program declares; a spec changes parts of it. */
export interface Declared {
  readonly roleName: string;
  readonly roleComment: string;
  readonly password: string;
  readonly disabled: boolean;
  readonly secondKey: string | undefined;
  readonly warehouseSize: string;
  readonly privileges: readonly string[];
  readonly databaseComment: string;
  readonly allowed: readonly string[];
  /** What somebody else made: not declared, imported, or declared without the `import` option, as one should after the import. */
  readonly found: "absent" | "imported" | "kept";
  /** The provider logs in with a key pair instead of a password. */
  readonly keyLogIn: boolean;
}

/** What it declares first. */
export const DECLARED: Declared = {
  roleName: "SOPHIA",
  roleComment: "role of the platform",
  password: FIRST_PASSWORD,
  disabled: false,
  secondKey: undefined,
  warehouseSize: "XSMALL",
  privileges: ["USAGE"],
  databaseComment: "data",
  allowed: ["10.0.0.0/8"],
  found: "absent",
  keyLogIn: false,
};

/** The names of its resources. */
export const RESOURCES = [
  "all-tables",
  "database",
  "database-usage",
  "future-tables",
  "key-user",
  "key-user-role",
  "person",
  "policy",
  "role",
  "schema",
  "schema-usage",
  "to-sysadmin",
  "user",
  "user-role",
  "warehouse",
  "warehouse-usage",
];

/** How somebody else made what is imported. */
export const FOUND = [
  `CREATE ROLE "FOUND" COMMENT = 'kept'`,
  `CREATE USER "FOUND_USER" RSA_PUBLIC_KEY = '${KEYS.second.publicText}' DEFAULT_ROLE = "FOUND" COMMENT = 'kept' TYPE = SERVICE`,
  `CREATE WAREHOUSE "FOUND_WH" AUTO_SUSPEND = 300`,
  `CREATE DATABASE "FOUND_DB"`,
  `CREATE SCHEMA "FOUND_DB"."S"`,
  `CREATE NETWORK POLICY "FOUND_NP" ALLOWED_IP_LIST = ('192.0.2.1')`,
  `GRANT ROLE "FOUND" TO USER "FOUND_USER"`,
  `GRANT USAGE ON WAREHOUSE "FOUND_WH" TO ROLE "FOUND"`,
  `GRANT USAGE ON SCHEMA "FOUND_DB"."S" TO ROLE "FOUND"`,
];

/** The names of the resources that it is imported as. */
export const IMPORTED = [
  "found-database",
  "found-policy",
  "found-role",
  "found-schema",
  "found-schema-usage",
  "found-user",
  "found-user-role",
  "found-warehouse",
  "found-warehouse-usage",
];

/** The program with these settings, against the stand-in on this port. */
export function declare(port: number, declared: Declared): PulumiFn {
  return async () => {
    const provider = new snowflake.Provider("snowflake", {
      organizationName: "PAYREADY",
      accountName: "SANDBOX",
      user: "DEPLOY",
      role: "ACCOUNTADMIN",
      ...(declared.keyLogIn
        ? { authenticator: "SNOWFLAKE_JWT", privateKey: pulumi.secret(KEYS.deploy.pem) }
        : { password: pulumi.secret(DEPLOY_PASSWORD) }),
      host: "127.0.0.1",
      port,
      protocol: "http",
    });
    const opts = { provider };
    const replaced = { provider, replaceOnChanges: ["name"], deleteBeforeReplace: true };
    const role = new snowflake.AccountRole(
      "role",
      { name: declared.roleName, comment: declared.roleComment },
      replaced,
    );
    const warehouse = new snowflake.Warehouse(
      "warehouse",
      {
        name: "WH",
        warehouseSize: declared.warehouseSize,
        autoSuspend: 60,
        autoResume: "true",
        initiallySuspended: true,
      },
      opts,
    );
    const database = new snowflake.Database("database", { name: "DB", comment: declared.databaseComment }, opts);
    const schema = new snowflake.Schema("schema", { name: "APP", database: database.name }, opts);
    declareUsers(declared, { role, warehouse, schema }, provider);
    declareGrants(declared, { role, warehouse, database, schema }, opts);
    if (declared.found !== "absent") declareFound(provider, declared.found === "imported");
  };
}

interface Made {
  readonly role: snowflake.AccountRole;
  readonly warehouse: snowflake.Warehouse;
  readonly database: snowflake.Database;
  readonly schema: snowflake.Schema;
}

function declareUsers(
  declared: Declared,
  { role, warehouse, schema }: Omit<Made, "database">,
  provider: snowflake.Provider,
): void {
  const opts = { provider };
  const replaced = { provider, replaceOnChanges: ["name"], deleteBeforeReplace: true };
  const policy = new snowflake.NetworkPolicy("policy", { name: "NP", allowedIpLists: [...declared.allowed] }, opts);
  const user = new snowflake.LegacyServiceUser(
    "user",
    {
      name: "SOPHIA_SERVICE",
      loginName: "SOPHIA_SERVICE",
      password: pulumi.secret(declared.password),
      defaultRole: role.name,
      defaultWarehouse: warehouse.name,
      comment: "of the platform",
      ...(declared.disabled ? { disabled: "true" } : {}),
    },
    replaced,
  );
  const keyUser = new snowflake.ServiceUser(
    "key-user",
    {
      name: "SOPHIA_KEYS",
      rsaPublicKey: KEYS.first.publicText,
      ...(declared.secondKey === undefined ? {} : { rsaPublicKey2: declared.secondKey }),
      defaultRole: role.name,
      defaultNamespace: schema.fullyQualifiedName,
      networkPolicy: policy.name,
    },
    replaced,
  );
  new snowflake.User("person", { name: "ANALYST", email: "analyst@example.com", firstName: "Ana" }, replaced);
  new snowflake.GrantAccountRole("user-role", { roleName: role.name, userName: user.name }, opts);
  new snowflake.GrantAccountRole("key-user-role", { roleName: role.name, userName: keyUser.name }, opts);
  new snowflake.GrantAccountRole("to-sysadmin", { roleName: role.name, parentRoleName: "SYSADMIN" }, opts);
}

function declareGrants(declared: Declared, made: Made, opts: pulumi.CustomResourceOptions): void {
  const accountRoleName = made.role.name;
  const Grant = snowflake.GrantPrivilegesToAccountRole;
  const schemaName = made.schema.fullyQualifiedName;
  const onWarehouse = { objectType: "WAREHOUSE", objectName: made.warehouse.name };
  const onDatabase = { objectType: "DATABASE", objectName: made.database.name };
  const privileges = [...declared.privileges];
  new Grant("warehouse-usage", { accountRoleName, privileges, onAccountObject: onWarehouse }, opts);
  new Grant("database-usage", { accountRoleName, privileges: ["USAGE"], onAccountObject: onDatabase }, opts);
  new Grant("schema-usage", { accountRoleName, privileges: ["USAGE"], onSchema: { schemaName } }, opts);
  const tables = { objectTypePlural: "TABLES", inSchema: schemaName };
  new Grant("future-tables", { accountRoleName, privileges: ["SELECT"], onSchemaObject: { future: tables } }, opts);
  new Grant("all-tables", { accountRoleName, privileges: ["SELECT"], onSchemaObject: { all: tables } }, opts);
}

/** One of each kind that someone else made, by the identifiers that the provider wants. */
function declareFound(provider: snowflake.Provider, imports: boolean): void {
  const found = (id: string) => (imports ? { provider, import: id } : { provider });
  const Grant = snowflake.GrantPrivilegesToAccountRole;
  const role = new snowflake.AccountRole("found-role", { name: "FOUND", comment: "kept" }, found('"FOUND"'));
  const user = new snowflake.ServiceUser(
    "found-user",
    { name: "FOUND_USER", rsaPublicKey: KEYS.second.publicText, defaultRole: role.name, comment: "kept" },
    found('"FOUND_USER"'),
  );
  // Size and transience must be said: what the provider reads differs from its own defaults for them, and it would replace.
  const size = { warehouseSize: "XSMALL", autoSuspend: 300 };
  const warehouse = new snowflake.Warehouse("found-warehouse", { name: "FOUND_WH", ...size }, found('"FOUND_WH"'));
  const database = new snowflake.Database("found-database", { name: "FOUND_DB" }, found('"FOUND_DB"'));
  const schema = new snowflake.Schema(
    "found-schema",
    { name: "S", database: database.name, isTransient: "false", withManagedAccess: "false" },
    found('"FOUND_DB"."S"'),
  );
  new snowflake.NetworkPolicy("found-policy", { name: "FOUND_NP", allowedIpLists: ["192.0.2.1"] }, found('"FOUND_NP"'));
  new snowflake.GrantAccountRole(
    "found-user-role",
    { roleName: role.name, userName: user.name },
    found('"FOUND"|USER|"FOUND_USER"'),
  );
  const accountRoleName = role.name;
  const onAccountObject = { objectType: "WAREHOUSE", objectName: warehouse.name };
  new Grant(
    "found-warehouse-usage",
    { accountRoleName, privileges: ["USAGE"], onAccountObject },
    found('"FOUND"|false|false|USAGE|OnAccountObject|WAREHOUSE|"FOUND_WH"'),
  );
  new Grant(
    "found-schema-usage",
    { accountRoleName, privileges: ["USAGE"], onSchema: { schemaName: schema.fullyQualifiedName } },
    found('"FOUND"|false|false|USAGE|OnSchema|OnSchema|"FOUND_DB"."S"'),
  );
}
