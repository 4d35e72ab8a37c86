/** Where does each kind of credential get its material, and what makes it new? */
import assert from "node:assert/strict";
import { CredentialSlots, type CredentialSlotsArgs } from "../../components/credential-slots";
import { createProviders } from "../../components/providers";
import { type RotationRecord } from "../../automation/rotation/record";
import { parseSettings } from "../../automation/settings";
import { type Credential } from "../../services/service";
import { record, Secret, type MockOptions } from "../support/mocks";
import { TEST_CONFIG, TEST_TOKENS } from "../support/program";

const PASSWORD = "random:index/randomPassword:RandomPassword";
const USER = "snowflake:index/legacyServiceUser:LegacyServiceUser";
const USER_TOKEN = "vercel:index/userToken:UserToken";
const ESTUARY = "pulumi-nodejs:dynamic/credentials:EstuaryToken";

const settings = parseSettings("development", (key) => TEST_CONFIG[key], TEST_TOKENS);
const KINDS = {
  password: { kind: "snowflake-password", variables: { user: "DB_USER", password: "DB_PASSWORD" } },
  vercel: { kind: "vercel-user-token", variables: { token: "HOST_TOKEN" } },
  estuary: { kind: "estuary-token", variables: { token: "FLOW_KEY", url: "FLOW_URL" } },
  provided: { kind: "provided", variables: ["CALL_KEY", "CALL_SECRET"], steps: [] },
} satisfies Record<string, Credential>;

const BOTH: RotationRecord = { current: "a", slots: { a: { generation: 4 }, b: { generation: 5 } }, phase: "staged" };
const FIRST: RotationRecord = { current: "a", slots: { a: { generation: 1 } }, phase: "idle" };
const RETIRED: RotationRecord = {
  ...{ current: "b", phase: "idle" },
  slots: { a: { generation: 4, retired: true }, b: { generation: 5 } },
};

const OUTPUTS: NonNullable<MockOptions["outputs"]> = {
  [PASSWORD]: (name) => ({ result: `made ${name}` }),
  [USER_TOKEN]: (name) => ({ bearerToken: `made ${name}` }),
  [ESTUARY]: (name) => ({ apiKey: `made ${name}` }),
};

function make(credential: Credential, state: RotationRecord, slots: CredentialSlotsArgs["intake"]["slots"] = {}) {
  return record(
    () => {
      const made = new CredentialSlots("db", {
        ...{ service: "db", credential, record: state, intake: { settings: {}, slots }, settings },
        ...{ providers: createProviders(settings, {}), values: { FLOW_URL: "https://flow.example" } },
      });
      return { material: made.material, generated: made.generated };
    },
    { outputs: OUTPUTS },
  );
}

describe("CredentialSlots", () => {
  it("gives a Snowflake slot a user of its own and a random password, both slots alive while one is staged", async () => {
    const { result, findResource } = await make(KINDS.password, BOTH);
    const material = {
      a: { DB_USER: "SOPHIA_SERVICE", DB_PASSWORD: new Secret("made db-a-password") },
      b: { DB_USER: "SOPHIA_SERVICE_ALT", DB_PASSWORD: new Secret("made db-b-password") },
    };
    assert.deepEqual(result, { material, generated: material });
    assert.deepEqual(findResource(USER, "db-user-a").inputs["password"], new Secret("made db-a-password"));
    assert.deepEqual(findResource(USER, "db-user-b").inputs["password"], new Secret("made db-b-password"));
    assert.equal(findResource(USER, "db-user-b").provider, "snowflake");
  });

  it("makes a password of 32 characters that need no escaping, and a new one with a new generation only", async () => {
    const { findResource } = await make(KINDS.password, BOTH);
    const { keepers, ...shape } = findResource(PASSWORD, "db-b-password").inputs;
    assert.deepEqual(keepers, { generation: "5" });
    assert.deepEqual(shape, {
      ...{ length: 32, overrideSpecial: "-_.+=%" },
      ...{ minLower: 2, minUpper: 2, minNumeric: 2, minSpecial: 1 },
    });
    assert.deepEqual(findResource(PASSWORD, "db-a-password").inputs["keepers"], { generation: "4" });
  });

  it("takes one slot for a service that was never rotated and drops a retired one", async () => {
    assert.deepEqual(Object.keys((await make(KINDS.password, FIRST)).result.material), ["a"]);
    const { result, list } = await make(KINDS.password, RETIRED);
    assert.deepEqual(Object.keys(result.material), ["b"]);
    assert.deepEqual(
      list().filter((line) => line.includes("-a")),
      [],
    );
  });

  it("makes a Vercel token by the controlling provider, named after stack, service, slot and generation", async () => {
    const { result, findResource } = await make(KINDS.vercel, BOTH);
    const token = findResource(USER_TOKEN, "db-b-token");
    assert.deepEqual(token.inputs, { name: "sophia-development-db-b-5" });
    assert.equal(token.provider, "vercel");
    assert.deepEqual(result.material.b, { HOST_TOKEN: new Secret("made db-b-token") });
    assert.deepEqual(result.generated, result.material);
  });

  it("makes an Estuary key for the service account at the address that the service is set to", async () => {
    const { result, findResource } = await make(KINDS.estuary, FIRST);
    const { __provider, ...inputs } = findResource(ESTUARY, "db-a-token").inputs;
    assert.deepEqual(inputs, {
      ...{ apiUrl: "https://flow.example", serviceAccount: "payready/sophia", generation: 1, validFor: "P180D" },
      name: "sophia-development-db-a-1",
    });
    assert.ok(__provider);
    assert.deepEqual(result.material.a, { FLOW_KEY: new Secret("made db-a-token") });
  });

  it("has no material for a slot until a person has provided all of it, and keeps that in the intake", async () => {
    const pair = { CALL_KEY: "k", CALL_SECRET: "s" };
    assert.deepEqual((await make(KINDS.provided, BOTH)).result, { material: {}, generated: {} });
    const half = await make(KINDS.provided, BOTH, { a: { CALL_KEY: "k" }, b: pair });
    assert.deepEqual(half.result, { material: { b: pair }, generated: {} });
    const empty = await make(KINDS.provided, FIRST, { a: { CALL_KEY: "k", CALL_SECRET: "" } });
    assert.deepEqual(empty.result.material, {});
  });

  for (const [name, credential, given, type] of [
    ["Snowflake password", KINDS.password, { DB_USER: "x", DB_PASSWORD: "from a person" }, PASSWORD],
    ["Vercel token", KINDS.vercel, { HOST_TOKEN: "from a person" }, USER_TOKEN],
    ["Estuary key", KINDS.estuary, { FLOW_KEY: "from a person" }, ESTUARY],
  ] as const) {
    it(`takes a ${name} that a person imported instead of making one, in that slot only`, async () => {
      const { result, resources } = await make(credential, BOTH, { a: given });
      const made = resources.filter((resource) => resource.type === type).map((resource) => resource.name);
      assert.equal(made.length, 1);
      assert.match(made[0] ?? "", /^db-b-/);
      assert.ok(
        Object.values(result.material.a ?? {}).some((value) => (value as unknown as Secret).value === "from a person"),
      );
    });
  }
});
