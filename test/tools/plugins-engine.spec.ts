/** Do the stand-in plugins do on the real engine what programs need: create, no-op, update in place, replace, refresh, import, destroy? */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { asset, type Output, secret } from "@pulumi/pulumi";
import * as pulumiservice from "@pulumi/pulumiservice";
import * as vercel from "@pulumiverse/vercel";
import { type SandboxProxy, startProxy } from "../../sandbox/proxy";
import { startVercel, type VercelStandIn } from "../../sandbox/vercel";
import { type EngineRun, openTestStack, readTestToolchain, type TestStack } from "../support/engine";
import { type EscDouble, startEscDouble } from "./esc-double";
import { bundlePlugin, temporaryFolder } from "./plugin-harness";

const VERCEL_TOKEN = "engineSpecControlToken0123456789";
const PULUMI_TOKEN = "pul-engine-spec-token";
const TEAM = { id: "team_engine", slug: "engine", name: "Engine" };
const PROJECT_ID = "prj_engine";

/** What the program of a run is made of; values are marked, so that they can be looked for. */
interface Settings {
  readonly sensitive: string;
  readonly plain: string;
  readonly minted: string;
  readonly tokenName: string;
  readonly yaml: string;
  readonly key?: string;
  readonly targets?: string[];
  /** The id of a variable to import, and its value. */
  readonly imported?: { readonly id: string; readonly value: string };
}

const FIRST: Settings = {
  sensitive: 'marked-"sensitive"-$1',
  plain: "marked-plain-1",
  minted: "marked-minted-1",
  tokenName: "first",
  yaml: 'values:\n  password:\n    fn::secret: "marked-yaml-1"',
};

