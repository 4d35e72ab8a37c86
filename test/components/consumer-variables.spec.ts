/** Which variables have a value under each strategy, and which are missing? */
import assert from "node:assert/strict";
import { parseIntake } from "../../automation/esc/intake";
import { parseSettings } from "../../automation/settings";
import { resolveVariables } from "../../components/consumer-variables";
import { type Credential, type SlotName } from "../../services/service";
import { snowflake } from "../../services/snowflake";
import { record } from "../support/mocks";
import { TEST_CONFIG, TEST_TOKENS } from "../support/program";

const settings = parseSettings("development", (key) => TEST_CONFIG[key], TEST_TOKENS);
const by = (name: string): Credential => snowflake.rotation?.strategies[name] ?? assert.fail(name);
const [password, keyPair, accessToken] = [by("password"), by("key-pair"), by("access-token")];
const PRIVATE = { SNOWFLAKE_USER: "SVC", SNOWFLAKE_PRIVATE_KEY: "key" };
const SECRET = { SNOWFLAKE_USER: "SVC", SNOWFLAKE_PASSWORD: "secret" };

/** The names of the credential's variables that are published, with the places of their values, and what is missing. */
async function resolve(
  credential: Credential,
  material: Readonly<Record<string, string>> | undefined,
  put: Readonly<Record<string, string>> = {},
) {
  const intake = parseIntake({ services: { snowflake: { settings: put } } }, "intake");
  const slot: SlotName = "b";
  const { result } = await record(() => {
    const current = material ? { current: { slot, material } } : {};
    const { variables, missing } = resolveVariables({
      service: snowflake,
      intake,
      settings,
      credential,
      ...current,
    });
    const published = variables.map(({ name, published: place }) => [name, place] as const);
    return { published: Object.fromEntries(published), missing };
  });
  const ours = ["SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD", "SNOWFLAKE_PRIVATE_KEY"];
  const places = ours.flatMap((name) => {
    const place = result.published[name];
    return place ? [`${name} ${"reference" in place ? place.reference : place.text}`] : [];
  });
  return { places, missing: result.missing };
}

const inSlot = (...names: string[]) => names.map((name) => `${name} services.snowflake.slots.b.${name}`);

describe("resolveVariables, of a service with several strategies", () => {
  it("gives user and private key by key pair, and misses no password", async () => {
    assert.deepEqual(await resolve(keyPair, PRIVATE), {
      places: inSlot("SNOWFLAKE_USER", "SNOWFLAKE_PRIVATE_KEY"),
      missing: [],
    });
  });

  for (const [name, credential] of [
    ["password", password],
    ["access token", accessToken],
  ] as const) {
    it(`gives user and password by ${name}, and misses no private key`, async () => {
      assert.deepEqual(await resolve(credential, SECRET), {
        places: inSlot("SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD"),
        missing: [],
      });
    });

    it(`misses user and password by ${name} where there is no material`, async () => {
      assert.deepEqual((await resolve(credential, undefined)).missing, ["SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD"]);
    });
  }

  it("misses user and private key by key pair where there is no material", async () => {
    assert.deepEqual((await resolve(keyPair, undefined)).missing, ["SNOWFLAKE_USER", "SNOWFLAKE_PRIVATE_KEY"]);
  });

  it("publishes no password that somebody put in while keys are in use: programs would log in with it and be refused", async () => {
    const { places } = await resolve(keyPair, PRIVATE, { SNOWFLAKE_PASSWORD: "stale" });
    assert.deepEqual(places, inSlot("SNOWFLAKE_USER", "SNOWFLAKE_PRIVATE_KEY"));
  });

  it("publishes a private key that somebody put in beside the password, since programs may have it in addition", async () => {
    const { places } = await resolve(password, SECRET, { SNOWFLAKE_PRIVATE_KEY: "own" });
    assert.deepEqual(places, [
      ...inSlot("SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD"),
      "SNOWFLAKE_PRIVATE_KEY services.snowflake.settings.SNOWFLAKE_PRIVATE_KEY",
    ]);
  });
});
