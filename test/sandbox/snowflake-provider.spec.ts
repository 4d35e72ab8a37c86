/** Does the stand-in carry the true Snowflake provider through create, no change, refresh, update, replace, import and delete, on the real engine? */
import assert from "node:assert/strict";
import { startSnowflake, type SnowflakeStandIn } from "../../sandbox/snowflake";
import { openTestStack, type EngineRun, type TestStack } from "../support/engine";
import { RawClient } from "./snowflake-client";
import * as program from "./snowflake-program";
import {
  DECLARED,
  DEPLOY_PASSWORD,
  FIRST_PASSWORD,
  IMPORTED,
  KEYS,
  RESOURCES,
  type Declared,
} from "./snowflake-program";

const SECOND_PASSWORD = "Second-password-2";

describe("the true Snowflake provider on the stand-in", function () {
  this.timeout(240_000);

  let server: SnowflakeStandIn;
  let stack: TestStack;

  before(async () => {
    const deploy = { name: "DEPLOY", password: DEPLOY_PASSWORD, rsaPublicKey: KEYS.deploy.publicText };
    const admin = { roles: ["ACCOUNTADMIN"], defaultRole: "ACCOUNTADMIN" };
    server = await startSnowflake({
      organization: "PAYREADY",
      account: "SANDBOX",
      seed: { users: [{ ...deploy, ...admin }] },
    });
    stack = await openTestStack({ program: declare(DECLARED), projectName: "snowflake-spec", attached: ["snowflake"] });
  });

  after(async () => {
    await stack?.dispose();
    await server?.close();
  });

  const declare = (declared: Declared) => program.declare(server.port, declared);
  const names = (run: EngineRun, op: string) =>
    run.steps
      .filter((step) => step.op === op)
      .map(({ name }) => name)
      .sort();
  const operations = (run: EngineRun) => run.steps.map(({ op, name }) => `${op} ${name}`).sort();

  /** Neither a preview nor a refresh finds anything to do, and no statement of either was refused. */
  async function assertSettled(declared: Declared): Promise<void> {
    const before = server.statements().length;
    assert.deepEqual(operations(await stack.preview(declare(declared))), []);
    const refreshed = await stack.refresh();
    assert.deepEqual(
      refreshed.steps.filter(({ op }) => op !== "refresh"),
      [],
    );
    assert.deepEqual(
      server
        .statements()
        .slice(before)
        .filter(({ code }) => code !== undefined),
      [],
    );
  }

  it("creates everything: the user can log in, and its role can use what was granted", async () => {
    const run = await stack.up();
    assert.deepEqual(names(run, "create"), RESOURCES);
    assert.equal(run.steps.length, RESOURCES.length);
    assert.deepEqual(server.tryLogin("SOPHIA_SERVICE", FIRST_PASSWORD), { ok: true, role: "SOPHIA" });
    const client = new RawClient(server);
    await client.logIn({ LOGIN_NAME: "SOPHIA_SERVICE", PASSWORD: FIRST_PASSWORD }, "&databaseName=DB&schemaName=APP");
    const [row] = await client.rows("SELECT CURRENT_WAREHOUSE() AS W, CURRENT_DATABASE() AS D, CURRENT_SCHEMA() AS S");
    assert.deepEqual(row, { W: "WH", D: "DB", S: "APP" });
    assert.deepEqual(server.user("SOPHIA_KEYS")?.fingerprints, [KEYS.first.fingerprint, undefined]);
    assert.equal(server.user("SOPHIA_KEYS")?.type, "SERVICE");
    assert.equal(server.user("ANALYST")?.type, "PERSON");
    assert.deepEqual(server.roles().find(({ name }) => name === "SYSADMIN")?.inherits, ["SOPHIA"]);
    await assertSettled(DECLARED);
  });

  it("updates in place, and each change is there", async () => {
    const changed: Declared = {
      ...DECLARED,
      roleComment: "changed",
      password: SECOND_PASSWORD,
      secondKey: KEYS.second.publicText,
      warehouseSize: "SMALL",
      privileges: ["USAGE", "MONITOR"],
      databaseComment: "",
      allowed: ["10.0.0.0/8", "192.0.2.0/24"],
    };
    const run = await stack.up(declare(changed));
    assert.deepEqual(operations(run), [
      "update database",
      "update key-user",
      "update policy",
      "update role",
      "update user",
      "update warehouse",
      "update warehouse-usage",
    ]);
    assert.equal(server.tryLogin("SOPHIA_SERVICE", FIRST_PASSWORD).ok, false);
    assert.equal(server.tryLogin("SOPHIA_SERVICE", SECOND_PASSWORD).ok, true);
    assert.deepEqual(server.user("SOPHIA_KEYS")?.fingerprints, [KEYS.first.fingerprint, KEYS.second.fingerprint]);
    await assertSettled(changed);

    const back = { ...changed, secondKey: undefined, privileges: ["USAGE"], disabled: true };
    assert.deepEqual(operations(await stack.up(declare(back))), [
      "update key-user",
      "update user",
      "update warehouse-usage",
    ]);
    assert.deepEqual(server.user("SOPHIA_KEYS")?.fingerprints, [KEYS.first.fingerprint, undefined]);
    assert.deepEqual(server.tryLogin("SOPHIA_SERVICE", SECOND_PASSWORD), { ok: false, code: "390101" });
    await assertSettled(back);
    await stack.up(declare({ ...DECLARED, password: SECOND_PASSWORD }));
    assert.deepEqual(server.tryLogin("SOPHIA_SERVICE", SECOND_PASSWORD), { ok: true, role: "SOPHIA" });
  });

  it("finds and repairs what was changed behind its back", async () => {
    const declared = { ...DECLARED, password: SECOND_PASSWORD };
    const admin = new RawClient(server);
    await admin.logIn({ LOGIN_NAME: "DEPLOY", PASSWORD: DEPLOY_PASSWORD });
    await admin.rows(`REVOKE ROLE "SOPHIA" FROM USER "SOPHIA_SERVICE"`);
    await admin.rows(`REVOKE USAGE ON SCHEMA "DB"."APP" FROM ROLE "SOPHIA"`);
    await admin.rows(`ALTER USER "SOPHIA_KEYS" SET RSA_PUBLIC_KEY = '${KEYS.second.publicText}'`);
    await admin.rows(`ALTER USER "SOPHIA_SERVICE" SET DISABLED = true`);
    await admin.rows(`DROP USER "ANALYST"`);
    const refreshed = await stack.refresh();
    assert.deepEqual(
      operations(refreshed).filter((step) => !step.startsWith("refresh")),
      ["delete person", "delete user-role", "update key-user", "update schema-usage", "update user"],
    );
    await stack.up(declare(declared));
    assert.deepEqual(server.tryLogin("SOPHIA_SERVICE", SECOND_PASSWORD), { ok: true, role: "SOPHIA" });
    assert.deepEqual(server.user("SOPHIA_KEYS")?.fingerprints, [KEYS.first.fingerprint, undefined]);
    await assertSettled(declared);
  });

  it("replaces a role whose name changes, with every grant of it", async () => {
    const declared = { ...DECLARED, password: SECOND_PASSWORD, roleName: "SOPHIA2" };
    const run = await stack.up(declare(declared));
    assert.deepEqual(
      names(run, "replace").filter((name) => name === "role"),
      ["role"],
    );
    assert.deepEqual(
      server
        .roles()
        .filter(({ name }) => name.startsWith("SOPHIA"))
        .map(({ name }) => name),
      ["SOPHIA2"],
    );
    assert.deepEqual(
      server
        .grants()
        .map(({ privilege, on, name, role }) => `${privilege} ${on} ${name} ${role}`)
        .sort(),
      [
        "SELECT FUTURE TABLE DB.APP SOPHIA2",
        "USAGE DATABASE DB SOPHIA2",
        "USAGE SCHEMA DB.APP SOPHIA2",
        "USAGE WAREHOUSE WH SOPHIA2",
      ],
    );
    assert.deepEqual(server.tryLogin("SOPHIA_SERVICE", SECOND_PASSWORD), { ok: true, role: "SOPHIA2" });
    await assertSettled(declared);
  });

  it("imports what is already there, with a provider that logs in by key pair", async () => {
    const admin = new RawClient(server);
    await admin.logIn({ LOGIN_NAME: "DEPLOY", PASSWORD: DEPLOY_PASSWORD });
    for (const sql of program.FOUND) await admin.rows(sql);
    const declared = { ...DECLARED, password: SECOND_PASSWORD, roleName: "SOPHIA2", keyLogIn: true };
    const logIns = server.loginAttempts().length;
    const changes = server.statements().length;
    const run = await stack.up(declare({ ...declared, found: "imported" }));
    assert.deepEqual(names(run, "import"), IMPORTED);
    // What the program leaves out is unset in the same run: the provider's way, not the stand-in's.
    assert.deepEqual(names(run, "update"), ["found-user", "found-warehouse"]);
    const made = server
      .statements()
      .slice(changes)
      .map(({ verb }) => verb);
    const reads = /^(SELECT|SHOW|DESCRIBE)\b/;
    assert.deepEqual([...new Set(made.filter((verb) => !reads.test(verb)))].sort(), ["ALTER USER", "ALTER WAREHOUSE"]);
    assert.deepEqual(server.user("FOUND_USER")?.fingerprints, [KEYS.second.fingerprint, undefined]);
    assert.deepEqual([server.user("FOUND_USER")?.comment, server.user("FOUND_USER")?.roles], ["kept", ["FOUND"]]);
    assert.ok(
      server
        .loginAttempts()
        .slice(logIns)
        .every(({ authenticator, ok }) => authenticator === "SNOWFLAKE_JWT" && ok),
    );
    // With the import option still there, every refresh would report the inputs that the import read.
    const kept: Declared = { ...declared, found: "kept" };
    assert.deepEqual(operations(await stack.up(declare(kept))), []);
    await assertSettled(kept);
  });

  it("deletes everything, and nothing was asked that the stand-in does not know", async () => {
    const run = await stack.destroy();
    assert.equal(names(run, "delete").length, RESOURCES.length + IMPORTED.length);
    assert.deepEqual(
      server.users().map(({ name }) => name),
      ["DEPLOY"],
    );
    assert.deepEqual(server.grants(), []);
    assert.deepEqual(
      server.roles().map(({ name }) => name),
      ["ACCOUNTADMIN", "PUBLIC", "SECURITYADMIN", "SYSADMIN", "USERADMIN"],
    );
    assert.deepEqual(
      server.requests().filter(({ unexpected, status }) => unexpected || status !== 200),
      [],
    );
    assert.deepEqual(
      server.statements().filter(({ code }) => code !== undefined),
      [],
    );
  });
});
