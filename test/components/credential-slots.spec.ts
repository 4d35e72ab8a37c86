/** Where does each kind of credential get its material, and what makes it new? */
import assert from "node:assert/strict";
import { CredentialSlots, type CredentialSlotsArgs } from "../../components/credential-slots";
import { createProviders } from "../../components/providers";
import { type RotationRecord } from "../../automation/rotation/record";
import { parseSettings } from "../../automation/settings";
import { plain, type Credential, type Service } from "../../services/service";
import { newKey } from "../sandbox/snowflake-client";
import { record, Secret, type MockOptions } from "../support/mocks";
import { TEST_CONFIG, TEST_TOKENS } from "../support/program";

const PASSWORD = "random:index/randomPassword:RandomPassword";
const USER = "snowflake:index/legacyServiceUser:LegacyServiceUser";
const SERVICE_USER = "snowflake:index/serviceUser:ServiceUser";
const KEY_PAIR = "pulumi-nodejs:dynamic/credentials:RsaKeyPair";
const ACCESS_TOKEN = "pulumi-nodejs:dynamic/credentials:SnowflakeAccessToken";
const USER_TOKEN = "vercel:index/userToken:UserToken";
const ESTUARY = "pulumi-nodejs:dynamic/credentials:EstuaryToken";

const settings = parseSettings("development", (key) => TEST_CONFIG[key], TEST_TOKENS);
const KINDS = {
  password: { kind: "snowflake-user", method: "password", variables: { user: "DB_USER", password: "DB_PASSWORD" } },
  keyPair: { kind: "snowflake-user", method: "key-pair", variables: { user: "DB_USER", privateKey: "DB_KEY" } },
  token: { kind: "snowflake-user", method: "access-token", variables: { user: "DB_USER", password: "DB_PASSWORD" } },
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
  [KEY_PAIR]: (name) => ({ privateKey: `made ${name}`, publicKey: `public ${name}` }),
  [ACCESS_TOKEN]: (name) => ({ token: `made ${name}` }),
};

/** A service with one strategy, or with all of Snowflake's. */
function serviceOf(strategies: Readonly<Record<string, Credential>>): Service {
  return {
    ...{ name: "db", title: "DB", owner: "us", description: "d", docs: "https://a.example" },
    variables: { DB_USER: plain({ description: "d" }) },
    rotation: { everyDays: 30, strategies },
    probe: { kind: "http", steps: [] },
  };
}

const SNOWFLAKE = serviceOf({ password: KINDS.password, "key-pair": KINDS.keyPair, "access-token": KINDS.token });