describe("The stand-in plugins on the engine", function () {
  this.timeout(120_000);
  const cleanups: (() => Promise<unknown>)[] = [];
  let api: VercelStandIn;
  let proxy: SandboxProxy;
  let esc: EscDouble;
  let stack: TestStack;
  /** What is deployed, and the outputs of the deployment. */
  let current = FIRST;
  let outputs: Readonly<Record<string, unknown>> = {};

  before(async () => {
    const folder = await temporaryFolder();
    cleanups.push(folder.remove);
    api = await startVercel({
      controlToken: VERCEL_TOKEN,
      team: TEAM,
      projects: [{ id: PROJECT_ID, name: "engine-project" }],
    });
    cleanups.push(() => api.close());
    proxy = await startProxy({ vercelUrl: api.url, caFile: join(folder.path, "ca.pem") });
    cleanups.push(() => proxy.close());
    esc = await startEscDouble(PULUMI_TOKEN);
    cleanups.push(() => esc.close());
    const env = {
      PULUMI_HOME: await installPlugins(folder.path),
      SPEC_PROXY: proxy.url,
      SPEC_CA: proxy.caFile,
    };
    stack = await openTestStack({ program: async () => ({}), env });
    cleanups.push(() => stack.dispose());
  });

  after(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  });

  async function deploy(changes: Partial<Settings>): Promise<EngineRun> {
    current = { ...current, ...changes };
    const run = await stack.up(program(current));
    outputs = run.outputs;
    return run;
  }

  const program = (settings: Settings) => async (): Promise<Record<string, Output<unknown>>> => {
    // The way of the official plugin: proxy and CA reach it under names of ours, by the provider's own option.
    const envVarMappings = { SPEC_PROXY: "HTTPS_PROXY", SPEC_CA: "SSL_CERT_FILE" };
    const control = new vercel.Provider("control", { apiToken: VERCEL_TOKEN, team: TEAM.slug }, { envVarMappings });
    const token = new vercel.UserToken("token", { name: settings.tokenName }, { provider: control });
    const minted = new vercel.Provider("minted", { apiToken: token.bearerToken, team: TEAM.id }, { envVarMappings });
    const common = { projectId: PROJECT_ID, targets: settings.targets ?? ["production", "preview"] };
    const variable = (
      name: string,
      args: Pick<vercel.ProjectEnvironmentVariableArgs, "value" | "sensitive"> & { key: string },
      provider: vercel.Provider,
    ) => new vercel.ProjectEnvironmentVariable(name, { ...common, ...args }, { provider, deleteBeforeReplace: true });
    const sensitive = variable(
      "sensitive",
      { key: settings.key ?? "SENSITIVE", value: settings.sensitive, sensitive: true },
      control,
    );
    const plain = variable("plain", { key: "PLAIN", value: settings.plain, sensitive: false }, control);
    variable("by-minted", { key: "BY_MINTED", value: secret(settings.minted), sensitive: true }, minted);
    if (settings.imported) {
      const args = { key: "IMPORTED", value: settings.imported.value, sensitive: false, ...common };
      const options = { provider: control, import: `${PROJECT_ID}/${settings.imported.id}` };
      new vercel.ProjectEnvironmentVariable("imported", args, options);
    }
    const cloud = new pulumiservice.Provider("cloud", { accessToken: PULUMI_TOKEN, apiUrl: esc.url });
    const place = { organization: "payready", project: "sophia" };
    const yaml = new asset.StringAsset(`${settings.yaml}\n`);
    const environment = new pulumiservice.Environment(
      "environment",
      { ...place, name: "spec", yaml },
      { provider: cloud },
    );
    new pulumiservice.EnvironmentVersionTag(
      "stable",
      { ...place, environment: environment.name, tagName: "stable", revision: environment.revision },
      { provider: cloud },
    );
    return { sensitiveId: sensitive.id, plainId: plain.id, tokenId: token.id, revision: environment.revision };
  };

  const stepsOf = (run: { steps: readonly { op: string; name: string }[] }) =>
    run.steps.map((step) => `${step.op} ${step.name}`).sort();
  const valuesNow = () => ["SENSITIVE", "PLAIN", "BY_MINTED"].map((key) => api.variable(PROJECT_ID, key, "production"));

  async function assertNoPlaintext(...runs: EngineRun[]): Promise<void> {
    const bearers = api.tokens().map((token) => token.bearerToken);
    const texts = [await stack.stateText(), ...runs.map((run) => run.output)];
    for (const marked of ["marked-", VERCEL_TOKEN, PULUMI_TOKEN, ...bearers]) {
      assert.equal(
        texts.findIndex((text) => text.includes(marked)),
        -1,
        `${marked.slice(0, 12)}… is in clear`,
      );
    }
  }

  it("creates everything, with nothing in clear in the state or the output", async () => {
    const run = await deploy({});
    const created = ["by-minted", "environment", "plain", "sensitive", "stable", "token"];
    assert.deepEqual(
      stepsOf(run),
      created.map((name) => `create ${name}`),
    );
    assert.deepEqual(valuesNow(), [FIRST.sensitive, FIRST.plain, FIRST.minted]);
    assert.deepEqual(esc.environments.get("payready/sophia/spec"), { revision: 2, text: FIRST.yaml });
    assert.equal(esc.tags.get("payready/sophia/spec/stable"), 2);
    assert.equal(outputs["revision"], 2);
    assert.deepEqual(run.diagnostics, []);
    await assertNoPlaintext(run);
    assert.deepEqual(proxy.refused(), []);
  });

  it("changes nothing in a second preview and up, and asks ESC nothing", async () => {
    esc.seen.splice(0);
    const reordered = { ...current, targets: ["preview", "production"] };
    assert.deepEqual((await stack.preview(program(reordered))).steps, []);
    assert.deepEqual((await stack.up(program(reordered))).steps, []);
    assert.deepEqual(esc.seen, []);
  });

  it("updates in place: the same ids, a new revision, the tag moved", async () => {
    const before = outputs;
    const second = { sensitive: "marked-sensitive-2", plain: "marked-plain-2", yaml: "values: {}" };
    const expected = ["update environment", "update plain", "update sensitive", "update stable"];
    const preview = await stack.preview(program({ ...current, ...second }));
    assert.deepEqual(stepsOf(preview), expected);
    const run = await deploy(second);
    assert.deepEqual(stepsOf(run), expected);
    assert.deepEqual(run.steps.find((step) => step.name === "sensitive")?.diffs, ["value"]);
    assert.deepEqual(outputs, { ...before, revision: 3 });
    assert.deepEqual(valuesNow(), [second.sensitive, second.plain, FIRST.minted]);
    assert.equal(esc.tags.get("payready/sophia/spec/stable"), 3);
    await assertNoPlaintext(preview, run);
  });

  it("replaces a token with both alive in between, and moves the provider that it feeds to the new one", async () => {
    api.clearRequests();
    const run = await deploy({ tokenName: "second", minted: "marked-minted-2" });
    assert.ok(stepsOf(run).includes("update by-minted"));
    const minted = api.tokens().filter((token) => token.isLimited);
    assert.deepEqual(
      minted.map((token) => token.name),
      ["second"],
    );
    assert.equal(api.variable(PROJECT_ID, "BY_MINTED", "production"), "marked-minted-2");
    const writes = api.requests().filter((request) => request.method !== "GET");
    assert.deepEqual(
      writes.map(
        (request) => `${request.method} ${request.path.replace(/(env|tokens)\/[^/]+$/, "$1/*")} ${request.status}`,
      ),
      ["POST /v3/user/tokens 200", `PATCH /v10/projects/${PROJECT_ID}/env/* 200`, "DELETE /v3/user/tokens/* 200"],
    );
    await assertNoPlaintext(run);
  });

  it("replaces a variable whose key changes", async () => {
    const before = outputs;
    const run = await deploy({ key: "RENAMED" });
    assert.ok(stepsOf(run).includes("create-replacement sensitive"));
    assert.notEqual(outputs["sensitiveId"], before["sensitiveId"]);
    assert.equal(outputs["plainId"], before["plainId"]);
    assert.equal(api.variable(PROJECT_ID, "SENSITIVE", "production"), undefined);
    assert.equal(api.variable(PROJECT_ID, "RENAMED", "production"), current.sensitive);
  });

  it("sees in a refresh what was changed outside, and the next up puts it right", async () => {
    assert.deepEqual((await stack.refresh()).steps, []);
    api.editOutside(PROJECT_ID, "PLAIN", "production", "marked-edited");
    api.editOutside(PROJECT_ID, "RENAMED", "production", undefined);
    const refreshed = await stack.refresh();
    assert.deepEqual(stepsOf(refreshed), ["delete sensitive", "update plain"]);
    const run = await deploy({});
    assert.deepEqual(stepsOf(run), ["create sensitive", "update plain"]);
    assert.equal(api.variable(PROJECT_ID, "RENAMED", "production"), current.sensitive);
    assert.equal(api.variable(PROJECT_ID, "PLAIN", "production"), current.plain);
    await assertNoPlaintext(refreshed, run);
  });

  it("imports a variable that was there before, without a change to it", async () => {
    const value = "marked-imported";
    const made = await fetch(`${api.url}/v10/projects/${PROJECT_ID}/env?teamId=${TEAM.id}`, {
      method: "POST",
      headers: { authorization: `Bearer ${VERCEL_TOKEN}`, "content-type": "application/json", connection: "close" },
      body: JSON.stringify({ key: "IMPORTED", value, type: "encrypted", target: ["preview", "production"] }),
    });
    const { created } = (await made.json()) as { created: { id: string } };
    api.clearRequests();
    const run = await deploy({ imported: { id: created.id, value } });
    assert.deepEqual(stepsOf(run), ["import imported"]);
    assert.deepEqual(
      api.requests().filter((request) => request.method !== "GET"),
      [],
    );
    assert.deepEqual((await stack.preview(program(current))).steps, []);
    await assertNoPlaintext(run);
  });

  it("prints the field and no value when a check fails", async () => {
    const refused = program({ ...current, targets: ["nowhere"], sensitive: "marked-refused" });
    await assert.rejects(stack.up(refused), (error) => {
      const { message } = error as Error;
      assert.match(message, /'targets' may hold production, preview, development only/);
      assert.doesNotMatch(message, /marked-/);
      return true;
    });
  });

  it("reports an update that ESC refused as done, with revision 0", async () => {
    const effect = { kind: "status", status: 409, body: { code: 409, message: "Conflict" } } as const;
    esc.addFault({ method: "PATCH", path: "/spec$", effect });
    await deploy({ yaml: "values: { lost: 1 }" });
    assert.equal(outputs["revision"], 0);
    assert.equal(esc.environments.get("payready/sophia/spec")?.text, "values: {}");
  });

  it("destroys everything", async () => {
    await stack.destroy();
    assert.deepEqual(api.variables(PROJECT_ID), []);
    assert.deepEqual(
      api.tokens().filter((token) => token.isLimited),
      [],
    );
    assert.equal(esc.environments.size + esc.tags.size, 0);
    assert.deepEqual(
      api.requests().filter((request) => request.unexpected),
      [],
    );
    assert.deepEqual(
      esc.requests().filter((request) => request.unexpected),
      [],
    );
  });
});

/** Installs both plugins into a PULUMI_HOME of this spec's own, as a set-up script does, and gives its path. */
async function installPlugins(folder: string): Promise<string> {
  const home = join(folder, "home");
  await mkdir(home);
  const { pulumi } = await readTestToolchain();
  for (const [name, version] of [
    ["vercel", "5.4.1"],
    ["pulumiservice", "1.3.0"],
  ] as const) {
    const file = await bundlePlugin(name, folder);
    await promisify(execFile)(pulumi.path, ["plugin", "install", "resource", name, version, "--file", file], {
      env: { PATH: process.env["PATH"], HOME: folder, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
  }
  return home;
}
