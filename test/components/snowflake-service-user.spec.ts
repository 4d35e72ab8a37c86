/** Does SnowflakeServiceUser make a role, the least grants and the users, and nothing that is not its own? */
import assert from "node:assert/strict";
import * as snowflake from "@pulumi/snowflake";
import { SnowflakeServiceUser, type SnowflakeServiceUserArgs } from "../../components/snowflake-service-user";
import { record, Secret } from "../support/mocks";

const ROLE = "snowflake:index/accountRole:AccountRole";
const USER = "snowflake:index/legacyServiceUser:LegacyServiceUser";
const SERVICE_USER = "snowflake:index/serviceUser:ServiceUser";
const GRANT = "snowflake:index/grantPrivilegesToAccountRole:GrantPrivilegesToAccountRole";
const GRANT_ROLE = "snowflake:index/grantAccountRole:GrantAccountRole";
const SCHEMA = "snowflake:index/schema:Schema";

const ARGS: SnowflakeServiceUserArgs = {
  ...{ role: "SOPHIA_ROLE", warehouse: "SOPHIA_WH", database: "SOPHIA_DB", schema: "MARTS" },
  passwordUsers: [
    { slot: "a", userName: "SOPHIA_SERVICE", password: "hush-a" },
    { slot: "b", userName: "SOPHIA_SERVICE_ALT", password: "hush-b" },
  ],
};
const make = (args: Partial<SnowflakeServiceUserArgs> = {}) =>
  record(() => {
    const provider = new snowflake.Provider("explicit", { user: "ADMIN" });
    const made = new SnowflakeServiceUser("sf", { ...ARGS, ...args }, { providers: [provider] });
    return { role: made.roleName, users: made.userNames };
  });

