/** Does the code of a dynamic provider, which Pulumi writes into the state in clear text, hold anything secret? */
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { estuaryTokenProvider } from "../../components/credentials/estuary-token";
import { rsaKeyPairProvider } from "../../components/credentials/rsa-key-pair";
import { snowflakeAccessTokenProvider } from "../../components/credentials/snowflake-access-token";
import { Canaries } from "../support/canaries";

const PROVIDERS = { estuaryTokenProvider, rsaKeyPairProvider, snowflakeAccessTokenProvider };

/** Set while the code is written down, as in a real run. */
const TOKENS = {
  SOPHIA_ESTUARY_CONTROL_TOKEN: "canary-estuary-control-3f1c",
  SOPHIA_SNOWFLAKE_ADMIN_USER: "CANARY_ADMIN_USER_77AE",
  SOPHIA_SNOWFLAKE_ADMIN_PASSWORD: "canary-admin-password-9b20",
  PULUMI_ACCESS_TOKEN: "canary-pulumi-token-41dd",
};

describe("P6: the code of the dynamic providers in the state", function () {
  this.timeout(60_000);
  const original = { ...process.env };
  const canaries = new Canaries();

  before(() => {
    Object.assign(process.env, TOKENS);
    for (const [name, value] of Object.entries(TOKENS)) canaries.add(name, value);
  });
  after(() => {
    for (const name of Object.keys(TOKENS)) {
      if (original[name] === undefined) delete process.env[name];
      else process.env[name] = original[name];
    }
  });

  const written = async (provider: object) => pulumi.runtime.serializeFunction(() => provider, { allowSecrets: true });

  for (const [name, provider] of Object.entries(PROVIDERS)) {
    it(`holds no value of the environment and no secret that was captured (${name})`, async () => {
      const { text, containsSecrets } = await written(provider);
      assert.match(text, /exports\.handler/);
      assert.match(text, /async function|create/);
      assert.deepEqual(canaries.inText(name, text), []);
      assert.equal(containsSecrets, false);
    });
  }

  it("would hold a token that was read outside of the methods: the search finds it", async () => {
    const captured = process.env.SOPHIA_ESTUARY_CONTROL_TOKEN;
    const { text } = await written({ create: async () => ({ id: captured ?? "" }) });
    assert.deepEqual(canaries.inText("captured", text), ["captured: SOPHIA_ESTUARY_CONTROL_TOKEN"]);
  });
});
