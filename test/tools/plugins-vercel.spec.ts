/** Does the stand-in for the Vercel plugin send what the official one sends, and give back what it gives? */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type SandboxProxy, startProxy } from "../../sandbox/proxy";
import { startVercel, type VercelStandIn } from "../../sandbox/vercel";
import {
  bundlePlugin,
  secret,
  startPlugin,
  temporaryFolder,
  type TestPlugin,
  UNKNOWN,
  type Wire,
} from "./plugin-harness";

const VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable";
const TOKEN = "vercel:index/userToken:UserToken";
const PROJECT = "vercel:index/project:Project";
const CONTROL_TOKEN = "controlTokenForThePluginSpec0123456789";
const TEAM = { id: "team_spec", slug: "spec", name: "Spec" };
const PROJECT_ID = "prj_spec";
const VALUE = 'Marked$"Value"-9f31c7';

describe("The Vercel stand-in plugin", () => {
  const cleanups: (() => Promise<unknown>)[] = [];
  let api: VercelStandIn;
  let proxy: SandboxProxy;
  let plugin: TestPlugin;
  let file: string;
  let environment: Record<string, string>;

  before(async () => {
    const folder = await temporaryFolder();
    cleanups.push(folder.remove);
    file = await bundlePlugin("vercel", folder.path);
    api = await startVercel({
      controlToken: CONTROL_TOKEN,
      team: TEAM,
      projects: [{ id: PROJECT_ID, name: "spec-project" }],
    });
    cleanups.push(() => api.close());
    proxy = await startProxy({ vercelUrl: api.url, caFile: join(folder.path, "ca.pem") });
    cleanups.push(() => proxy.close());
    environment = { HTTPS_PROXY: proxy.url, SSL_CERT_FILE: proxy.caFile };
    plugin = await startPlugin(file, environment);
    cleanups.push(() => plugin.close());
    await plugin.configure({ apiToken: secret(CONTROL_TOKEN), team: TEAM.slug });
  });

  beforeEach(() => api.clearRequests());

  after(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
    assert.equal(plugin.said(), "");
  });

  const asked = () => api.requests().map((request) => `${request.method} ${request.path} ${request.status}`);
  const inputs = (more: Wire = {}): Wire => ({
    key: "SPEC_KEY",
    projectId: PROJECT_ID,
    sensitive: true,
    targets: ["production", "preview"],
    value: secret(VALUE),
    ...more,
  });

  it("reaches api.vercel.com through HTTPS_PROXY and trusts SSL_CERT_FILE only", async () => {
    const stranger = await startPlugin(file, { HTTPS_PROXY: proxy.url });
    await assert.rejects(stranger.configure({ apiToken: secret(CONTROL_TOKEN), team: TEAM.slug }), /certificate/);
    await stranger.close();
    assert.deepEqual(asked(), []);
    assert.deepEqual([...new Set(proxy.connected())], ["api.vercel.com:443"]);
    assert.deepEqual(proxy.refused(), []);
  });

  it("asks for the team once when it is configured, and refuses tokens without 24 letters and digits in a row", async () => {
    const other = await startPlugin(file, environment);
    await assert.rejects(other.configure({ apiToken: secret("abc-".repeat(20)) }), /Invalid api_token/);
    assert.deepEqual(asked(), []);
    await assert.rejects(
      other.configure({ apiToken: secret("wrongTokenOfTwentyFourChars00"), team: TEAM.slug }),
      (error) => {
        assert.match((error as Error).message, /^forbidden - /);
        assert.doesNotMatch((error as Error).message, /wrongToken/);
        return true;
      },
    );
    await other.configure({ apiToken: secret(CONTROL_TOKEN), team: TEAM.id });
    await other.close();
    assert.deepEqual(asked(), ["GET /v2/teams/spec 403", "GET /v2/teams/team_spec 200"]);
  });

  it("takes the token from VERCEL_API_TOKEN only when the provider has none", async () => {
    const other = await startPlugin(file, { ...environment, VERCEL_API_TOKEN: "staleTokenOfTwentyFourCharacters" });
    await other.configure({ apiToken: secret(CONTROL_TOKEN), team: TEAM.id });
    await assert.rejects(other.configure({ team: TEAM.id }), /forbidden/);
    await other.close();
    assert.deepEqual(asked(), ["GET /v2/teams/team_spec 200", "GET /v2/teams/team_spec 403"]);
  });

  it("creates, patches in place, reads, imports and deletes a sensitive variable", async () => {
    const created = await plugin.create(VARIABLE, inputs());
    assert.deepEqual(created.outputs, {
      id: created.id,
      key: "SPEC_KEY",
      projectId: PROJECT_ID,
      teamId: TEAM.id,
      sensitive: true,
      targets: ["preview", "production"],
      customEnvironmentIds: [],
      comment: "",
      value: secret(VALUE),
    });
    assert.equal(api.variable(PROJECT_ID, "SPEC_KEY", "production"), VALUE);

    const updated = await plugin.update(
      VARIABLE,
      created.id,
      created.outputs,
      inputs({ value: secret("Second-7e21") }),
    );
    assert.deepEqual(updated, { ...created.outputs, value: secret("Second-7e21") });
    assert.equal(api.variable(PROJECT_ID, "SPEC_KEY", "preview"), "Second-7e21");

    const read = await plugin.read(VARIABLE, created.id, updated, inputs({ value: secret("Second-7e21") }));
    assert.deepEqual(read.outputs, updated);
    assert.deepEqual(read.inputs, inputs({ value: secret("Second-7e21") }));

    const imported = await plugin.read(VARIABLE, `${PROJECT_ID}/${created.id}`);
    assert.equal(imported.id, created.id);
    assert.deepEqual(imported.inputs, {
      key: "SPEC_KEY",
      projectId: PROJECT_ID,
      teamId: TEAM.id,
      sensitive: true,
      targets: ["preview", "production"],
    });

    await plugin.delete(VARIABLE, created.id, updated);
    assert.equal((await plugin.read(VARIABLE, created.id, updated)).id, "");
    await plugin.delete(VARIABLE, created.id, updated);
    const one = `/v10/projects/${PROJECT_ID}/env/${created.id}`;
    assert.deepEqual(asked(), [
      `GET /v10/projects/${PROJECT_ID} 200`,
      `POST /v10/projects/${PROJECT_ID}/env 201`,
      `PATCH ${one} 200`,
      `GET ${one} 200`,
      `GET ${one} 200`,
      `GET ${one} 200`,
      `DELETE ${one.replace("v10", "v8")} 200`,
      `GET ${one} 404`,
      `DELETE ${one.replace("v10", "v8")} 404`,
    ]);
  });

  it("sees drift of a plain variable in a refresh, and imports its value as a secret", async () => {
    const plainInputs = inputs({ key: "PLAIN_KEY", sensitive: false, value: "first", targets: ["production"] });
    const created = await plugin.create(VARIABLE, plainInputs);
    assert.deepEqual(created.outputs["value"], secret("first"));
    api.editOutside(PROJECT_ID, "PLAIN_KEY", "production", "edited");
    const read = await plugin.read(VARIABLE, created.id, created.outputs, plainInputs);
    assert.deepEqual(read.outputs["value"], secret("edited"));
    assert.deepEqual(read.inputs, { ...plainInputs, value: secret("edited") });
    const imported = await plugin.read(VARIABLE, `${TEAM.id}/${PROJECT_ID}/${created.id}`);
    assert.deepEqual(imported.inputs["value"], secret("edited"));
    await plugin.delete(VARIABLE, created.id, created.outputs);
  });

  it("names the variable that is in the way, and never the value", async () => {
    const obstacle = await plugin.create(VARIABLE, inputs({ key: "TAKEN" }));
    await assert.rejects(plugin.create(VARIABLE, inputs({ key: "TAKEN" })), (error) => {
      const { message } = error as Error;
      assert.ok(message.startsWith("ENV_CONFLICT - "), message);
      assert.ok(message.endsWith(`the conflicting environment variable ID is ${PROJECT_ID}/${obstacle.id}`), message);
      assert.ok(!message.includes(VALUE));
      return true;
    });
    await plugin.delete(VARIABLE, obstacle.id, obstacle.outputs);
  });

  it("replaces a value that the service quotes in its refusal", async () => {
    const message = `will not take ${VALUE} here`;
    api.addFault({
      method: "POST",
      effect: { kind: "status", status: 400, body: { error: { code: "bad", message } } },
    });
    await assert.rejects(plugin.create(VARIABLE, inputs()), {
      message: "bad - will not take [secret] here (HTTP 400)",
    });
    api.addFault({ method: "POST", effect: { kind: "status", status: 400, body: `${VALUE} is not JSON` } });
    await assert.rejects(plugin.create(VARIABLE, inputs()), { message: "no error code in the answer (HTTP 400)" });
    api.addFault({ method: "POST", effect: { kind: "status", status: 200, body: `${VALUE} is not JSON` } });
    await assert.rejects(plugin.create(VARIABLE, inputs()), { message: "the answer of api.vercel.com is not JSON" });
  });

  it("waits for a rate limit and tries again, but takes a 500 for an answer", async () => {
    const limited = {
      kind: "status",
      status: 429,
      headers: { "retry-after": "1" },
      body: { error: { code: "rate_limited", message: "slow" } },
    } as const;
    api.addFault({ method: "POST", path: "/env$", effect: limited });
    const created = await plugin.create(VARIABLE, inputs({ key: "LIMITED" }));
    api.addFault({ method: "GET", path: "/env/", effect: { kind: "status", status: 500 } });
    await assert.rejects(plugin.read(VARIABLE, created.id, created.outputs, inputs()), /HTTP 500/);
    const posts = api.requests().filter((request) => request.method === "POST");
    assert.deepEqual(
      posts.map((request) => request.status),
      [429, 201],
    );
    assert.equal(api.requests().at(-1)?.status, 500);
    await plugin.delete(VARIABLE, created.id, created.outputs);
  });

  it("tells of a broken connection and of half a body, sends nothing twice, and goes on", async () => {
    for (const kind of ["reset", "effect-without-reply", "cut-body"] as const) {
      api.clearRequests();
      api.addFault({ method: "POST", path: "/env$", effect: { kind } });
      await assert.rejects(
        plugin.create(VARIABLE, inputs({ key: `BROKEN_${kind.length}` })),
        /^Error: POST at api\.vercel\.com failed: /,
      );
      assert.equal(api.requests().filter((request) => request.method === "POST").length, 1);
    }
    const created = await plugin.create(VARIABLE, inputs({ key: "AFTERWARDS" }));
    await plugin.delete(VARIABLE, created.id, created.outputs);
  });

  it("lets a check fail with an empty property name, the field in the text and no value", async () => {
    const { failures } = await plugin.check(VARIABLE, {
      key: "SPEC_KEY",
      sensitive: true,
      targets: ["development", "staging"],
      value: secret(7),
      valueWo: secret(VALUE),
    });
    assert.deepEqual(failures, [
      ["", "missing required property 'projectId'"],
      ["", "property 'value' must be a text"],
      ["", "'targets' may hold production, preview, development only"],
      ["", "exactly one of 'value' and 'valueWo' must be set"],
      ["", "a variable with 'targets' development must set 'sensitive' to false"],
    ]);
  });

  it("wraps a plain value as a secret in the check, and lets what is not known yet pass", async () => {
    const checked = await plugin.check(VARIABLE, inputs({ value: "plain text" }));
    assert.deepEqual(checked, { inputs: inputs({ value: secret("plain text") }), failures: [] });
    const unknown = { key: UNKNOWN, projectId: UNKNOWN, sensitive: true, targets: [UNKNOWN], value: secret(UNKNOWN) };
    assert.deepEqual(await plugin.check(VARIABLE, unknown), { inputs: unknown, failures: [] });
    // A number that is not known has a sentinel of its own.
    const number = await plugin.check(TOKEN, { name: "n", expiresAt: "3eeb2bf0-c639-47a8-9e75-3b44932eb421" });
    assert.deepEqual(number, { inputs: { name: "n", expiresAt: UNKNOWN }, failures: [] });
  });

  it("keeps every property secret that came as a secret, in check, create, update and read", async () => {
    const given = inputs({ key: "ALL_SECRET", comment: secret("told to nobody") });
    assert.deepEqual((await plugin.check(VARIABLE, given)).inputs, given);
    const { id, outputs } = await plugin.create(VARIABLE, given);
    assert.deepEqual(outputs["comment"], secret("told to nobody"));
    assert.deepEqual((await plugin.update(VARIABLE, id, outputs, given))["comment"], secret("told to nobody"));
    const read = await plugin.read(VARIABLE, id, outputs, given);
    assert.deepEqual([read.outputs["comment"], read.inputs], [secret("told to nobody"), given]);
    await plugin.delete(VARIABLE, id, outputs);
  });

  it("diffs against the outputs, sets in any order, and replaces for key, project, sensitivity and team", async () => {
    const outputs = { ...inputs({ comment: "by hand", customEnvironmentIds: [], teamId: TEAM.id }), id: "env1" };
    const olds = { inputs: inputs(), outputs };
    const diff = (news: Wire, ignore: string[] = []) => plugin.diff(VARIABLE, olds, news, ignore);
    assert.deepEqual((await diff(inputs({ targets: ["preview", "production"] }))).changes, {});
    assert.deepEqual((await diff(inputs({ valueWo: secret("ignored") }))).changes, {});
    assert.deepEqual(await diff(inputs({ value: secret("new"), gitBranch: "main" })), {
      changes: { gitBranch: "ADD", value: "UPDATE" },
      replaces: [],
      deleteBeforeReplace: false,
    });
    assert.deepEqual((await diff(inputs({ value: secret("new") }), ["value"])).changes, {});
    assert.deepEqual((await diff(inputs({ value: secret(UNKNOWN) }))).changes, { value: "UPDATE" });
    assert.deepEqual(await diff(inputs({ key: "K", projectId: UNKNOWN, sensitive: false, teamId: "team_x" })), {
      changes: {
        key: "UPDATE_REPLACE",
        projectId: "UPDATE_REPLACE",
        sensitive: "UPDATE_REPLACE",
        teamId: "UPDATE_REPLACE",
      },
      replaces: ["key", "projectId", "sensitive", "teamId"],
      deleteBeforeReplace: false,
    });
  });

  it("previews without a request: known inputs, unknown for what the service sets", async () => {
    assert.deepEqual((await plugin.create(VARIABLE, inputs(), true)).outputs, {
      ...inputs({ targets: ["preview", "production"] }),
      comment: UNKNOWN,
      customEnvironmentIds: UNKNOWN,
      teamId: UNKNOWN,
      id: UNKNOWN,
    });
    const outputs = { ...inputs({ comment: "by hand", customEnvironmentIds: [], teamId: TEAM.id }), id: "env1" };
    assert.deepEqual(await plugin.update(VARIABLE, "env1", outputs, inputs({ value: secret("new") }), true), {
      ...inputs({ value: secret("new"), targets: ["preview", "production"] }),
      comment: UNKNOWN,
      customEnvironmentIds: [],
      teamId: TEAM.id,
      id: "env1",
    });
    assert.deepEqual(asked(), []);
  });

  it("refuses a variable that is not sensitive in the plan when the team's policy forbids it", async () => {
    api.setSensitivePolicy("on");
    const other = await startPlugin(file, environment);
    await other.configure({ apiToken: secret(CONTROL_TOKEN), team: TEAM.id });
    await assert.rejects(other.create(VARIABLE, inputs({ sensitive: false }), true), /has a policy/);
    await other.create(VARIABLE, inputs({ sensitive: false, targets: ["development"] }), true);
    await other.close();
    api.setSensitivePolicy(null);
    assert.deepEqual(asked(), [`GET /v2/teams/${TEAM.id} 200`]);
  });

  it("mints a token whose text only the create gives and a refresh keeps, replaces it for any change, deletes it", async () => {
    const { inputs: checked } = await plugin.check(TOKEN, {});
    assert.match(String(checked["name"]), /^thing-[0-9a-f]{7}$/);
    assert.deepEqual((await plugin.check(TOKEN, {}, { name: "kept" })).inputs, { name: "kept" });
    const created = await plugin.create(TOKEN, checked);
    const bearer = api.tokens().find((token) => token.id === created.id)?.bearerToken;
    assert.ok(bearer);
    assert.deepEqual(created.outputs["bearerToken"], secret(bearer));
    assert.equal(created.outputs["teamId"], TEAM.id);
    const read = await plugin.read(TOKEN, created.id, created.outputs, checked);
    assert.deepEqual(read.outputs["bearerToken"], secret(bearer));
    assert.deepEqual(read.inputs, checked);
    const imported = await plugin.read(TOKEN, created.id);
    assert.equal(imported.outputs["bearerToken"], undefined);
    const diff = await plugin.diff(
      TOKEN,
      { inputs: checked, outputs: created.outputs },
      { name: "other", expiresAt: 1 },
    );
    assert.deepEqual(diff.changes, { expiresAt: "ADD_REPLACE", name: "UPDATE_REPLACE" });

    const fed = await startPlugin(file, environment);
    await fed.configure({ apiToken: secret(bearer), team: TEAM.id });
    await plugin.delete(TOKEN, created.id, created.outputs);
    await assert.rejects(fed.read(VARIABLE, "env1", inputs({ teamId: TEAM.id })), /forbidden/);
    await fed.close();
    const paths = asked().filter((line) => line.includes("/user/tokens"));
    assert.deepEqual(paths, [
      "POST /v3/user/tokens 200",
      `GET /v5/user/tokens/${created.id} 200`,
      `GET /v5/user/tokens/${created.id} 200`,
      `GET /v5/user/tokens/${created.id} 200`,
      `DELETE /v3/user/tokens/${created.id} 200`,
    ]);
  });

  it("creates, changes, imports by name and deletes a project", async () => {
    const created = await plugin.create(PROJECT, { name: "made-here", framework: "nextjs" });
    assert.equal(created.outputs["framework"], "nextjs");
    assert.equal(created.outputs["teamId"], TEAM.id);
    const updated = await plugin.update(PROJECT, created.id, created.outputs, { name: "renamed", framework: "nextjs" });
    assert.equal(updated["name"], "renamed");
    const imported = await plugin.read(PROJECT, "renamed");
    assert.equal(imported.id, created.id);
    await plugin.delete(PROJECT, created.id, updated);
    const own = `projects/${created.id}`;
    assert.deepEqual(asked(), [
      "POST /v8/projects 200",
      `GET /v8/${own}/env 200`,
      `PATCH /v9/${own} 200`,
      `PATCH /v9/${own} 200`,
      `GET /v8/${own}/env 200`,
      "GET /v10/projects/renamed 200",
      `GET /v8/${own}/env 200`,
      `GET /v10/${own} 200`,
      `GET /v8/${own}/env 200`,
      `DELETE /v8/${own} 204`,
    ]);
    const { failures } = await plugin.check(PROJECT, { name: "x", passwordProtection: { password: secret(VALUE) } });
    assert.deepEqual(failures, [["", "property 'passwordProtection' is not carried by this stand-in plugin"]]);
  });
});
