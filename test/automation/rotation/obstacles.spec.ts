/** Is a slot left alone that somebody else has filled? */
import assert from "node:assert/strict";
import { findObstacle } from "../../../automation/rotation/obstacles";
import { type Session } from "../../../automation/session";
import { parseSettings } from "../../../automation/settings";
import { startSnowflake, type SnowflakeStandIn } from "../../../sandbox/snowflake";
import { type SlotName } from "../../../services/service";
import { snowflake } from "../../../services/snowflake";
import { newKey, RawClient } from "../../sandbox/snowflake-client";
import { TEST_CONFIG, TEST_TOKENS } from "../../support/program";

const OWN = newKey();
const FOREIGN = newKey();
const PASSWORD = "canary-admin-password";

describe("findObstacle", () => {
  let account: SnowflakeStandIn;

  beforeEach(async () => {
    const admin = { defaultRole: "ACCOUNTADMIN", roles: ["ACCOUNTADMIN"] };
    account = await startSnowflake({
      ...{ organization: "payready", account: "sophia" },
      seed: { users: [{ name: "SOPHIA_ADMIN", password: PASSWORD, ...admin }] },
    });
  });
  afterEach(() => account.close());

  async function administrate(statement: string): Promise<void> {
    const admin = new RawClient(account);
    await admin.logIn({ LOGIN_NAME: "SOPHIA_ADMIN", PASSWORD });
    await admin.rows(statement);
  }

  function look(strategy: string, slot: SlotName, { password = PASSWORD, material = {} } = {}) {
    const credential = snowflake.rotation?.strategies[strategy] ?? assert.fail(strategy);
    const environment = {
      ...TEST_TOKENS,
      SOPHIA_SNOWFLAKE_URL: account.url,
      SOPHIA_SNOWFLAKE_ADMIN_PASSWORD: password,
    };
    const session = {
      settings: parseSettings("development", (key) => TEST_CONFIG[key], environment),
      openPublished: async () => ({ environmentVariables: {}, slots: { snowflake: { a: material } } }),
    } as unknown as Session;
    return findObstacle({ service: snowflake, credential, slot }, session);
  }
  const statements = () => account.statements().map(({ verb }) => verb);

  it("finds nothing in the way where the user is not there yet, and changes nothing", async () => {
    assert.equal(await look("key-pair", "a"), undefined);
    assert.deepEqual(statements(), ["DESCRIBE USER"]);
  });

  for (const [slot, property] of [
    ["a", "RSA_PUBLIC_KEY"],
    ["b", "RSA_PUBLIC_KEY_2"],
  ] as const) {
    it(`names the key that somebody else has put into ${property}, and what frees it`, async () => {
      await administrate(`CREATE USER SOPHIA_SERVICE_SVC TYPE = SERVICE ${property} = '${FOREIGN.publicText}'`);
      assert.equal(
        await look("key-pair", slot),
        `${property} of SOPHIA_SERVICE_SVC holds a key that this stack did not make (${FOREIGN.fingerprint}); ` +
          `nothing was changed. If nobody needs it: ALTER USER SOPHIA_SERVICE_SVC UNSET ${property};`,
      );
      assert.equal(await look("key-pair", slot === "a" ? "b" : "a"), undefined);
    });
  }

  it("lets a key pass that this stack has made", async () => {
    await administrate(`CREATE USER SOPHIA_SERVICE_SVC TYPE = SERVICE RSA_PUBLIC_KEY = '${OWN.publicText}'`);
    assert.equal(await look("key-pair", "a", { material: { SNOWFLAKE_PRIVATE_KEY: OWN.pem } }), undefined);
    assert.match((await look("key-pair", "a")) ?? "", /did not make/);
  });

  it("takes a slot that cannot be looked at for one that is not free, and shows no password", async () => {
    const found = (await look("key-pair", "b", { password: "canary-wrong" })) ?? "";
    assert.match(found, /^it cannot be seen whether RSA_PUBLIC_KEY_2 of SOPHIA_SERVICE_SVC is free .*\(390100\)/);
    assert.doesNotMatch(found, /canary/);
  });

  it("asks nobody about passwords and access tokens", async () => {
    assert.equal(await look("password", "b"), undefined);
    assert.equal(await look("access-token", "b"), undefined);
    assert.deepEqual(statements(), []);
  });
});