describe("SnowflakeServiceUser", () => {
  it("makes role, three grants and per slot a user that holds the role; no object that it was not told to manage", async () => {
    const { list } = await make({ manage: false });
    assert.deepEqual(
      list()
        .filter((line) => !line.includes("provider"))
        .sort(),
      [
        "sophia:index:SnowflakeServiceUser sf",
        `${ROLE} sf-role`,
        `${GRANT} sf-usage-database`,
        `${GRANT} sf-usage-schema`,
        `${GRANT} sf-usage-warehouse`,
        `${GRANT_ROLE} sf-user-a-role`,
        `${GRANT_ROLE} sf-user-b-role`,
        `${USER} sf-user-a`,
        `${USER} sf-user-b`,
      ].sort(),
    );
    assert.deepEqual((await make()).list(), list());
  });

  it("makes a legacy service user with the password as a secret, its role and its warehouse", async () => {
    const { findResource } = await make();
    const { inputs, ...options } = findResource(USER, "sf-user-b");
    assert.deepEqual(inputs, {
      name: "SOPHIA_SERVICE_ALT",
      loginName: new Secret("SOPHIA_SERVICE_ALT"),
      password: new Secret("hush-b"),
      defaultRole: "SOPHIA_ROLE",
      defaultWarehouse: "SOPHIA_WH",
      comment: "Owned by sophia-secrets",
    });
    assert.deepEqual(options.replaceOnChanges, ["name"]);
    assert.equal(options.deleteBeforeReplace, true);
  });

  it("replaces a role whose name changes, the old one first", async () => {
    const role = (await make()).findResource(ROLE, "sf-role");
    assert.deepEqual(role.inputs, { name: "SOPHIA_ROLE", comment: "Owned by sophia-secrets" });
    assert.deepEqual([role.replaceOnChanges, role.deleteBeforeReplace], [["name"], true]);
  });

  it("grants USAGE on one warehouse, one database and one schema, and never on all", async () => {
    const { findResource, resources } = await make();
    const usage = { accountRoleName: "SOPHIA_ROLE", privileges: ["USAGE"] };
    assert.deepEqual(findResource(GRANT, "sf-usage-warehouse").inputs, {
      ...usage,
      onAccountObject: { objectType: "WAREHOUSE", objectName: "SOPHIA_WH" },
    });
    assert.deepEqual(findResource(GRANT, "sf-usage-database").inputs, {
      ...usage,
      onAccountObject: { objectType: "DATABASE", objectName: "SOPHIA_DB" },
    });
    assert.deepEqual(findResource(GRANT, "sf-usage-schema").inputs, {
      ...usage,
      onSchema: { schemaName: '"SOPHIA_DB"."MARTS"' },
    });
    for (const { inputs } of resources) {
      assert.ok(!/"(allPrivileges|alwaysApply|onAll|withGrantOption|all|future)"/.test(JSON.stringify(inputs)));
    }
  });

  it("gives a user the role, and lets it log in only when the grants are there", async () => {
    const { findResource } = await make();
    assert.deepEqual(findResource(GRANT_ROLE, "sf-user-a-role").inputs, {
      roleName: "SOPHIA_ROLE",
      userName: "SOPHIA_SERVICE",
    });
    for (const grant of ["sf-usage-warehouse", "sf-usage-database", "sf-usage-schema"]) {
      assert.ok(findResource(USER, "sf-user-a").dependencies.includes(grant), grant);
    }
  });

  it("makes warehouse, database and schema where it manages them, before the grants on them", async () => {
    const { findResource } = await make({ manage: true });
    assert.deepEqual(findResource("snowflake:index/warehouse:Warehouse", "sf-warehouse").inputs, {
      ...{ name: "SOPHIA_WH", warehouseSize: "XSMALL", autoSuspend: 60, autoResume: "true", initiallySuspended: true },
    });
    assert.deepEqual(findResource("snowflake:index/database:Database", "sf-database").inputs, { name: "SOPHIA_DB" });
    assert.deepEqual(findResource(SCHEMA, "sf-schema").inputs, { name: "MARTS", database: "SOPHIA_DB" });
    for (const object of ["sf-warehouse", "sf-database", "sf-schema"]) {
      assert.ok(findResource(GRANT, "sf-usage-schema").dependencies.includes(object), object);
    }
  });

  for (const schema of ["PUBLIC", "public"]) {
    it(`never makes the schema ${schema}, which Snowflake makes with the database`, async () => {
      const { resources } = await make({ manage: true, schema });
      assert.deepEqual(
        resources.filter(({ type }) => type === SCHEMA),
        [],
      );
      assert.equal(resources.filter(({ type }) => type === "snowflake:index/database:Database").length, 1);
    });
  }

  it("speaks through the given provider only and gives names, no passwords", async () => {
    const { resources, result } = await make({ manage: true });
    for (const { custom, type, provider } of resources) {
      if (custom && !type.startsWith("pulumi:providers")) assert.equal(provider, "explicit", type);
    }
    assert.deepEqual(result, { role: "SOPHIA_ROLE", users: ["SOPHIA_SERVICE", "SOPHIA_SERVICE_ALT"] });
  });

  describe("with a user of type SERVICE", () => {
    const serviceUser = { userName: "SOPHIA_SERVICE_SVC", rsaPublicKey: "first", rsaPublicKey2: "second" };

    it("makes that user alone, with the role and no password", async () => {
      const { list } = await make({ passwordUsers: [], serviceUser });
      const users = list().filter((line) => /User:|ServiceUser |GrantAccountRole/.test(line));
      assert.deepEqual(users, [
        "sophia:index:SnowflakeServiceUser sf",
        `${SERVICE_USER} sf-service-user`,
        `${GRANT_ROLE} sf-service-user-role`,
      ]);
    });

    it("gives it both keys, its role and its warehouse, after the grants", async () => {
      const { findResource } = await make({ passwordUsers: [], serviceUser });
      const { inputs, ...options } = findResource(SERVICE_USER, "sf-service-user");
      assert.deepEqual(inputs, {
        ...{ name: "SOPHIA_SERVICE_SVC", loginName: new Secret("SOPHIA_SERVICE_SVC") },
        ...{ rsaPublicKey: "first", rsaPublicKey2: "second" },
        ...{ defaultRole: "SOPHIA_ROLE", defaultWarehouse: "SOPHIA_WH", comment: "Owned by sophia-secrets" },
      });
      assert.deepEqual([options.replaceOnChanges, options.deleteBeforeReplace], [["name"], true]);
      assert.ok(options.dependencies.includes("sf-usage-schema"));
      assert.deepEqual(findResource(GRANT_ROLE, "sf-service-user-role").inputs, {
        roleName: "SOPHIA_ROLE",
        userName: "SOPHIA_SERVICE_SVC",
      });
    });

    it("stands beside the users with passwords during a move", async () => {
      const { result, findResource } = await make({ serviceUser: { userName: "SVC", networkPolicy: "OFFICE" } });
      assert.deepEqual(result.users, ["SOPHIA_SERVICE", "SOPHIA_SERVICE_ALT", "SVC"]);
      const { inputs } = findResource(SERVICE_USER, "sf-service-user");
      assert.deepEqual([inputs["networkPolicy"], "rsaPublicKey" in inputs], ["OFFICE", false]);
    });
  });

  it("makes one user where only one slot is alive", async () => {
    const { resources } = await make({ passwordUsers: ARGS.passwordUsers.slice(0, 1) });
    assert.deepEqual(
      resources.filter(({ type }) => type === USER).map(({ name }) => name),
      ["sf-user-a"],
    );
  });
});
