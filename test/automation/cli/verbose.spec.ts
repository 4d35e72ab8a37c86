/** Does --verbose tell what happens, all of it, and no secret? The wrapper by itself, and whole commands against the sandbox. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { tellingHttp } from "../../../automation/cli/verbose";
import { sendRequest, type HttpDependencies } from "../../../automation/http";
import { said, startSpecSandbox, type SpecSandbox } from "../../support/sandbox";

/** A wrapped world that answers with the given statuses in turn (0: no answer), and what it told. */
function world(statuses: readonly number[]) {
  const lines: string[] = [];
  let calls = 0;
  let clock = 0;
  const http: HttpDependencies = {
    fetch: async () => {
      clock += 12;
      const status = statuses[calls++] ?? 200;
      if (status === 0) throw Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
      return new Response("{}", { status });
    },
    sleep: async () => undefined,
    random: () => 0.5,
  };
  return {
    lines,
    told: tellingHttp(
      http,
      (line) => lines.push(line),
      () => clock,
    ),
  };
}

describe("telling each request", () => {
  it("names method, host, path, status and milliseconds, and of a query the names alone", async () => {
    const { lines, told } = world([202]);
    const url = "https://api.example.com/v9/projects?teamId=team_1&teamId=team_2&slug=x";
    await sendRequest({ method: "DELETE", url }, told);
    assert.deepEqual(lines, ["http  DELETE api.example.com/v9/projects?teamId=…&slug=…  202  12 ms"]);
  });

  it("tells each retry and its wait, and an attempt without an answer", async () => {
    const { lines, told } = world([0, 503, 200]);
    await sendRequest({ method: "GET", url: "https://api.example.com/a", attempts: 3 }, told);
    assert.deepEqual(lines, [
      "http  GET    api.example.com/a  no answer  12 ms",
      "http  trying again in 250 ms",
      "http  GET    api.example.com/a  503  12 ms",
      "http  trying again in 500 ms",
      "http  GET    api.example.com/a  200  12 ms",
    ]);
  });

  it("tells no header, no body, no user of the address and no value of a query, whatever they are", async () => {
    const value = fc.stringMatching(/^[A-Za-z0-9]{12,30}$/);
    await fc.assert(
      fc.asyncProperty(value, value, value, value, async (header, body, query, user) => {
        const { lines, told } = world([200]);
        const url = `https://${user}@api.example.com/a?q=${query}#${query}`;
        await told.fetch(url, { method: "POST", headers: { authorization: header }, body });
        for (const secret of [header, body, query, user]) assert.ok(!lines.join("\n").includes(secret));
        assert.equal(lines.length, 1);
      }),
    );
  });
});

describe("--verbose", function () {
  this.timeout(180_000);
  let sandbox: SpecSandbox;
  before(async () => void (sandbox = await startSpecSandbox()));
  after(() => sandbox?.dispose());

  it("tells on standard error what up asks and what the engine does, in lines of its own", async () => {
    const result = await sandbox.cli(["up", "--yes", "--verbose"]);
    assert.equal(result.code, 0, said(result));
    assert.match(
      result.stderr,
      /^ {2}· http {2}GET +127\.0\.0\.1:\d+\/api\/esc\/environments\/payready\/sophia\/development-intake {2}200 {2}\d+ ms$/m,
    );
    assert.match(result.stderr, /^ {2}· pulumi up of stack development begins$/m);
    assert.match(result.stderr, /^ {2}· step {2}create +\S+ {2}\(snowflake:\S+\)$/m);
    assert.match(result.stderr, /^ {2}· pulumi up of stack development ends after \d+ ms$/m);
    assert.doesNotMatch(result.stdout, /·/);
  });

  it("leaves one object on standard output with --json", async () => {
    const { code, json, stderr } = await sandbox.cliJson<{ schema: string }>(["preview", "--verbose"]);
    assert.deepEqual([code, json.schema], [0, "sophia-secrets/preview"]);
    assert.match(stderr, /^ {2}· step {2}same /m);
    assert.deepEqual(
      stderr
        .trimEnd()
        .split("\n")
        .filter((line) => !line.startsWith("  · ")),
      [],
    );
  });

  it("tells each log-in with its outcome", async () => {
    const result = await sandbox.cli(["test", "snowflake", "gong", "--verbose", "--output", "none"]);
    assert.match(result.stderr, /^ {2}· probe snowflake passed, attempts 1, \d+ ms$/m);
    assert.match(result.stderr, /^ {2}· http {2}GET +\S+\/v2\/users {2}200 {2}\d+ ms$/m);
  });

  it("is silent when nobody asks for it", async () => {
    assert.doesNotMatch((await sandbox.cli(["status"])).stderr, /·/);
  });

  it("shows none of the secrets that it handles", () => {
    const values = sandbox.published();
    const secrets = ["SNOWFLAKE_PASSWORD", "GONG_API_KEY", "GONG_API_SECRET", "VERCEL_ACCESS_TOKEN", "ESTUARY_API_KEY"];
    const control = ["PULUMI_ACCESS_TOKEN", "GITHUB_TOKEN", "SOPHIA_VERCEL_CONTROL_TOKEN"];
    const known = [...secrets.map((name) => values[name]), ...control.map((name) => sandbox.variables[name])];
    for (const value of known) {
      assert.ok(value !== undefined && value.length > 8);
      assert.ok(!sandbox.transcript.join("\n").includes(value));
    }
  });
});
