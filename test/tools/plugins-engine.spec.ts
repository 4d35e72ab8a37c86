/** Do the stand-in plugins do on the real engine what programs need: create, no-op, update in place, replace, refresh, import, destroy? */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Output, secret } from "@pulumi/pulumi";
import * as pulumiservice from "@pulumi/pulumiservice";
import * as vercel from "@pulumiverse/vercel";
import { asset } from "@pulumi/pulumi";
import { type SandboxProxy, startProxy } from "../../sandbox/proxy";
import { startVercel, type VercelStandIn } from "../../sandbox/vercel";
import { openTestStack, readTestToolchain, type TestStack } from "../support/engine";
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
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let api: VercelStandIn;
  let proxy: SandboxProxy;
  let esc: EscDouble;
  let stack: TestStack;

  before(async () => {
    folder = await temporaryFolder();
    const home = await installPlugins(folder.path);
    api = await startVercel({
      controlToken: VERCEL_TOKEN,
      team: TEAM,
      projects: [{ id: PROJECT_ID, name: "engine-project" }],
    });
    proxy = await startProxy({ vercelUrl: api.url, caFile: join(folder.path, "ca.pem") });
    esc = await startEscDouble(PULUMI_TOKEN);
    const env = { PULUMI_HOME: home, SPEC_PROXY: proxy.url, SPEC_CA: proxy.caFile };
    stack = await openTestStack({ program: async () => ({}), env });
  });

  after(async () => {
    await stack.dispose();
    await Promise.all([proxy.close(), api.close(), esc.close()]);
    await folder.remove();
  });

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

  async function assertNoPlaintext(text: string, settings: Settings): Promise<void> {
    const bearers = api.tokens().map((token) => token.bearerToken);
    for (const marked of ["marked-", VERCEL_TOKEN, PULUMI_TOKEN, ...bearers, settings.sensitive]) {
      assert.equal(text.includes(marked), false, `${marked.slice(0, 12)}… is in the text`);
    }
  }

  it("creates everything, in the order of dependence, with nothing in clear in the state or the output", async () => {
    const run = await stack.up(program(FIRST));
    const created = ["by-minted", "environment", "plain", "sensitive", "stable", "token"];
    assert.deepEqual(
      stepsOf(run),
      created.map((name) => `create ${name}`),
    );
    assert.deepEqual(valuesNow(), [FIRST.sensitive, FIRST.plain, FIRST.minted]);
    assert.deepEqual(esc.environments.get("payready/sophia/spec"), { revision: 2, text: FIRST.yaml });
    assert.equal(esc.tags.get("payready/sophia/spec/stable"), 2);
    assert.equal(run.outputs["revision"], 2);
    assert.deepEqual(run.diagnostics, []);
    await assertNoPlaintext(run.output, FIRST);
    await assertNoPlaintext(await stack.stateText(), FIRST);
    assert.deepEqual(proxy.refused(), []);
  });

  it("changes nothing in a second preview and up, and asks ESC nothing", async () => {
    esc.seen.splice(0);
    const program1 = program({ ...FIRST, targets: ["preview", "production"] });
    assert.deepEqual((await stack.preview(program1)).steps, []);
    assert.deepEqual((await stack.up(program1)).steps, []);
    assert.deepEqual(esc.seen, []);
  });

  it("updates in place: the same ids, a new revision, the tag moved", async () => {
    const before = (await stack.up(program(FIRST))).outputs;
    const second = { ...FIRST, sensitive: "marked-sensitive-2", plain: "marked-plain-2", yaml: "values: {}" };
    const preview = await stack.preview(program(second));
    const expected = ["update environment", "update plain", "update sensitive", "update stable"];
    assert.deepEqual(stepsOf(preview), expected);
    const run = await stack.up(program(second));
    assert.deepEqual(stepsOf(run), expected);
    assert.deepEqual(run.steps.find((step) => step.name === "sensitive")?.diffs, ["value"]);
    assert.deepEqual(run.outputs, { ...before, revision: 3 });
    assert.deepEqual(valuesNow(), [second.sensitive, second.plain, FIRST.minted]);
    assert.equal(esc.tags.get("payready/sophia/spec/stable"), 3);
    await assertNoPlaintext(preview.output + run.output + (await stack.stateText()), second);
    assert.deepEqual((await stack.up(program(FIRST))).steps.length, 4);
  });

  it("replaces a token with both alive in between, and moves the provider that it feeds to the new one", async () => {
    const [old] = api.tokens().filter((token) => token.name === "first");
    assert.ok(old);
    api.clearRequests();
    const run = await stack.up(program({ ...FIRST, tokenName: "second", minted: "marked-minted-2" }));
    assert.ok(stepsOf(run).includes("update by-minted"));
    assert.deepEqual(
      api
        .tokens()
        .filter((token) => token.isLimited)
        .map((token) => token.name),
      ["second"],
    );
    assert.equal(api.variable(PROJECT_ID, "BY_MINTED", "production"), "marked-minted-2");
    const writes = api.requests().filter((request) => request.method !== "GET");
    assert.deepEqual(
      writes.map(
        (request) => `${request.method} ${request.path.replace(/env_?\w{8,}$|[^/]+$/, "*")} ${request.status}`,
      ),
      ["POST /v3/user/* 200", `PATCH /v10/projects/${PROJECT_ID}/env/* 200`, "DELETE /v3/user/tokens/* 200"],
    );
    await assertNoPlaintext(run.output + (await stack.stateText()), FIRST);
    await stack.up(program(FIRST));
  });

  it("replaces a variable whose key changes", async () => {
    const before = (await stack.up(program(FIRST))).outputs;
    const run = await stack.up(program({ ...FIRST, key: "RENAMED" }));
    assert.ok(stepsOf(run).includes("create-replacement sensitive"));
    assert.notEqual(run.outputs["sensitiveId"], before["sensitiveId"]);
    assert.equal(api.variable(PROJECT_ID, "SENSITIVE", "production"), undefined);
    assert.equal(api.variable(PROJECT_ID, "RENAMED", "production"), FIRST.sensitive);
    await stack.up(program(FIRST));
  });

  it("sees in a refresh what was changed outside, and the next up puts it right", async () => {
    assert.deepEqual(
      (await stack.refresh()).steps.filter((step) => step.op !== "refresh" && step.op !== "read"),
      [],
    );
    assert.deepEqual((await stack.preview(program(FIRST))).steps, []);
    api.editOutside(PROJECT_ID, "PLAIN", "production", "marked-edited");
    api.editOutside(PROJECT_ID, "SENSITIVE", "production", undefined);
    assert.deepEqual((await stack.preview(program(FIRST))).steps, []);
    const refreshed = await stack.refresh();
    const run = await stack.up(program(FIRST));
    assert.deepEqual(stepsOf(run), ["create sensitive", "update plain"]);
    assert.deepEqual(valuesNow(), [FIRST.sensitive, FIRST.plain, FIRST.minted]);
    await assertNoPlaintext(refreshed.output + run.output, FIRST);
  });

  it("imports a variable that was there before, without a change to it", async () => {
    const made = await fetch(`${api.url}/v10/projects/${PROJECT_ID}/env?teamId=${TEAM.id}`, {
      method: "POST",
      headers: { authorization: `Bearer ${VERCEL_TOKEN}`, "content-type": "application/json", connection: "close" },
      body: JSON.stringify({
        key: "IMPORTED",
        value: "marked-imported",
        type: "encrypted",
        target: ["preview", "production"],
      }),
    });
    const { created } = (await made.json()) as { created: { id: string } };
    api.clearRequests();
    const imported = { id: created.id, value: "marked-imported" };
    const run = await stack.up(program({ ...FIRST, imported }));
    assert.deepEqual(stepsOf(run), ["import imported"]);
    assert.deepEqual(
      api.requests().filter((request) => request.method !== "GET"),
      [],
    );
    assert.deepEqual((await stack.preview(program({ ...FIRST, imported }))).steps, []);
    await assertNoPlaintext(run.output + (await stack.stateText()), FIRST);
  });

  it("prints the field and no value when a check fails", async () => {
    await assert.rejects(
      stack.up(program({ ...FIRST, targets: ["nowhere"], sensitive: "marked-refused" })),
      (error) => {
        const { message } = error as Error;
        assert.match(message, /'targets' may hold production, preview, development only/);
        assert.doesNotMatch(message, /marked-/);
        return true;
      },
    );
  });

  it("reports an update that ESC refused as done, with revision 0", async () => {
    esc.addFault({
      method: "PATCH",
      path: "/spec$",
      effect: { kind: "status", status: 409, body: { code: 409, message: "Conflict" } },
    });
    const run = await stack.up(program({ ...FIRST, yaml: "values: { lost: 1 }" }));
    assert.equal(run.outputs["revision"], 0);
    assert.equal(esc.environments.get("payready/sophia/spec")?.text, FIRST.yaml);
    await stack.up(program(FIRST));
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
