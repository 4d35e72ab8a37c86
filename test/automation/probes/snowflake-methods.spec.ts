/** Does the Snowflake probe log in as a program would that has these variables: by password, by private key, by access token? */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { queryOnce } from "../../../automation/probes/snowflake-driver";
import { type ProbeContext, runProbe } from "../../../automation/probes/run";
import { startSnowflake, type SnowflakeStandIn } from "../../../sandbox/snowflake";
import { snowflake } from "../../../services/snowflake";
import { newKey } from "../../sandbox/snowflake-client";
import { contextFor } from "./support";

const PLACE = {
  SNOWFLAKE_ACCOUNT: "PAYREADY-SANDBOX",
  SNOWFLAKE_USER: "SOPHIA_SVC",
  SNOWFLAKE_ROLE: "SOPHIA",
  SNOWFLAKE_WAREHOUSE: "WH",
  SNOWFLAKE_DATABASE: "DB",
  SNOWFLAKE_SCHEMA: "PUBLIC",
};
const FIRST = newKey();
const SECOND = newKey();
const DAY = 86_400_000;

describe("the Snowflake probe, by what it is given", () => {
  let account: SnowflakeStandIn;
  let now: number;

  beforeEach(async () => {
    now = Date.now();
    account = await startSnowflake({
      ...{ organization: "payready", account: "sandbox", clock: () => now },
      seed: {
        networkPolicy: "OPEN",
        users: [
          { name: "ADMIN", password: "admin-password", defaultRole: "ACCOUNTADMIN", roles: ["ACCOUNTADMIN"] },
          { name: "SOPHIA_SVC", type: "SERVICE", rsaPublicKey: FIRST.publicText, roles: ["SOPHIA"] },
          { name: "OTHER", type: "SERVICE", rsaPublicKey: SECOND.publicText, roles: ["SOPHIA"] },
        ],
        warehouses: ["WH"],
        databases: [{ name: "DB", schemas: ["PUBLIC"] }],
      },
    });
    for (const on of ["WAREHOUSE WH", "DATABASE DB", "SCHEMA DB.PUBLIC"])
      await administrate(`GRANT USAGE ON ${on} TO ROLE SOPHIA`);
  });
  afterEach(() => account.close());

  async function administrate(statement: string) {
    const where = { account: "PAYREADY-SANDBOX", accessUrl: account.url, timeoutMs: 5_000 };
    return queryOnce({ ...where, user: "ADMIN", credential: { password: "admin-password" } }, statement);
  }
  const probe = (values: Record<string, string>, options: Partial<ProbeContext> = {}) =>
    runProbe(snowflake, { ...PLACE, ...values }, contextFor(account.url, options));
  const authenticators = () =>
    account
      .loginAttempts()
      .filter(({ user }) => user !== "ADMIN")
      .map(({ authenticator, ok }) => `${authenticator} ${ok}`);
  const addToken = async (days = 1) => {
    const [row] = await administrate(
      `ALTER USER SOPHIA_SVC ADD PAT T ROLE_RESTRICTION = 'SOPHIA' DAYS_TO_EXPIRY = ${days}`,
    );
    return String(row?.[1]);
  };

  it("signs in with a private key where there is no password, once", async () => {
    const result = await probe({ SNOWFLAKE_PRIVATE_KEY: FIRST.pem });
    assert.deepEqual([result.outcome, result.attempts, result.details.user], ["passed", 1, "SOPHIA_SVC"]);
    assert.deepEqual(authenticators(), ["SNOWFLAKE_JWT true"]);
  });

  it("takes a key in the older form as well", async () => {
    const pkcs1 = FIRST.privateKey.export({ format: "pem", type: "pkcs1" }).toString();
    assert.equal((await probe({ SNOWFLAKE_PRIVATE_KEY: pkcs1 })).outcome, "passed");
  });

  it("signs in with the key of either slot, and with neither once it is unset", async () => {
    await administrate(`ALTER USER SOPHIA_SVC SET RSA_PUBLIC_KEY_2 = '${SECOND.publicText}'`);
    await administrate("ALTER USER OTHER UNSET RSA_PUBLIC_KEY");
    assert.equal((await probe({ SNOWFLAKE_PRIVATE_KEY: SECOND.pem })).outcome, "passed");
    await administrate("ALTER USER SOPHIA_SVC UNSET RSA_PUBLIC_KEY");
    assert.equal((await probe({ SNOWFLAKE_PRIVATE_KEY: SECOND.pem })).outcome, "passed");
    const refused = await probe({ SNOWFLAKE_PRIVATE_KEY: FIRST.pem });
    assert.deepEqual([refused.outcome, refused.class, refused.credentialRefused], ["rejected", "authentication", true]);
    assert.match(refused.remedy ?? "", /DESCRIBE USER SOPHIA_SVC;/);
  });

  it("is refused with the key of another user", async () => {
    const result = await probe({ SNOWFLAKE_PRIVATE_KEY: SECOND.pem });
    assert.deepEqual([result.outcome, result.credentialRefused], ["rejected", true]);
    assert.equal((await probe({ SNOWFLAKE_USER: "OTHER", SNOWFLAKE_PRIVATE_KEY: SECOND.pem })).outcome, "passed");
  });

  const noKeys: readonly (readonly [name: string, text: () => string])[] = [
    ["no key at all", () => "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n"],
    [
      "an encrypted one",
      () =>
        FIRST.privateKey.export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "x" }).toString(),
    ],
    [
      "one of another kind",
      () => generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    ],
    ["a public one", () => `-----BEGIN PUBLIC KEY-----\n${FIRST.publicText}\n-----END PUBLIC KEY-----\n`],
  ];
  for (const [name, text] of noKeys) {
    it(`sends nothing where the private key is ${name}`, async () => {
      const result = await probe({ SNOWFLAKE_PRIVATE_KEY: text() });
      assert.deepEqual([result.outcome, result.class, result.attempts], ["unknown", "configuration", 0]);
      assert.match(result.reason, /SNOWFLAKE_PRIVATE_KEY/);
      assert.doesNotMatch(JSON.stringify(result), /canary/);
      assert.deepEqual(authenticators(), []);
    });
  }

  it("takes an access token for a password, as programs that know no better do, until it is removed", async () => {
    const token = await addToken();
    assert.equal((await probe({ SNOWFLAKE_PASSWORD: token })).outcome, "passed");
    assert.deepEqual(authenticators(), ["SNOWFLAKE true"]);
    await administrate("ALTER USER SOPHIA_SVC REMOVE PAT T");
    const refused = await probe({ SNOWFLAKE_PASSWORD: token });
    assert.deepEqual([refused.outcome, refused.class, refused.credentialRefused], ["rejected", "authentication", true]);
    assert.match(refused.remedy ?? "", /SNOWFLAKE_USER and SNOWFLAKE_PASSWORD/);
    assert.ok(!JSON.stringify(refused).includes(token));
  });

  it("is refused with an access token that has expired", async () => {
    const token = await addToken(1);
    now += DAY;
    assert.equal((await probe({ SNOWFLAKE_PASSWORD: token })).credentialRefused, true);
  });

  it("says that a network policy is missing where one is needed for a token", async () => {
    const token = await addToken();
    await administrate("ALTER ACCOUNT UNSET NETWORK_POLICY");
    const result = await probe({ SNOWFLAKE_PASSWORD: token });
    assert.deepEqual([result.outcome, result.class, result.credentialRefused], ["rejected", "permission", false]);
  });

  it("prefers the password where there is a private key too", async () => {
    const token = await addToken();
    await probe({ SNOWFLAKE_PASSWORD: token, SNOWFLAKE_PRIVATE_KEY: "not looked at" });
    assert.deepEqual(authenticators(), ["SNOWFLAKE true"]);
  });

  it("names both where neither is there", async () => {
    const result = await probe({});
    assert.deepEqual([result.outcome, result.attempts], ["unknown", 0]);
    assert.equal(
      result.reason,
      "Missing required environment variable(s): SNOWFLAKE_PASSWORD or SNOWFLAKE_PRIVATE_KEY.",
    );
  });
});
