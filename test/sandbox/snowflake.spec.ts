/** Does the Snowflake stand-in answer statements as Snowflake does, and refuse what a role may not do? */
import assert from "node:assert/strict";
import { type SnowflakeStandIn } from "../../sandbox/snowflake";
import { ADMIN, driverRefusal, RawClient, SERVICE_PASSWORD, startTestAccount, withDriver } from "./snowflake-client";

describe("the Snowflake stand-in", function () {
  let server: SnowflakeStandIn;
  let admin: RawClient;
  let now: number;

  beforeEach(async () => {
    now = Date.parse("2026-11-23T09:00:00Z");
    server = await startTestAccount(() => now);
    admin = new RawClient(server);
    await admin.logIn({ LOGIN_NAME: "admin", PASSWORD: ADMIN.password, ACCOUNT_NAME: "payready-sandbox" });
  });

  afterEach(() => server.close());

  const service = (password = SERVICE_PASSWORD) => ({ username: "SERVICE", password });
  const refusalOf = async (data: Record<string, unknown>, query = "") =>
    (await new RawClient(server).logIn(data, query)).code;

  describe("gives a role", () => {
    it("no more than was granted: the context functions name what it may use", async () => {
      const query = `SELECT CURRENT_WAREHOUSE() AS W, CURRENT_DATABASE() AS D, CURRENT_SCHEMA() AS S, CURRENT_ROLE() AS R`;
      const probe = async () =>
        (await withDriver(server, { ...service(), warehouse: "WH", database: "DB", schema: "APP" }, query))[0]?.[0];
      assert.deepEqual(await probe(), { W: null, D: null, S: null, R: "SOPHIA" });
      await admin.rows(`GRANT USAGE ON WAREHOUSE "WH" TO ROLE "SOPHIA"`);
      await admin.rows(`GRANT USAGE ON SCHEMA "DB"."APP" TO ROLE "SOPHIA"`);
      assert.deepEqual(await probe(), { W: "WH", D: null, S: null, R: "SOPHIA" });
      await admin.rows(`GRANT USAGE ON DATABASE "DB" TO ROLE "SOPHIA"`);
      assert.deepEqual(await probe(), { W: "WH", D: "DB", S: "APP", R: "SOPHIA" });
      await admin.rows(`REVOKE USAGE ON WAREHOUSE "WH" FROM ROLE "SOPHIA"`);
      assert.deepEqual(await probe(), { W: null, D: "DB", S: "APP", R: "SOPHIA" });
    });

    it("no right to change anything that it does not own", async () => {
      const user = new RawClient(server);
      await user.logIn({ LOGIN_NAME: "SERVICE", PASSWORD: SERVICE_PASSWORD });
      await admin.rows(`GRANT USAGE ON WAREHOUSE "WH" TO ROLE "SOPHIA"`);
      const refused: [string, string][] = [
        [`CREATE USER "X"`, "003001"],
        [`CREATE ROLE "X"`, "003001"],
        [`CREATE WAREHOUSE "X"`, "003001"],
        [`CREATE DATABASE "X"`, "003001"],
        [`CREATE SCHEMA "DB"."X"`, "003001"],
        [`CREATE NETWORK POLICY "X"`, "003001"],
        [`ALTER USER "ADMIN" SET PASSWORD = 'x'`, "003001"],
        [`ALTER USER "SERVICE" SET PASSWORD = 'x'`, "003001"],
        [`DROP USER "ADMIN"`, "003001"],
        [`DROP ROLE "SOPHIA"`, "003001"],
        [`DROP WAREHOUSE "WH"`, "003001"],
        [`GRANT ROLE "ACCOUNTADMIN" TO USER "SERVICE"`, "003001"],
        [`GRANT USAGE ON DATABASE "DB" TO ROLE "SOPHIA"`, "002003"],
        [`GRANT OPERATE ON WAREHOUSE "WH" TO ROLE "SOPHIA"`, "003001"],
        [`REVOKE USAGE ON WAREHOUSE "WH" FROM ROLE "SOPHIA"`, "003001"],
        [`ALTER ACCOUNT SET NETWORK_POLICY = "X"`, "003001"],
        [`DESCRIBE USER "ADMIN"`, "002003"],
        [`SHOW GRANTS TO ROLE "ACCOUNTADMIN"`, "002003"],
        [`USE ROLE "ACCOUNTADMIN"`, "003013"],
        [`USE DATABASE "DB"`, "002043"],
      ];
      for (const [sql, code] of refused) assert.equal(await user.refusal(sql), code, sql);
      assert.deepEqual(
        (await user.rows("SHOW USERS")).map((row) => row["name"]),
        ["SERVICE"],
      );
      assert.deepEqual(await user.rows("SHOW DATABASES"), []);
      assert.deepEqual(
        (await user.rows("SHOW WAREHOUSES")).map((row) => row["name"]),
        ["WH"],
      );
      assert.deepEqual(server.user("SERVICE")?.roles, ["SOPHIA"]);
    });

    it("what Snowflake's own roles may do, and not more", async () => {
      await admin.rows(`USE ROLE USERADMIN`);
      assert.equal(await admin.refusal(`CREATE USER "U1"`), "none");
      assert.equal(await admin.refusal(`CREATE WAREHOUSE "W1"`), "003001");
      await admin.rows(`USE ROLE SYSADMIN`);
      assert.equal(await admin.refusal(`CREATE WAREHOUSE "W1"`), "none");
      assert.equal(await admin.refusal(`GRANT USAGE ON WAREHOUSE "W1" TO ROLE "SOPHIA"`), "none");
      assert.equal(await admin.refusal(`CREATE ROLE "R1"`), "003001");
      await admin.rows(`USE ROLE SECURITYADMIN`);
      assert.equal(await admin.refusal(`GRANT OPERATE ON WAREHOUSE "W1" TO ROLE "SOPHIA"`), "none");
      assert.equal(await admin.refusal(`DROP USER "U1"`), "none");
    });
  });

  describe("answers", () => {
    it("errors with HTTP 200 and a numeric-string code, and unknown SQL is one", async () => {
      const { success, code, message, data } = await admin.query('DROP ROLE "NOPE"');
      assert.deepEqual([success, code, data.sqlState], [false, "002003", "02000"]);
      assert.equal(message, "SQL compilation error:\nRole 'NOPE' does not exist or not authorized.");
      const unknown = [
        "VACUUM",
        "CREATE TABLE T (A INT)",
        "SELECT * FROM T",
        "SELECT NO_SUCH()",
        'ALTER USER "ADMIN" FLY',
        'ALTER USER "ADMIN" SET WINGS = 2',
        "SHOW PENGUINS",
        'DROP USER "ADMIN" NOW',
      ];
      for (const sql of unknown) assert.match(await admin.refusal(sql), /^\d{6}$/, sql);
      assert.notEqual(server.user("ADMIN"), undefined);
    });

    it("one statement at a time", async () => {
      assert.equal(await admin.refusal(`ALTER USER "SERVICE" SET COMMENT = 'a'; DROP USER "SERVICE"`), "000008");
      assert.equal(server.user("SERVICE")?.comment, "");
    });

    it("all properties of a statement or none", async () => {
      assert.equal(await admin.refusal(`ALTER USER "SERVICE" SET COMMENT = 'a' RSA_PUBLIC_KEY = 'bad'`), "390418");
      assert.equal(server.user("SERVICE")?.comment, "");
    });

    it("cells that are text or null, times as seconds with nine decimals", async () => {
      for (const sql of [
        "SELECT 1",
        "SHOW USERS",
        "SHOW ROLES",
        "SHOW WAREHOUSES",
        "SHOW DATABASES",
        `SHOW SCHEMAS IN DATABASE "DB"`,
        `DESCRIBE USER "ADMIN"`,
        `SHOW PARAMETERS IN SCHEMA "DB"."APP"`,
        `SHOW GRANTS ON WAREHOUSE "WH"`,
        `SHOW GRANTS TO USER "SERVICE"`,
      ]) {
        const { data } = await admin.query(sql);
        assert.ok(data.rowset.length > 0, sql);
        for (const row of data.rowset) {
          assert.equal(row.length, data.rowtype.length, sql);
          row.forEach((cell, index) => {
            assert.ok(cell === null || typeof cell === "string", sql);
            if (data.rowtype[index]?.type === "timestamp_ltz" && cell !== null) assert.match(cell, /^\d{10}\.\d{9}$/);
          });
        }
      }
    });

    it("true or false for every boolean of DESCRIBE USER: null there crashes the provider", async () => {
      const rows = await admin.rows(`DESCRIBE USER "ADMIN"`);
      const booleans = [
        "MUST_CHANGE_PASSWORD",
        "DISABLED",
        "SNOWFLAKE_LOCK",
        "SNOWFLAKE_SUPPORT",
        "EXT_AUTHN_DUO",
        "HAS_MFA",
      ];
      for (const property of booleans) {
        const row = rows.find((candidate) => candidate["property"] === property);
        assert.deepEqual([row?.["value"], row?.["default"]], ["false", "false"], property);
      }
      assert.ok(rows.every((row) => row["value"] !== null && row["default"] !== null));
    });

    it("a renewed token for an expired session, and none without the master token", async () => {
      server.expireSessions();
      assert.equal(await admin.refusal("SELECT 1"), "390112");
      const renewed = await admin.post("/session/token-request", { requestType: "RENEW" }, admin.masterToken);
      assert.equal((await admin.post("/session/token-request", {}, "wrong")).code, "390114");
      admin.token = renewed.data.sessionToken;
      assert.equal(await admin.refusal("SELECT 1"), "none");
      await admin.post("/session?delete=true", {});
      assert.equal(await admin.refusal("SELECT 1"), "390104");
      assert.equal(server.openSessions(), 0);
    });

    it("the log-in with 390201 when the connection asks for objects that the role may not use", async () => {
      const data = {
        LOGIN_NAME: "SERVICE",
        PASSWORD: SERVICE_PASSWORD,
        SESSION_PARAMETERS: { CLIENT_VALIDATE_DEFAULT_PARAMETERS: true },
      };
      assert.equal(await refusalOf(data, "&warehouse=WH"), "390201");
      await admin.rows(`GRANT USAGE ON WAREHOUSE "WH" TO ROLE "SOPHIA"`);
      assert.equal(await refusalOf(data, "&warehouse=WH"), null);
      assert.equal(await refusalOf(data, "&databaseName=DB"), "390201");
    });
  });

  describe("keeps", () => {
    it("grants through a rename, and drops them with the object", async () => {
      await admin.rows(`CREATE ROLE "R1" COMMENT = 'one'`);
      await admin.rows(`GRANT USAGE, MONITOR ON SCHEMA "DB"."APP" TO ROLE "R1"`);
      await admin.rows(`GRANT ROLE "R1" TO ROLE "SOPHIA"`);
      await admin.rows(`ALTER ROLE "R1" RENAME TO "r 2"`);
      await admin.rows(`ALTER SCHEMA "DB"."APP" RENAME TO "DB"."App 2"`);
      assert.deepEqual(server.grants(), [
        { privilege: "USAGE", on: "SCHEMA", name: 'DB."App 2"', role: "r 2", grantOption: false },
        { privilege: "MONITOR", on: "SCHEMA", name: 'DB."App 2"', role: "r 2", grantOption: false },
      ]);
      assert.deepEqual(server.roles().find(({ name }) => name === "SOPHIA")?.inherits, ["r 2"]);
      await admin.rows(`DROP ROLE IF EXISTS "r 2"`);
      assert.deepEqual(server.grants(), []);
      assert.deepEqual(server.roles().find(({ name }) => name === "SOPHIA")?.inherits, []);
    });

    it("only the grant when the grant option of what is not granted is revoked", async () => {
      await admin.rows(`REVOKE GRANT OPTION FOR MONITOR ON WAREHOUSE "WH" FROM ROLE "SOPHIA"`);
      await admin.rows(`GRANT MONITOR ON WAREHOUSE "WH" TO ROLE "SOPHIA" WITH GRANT OPTION`);
      await admin.rows(`REVOKE GRANT OPTION FOR MONITOR ON WAREHOUSE "WH" FROM ROLE "SOPHIA"`);
      assert.deepEqual(server.grants(), [
        { privilege: "MONITOR", on: "WAREHOUSE", name: "WH", role: "SOPHIA", grantOption: false },
      ]);
    });

    it("future grants, and gives them to new schemas", async () => {
      await admin.rows(`GRANT SELECT ON FUTURE TABLES IN SCHEMA "DB"."APP" TO ROLE "SOPHIA"`);
      await admin.rows(`GRANT USAGE ON FUTURE SCHEMAS IN DATABASE "DB" TO ROLE "SOPHIA"`);
      const [future] = await admin.rows(`SHOW FUTURE GRANTS IN SCHEMA "DB"."APP"`);
      assert.deepEqual(
        [
          future?.["privilege"],
          future?.["grant_on"],
          future?.["grant_to"],
          future?.["grantee_name"],
          future?.["grant_option"],
        ],
        ["SELECT", "TABLE", "ROLE", "SOPHIA", "false"],
      );
      await admin.rows(`CREATE SCHEMA "DB"."LATER"`);
      assert.deepEqual(server.grants()[0], {
        privilege: "USAGE",
        on: "SCHEMA",
        name: "DB.LATER",
        role: "SOPHIA",
        grantOption: false,
      });
      await admin.rows(`REVOKE SELECT ON FUTURE TABLES IN SCHEMA "DB"."APP" FROM ROLE "SOPHIA"`);
      assert.deepEqual(await admin.rows(`SHOW FUTURE GRANTS IN SCHEMA "DB"."APP"`), []);
      assert.equal(await admin.refusal(`GRANT SELECT ON ALL TABLES IN SCHEMA "DB"."APP" TO ROLE "SOPHIA"`), "none");
    });

    it("names apart that differ only in case, and refuses one that is taken", async () => {
      await admin.rows(`CREATE ROLE "sophia"`);
      assert.equal(await admin.refusal(`CREATE ROLE sophia`), "002002");
      assert.equal(await admin.refusal(`CREATE ROLE IF NOT EXISTS sophia`), "none");
      assert.equal(await admin.refusal(`CREATE USER "U2" LOGIN_NAME = 'service'`), "002002");
      assert.equal(await admin.refusal(`ALTER ROLE "sophia" RENAME TO "SOPHIA"`), "002002");
    });

    it("no role in a circle", async () => {
      await admin.rows(`CREATE ROLE "R1"`);
      await admin.rows(`GRANT ROLE "R1" TO ROLE "SOPHIA"`);
      assert.equal(await admin.refusal(`GRANT ROLE "SOPHIA" TO ROLE "R1"`), "003003");
    });

    it("parameters at the level at which they were set", async () => {
      const level = async (sql: string, key: string) =>
        (await admin.rows(sql)).find((row) => row["key"] === key)?.["level"];
      await admin.rows(`CREATE NETWORK POLICY "NP" ALLOWED_IP_LIST = ('10.0.0.0/8', '192.0.2.1') COMMENT = 'np'`);
      assert.equal(await level(`SHOW PARAMETERS IN USER "SERVICE"`, "NETWORK_POLICY"), "");
      await admin.rows(`ALTER USER "SERVICE" SET NETWORK_POLICY = "NP"`);
      await admin.rows(`ALTER DATABASE "DB" SET LOG_LEVEL = 'WARN'`);
      assert.equal(await level(`SHOW PARAMETERS IN USER "SERVICE"`, "NETWORK_POLICY"), "USER");
      assert.equal(await level(`SHOW PARAMETERS IN SCHEMA "DB"."APP"`, "LOG_LEVEL"), "DATABASE");
      assert.deepEqual(await admin.rows(`DESCRIBE NETWORK POLICY "NP"`), [
        { name: "ALLOWED_IP_LIST", value: "10.0.0.0/8,192.0.2.1" },
      ]);
    });
  });

  describe("shows a test", () => {
    it("each log-in with its outcome, and no password anywhere", async () => {
      await driverRefusal(server, service("Wr0ng-canary"));
      await driverRefusal(server, service());
      assert.deepEqual(
        server.loginAttempts().map(({ user, authenticator, ok, code }) => [user, authenticator, ok, code]),
        [
          ["ADMIN", "SNOWFLAKE", true, undefined],
          ["SERVICE", "SNOWFLAKE", false, "390100"],
          ["SERVICE", "SNOWFLAKE", true, undefined],
        ],
      );
      await admin.rows(`ALTER USER "SERVICE" SET PASSWORD = 'Set-canary-1'`);
      const requests = await (await fetch(`${server.url}/_requests`)).text();
      const seen = JSON.stringify([
        server.loginAttempts(),
        server.statements(),
        server.users(),
        server.roles(),
        requests,
      ]);
      for (const secret of ["canary", SERVICE_PASSWORD, ADMIN.password]) assert.ok(!seen.includes(secret), secret);
      assert.ok(server.requests().every(({ unexpected }) => !unexpected));
    });

    it("what tryLogin would say, without counting failures", () => {
      for (let attempt = 0; attempt < 6; attempt += 1) {
        assert.deepEqual(server.tryLogin("SERVICE", "wrong"), { ok: false, code: "390100" });
      }
      assert.deepEqual(server.tryLogin("service", SERVICE_PASSWORD), { ok: true, role: "SOPHIA" });
    });
  });
});
