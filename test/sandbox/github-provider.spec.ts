/** Does the true GitHub provider, on the real engine, get along with the GitHub stand-in on create, preview, refresh, update, replace, import and delete? */
import assert from "node:assert/strict";
import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";
import { type GitHubScope, type GitHubStandIn, startGitHub } from "../../sandbox/github";
import { type EngineRun, openTestStack, type TestStack } from "../support/engine";

const TOKEN = "ghp_providerSpecControlToken";
const REPOSITORY: GitHubScope = { kind: "repository", repository: "sophia" };
const DEPENDABOT: GitHubScope = { kind: "dependabot", repository: "sophia" };
const ORGANIZATION: GitHubScope = { kind: "organization" };
/** A slash, because the provider puts the name into paths. */
const ENVIRONMENT: GitHubScope = { kind: "environment", repository: "sophia", environment: "production/eu" };

const AWKWARD = "quote \" ' $HOME ${HOME} $$ \\n\nline\r\nünï 日本 🔑 ";

/** What the program under test is to have. */
interface Wanted {
  /** Goes into every value. */
  readonly value: string;
  /** The name of the repository's secret and variable. @default SNOWFLAKE_PASSWORD */
  readonly name?: string;
  /** Takes what is there already into the stack. */
  readonly withImports?: boolean;
  /** @default TOKEN */
  readonly token?: string;
}

