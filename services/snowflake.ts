import { defineService, plain, secret } from "./service";

/** Snowflake: the role and the service user(s) are made by this project; the warehouse's data belongs to others. */
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
    SNOWFLAKE_USER: plain({ description: "The service user; changes together with the password" }),
    SNOWFLAKE_PASSWORD: secret({ description: "Password of the service user" }),
    SNOWFLAKE_PRIVATE_KEY: secret({
      description: "Private key (PEM, PKCS #8) where the stack uses key pairs",
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
      password: { kind: "snowflake-password", variables: { user: "SNOWFLAKE_USER", password: "SNOWFLAKE_PASSWORD" } },
    },
  },
  probe: {
    kind: "snowflake",
    account: "SNOWFLAKE_ACCOUNT",
    user: "SNOWFLAKE_USER",
    password: "SNOWFLAKE_PASSWORD",
    role: "SNOWFLAKE_ROLE",
    warehouse: "SNOWFLAKE_WAREHOUSE",
    database: "SNOWFLAKE_DATABASE",
    schema: "SNOWFLAKE_SCHEMA",
  },
});
