/** Whom does the Snowflake stand-in let in, seen through the official driver and through requests as gosnowflake sends them? */
import assert from "node:assert/strict";
import { type SnowflakeStandIn } from "../../sandbox/snowflake";
import {
  ADMIN,
  driverRefusal,
  RawClient,
  SERVICE_PASSWORD,
  startTestAccount,
  withDriver,
  newKey,
  signToken,
  type TestKey,
} from "./snowflake-client";

const HOSTILE_PASSWORDS = [
  `it's "quoted" \\ and \\' more`,
  "line one\nline two\r\n\ttab",
  "'; DROP ROLE SOPHIA; --",
  "${HOME} `id` $(id) %s %27 \\u0027 \\x27 \\047",
  "grüße € 😀 \u2028 end ",
  " --terraform_provider_usage_tracking {}",
];

describe("the Snowflake stand-in lets in", function () {
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

  it("a user with its present password, any case of the name, and nobody else", async () => {
    const [[who]] = (await withDriver(
      server,
      { ...ADMIN, username: "admin" },
      "SELECT CURRENT_USER() AS U, CURRENT_ROLE()",
    )) as [[Record<string, string>]];
    assert.deepEqual(who, { U: "ADMIN", "CURRENT_ROLE()": "ACCOUNTADMIN" });
    assert.equal(await driverRefusal(server, { ...ADMIN, password: "wrong" }), "390100");
    assert.equal(await driverRefusal(server, { ...ADMIN, username: "NOBODY" }), "390100");
  });

  it("only with the new password once it is changed", async () => {
    await admin.rows(
      `ALTER USER "SERVICE" SET PASSWORD = 'Second-password-2' --terraform_provider_usage_tracking {"a":1}`,
    );
    assert.equal(await driverRefusal(server, service()), "390100");
    assert.equal(await driverRefusal(server, service("Second-password-2")), "none");
    await admin.rows(`ALTER USER "SERVICE" UNSET PASSWORD`);
    assert.equal(await driverRefusal(server, service("Second-password-2")), "390100");
  });

  for (const password of HOSTILE_PASSWORDS) {
    it(`a user whose password is ${JSON.stringify(password)}`, async () => {
      const escaped = password.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n");
      const before = server.roles().length;
      await admin.rows(`ALTER USER "SERVICE" SET PASSWORD = '${escaped}'`);
      assert.equal(await driverRefusal(server, service(password)), "none");
      assert.deepEqual(server.tryLogin("SERVICE", password), { ok: true, role: "SOPHIA" });
      assert.deepEqual(server.tryLogin("SERVICE", password.trim() + "x"), { ok: false, code: "390100" });
      assert.equal(server.roles().length, before);
    });
  }

  it("no dropped and no disabled user, also not on a session that was open", async () => {
    const open = new RawClient(server);
    await open.logIn({ LOGIN_NAME: "SERVICE", PASSWORD: SERVICE_PASSWORD });
    await admin.rows(`ALTER USER "SERVICE" SET DISABLED = true`);
    assert.equal(await driverRefusal(server, service()), "390101");
    assert.equal(await open.refusal("SELECT 1"), "390104");
    await admin.rows(`ALTER USER "SERVICE" UNSET DISABLED`);
    assert.equal(await driverRefusal(server, service()), "none");
    await admin.rows(`DROP USER IF EXISTS "SERVICE"`);
    assert.equal(await driverRefusal(server, service()), "390100");
    assert.equal(await open.refusal("SELECT 1"), "390104");
  });

  it("nobody in a role that is not granted, and an administrator in an inherited one", async () => {
    assert.equal(await driverRefusal(server, { ...service(), role: "SYSADMIN" }), "390189");
    assert.equal(await driverRefusal(server, { ...service(), role: "NO_SUCH_ROLE" }), "390189");
    assert.equal(await driverRefusal(server, { ...service(), role: "PUBLIC" }), "none");
    assert.equal(await driverRefusal(server, { ...ADMIN, role: "SYSADMIN" }), "none");
    await admin.rows(`REVOKE ROLE "SOPHIA" FROM USER "SERVICE"`);
    assert.equal(await driverRefusal(server, service()), "390189");
  });

  it("no user of type SERVICE by password, even one that is left over", async () => {
    await admin.rows(`ALTER USER "SERVICE" SET TYPE = SERVICE`);
    assert.equal(await driverRefusal(server, service()), "390100");
    assert.equal(await admin.refusal(`ALTER USER "SERVICE" SET PASSWORD = 'Third-password-3'`), "003655");
    assert.equal(await admin.refusal(`CREATE USER "S2" PASSWORD = 'Third-password-3' TYPE = SERVICE`), "003655");
  });

  it("nobody for 15 minutes after five wrong passwords in a row, unless unlocked", async () => {
    const wrong = { LOGIN_NAME: "SERVICE", PASSWORD: "wrong" };
    const right = { LOGIN_NAME: "SERVICE", PASSWORD: SERVICE_PASSWORD };
    for (let attempt = 0; attempt < 5; attempt += 1) assert.equal(await refusalOf(wrong), "390100");
    assert.equal(await refusalOf(right), "390102");
    now += 15 * 60_000;
    assert.equal(await refusalOf(right), null);
    for (let attempt = 0; attempt < 5; attempt += 1) await refusalOf(wrong);
    await admin.rows(`ALTER USER "SERVICE" SET MINS_TO_UNLOCK = 0`);
    assert.equal(await refusalOf(right), null);
  });

  it("nobody for another account", async () => {
    await assert.rejects(
      new RawClient(server).logIn({ LOGIN_NAME: "ADMIN", PASSWORD: ADMIN.password, ACCOUNT_NAME: "OTHER-ACCOUNT" }),
      /HTTP 403/,
    );
  });

  describe("with key pairs", () => {
    let first: TestKey;
    let second: TestKey;

    before(() => {
      first = newKey();
      second = newKey();
    });

    beforeEach(async () => {
      now = Date.now();
      await admin.logIn({ LOGIN_NAME: "ADMIN", PASSWORD: ADMIN.password });
      await admin.rows(
        `CREATE USER "KEYS" RSA_PUBLIC_KEY = '${first.publicText}' TYPE = SERVICE DEFAULT_ROLE = "SOPHIA"`,
      );
      await admin.rows(`GRANT ROLE "SOPHIA" TO USER "KEYS"`);
    });

    const keyLogIn = (key: TestKey) =>
      driverRefusal(server, { username: "KEYS", authenticator: "SNOWFLAKE_JWT", privateKey: key.pem });

    const claims = (changes: Record<string, unknown> = {}) => {
      const subject = "PAYREADY-SANDBOX.KEYS";
      const seconds = Math.floor(now / 1000);
      return { iss: `${subject}.${first.fingerprint}`, sub: subject, iat: seconds, exp: seconds + 60, ...changes };
    };
    const tokenRefusal = (changes: Record<string, unknown>, key = first.privateKey, algorithm = "RS256") =>
      refusalOf({ AUTHENTICATOR: "SNOWFLAKE_JWT", TOKEN: signToken(claims(changes), key, algorithm) });

    it("takes the key in either slot, and refuses one that was replaced or unset", async () => {
      assert.equal(await keyLogIn(first), "none");
      assert.equal(await keyLogIn(second), "390144");
      await admin.rows(`ALTER USER "KEYS" SET RSA_PUBLIC_KEY_2 = '${second.publicText}'`);
      assert.deepEqual([await keyLogIn(first), await keyLogIn(second)], ["none", "none"]);
      await admin.rows(`ALTER USER "KEYS" UNSET RSA_PUBLIC_KEY`);
      assert.deepEqual([await keyLogIn(first), await keyLogIn(second)], ["390144", "none"]);
      await admin.rows(`ALTER USER "KEYS" SET RSA_PUBLIC_KEY_2 = '${first.publicText}'`);
      assert.deepEqual([await keyLogIn(first), await keyLogIn(second)], ["none", "390144"]);
    });

    it("takes seconds as gosnowflake sends them", async () => {
      assert.equal(await tokenRefusal({}), null);
    });

    it("refuses another signer, account, user, fingerprint or algorithm, and tokens out of their time", async () => {
      const seconds = Math.floor(now / 1000);
      assert.equal(await tokenRefusal({}, second.privateKey), "390144");
      assert.equal(
        await tokenRefusal({ sub: "OTHER-SANDBOX.KEYS", iss: `OTHER-SANDBOX.KEYS.${first.fingerprint}` }),
        "390144",
      );
      assert.equal(await tokenRefusal({ sub: "PAYREADY-SANDBOX.ADMIN" }), "390144");
      assert.equal(await tokenRefusal({ iss: `PAYREADY-SANDBOX.KEYS.${second.fingerprint}` }), "390144");
      assert.equal(await tokenRefusal({}, first.privateKey, "none"), "390144");
      assert.equal(await tokenRefusal({ iat: seconds - 600, exp: seconds - 300 }), "390144");
      assert.equal(await tokenRefusal({ iat: seconds - 3700, exp: seconds + 3600 }), "390144");
      assert.equal(await tokenRefusal({ iat: undefined }), "390144");
      assert.equal(await refusalOf({ AUTHENTICATOR: "SNOWFLAKE_JWT", TOKEN: "garbage" }), "390144");
    });

    it("refuses what is no RSA key of 2048 bits", async () => {
      for (const text of ["", "not base64!", Buffer.from("no key").toString("base64")]) {
        assert.equal(await admin.refusal(`ALTER USER "KEYS" SET RSA_PUBLIC_KEY = '${text}'`), "390418");
      }
    });

    it("gives keys back byte for byte, with their fingerprints", async () => {
      const rows = await admin.rows(`DESCRIBE USER "KEYS"`);
      const value = (property: string) => rows.find((row) => row["property"] === property)?.["value"];
      assert.equal(value("RSA_PUBLIC_KEY"), first.publicText);
      assert.equal(value("RSA_PUBLIC_KEY_FP"), first.fingerprint);
      assert.equal(value("RSA_PUBLIC_KEY_2"), "null");
      assert.equal(value("PASSWORD"), "null");
    });
  });

  describe("with programmatic access tokens", () => {
    beforeEach(async () => {
      await admin.rows(`CREATE NETWORK POLICY "NP" ALLOWED_IP_LIST = ('0.0.0.0/0')`);
    });

    const add = `ALTER USER "SERVICE" ADD PROGRAMMATIC ACCESS TOKEN "T1" ROLE_RESTRICTION = 'SOPHIA' DAYS_TO_EXPIRY = 30`;
    const newToken = async () => {
      await admin.rows(`ALTER USER "SERVICE" SET NETWORK_POLICY = "NP"`);
      return String((await admin.rows(add))[0]?.["token_secret"]);
    };

    it("takes the token by its authenticator and in place of the password, for service users too", async () => {
      const token = await newToken();
      await admin.rows(`ALTER USER "SERVICE" SET TYPE = SERVICE`);
      const byToken = { username: "SERVICE", authenticator: "PROGRAMMATIC_ACCESS_TOKEN", token };
      assert.equal(await driverRefusal(server, byToken), "none");
      assert.equal(await driverRefusal(server, service(token)), "none");
      assert.equal(await driverRefusal(server, { ...byToken, role: "PUBLIC" }), "390189");
      assert.equal(await driverRefusal(server, { ...byToken, token: `${token}x` }), "394400");
    });

    it("locks the user after five refused ones in a row, which one that is let in interrupts", async () => {
      const token = await newToken();
      const logIn = (password: string) => refusalOf({ LOGIN_NAME: "SERVICE", PASSWORD: password });
      for (let attempt = 0; attempt < 4; attempt += 1) assert.equal(await logIn("old"), "390100");
      assert.equal(await logIn(token), null);
      for (let attempt = 0; attempt < 5; attempt += 1) assert.equal(await logIn("old"), "390100");
      assert.equal(await logIn(token), "390102");
    });

    it("keeps the old one for a while after a rotation, and not after removal or expiry", async () => {
      const old = await newToken();
      const [rotated] = await admin.rows(
        `ALTER USER "SERVICE" ROTATE PROGRAMMATIC ACCESS TOKEN "T1" EXPIRE_ROTATED_TOKEN_AFTER_HOURS = 2`,
      );
      const token = String(rotated?.["token_secret"]);
      assert.deepEqual(
        [await driverRefusal(server, service(old)), await driverRefusal(server, service(token))],
        ["none", "none"],
      );
      now += 2 * 3_600_000;
      assert.deepEqual([server.tryLogin("SERVICE", old).ok, server.tryLogin("SERVICE", token).ok], [false, true]);
      await admin.logIn({ LOGIN_NAME: "ADMIN", PASSWORD: ADMIN.password });
      const listed = await admin.rows(`SHOW USER PROGRAMMATIC ACCESS TOKENS FOR USER "SERVICE"`);
      assert.deepEqual(listed.map((row) => [row["status"], row["rotated_to"]]).sort(), [
        ["ACTIVE", ""],
        ["EXPIRED", "T1"],
      ]);
      await admin.rows(`ALTER USER "SERVICE" REMOVE PROGRAMMATIC ACCESS TOKEN "T1"`);
      assert.equal(server.tryLogin("SERVICE", token).ok, false);
    });

    it("makes none for a service user without a network policy or without a role", async () => {
      assert.equal(await admin.refusal(add), "099210");
      await admin.rows(`ALTER USER "SERVICE" SET NETWORK_POLICY = "NP"`);
      assert.equal(await admin.refusal(`ALTER USER "SERVICE" ADD PROGRAMMATIC ACCESS TOKEN "T1"`), "099210");
      assert.equal(await admin.refusal(add), "none");
      assert.equal(await admin.refusal(add), "002002");
    });
  });
});