function make(
  from: Credential | Service,
  state: RotationRecord,
  slots: CredentialSlotsArgs["intake"]["slots"] = {},
  used = settings,
) {
  const service = "kind" in from ? serviceOf({ only: from }) : from;
  return record(
    () => {
      const made = new CredentialSlots("db", {
        ...{ service, record: state, intake: { settings: {}, slots }, settings: used },
        ...{ providers: createProviders(used, {}), values: { FLOW_URL: "https://flow.example" } },
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

  describe("by key pair", () => {
    const keyed = (...names: ("a" | "b")[]): RotationRecord => ({
      ...{ current: "a", phase: "idle" },
      slots: Object.fromEntries(names.map((name, index) => [name, { generation: 4 + index, strategy: "key-pair" }])),
    });

    it("gives both slots to one user without a password: its first and its second public key", async () => {
      const { result, findResource, resources } = await make(SNOWFLAKE, keyed("a", "b"));
      assert.deepEqual(result.material, {
        a: { DB_USER: "SOPHIA_SERVICE_SVC", DB_KEY: new Secret("made db-a-key") },
        b: { DB_USER: "SOPHIA_SERVICE_SVC", DB_KEY: new Secret("made db-b-key") },
      });
      assert.deepEqual(result.generated, result.material);
      const user = findResource(SERVICE_USER, "db-service-user");
      assert.equal(user.inputs["rsaPublicKey"], "public db-a-key");
      assert.equal(user.inputs["rsaPublicKey2"], "public db-b-key");
      assert.equal(user.provider, "snowflake");
      assert.ok(resources.every(({ type }) => type !== USER && type !== PASSWORD));
    });

    it("makes a new pair with a new generation, and keeps its private half secret", async () => {
      const { __provider, ...inputs } = (await make(SNOWFLAKE, keyed("a"))).findResource(KEY_PAIR, "db-a-key").inputs;
      assert.deepEqual(inputs, { generation: 4 });
      assert.ok(__provider);
    });

    it("leaves the key of an empty slot out", async () => {
      const first = (await make(SNOWFLAKE, keyed("a"))).findResource(SERVICE_USER, "db-service-user").inputs;
      assert.deepEqual([first["rsaPublicKey"], "rsaPublicKey2" in first], ["public db-a-key", false]);
      const second = { ...keyed("b"), current: "b" } satisfies RotationRecord;
      const other = (await make(SNOWFLAKE, second)).findResource(SERVICE_USER, "db-service-user").inputs;
      assert.deepEqual(["rsaPublicKey" in other, other["rsaPublicKey2"]], [false, "public db-b-key"]);
    });

    it("takes a key that a person put in, and finds its public half", async () => {
      const { pem, publicText } = newKey();
      const given = { a: { DB_USER: "x", DB_KEY: pem } };
      const { result, findResource, resources } = await make(SNOWFLAKE, keyed("a"), given);
      assert.deepEqual(result.material.a, { DB_USER: "SOPHIA_SERVICE_SVC", DB_KEY: new Secret(pem) });
      assert.equal(findResource(SERVICE_USER, "db-service-user").inputs["rsaPublicKey"], publicText);
      assert.ok(resources.every(({ type }) => type !== KEY_PAIR));
    });

    it("refuses what is no key, without showing it", async () => {
      const given = { a: { DB_USER: "x", DB_KEY: "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----" } };
      await assert.rejects(make(SNOWFLAKE, keyed("a"), given), ({ message }: Error) => {
        assert.match(message, /db, slot a is no unencrypted RSA key in PEM form/);
        return !message.includes("canary");
      });
    });

    it("keeps the network policy that the settings name", async () => {
      const limited = { ...settings, snowflake: { ...settings.snowflake, networkPolicy: "OFFICE" } };
      const { findResource } = await make(SNOWFLAKE, keyed("a"), {}, limited);
      assert.equal(findResource(SERVICE_USER, "db-service-user").inputs["networkPolicy"], "OFFICE");
    });
  });

  it("makes access tokens of one user, named after slot and generation, once the user holds its role", async () => {
    const strategy = "access-token";
    const state: RotationRecord = {
      ...BOTH,
      slots: { a: { generation: 4, strategy }, b: { generation: 5, strategy } },
    };
    const { result, findResource } = await make(SNOWFLAKE, state);
    assert.deepEqual(result.material.b, { DB_USER: "SOPHIA_SERVICE_SVC", DB_PASSWORD: new Secret("made db-b-token") });
    const { inputs, dependencies } = findResource(ACCESS_TOKEN, "db-b-token");
    const { __provider, ...rest } = inputs;
    assert.deepEqual(rest, {
      ...{ account: "PAYREADY-SOPHIA", accessUrl: "", adminRole: "ACCOUNTADMIN" },
      ...{ user: "SOPHIA_SERVICE_SVC", role: "SOPHIA_ROLE", daysToExpiry: 90, name: "SOPHIA_DEVELOPMENT_DB_B_5" },
    });
    assert.ok(__provider);
    for (const needed of ["db-service-user", "db-service-user-role"]) assert.ok(dependencies.includes(needed), needed);
    const user = findResource(SERVICE_USER, "db-service-user").inputs;
    assert.deepEqual(["rsaPublicKey" in user, "rsaPublicKey2" in user], [false, false]);
  });

  it("has each slot by its own strategy while a move is under way, with one role for all users", async () => {
    const moving: RotationRecord = {
      ...BOTH,
      slots: { a: { generation: 4 }, b: { generation: 5, strategy: "key-pair" } },
    };
    const { result, resources } = await make(SNOWFLAKE, moving);
    assert.deepEqual(result.material, {
      a: { DB_USER: "SOPHIA_SERVICE", DB_PASSWORD: new Secret("made db-a-password") },
      b: { DB_USER: "SOPHIA_SERVICE_SVC", DB_KEY: new Secret("made db-b-key") },
    });
    assert.deepEqual(
      resources
        .filter(({ type }) => /accountRole:|ServiceUser$/.test(type) && type.startsWith("snowflake"))
        .map(({ name }) => name)
        .sort(),
      ["db-role", "db-service-user", "db-user-a"],
    );
  });

  it("refuses a strategy that there is not", async () => {
    const state: RotationRecord = { ...FIRST, slots: { a: { generation: 1, strategy: "horoscope" } } };
    await assert.rejects(make(SNOWFLAKE, state), /a slot is recorded with the strategy horoscope, which there is not/);
  });

  for (const [name, credential, given, type] of [
    ["Snowflake password", KINDS.password, { DB_USER: "x", DB_PASSWORD: "from a person" }, PASSWORD],
    ["Vercel token", KINDS.vercel, { HOST_TOKEN: "from a person" }, USER_TOKEN],
    ["Snowflake access token", KINDS.token, { DB_USER: "x", DB_PASSWORD: "from a person" }, ACCESS_TOKEN],
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
