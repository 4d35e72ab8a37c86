import { defineService, plain, secret } from "./service";

/**
 * Snowflake: the role and the service user(s) are made by this project; the warehouse's data belongs to others.
 * Passwords of service users are on their way out: https://docs.snowflake.com/en/user-guide/security-mfa-rollout
 */
export const snowflake = defineService({
  name: "snowflake",
  title: "Snowflake",
  owner: "data-team",
  description: "Data warehouse for analytics and reporting",
  docs: "https://docs.snowflake.com/en/user-guide/admin-user-management",
  variables: {
    SNOWFLAKE_ACCOUNT: plain({
      description: "Account identifier, ORGANIZATION-ACCOUNT",
      config: "snowflakeAccount",
    }),
    SNOWFLAKE_USER: plain({ description: "The service user; changes together with the password where there is one" }),
    SNOWFLAKE_PASSWORD: secret({ description: "Password of the service user, or its access token" }),
    SNOWFLAKE_PRIVATE_KEY: secret({
      description: "Private key (PEM, PKCS #8, unencrypted) where the stack uses key pairs",
      optional: true,
    }),
    SNOWFLAKE_WAREHOUSE: plain({ description: "Default warehouse", config: "snowflakeWarehouse" }),
    SNOWFLAKE_DATABASE: plain({ description: "Default database", config: "snowflakeDatabase" }),
    SNOWFLAKE_SCHEMA: plain({ description: "Default schema", config: "snowflakeSchema" }),
    SNOWFLAKE_ROLE: plain({ description: "Default role", config: "snowflakeRole" }),
  },
  rotation: {
    everyDays: 30,
    config: "snowflakeCredential",
    strategies: {
      password: {
        ...{ kind: "snowflake-user", method: "password" },
        variables: { user: "SNOWFLAKE_USER", password: "SNOWFLAKE_PASSWORD" },
        // Each slot is a user of its own; the history does not tell two keys or tokens of one user apart.
        usage: { kind: "log-ins", user: "SNOWFLAKE_USER" },
      },
      "key-pair": {
        ...{ kind: "snowflake-user", method: "key-pair" },
        variables: { user: "SNOWFLAKE_USER", privateKey: "SNOWFLAKE_PRIVATE_KEY" },
      },
      "access-token": {
        ...{ kind: "snowflake-user", method: "access-token" },
        variables: { user: "SNOWFLAKE_USER", password: "SNOWFLAKE_PASSWORD" },
      },
    },
  },
  probe: {
    kind: "snowflake",
    account: "SNOWFLAKE_ACCOUNT",
    user: "SNOWFLAKE_USER",
    password: "SNOWFLAKE_PASSWORD",
    privateKey: "SNOWFLAKE_PRIVATE_KEY",
    role: "SNOWFLAKE_ROLE",
    warehouse: "SNOWFLAKE_WAREHOUSE",
    database: "SNOWFLAKE_DATABASE",
    schema: "SNOWFLAKE_SCHEMA",
    deep: {
      needs: [
        { privilege: "USAGE", on: "WAREHOUSE", object: ["SNOWFLAKE_WAREHOUSE"] },
        { privilege: "USAGE", on: "DATABASE", object: ["SNOWFLAKE_DATABASE"] },
        { privilege: "USAGE", on: "SCHEMA", object: ["SNOWFLAKE_DATABASE", "SNOWFLAKE_SCHEMA"] },
      ],
      // Who owns the data lets programs read it, and no more: docs/services/snowflake.md.
      allows: {
        privileges: ["SELECT"],
        on: ["TABLE", "VIEW", "MATERIALIZED VIEW", "DYNAMIC TABLE", "EXTERNAL TABLE", "ICEBERG TABLE"],
        within: ["SNOWFLAKE_DATABASE", "SNOWFLAKE_SCHEMA"],
      },
      // Without a table function the query would need no warehouse.
      query: "SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 1))",
    },
  },
});
