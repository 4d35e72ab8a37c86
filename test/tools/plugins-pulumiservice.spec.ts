/** Does the stand-in for the Pulumi Cloud plugin send what the official one sends, and has it the same traps? */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type EscDouble, startEscDouble } from "./esc-double";
import {
  bundlePlugin,
  secret,
  startPlugin,
  temporaryFolder,
  type TestPlugin,
  textAsset,
  UNKNOWN,
  type Wire,
} from "./plugin-harness";

const ENVIRONMENT = "pulumiservice:index:Environment";
const TAG = "pulumiservice:index:EnvironmentVersionTag";
const TOKEN = "pul-spec-token";
const MARKED = "Marked$Secret-51c2aa";
const YAML = `values:\n  password:\n    fn::secret: "${MARKED}"`;
const PATH = "/api/esc/environments/payready/sophia/development";

describe("The Pulumi Cloud stand-in plugin", () => {
  const cleanups: (() => Promise<unknown>)[] = [];
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let file: string;
  let api: EscDouble;
  let plugin: TestPlugin;

  before(async () => {
    folder = await temporaryFolder();
    cleanups.push(folder.remove);
    file = await bundlePlugin("pulumiservice", folder.path);
    api = await startEscDouble(TOKEN);
    cleanups.push(() => api.close());
    plugin = await startPlugin(file);
    cleanups.push(() => plugin.close());
    await plugin.configure({ accessToken: secret(TOKEN), apiUrl: api.url });
  });

  beforeEach(() => {
    api.seen.splice(0);
    api.environments.clear();
    api.tags.clear();
    api.clearFaults();
  });

  after(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
    assert.equal(plugin.said(), "");
  });

  const lines = () => api.seen.map((request) => request.line);
  const inputs = (yaml: unknown = secret(YAML)): Wire => ({
    organization: "payready",
    project: "sophia",
    name: "development",
    yaml,
  });
  const outputs = (revision: number, yaml: unknown = secret(YAML)): Wire => ({
    ...inputs(yaml),
    revision,
    environmentId: "id-of-development",
  });

  it("creates an environment by check, create, write and metadata, with the headers of both clients", async () => {
    const created = await plugin.create(ENVIRONMENT, inputs());
    assert.deepEqual(created, { id: "payready/sophia/development", outputs: outputs(2) });
    assert.deepEqual(lines(), [
      "POST /api/esc/environments/payready/yaml/check?showSecrets=false",
      "POST /api/esc/environments/payready",
      `PATCH ${PATH}`,
      `GET ${PATH}/metadata`,
    ]);
    const [check, create, write, metadata] = api.seen;
    assert.equal(check?.body, YAML);
    assert.deepEqual(JSON.parse(create?.body ?? ""), { project: "sophia", name: "development" });
    assert.equal(write?.body, YAML);
    assert.equal(write?.headers["etag"], undefined);
    for (const request of [check, create, write]) {
      assert.equal(request?.headers["accept"], "application/vnd.pulumi+8");
      assert.equal(request?.headers["content-type"], "application/json");
      assert.match(String(request?.headers["user-agent"]), /^provider-pulumiservice\/1 \(sophia-secrets stand-in; /);
    }
    assert.equal(metadata?.headers["accept"], "application/vnd.pulumi+9");
    assert.equal(metadata?.headers["x-pulumi-source"], "provider");
  });

  it("makes the text a trimmed secret in the check, from a string, a text asset and a file asset", async () => {
    const path = join(folder.path, "asset.yaml");
    await writeFile(path, `${YAML}\n\n`);
    const fileAsset = { ...textAsset(""), path };
    for (const given of [`\n${YAML}\n`, secret(YAML), textAsset(`${YAML}\n`), secret(textAsset(YAML)), fileAsset]) {
      assert.deepEqual(await plugin.check(ENVIRONMENT, inputs(given)), { inputs: inputs(), failures: [] });
    }
    assert.deepEqual((await plugin.check(ENVIRONMENT, inputs(UNKNOWN))).inputs, inputs(secret("")));
  });

  it("lets a check fail with an empty property name and the field in the text", async () => {
    const { failures } = await plugin.check(ENVIRONMENT, { organization: "pay/ready", project: UNKNOWN, yaml: "" });
    assert.deepEqual(failures, [
      ["", "missing required property 'name'"],
      ["", "'organization' property contains `/` illegal character"],
    ]);
  });

  it("writes an update without a check, and finds no change in equal inputs", async () => {
    const { id, outputs: before } = await plugin.create(ENVIRONMENT, inputs());
    assert.deepEqual((await plugin.diff(ENVIRONMENT, { inputs: inputs(), outputs: before }, inputs())).changes, {});
    api.seen.splice(0);
    const news = inputs(secret("values: {}"));
    assert.deepEqual(await plugin.diff(ENVIRONMENT, { inputs: inputs(), outputs: before }, news), {
      changes: { yaml: "UPDATE" },
      replaces: [],
      deleteBeforeReplace: false,
    });
    assert.deepEqual(await plugin.update(ENVIRONMENT, id, before, news), outputs(3, secret("values: {}")));
    assert.deepEqual(lines(), [`PATCH ${PATH}`, `GET ${PATH}/metadata`]);
  });

  it("replaces for a new name, project or organization, and deletes first", async () => {
    const news = { ...inputs(), organization: "o", project: "p", name: "n" };
    assert.deepEqual(await plugin.diff(ENVIRONMENT, { inputs: inputs(), outputs: outputs(2) }, news), {
      changes: { name: "UPDATE_REPLACE", organization: "UPDATE_REPLACE", project: "UPDATE_REPLACE" },
      replaces: ["name", "organization", "project"],
      deleteBeforeReplace: true,
    });
  });

  it("previews without a request and without a revision", async () => {
    assert.deepEqual((await plugin.create(ENVIRONMENT, inputs(), true)).outputs, inputs());
    assert.deepEqual(
      await plugin.update(ENVIRONMENT, "i", outputs(2), inputs(secret("a: 1")), true),
      inputs(secret("a: 1")),
    );
    assert.deepEqual(lines(), []);
  });

  for (const [what, effect] of [
    ["409", { kind: "status", status: 409, body: { code: 409, message: "Conflict" } }],
    ["404", { kind: "status", status: 404, body: { code: 404, message: "Not Found" } }],
    ["500", { kind: "status", status: 500 }],
    ["a broken connection", { kind: "reset" }],
    ["no revision in the answer", { kind: "status", status: 200, body: {} }],
  ] as const) {
    it(`reports an update that was answered ${what} as done, with revision 0`, async () => {
      const { id, outputs: before } = await plugin.create(ENVIRONMENT, inputs());
      api.addFault({ method: "PATCH", effect });
      assert.deepEqual(
        await plugin.update(ENVIRONMENT, id, before, inputs(secret("a: 1"))),
        outputs(0, secret("a: 1")),
      );
      assert.equal(api.environments.get("payready/sophia/development")?.text, YAML);
    });
  }

  it("fails an update that has diagnostics, or whose metadata cannot be read", async () => {
    const { id, outputs: before } = await plugin.create(ENVIRONMENT, inputs());
    const diagnostics = [{ range: { begin: { line: 3, column: 5 } }, summary: `bad text "${MARKED}" here` }];
    api.addFault({
      method: "PATCH",
      effect: { kind: "status", status: 400, body: { code: 400, message: "Bad", diagnostics } },
    });
    await assert.rejects(plugin.update(ENVIRONMENT, id, before, inputs()), {
      message: 'failed to update environment: yaml code failed following checks: 3:5: bad text "[secret]" here',
    });
    api.addFault({
      path: "/metadata$",
      effect: { kind: "status", status: 500, body: { code: 500, message: "broken" } },
    });
    await assert.rejects(plugin.update(ENVIRONMENT, id, before, inputs()), {
      message: "failed to resolve environment's id: [500] broken",
    });
  });

  it("does without the environment's id when the service has no metadata, and reads on when they cannot be had", async () => {
    const { environmentId: _id, ...expected } = outputs(2);
    api.addFault({ path: "/metadata$", effect: { kind: "status", status: 404 } });
    assert.deepEqual((await plugin.create(ENVIRONMENT, inputs())).outputs, expected);
    api.addFault({ path: "/metadata$", effect: { kind: "status", status: 500 } });
    assert.deepEqual((await plugin.read(ENVIRONMENT, "payready/sophia/development")).outputs, expected);
  });

  it("shows no secret of the text that the service quotes, in whatever way it is written", async () => {
    const yaml = [
      `a: { "fn::secret": "flow-${MARKED}" }`,
      `b:\n  fn::secret: plain-${MARKED}`,
      `c:\n  fn::secret: |\n    block-${MARKED}\n    second-line\nd: 1`,
    ].join("\n");
    const summary = `flow-${MARKED} plain-${MARKED} block-${MARKED} second-line d: 1`;
    const body = { code: 400, message: "Bad", diagnostics: [{ summary }] };
    api.addFault({ path: "/yaml/check$", effect: { kind: "status", status: 400, body } });
    await assert.rejects(plugin.create(ENVIRONMENT, inputs(secret(yaml))), {
      message:
        "failed to check environment: yaml code failed following checks: [secret] [secret] [secret] [secret] d: 1",
    });
  });

  it("leaves an orphan behind when the write after the create fails, and calls it existing the next time", async () => {
    api.addFault({ method: "PATCH", effect: { kind: "status", status: 500, body: { code: 500, message: "broken" } } });
    await assert.rejects(plugin.create(ENVIRONMENT, inputs()), {
      message: "failed to push yaml into environment: [500] broken",
    });
    await assert.rejects(plugin.create(ENVIRONMENT, inputs()), {
      message: "failed to create new environment: [409] Conflict: already exists",
    });
    const imported = await plugin.read(ENVIRONMENT, "payready/sophia/development");
    assert.deepEqual(imported.inputs, inputs(secret("")));
  });

  it("reads text and revision as they are at the service, also for the old form of the id", async () => {
    api.environments.set("payready/default/plain", { revision: 7, text: "values:\n  a: 1\n" });
    const yaml = secret("values:\n  a: 1");
    const expected = { organization: "payready", project: "default", name: "plain", yaml };
    assert.deepEqual(await plugin.read(ENVIRONMENT, "payready/plain"), {
      id: "payready/plain",
      inputs: expected,
      outputs: { ...expected, revision: 7, environmentId: "id-of-plain" },
    });
    await assert.rejects(plugin.read(ENVIRONMENT, "payready"), { message: "invalid environment id: payready" });
  });

  it("tries a read again after 1, 2 and 4 seconds, then reads it as gone; a refused token at once", async function () {
    this.timeout(30_000);
    await plugin.create(ENVIRONMENT, inputs());
    api.seen.splice(0);
    api.addFault({ method: "GET", times: 4, effect: { kind: "status", status: 503 } });
    const started = Date.now();
    assert.equal((await plugin.read(ENVIRONMENT, "payready/sophia/development", outputs(2), inputs())).id, "");
    const seconds = (Date.now() - started) / 1000;
    assert.ok(seconds > 6.9 && seconds < 9, `took ${seconds} s`);
    assert.equal(api.requests().filter((request) => request.status === 503).length, 4);
    const stranger = await startPlugin(file);
    await stranger.configure({ accessToken: secret("pul-expired"), apiUrl: api.url });
    assert.equal((await stranger.read(ENVIRONMENT, "payready/sophia/development")).id, "");
    await stranger.close();
  });

  it("deletes an environment, and fails when it is gone already", async () => {
    const { id, outputs: before } = await plugin.create(ENVIRONMENT, inputs());
    await plugin.delete(ENVIRONMENT, id, before);
    await assert.rejects(plugin.delete(ENVIRONMENT, id, before), { message: "[404] Not Found: environment not found" });
  });

  it("creates, moves, reads and deletes a tag", async () => {
    const given = {
      organization: "payready",
      project: "sophia",
      environment: "development",
      tagName: "stable",
      revision: 2,
    };
    const { id } = await plugin.create(TAG, given);
    assert.equal(id, "payready/sophia/development/stable");
    const moved = { ...given, revision: 3 };
    assert.deepEqual((await plugin.diff(TAG, { inputs: given, outputs: given }, moved)).changes, {
      revision: "UPDATE",
    });
    assert.deepEqual(await plugin.update(TAG, id, given, moved), moved);
    assert.deepEqual(await plugin.read(TAG, id, moved, moved), { id, inputs: moved, outputs: moved });
    await plugin.delete(TAG, id, moved);
    assert.equal((await plugin.read(TAG, id, moved, moved)).id, "");
    await assert.rejects(plugin.delete(TAG, id, moved), {
      message: /^error deleting environment version tag "stable": \[404\]/,
    });
    const tags = `${PATH}/versions/tags`;
    assert.deepEqual(lines(), [
      `POST ${tags}`,
      `PATCH ${tags}/stable`,
      `GET ${tags}/stable`,
      `DELETE ${tags}/stable`,
      `GET ${tags}/stable`,
      `DELETE ${tags}/stable`,
    ]);
    assert.deepEqual(
      api.seen.slice(0, 2).map((request) => JSON.parse(request.body) as unknown),
      [{ name: "stable", revision: 2 }, { revision: 3 }],
    );
    assert.deepEqual((await plugin.check(TAG, { ...given, project: null, revision: UNKNOWN })).inputs, {
      ...given,
      project: "default",
      revision: UNKNOWN,
    });
  });

  it("fails to read a tag for any other reason than that it is gone", async () => {
    const stranger = await startPlugin(file);
    await stranger.configure({ accessToken: secret("pul-expired"), apiUrl: api.url });
    await assert.rejects(stranger.read(TAG, "payready/sophia/development/stable"), /^Error: \[401\] Unauthorized/);
    await stranger.close();
  });

  it("takes address and token from the settings first, then PULUMI_BACKEND_URL before PULUMI_API, and PULUMI_ACCESS_TOKEN", async () => {
    api.environments.set("payready/sophia/development", { revision: 4, text: YAML });
    const environment = { PULUMI_ACCESS_TOKEN: TOKEN, PULUMI_BACKEND_URL: "file:///state", PULUMI_API: api.url };
    const found = async (variables: Record<string, string>, settings: Wire) => {
      const other = await startPlugin(file, variables);
      await other.configure(settings);
      const { id } = await other.read(ENVIRONMENT, "payready/sophia/development");
      await other.close();
      return id !== "";
    };
    assert.equal(await found(environment, { apiUrl: api.url }), true);
    assert.equal(await found({ PULUMI_ACCESS_TOKEN: TOKEN, PULUMI_API: api.url }, {}), true);
    const misled = await startPlugin(file, environment);
    await misled.configure({});
    await assert.rejects(misled.delete(TAG, "i", {}), /unsupported protocol file:/);
    await misled.close();
    const other = await startPlugin(file);
    await assert.rejects(other.configure({ apiUrl: api.url }), /access token not found/);
    await other.close();
  });
});
