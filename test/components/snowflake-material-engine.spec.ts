/** Do key pairs and access tokens live and die as they should on the real engine, and does the state hold nothing in clear? */
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { readFile, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import ts from "typescript";
import { publicKeyOf } from "../../automation/snowflake-keys";
import type * as tokenModule from "../../components/credentials/snowflake-access-token";
import { RsaKeyPair } from "../../components/credentials/rsa-key-pair";
import {
  SnowflakeAccessToken,
  type SnowflakeAccessTokenArgs,
} from "../../components/credentials/snowflake-access-token";
import { startSnowflake, type SnowflakeStandIn } from "../../sandbox/snowflake";
import { openTestStack, type EngineRun, type TestStack } from "../support/engine";
import { DYNAMIC } from "../support/providers";
import { RawClient } from "../sandbox/snowflake-client";

const ADMIN = { user: "ADMIN", password: "marked-admin-password-51c" };
const REPOSITORY = join(__dirname, "..", "..");

type Seen = { readonly value: string; readonly secret: boolean };

async function openStack(program: () => Promise<void>, admin: string = ADMIN.password): Promise<TestStack> {
  return openTestStack({
    program,
    env: { SOPHIA_SNOWFLAKE_ADMIN_USER: ADMIN.user, SOPHIA_SNOWFLAKE_ADMIN_PASSWORD: admin },
    attached: [DYNAMIC],
  });
}

const operations = (run: EngineRun) => run.steps.map(({ op }) => op);

describe("a key pair on the engine", function () {
  this.timeout(120_000);
  let stack: TestStack;
  let seen: Seen & { readonly publicKey: string; readonly id: string };

  const program = (generation: number) => async () => {
    const pair = new RsaKeyPair("key", { generation });
    const secret = await pulumi.isSecret(pair.privateKey);
    pulumi.all([pair.privateKey, pair.publicKey, pair.id]).apply(([value, publicKey, id]) => {
      seen = { value, secret, publicKey, id };
    });
  };

  before(async () => {
    stack = await openStack(program(1));
  });
  after(() => stack?.dispose());

  it("is an RSA key of 2048 bits, secret, with its public half and its fingerprint beside it", async () => {
    assert.deepEqual(operations(await stack.up()), ["create"]);
    assert.equal(seen.secret, true);
    assert.match(seen.value, /^-----BEGIN PRIVATE KEY-----\n([A-Za-z0-9+/=]{1,64}\n)+-----END PRIVATE KEY-----\n$/);
    const key = createPrivateKey(seen.value);
    assert.deepEqual([key.asymmetricKeyType, key.asymmetricKeyDetails?.modulusLength], ["rsa", 2048]);
    assert.equal(key.export({ format: "pem", type: "pkcs8" }), seen.value);
    assert.deepEqual(publicKeyOf(seen.value), { text: seen.publicKey, fingerprint: seen.id });
    const state = await stack.stateText();
    assert.ok(state.includes(seen.publicKey));
    for (const line of seen.value.split("\n").filter((text) => text.length === 64)) assert.ok(!state.includes(line));
  });

  it("stays the same when run again and after a refresh, and is another one in the next generation", async () => {
    const first = seen.value;
    assert.deepEqual((await stack.preview()).steps, []);
    await stack.refresh();
    assert.deepEqual((await stack.preview()).steps, []);
    const second = await stack.up(program(2));
    assert.deepEqual(operations(second), ["create-replacement", "replace", "delete-replaced"]);
    assert.notEqual(seen.value, first);
    assert.deepEqual(operations(await stack.destroy()), ["delete"]);
  });
});

describe("an access token on the engine", function () {
  this.timeout(240_000);
  let server: SnowflakeStandIn;
  let stack: TestStack;
  let seen: Seen;

  const declare =
    (changes: Partial<SnowflakeAccessTokenArgs> = {}, Resource: typeof SnowflakeAccessToken = SnowflakeAccessToken) =>
    async () => {
      const token = new Resource("token", {
        ...{ account: "PAYREADY-SANDBOX", accessUrl: server.url, adminRole: "ACCOUNTADMIN" },
        ...{ user: "SVC", name: "T_1", role: "SOPHIA", daysToExpiry: 90 },
        ...changes,
      });
      const secret = await pulumi.isSecret(token.token);
      token.token.apply((value) => (seen = { value, secret }));
    };
  const tokens = () => server.user("SVC")?.accessTokens;
  const logIn = (token: string) => server.tryLogin("SVC", token);

  async function administrate(...statements: string[]): Promise<void> {
    const admin = new RawClient(server);
    await admin.logIn({ LOGIN_NAME: ADMIN.user, PASSWORD: ADMIN.password });
    for (const statement of statements) await admin.rows(statement);
  }

  async function assertNothingInClear(): Promise<void> {
    const state = await stack.stateText();
    for (const value of [ADMIN.password, seen.value]) assert.ok(!state.includes(value));
  }

  beforeEach(async () => {
    server = await startSnowflake({
      organization: "payready",
      account: "sandbox",
      seed: {
        networkPolicy: "OPEN",
        users: [
          { name: ADMIN.user, password: ADMIN.password, defaultRole: "ACCOUNTADMIN", roles: ["ACCOUNTADMIN"] },
          { name: "SVC", type: "SERVICE", defaultRole: "SOPHIA", roles: ["SOPHIA", "R\"1'\\"] },
        ],
      },
    });
    stack = await openStack(declare());
  });
  afterEach(async () => {
    await stack?.dispose();
    await server?.close();
  });

  it("lets its user in with one role, stays, is replaced with both alive in between, and is removed", async () => {
    assert.deepEqual(operations(await stack.up()), ["create"]);
    assert.equal(seen.secret, true);
    assert.deepEqual(logIn(seen.value), { ok: true, role: "SOPHIA" });
    await assertNothingInClear();
    assert.deepEqual((await stack.preview()).steps, []);
    await stack.refresh();
    assert.deepEqual((await stack.preview()).steps, []);

    const first = seen.value;
    const second = await stack.up(declare({ name: "T_2" }));
    assert.deepEqual(operations(second), ["create-replacement", "replace", "delete-replaced"]);
    assert.deepEqual([tokens(), logIn(first).ok, logIn(seen.value).ok], [["T_2"], false, true]);
    await assertNothingInClear();
    assert.deepEqual(operations(await stack.destroy()), ["delete"]);
    assert.deepEqual(tokens(), []);
  });

  it("goes before the one that takes its name, and survives that only the way to the account changes", async () => {
    await stack.up();
    const moved = await stack.up(declare({ accessUrl: server.url.replace("127.0.0.1", "localhost") }));
    assert.deepEqual([operations(moved), logIn(seen.value).ok], [["update"], true]);
    const bound = await stack.up(declare({ role: "R\"1'\\" }));
    assert.deepEqual(operations(bound), ["delete-replaced", "replace", "create-replacement"]);
    assert.deepEqual([tokens(), logIn(seen.value)], [["T_1"], { ok: true, role: "R\"1'\\" }]);
  });

  it("takes the place of one that a run which died has left, and is made anew where it was removed elsewhere", async () => {
    await administrate(`ALTER USER SVC ADD PAT T_1 ROLE_RESTRICTION = 'SOPHIA'`);
    await stack.up();
    assert.deepEqual([tokens(), logIn(seen.value).ok], [["T_1"], true]);
    await administrate(`ALTER USER SVC REMOVE PAT T_1`);
    await stack.refresh();
    assert.deepEqual(operations(await stack.up()), ["create"]);
    assert.equal(logIn(seen.value).ok, true);
    await administrate(`DROP USER SVC`);
    await stack.destroy();
  });

  it("is not taken for gone where its user only cannot be seen", async () => {
    await stack.up();
    // The name to log in with stays.
    await administrate("ALTER USER SVC RENAME TO ELSEWHERE");
    const alive =
      /cannot remove a token \(002003\): the role "ACCOUNTADMIN" sees no user "SVC".*log-in with it: let in\)/;
    await assert.rejects(stack.destroy(), alive);
    assert.deepEqual([server.user("ELSEWHERE")?.accessTokens, logIn(seen.value).ok], [["T_1"], true]);
    await administrate("ALTER USER ELSEWHERE REMOVE PAT T_1");
    assert.deepEqual(operations(await stack.destroy()), ["delete"]);
  });

  it("does not care that the program was compiled in another way", async () => {
    await stack.up();
    const source = await readFile(join(REPOSITORY, "components", "credentials", "snowflake-access-token.ts"), "utf8");
    const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, removeComments: true };
    const path = join(stack.folder, "work", "snowflake-access-token.js");
    await symlink(join(REPOSITORY, "node_modules"), join(stack.folder, "work", "node_modules"));
    await writeFile(path, ts.transpileModule(source, { compilerOptions }).outputText);
    const compiled = createRequire(path)(path) as typeof tokenModule;
    assert.deepEqual((await stack.preview(declare({}, compiled.SnowflakeAccessToken))).steps, []);
    await stack.up(declare({ name: "T_2" }, compiled.SnowflakeAccessToken));
    assert.deepEqual([tokens(), logIn(seen.value).ok], [["T_2"], true]);
  });

  it("says what was refused, and shows neither statement nor password", async () => {
    const refused = async (program: () => Promise<void>, pattern: RegExp) =>
      assert.rejects(stack.up(program), ({ message }: Error) => {
        assert.match(message, pattern);
        return !message.includes(ADMIN.password) && !message.includes("ROLE_RESTRICTION");
      });
    await refused(declare({ user: "NOBODY" }), /Snowflake: cannot make a token \(002003\)/);
    await administrate("ALTER ACCOUNT UNSET NETWORK_POLICY");
    await refused(declare(), /Snowflake: cannot make a token \(099210\)/);
    await administrate(`ALTER USER ${ADMIN.user} SET PASSWORD = 'changed-meanwhile-1'`);
    await refused(declare(), /Snowflake: cannot list the tokens: cannot log in as the administrator \(390100\)/);
  });
});