describe("the true GitHub provider on the stand-in", function () {
  this.timeout(60_000);
  let gitHub: GitHubStandIn;
  let stack: TestStack;

  before(async () => {
    gitHub = await startGitHub({ tokens: [TOKEN], organization: "payready", repositories: ["sophia", "web"] });
    gitHub.editOutside(REPOSITORY, { secret: "BY_HAND", value: "by hand" });
    gitHub.editOutside(REPOSITORY, { variable: "BY_HAND", value: "by hand" });
    // What a CI machine may have set must not decide where these specs write: GITHUB_OWNER would beat the provider's argument.
    const env = { GITHUB_OWNER: "", GITHUB_TOKEN: "", GITHUB_BASE_URL: "" };
    stack = await openTestStack({ program: program({ value: "one" }), env, attached: ["github"] });
  });

  beforeEach(() => gitHub.clearRequests());

  after(async () => {
    await stack.dispose();
    await gitHub.close();
  });

  function program(wanted: Wanted): pulumi.automation.PulumiFn {
    return async () => {
      const provider = new github.Provider("github", {
        baseUrl: `${gitHub.url}/`,
        token: pulumi.secret(wanted.token ?? TOKEN),
        owner: "payready",
        writeDelayMs: 0,
      });
      declareResources(wanted, { provider });
    };
  }

  function declareResources(
    { value, name = "SNOWFLAKE_PASSWORD", withImports }: Wanted,
    opts: { provider: github.Provider },
  ) {
    const repository = "sophia";
    const selected = { visibility: "selected", selectedRepositoryIds: [7001002] };
    const secret = pulumi.secret(`${value}${AWKWARD}`);
    new github.ActionsSecret("secret", { repository, secretName: name, value: secret }, opts);
    new github.ActionsVariable("variable", { repository, variableName: name, value: `${value}${AWKWARD}` }, opts);
    new github.DependabotSecret("dependabot", { repository, secretName: "D", value: secret }, opts);
    new github.ActionsOrganizationSecret(
      "org-private",
      { secretName: "P", visibility: "private", value: secret },
      opts,
    );
    new github.ActionsOrganizationSecret("org-selected", { secretName: "S", ...selected, value: secret }, opts);
    new github.ActionsOrganizationVariable("org-variable", { variableName: "V", ...selected, value }, opts);
    const { environment } = new github.RepositoryEnvironment("env", { repository, environment: "production/eu" }, opts);
    new github.ActionsEnvironmentSecret(
      "env-secret",
      { repository, environment, secretName: "E", value: secret },
      opts,
    );
    new github.ActionsEnvironmentVariable("env-variable", { repository, environment, variableName: "E", value }, opts);
    if (!withImports) return;
    const imported = { ...opts, import: "sophia:BY_HAND" };
    new github.ActionsSecret("imported", { repository, secretName: "BY_HAND", value: "by hand" }, imported);
    new github.ActionsVariable(
      "imported-variable",
      { repository, variableName: "BY_HAND", value: "by hand" },
      imported,
    );
  }

  const operations = (run: EngineRun) => run.steps.map((step) => `${step.op} ${step.name}`).sort();
  const writes = () => gitHub.requests().filter((request) => request.method !== "GET");
  const opened = () => [
    gitHub.openedSecret(REPOSITORY, "SNOWFLAKE_PASSWORD"),
    gitHub.openedSecret(DEPENDABOT, "D"),
    gitHub.openedSecret(ORGANIZATION, "P"),
    gitHub.openedSecret(ORGANIZATION, "S"),
    gitHub.openedSecret(ENVIRONMENT, "E"),
    gitHub.variables(REPOSITORY)["SNOWFLAKE_PASSWORD"],
  ];

  /** In the order in which `operations` sorts them. */
  const VALUED = ["dependabot", "env-secret", "env-variable", "org-private", "org-selected", "org-variable"];
  const NAMED = ["secret", "variable"];

  it("changes nothing and fails when the token is refused", async () => {
    await assert.rejects(stack.up(program({ value: "one", token: "ghp_wrong" })), /401 Bad credentials/);
    assert.deepEqual(writes(), []);
  });

  it("creates everything, with the values byte for byte", async () => {
    const run = await stack.up();
    assert.deepEqual(operations(run), ["env", ...VALUED, ...NAMED].map((name) => `create ${name}`).sort());
    assert.deepEqual(opened(), Array<string>(6).fill(`one${AWKWARD}`));
    assert.deepEqual(
      gitHub.secrets(ORGANIZATION).map(({ name, visibility, repositories }) => [name, visibility, repositories]),
      [
        ["P", "private", undefined],
        ["S", "selected", ["web"]],
      ],
    );
    assert.deepEqual(gitHub.variables(ENVIRONMENT), { E: "one" });
  });

  it("keeps no secret in clear in the state", async () => {
    const text = await stack.stateText();
    assert.equal(text.includes("SNOWFLAKE_PASSWORD"), true);
    assert.equal(text.includes(TOKEN), false);
    // The variable's value is plain, so that the marker may stand there, and nowhere else: in its inputs and outputs.
    assert.equal(text.split(JSON.stringify(`one${AWKWARD}`).slice(1, -1)).length - 1, 2);
  });

  it("has nothing to do in a second preview and up, which ask for the organization only", async () => {
    const runs = [await stack.preview(), await stack.up()];
    assert.deepEqual(runs.map(operations), [[], []]);
    assert.deepEqual(
      new Set(gitHub.requests().map(({ method, path }) => `${method} ${path}`)),
      new Set(["GET /api/v3/orgs/payready"]),
    );
  });

  it("finds nothing in a refresh", async () => {
    assert.deepEqual(operations(await stack.refresh()), []);
    assert.equal(gitHub.requests().length > 8, true);
  });

  it("updates in place: new values, one write each", async () => {
    const run = await stack.up(program({ value: "two" }));
    assert.deepEqual(operations(run), [...VALUED, ...NAMED].map((name) => `update ${name}`).sort());
    assert.deepEqual(opened(), Array<string>(6).fill(`two${AWKWARD}`));
    assert.equal(writes().length, 8);
  });

  it("finds nothing in a refresh after the update, and has nothing to do", async () => {
    assert.deepEqual(operations(await stack.refresh()), []);
    assert.deepEqual(operations(await stack.preview(program({ value: "two" }))), []);
  });

  it("sees a variable that was changed outside, by a refresh, and sets it right", async () => {
    gitHub.editOutside(REPOSITORY, { variable: "SNOWFLAKE_PASSWORD", value: "by hand" });
    assert.deepEqual(operations(await stack.refresh()), ["update variable"]);
    assert.deepEqual(operations(await stack.up(program({ value: "two" }))), ["update variable"]);
    assert.equal(gitHub.variables(REPOSITORY)["SNOWFLAKE_PASSWORD"], `two${AWKWARD}`);
  });

  it("does not see a secret that was changed outside: only the dates in the state tell", async () => {
    gitHub.editOutside(REPOSITORY, { secret: "SNOWFLAKE_PASSWORD", value: "by hand" });
    assert.deepEqual(operations(await stack.refresh()), []);
    assert.deepEqual(operations(await stack.up(program({ value: "two" }))), []);
    assert.equal(gitHub.openedSecret(REPOSITORY, "SNOWFLAKE_PASSWORD"), "by hand");
    const { updatedAt, remoteUpdatedAt } = await outputsOf("secret");
    assert.notEqual(updatedAt, remoteUpdatedAt);
  });

  it("sees a secret that was removed outside, by a refresh, and creates it again", async () => {
    gitHub.editOutside(REPOSITORY, { secret: "SNOWFLAKE_PASSWORD", value: undefined });
    assert.deepEqual(operations(await stack.refresh()), ["delete secret"]);
    assert.deepEqual(operations(await stack.up(program({ value: "two" }))), ["create secret"]);
    assert.equal(gitHub.openedSecret(REPOSITORY, "SNOWFLAKE_PASSWORD"), `two${AWKWARD}`);
  });

  it("replaces by a new name: creates first, then deletes", async () => {
    const run = await stack.up(program({ value: "two", name: "RENAMED" }));
    const steps = ["create-replacement", "delete-replaced", "replace"];
    assert.deepEqual(
      operations(run),
      steps.flatMap((op) => NAMED.map((name) => `${op} ${name}`)),
    );
    assert.deepEqual(Object.keys(gitHub.variables(REPOSITORY)), ["BY_HAND", "RENAMED"]);
    assert.deepEqual(
      gitHub.secrets(REPOSITORY).map((secret) => secret.name),
      ["BY_HAND", "RENAMED"],
    );
    const methods = writes().map((request) => request.method);
    assert.equal(methods.lastIndexOf("PUT") < methods.indexOf("DELETE"), true);
    assert.equal(methods.lastIndexOf("POST") < methods.indexOf("DELETE"), true);
  });

  it("imports what is there: a variable as it is, a secret by writing it once", async () => {
    const wanted = program({ value: "two", name: "RENAMED", withImports: true });
    const run = await stack.up(wanted);
    assert.deepEqual(operations(run), ["import imported", "import imported-variable", "update imported"]);
    assert.deepEqual(
      writes().map(({ method, path }) => `${method} ${path.split("/").at(-1) ?? ""}`),
      ["PUT BY_HAND"],
    );
    assert.deepEqual(operations(await stack.preview(wanted)), []);
  });

  it("deletes everything, and never asked for what the stand-in does not know", async () => {
    const run = await stack.destroy();
    assert.equal(run.steps.length, 11);
    assert.deepEqual(
      [REPOSITORY, DEPENDABOT, ORGANIZATION].map((scope) => gitHub.secrets(scope)),
      [[], [], []],
    );
    assert.deepEqual([gitHub.variables(REPOSITORY), gitHub.variables(ORGANIZATION)], [{}, {}]);
    assert.throws(() => gitHub.secrets(ENVIRONMENT));
  });

  afterEach("nothing unexpected was asked", () => {
    assert.deepEqual(
      gitHub.requests().filter((request) => request.unexpected),
      [],
    );
  });

  async function outputsOf(name: string): Promise<Record<string, unknown>> {
    interface State {
      readonly checkpoint: {
        readonly latest: { readonly resources: { readonly urn: string; readonly outputs: Record<string, unknown> }[] };
      };
    }
    const { checkpoint } = JSON.parse(await stack.stateText()) as State;
    return checkpoint.latest.resources.find((one) => one.urn.endsWith(`::${name}`))?.outputs ?? {};
  }
});
