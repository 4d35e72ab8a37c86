/** Does one resource a place write what is due on the real engine, say so before, and keep what it knows when something fails? */
import assert from "node:assert/strict";
import { join } from "node:path";
import { GitHubEntries, SophiaProvider } from "../../components/github-entries";
import { type GitHubStandIn, startGitHub } from "../../sandbox/github";
import { openTestStack, type TestStack } from "../support/engine";

const TOKEN = "marked-admin-token-51cc";
const TYPE = "sophia:github:Entries";
const SCOPE = { kind: "repository", repository: "sophia" } as const;

describe("plugin/ on the engine", function () {
  this.timeout(180_000);
  let github: GitHubStandIn;
  let stack: TestStack;

  before(async () => {
    github = await startGitHub({ tokens: [TOKEN], organization: "payready", repositories: ["sophia"] });
    const plugin = join(__dirname, "..", "..", "plugin");
    stack = await openTestStack({ program: async () => undefined, env: { PATH: `${plugin}:${process.env["PATH"]}` } });
  });
  after(async () => {
    await stack?.dispose();
    await github?.close();
  });

  const program = (values: Record<string, string>, order?: object) => async (): Promise<void> => {
    const provider = new SophiaProvider("sophia", { api: `${github.url}/api/v3`, token: TOKEN });
    const entries = Object.entries(values).map(([name, value]) => {
      const kind = name.startsWith("PLAIN") ? "variable" : "secret";
      return [name, { kind, mark: `mark-of-${value.length}-${value.at(-1)}`, group: "one" }] as const;
    });
    const wanted = Object.fromEntries(entries);
    const args = { owner: "payready", repository: "sophia", wanted, values, ...(order ? { order } : {}) };
    new GitHubEntries("sophia", args, { provider });
  };
  const FIRST = { USER: "marked-user-1", PASSWORD: "marked-password-1", PLAIN_ROLE: "reader1" };
  const SECOND = { ...FIRST, PASSWORD: "marked-password-2" };
  const writes = () =>
    github.requests().flatMap(({ method, path }) => (method === "GET" ? [] : [`${method} ${path.split("/").at(-1)}`]));
  const steps = (run: { steps: readonly { op: string; type: string; diffs: readonly string[] }[] }) =>
    run.steps.map(({ op, type, diffs }) => [op, type, ...diffs]);

  it("writes all of a place as one resource, with no value in clear in the state or in what is said", async () => {
    const planned = await stack.preview(program(FIRST));
    assert.match(planned.output, /github payready\/sophia: writes PASSWORD, PLAIN_ROLE, USER/);
    const run = await stack.up(program(FIRST));
    assert.deepEqual(steps(run), [["create", TYPE]]);
    assert.deepEqual(writes().sort(), ["POST variables", "PUT PASSWORD", "PUT USER"]);
    assert.equal(github.openedSecret(SCOPE, "PASSWORD"), "marked-password-1");
    const state = await stack.stateText();
    for (const text of [state, run.output, planned.output]) assert.ok(!text.includes("marked-"), "a value in clear");
    assert.match(state, /"updatedAt"/);
  });

  it("asks GitHub nothing at all where nothing has changed", async () => {
    github.clearRequests();
    assert.deepEqual(steps(await stack.up(program(FIRST))), []);
    assert.deepEqual(github.requests(), []);
  });

  it("names in the preview what it will write, and writes only that", async () => {
    github.clearRequests();
    const planned = await stack.preview(program(SECOND));
    assert.match(planned.output, /github payready\/sophia: writes PASSWORD$/m);
    await stack.up(program(SECOND));
    assert.deepEqual(writes(), ["PUT PASSWORD"]);
    assert.equal(github.openedSecret(SCOPE, "PASSWORD"), "marked-password-2");
  });

  it("finds in a refresh what others did, and writes that again", async () => {
    await new Promise((resolve) => setTimeout(resolve, 1100));
    github.editOutside(SCOPE, { secret: "USER", value: "theirs" });
    github.editOutside(SCOPE, { variable: "PLAIN_ROLE", value: "theirs" });
    await stack.refresh();
    github.clearRequests();
    await stack.up(program(SECOND));
    assert.deepEqual(writes().sort(), ["PATCH PLAIN_ROLE", "PUT USER"]);
    assert.equal(github.openedSecret(SCOPE, "USER"), "marked-user-1");
  });

  it("keeps what was written where a name is refused, fails, and writes the rest the next time", async () => {
    const third = { USER: "marked-user-3", PASSWORD: "marked-password-3", PLAIN_ROLE: "reader1" };
    github.addFault({ method: "PUT", path: "secrets/PASSWORD", effect: { kind: "status", status: 403 } });
    await assert.rejects(stack.up(program(third)), (error: Error) => {
      assert.match(error.message, /github payready\/sophia: PUT http:\S+\/secrets\/PASSWORD: 403/);
      assert.ok(!error.message.includes("marked-"));
      return true;
    });
    assert.equal(github.openedSecret(SCOPE, "USER"), "marked-user-3");
    github.clearRequests();
    await stack.up(program(third));
    assert.deepEqual(writes(), ["PUT PASSWORD"]);
    assert.deepEqual((await stack.preview(program(third))).steps, []);
  });

  it("writes again what it is told to, once", async () => {
    const third = { USER: "marked-user-3", PASSWORD: "marked-password-3", PLAIN_ROLE: "reader1" };
    github.clearRequests();
    await stack.up(program(third, { again: { USER: "run-1" } }));
    await stack.up(program(third, { again: { USER: "run-1" } }));
    await stack.up(program(third));
    assert.deepEqual(writes(), ["PUT USER"]);
    const order = { only: ["PLAIN_ROLE"] };
    assert.deepEqual((await stack.preview(program(FIRST, order))).steps, []);
  });

  it("removes what it wrote and is wanted no longer, and at the end everything of its own", async () => {
    github.editOutside(SCOPE, { secret: "FOREIGN", value: "x" });
    github.clearRequests();
    await stack.up(program({ USER: "marked-user-3" }));
    assert.deepEqual(writes().sort(), ["DELETE PASSWORD", "DELETE PLAIN_ROLE"]);
    await stack.destroy();
    assert.deepEqual(
      github.secrets(SCOPE).map(({ name }) => name),
      ["FOREIGN"],
    );
  });
});
