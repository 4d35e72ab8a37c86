/** Does an EstuaryToken live and die as it should on the real engine, and does the state hold nothing in clear? */
import assert from "node:assert/strict";
import { readFile, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import ts from "typescript";
import type * as tokenModule from "../../components/credentials/estuary-token";
import { EstuaryToken } from "../../components/credentials/estuary-token";
import { type EstuaryStandIn, startEstuary } from "../../sandbox/estuary";
import { openTestStack, type TestStack } from "../support/engine";
import { DYNAMIC } from "../support/providers";

const CONTROL = "marked-control-token-9d27aa";
const TYPE = "pulumi-nodejs:dynamic/credentials:EstuaryToken";
const REPOSITORY = join(__dirname, "..", "..");

describe("components/credentials/estuary-token on the engine", function () {
  this.timeout(120_000);
  let estuary: EstuaryStandIn;
  let stack: TestStack;
  let seen: { apiKey: string; secret: boolean } | undefined;

  const program =
    (generation: number, Resource: typeof EstuaryToken = EstuaryToken) =>
    async (): Promise<void> => {
      const name = `sophia-test-estuary-a-${generation}`;
      const args = { apiUrl: estuary.url, serviceAccount: "payready/sophia", name, generation };
      const token = new Resource("estuary-a", args);
      const secret = await pulumi.isSecret(token.apiKey);
      token.apiKey.apply((apiKey) => (seen = { apiKey, secret }));
    };
  const alive = (): string[] =>
    estuary
      .tokens()
      .filter((token) => !token.revoked)
      .map((token) => token.detail);
  const assertNothingInClear = async (): Promise<void> => {
    const state = await stack.stateText();
    assert.match(state, new RegExp(TYPE));
    const { apiKey } = seen ?? assert.fail("the program saw no key");
    const { secret } = JSON.parse(Buffer.from(apiKey, "base64").toString("utf8")) as { secret: string };
    for (const value of [CONTROL, apiKey, secret]) assert.ok(!state.includes(value));
  };

  beforeEach(async () => {
    seen = undefined;
    estuary = await startEstuary({ controlToken: CONTROL });
    stack = await openTestStack({
      program: program(1),
      env: { SOPHIA_ESTUARY_CONTROL_TOKEN: CONTROL },
      attached: [DYNAMIC],
    });
  });
  afterEach(async () => {
    await stack.dispose();
    await estuary.close();
  });

  it("makes a key, changes nothing when run again, replaces it with both alive in between, and revokes it", async () => {
    const first = await stack.up();
    assert.deepEqual(
      first.steps.map(({ op, type }) => [op, type]),
      [["create", TYPE]],
    );
    assert.equal(seen?.secret, true);
    const firstKey = seen.apiKey;
    assert.equal(estuary.accepts(firstKey), true);
    await assertNothingInClear();
    assert.deepEqual((await stack.preview()).steps, []);

    // The revocation of the old key is refused once: the run fails with both alive, and the next one finishes it.
    estuary.addFault({ path: "/api/graphql", nth: 3, effect: { kind: "status", status: 403 } });
    await assert.rejects(stack.up(program(2)), /Estuary: cannot revoke a key: HTTP 403/);
    assert.deepEqual(alive(), ["sophia-test-estuary-a-1", "sophia-test-estuary-a-2"]);
    assert.equal(estuary.accepts(firstKey), true);
    await stack.up(program(2));
    assert.deepEqual(alive(), ["sophia-test-estuary-a-2"]);
    await assertNothingInClear();

    const third = await stack.up(program(3));
    assert.deepEqual(
      third.steps.map(({ op }) => op),
      ["create-replacement", "replace", "delete-replaced"],
    );
    const destroyed = await stack.destroy();
    assert.deepEqual(
      destroyed.steps.map(({ op }) => op),
      ["delete"],
    );
    assert.deepEqual(alive(), []);
    assert.equal(estuary.tokens().length, 3);
  });

  it("keeps the key secret through a refresh and makes a new one for a key that was revoked elsewhere", async () => {
    await stack.up();
    await stack.refresh();
    await assertNothingInClear();
    assert.deepEqual((await stack.preview()).steps, []);

    const key = estuary.tokens()[0] ?? assert.fail("no key");
    await estuaryRevoke(key.id);
    await stack.refresh();
    await stack.up();
    assert.deepEqual(alive(), ["sophia-test-estuary-a-1"]);
    assert.equal(estuary.accepts(seen?.apiKey ?? ""), true);
    await assertNothingInClear();
  });

  it("does not care that the program was compiled in another way", async () => {
    await stack.up();
    const source = await readFile(join(REPOSITORY, "components", "credentials", "estuary-token.ts"), "utf8");
    const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, removeComments: true };
    const path = join(stack.folder, "work", "estuary-token.js");
    await symlink(join(REPOSITORY, "node_modules"), join(stack.folder, "work", "node_modules"));
    await writeFile(path, ts.transpileModule(source, { compilerOptions }).outputText);
    const compiled = createRequire(path)(path) as typeof tokenModule;
    assert.deepEqual((await stack.preview(program(1, compiled.EstuaryToken))).steps, []);
    await stack.up(program(2, compiled.EstuaryToken));
    assert.deepEqual(alive(), ["sophia-test-estuary-a-2"]);
    await assertNothingInClear();
  });

  async function estuaryRevoke(id: string): Promise<void> {
    const query = "mutation ($id: Id!) { revokeApiKey(id: $id) { catalogName } }";
    const response = await fetch(`${estuary.url}/api/graphql`, {
      method: "POST",
      headers: { authorization: `Bearer ${CONTROL}` },
      body: JSON.stringify({ query, variables: { id } }),
    });
    assert.equal(response.status, 200);
  }
});
