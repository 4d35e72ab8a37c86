/** Do the scripts of the workflows leave one comment and one issue, whatever comes? Against the GitHub stand-in, as a job would run them. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGitHub, type GitHubStandIn } from "../../../sandbox/github";
import { CHECKOUT, runChild, said } from "../../support/sandbox";

const JOB_TOKEN = "ghs_of-a-job";
const STRANGER = { login: "somebody", type: "User" } as const;

describe("the scripts of the workflows", () => {
  let github: GitHubStandIn;
  let folder: string;
  beforeEach(async () => {
    github = await startGitHub({ tokens: ["ghp_admin"], organization: "payready", repositories: ["sophia-secrets"] });
    folder = await mkdtemp(join(tmpdir(), "sophia-ci-"));
  });
  afterEach(async () => {
    await github.close();
    await rm(folder, { recursive: true, force: true });
  });

  const run = async (script: string, args: readonly string[], env: Record<string, string>) => {
    const result = await runChild(process.execPath, [join(CHECKOUT, "tools", "ci", script), ...args], {
      cwd: folder,
      env: {
        GITHUB_TOKEN: JOB_TOKEN,
        GITHUB_API_URL: `${github.url}/api/v3`,
        GITHUB_REPOSITORY: "payready/sophia-secrets",
        GITHUB_RUN_ID: "77",
        GITHUB_OUTPUT: join(folder, "output"),
        GITHUB_STEP_SUMMARY: join(folder, "summary"),
        ...env,
      },
    });
    assert.ok(!said(result).includes(JOB_TOKEN), "the token is shown");
    return { ...result, text: (result.stdout + result.stderr).trim() };
  };
  const read = (name: string) => readFile(join(folder, name), "utf8");

  describe("comment.mjs", () => {
    const comment = (body: string, number: number, env: Record<string, string> = {}) =>
      run("comment.mjs", [], { PULL_REQUEST: String(number), COMMENT_KEY: "preview-a", COMMENT_BODY: body, ...env });
    const comments = () => github.issues("sophia-secrets")[0]?.comments.map(({ body }) => body.split("\n")[1]);

    it("writes one comment, and writes it anew in later runs", async () => {
      github.setJobToken(JOB_TOKEN, { "pull-requests": "write" });
      const number = github.openPullRequest("sophia-secrets", "A change");
      assert.equal((await comment("first", number)).text, "The comment was written.");
      assert.equal((await comment("second", number)).text, "The comment was written anew.");
      assert.equal((await comment("second", number)).text, "The comment says this already.");
      assert.deepEqual(comments(), ["second"]);
      await comment("of another stack", number, { COMMENT_KEY: "preview-b" });
      assert.deepEqual(comments(), ["second", "of another stack"]);
    });

    it("finds its comment behind a hundred others, and takes nobody else's for it", async () => {
      github.setJobToken(JOB_TOKEN, { "pull-requests": "write" });
      const number = github.openPullRequest("sophia-secrets", "A change");
      const marker = "<!-- sophia-secrets: preview-a -->\n";
      for (let index = 0; index < 120; index += 1)
        github.writeAs(STRANGER, "sophia-secrets", `${marker}of a stranger`, number);
      await comment("ours", number);
      await comment("ours, later", number);
      assert.deepEqual([...new Set(comments())], ["of a stranger", "ours, later"]);
      assert.equal(comments()?.length, 121);
    });

    it("needs the right to write, and says which request was refused", async () => {
      github.setJobToken(JOB_TOKEN, { "pull-requests": "read" });
      const number = github.openPullRequest("sophia-secrets", "A change");
      const result = await comment("first", number);
      assert.deepEqual([result.code, result.text], [1, `error: GitHub: POST /issues/${number}/comments: HTTP 403`]);
    });

    it("takes a passing fault, and asks for a comment once only", async () => {
      github.setJobToken(JOB_TOKEN, { "pull-requests": "write" });
      const number = github.openPullRequest("sophia-secrets", "A change");
      github.addFault({ method: "GET", path: "comments", effect: { kind: "status", status: 502 } });
      assert.equal((await comment("first", number)).code, 0);
      github.addFault({ method: "PATCH", path: "comments", effect: { kind: "effect-without-reply" } });
      assert.equal((await comment("second", number)).code, 0);
      assert.deepEqual(comments(), ["second"]);
    });
  });

  describe("issue.mjs", () => {
    const issue = (outcome: string, body = "the report") =>
      run("issue.mjs", [], { OUTCOME: outcome, ISSUE_KEY: "drift-a", ISSUE_TITLE: "It fails", ISSUE_BODY: body });
    const issues = () => github.issues("sophia-secrets");

    it("opens one issue, brings it up to date, closes it, and opens another at the next failure", async () => {
      github.setJobToken(JOB_TOKEN, { issues: "write" });
      assert.equal((await issue("success")).text, "It passes, and no issue is open.");
      assert.equal((await issue("failure", "on Monday")).text, "It fails: issue 1 was opened.");
      assert.match(issues()[0]?.body ?? "", /on Monday[^]*Failed 1 time; .*\/actions\/runs\/77/);
      assert.equal((await issue("failure", "on Tuesday")).text, "It fails still: issue 1 was brought up to date.");
      assert.match(issues()[0]?.body ?? "", /on Tuesday[^]*Failed 2 times in a row/);
      assert.equal((await issue("cancelled")).text, "Nothing is to be said of a run that was cancelled.");
      assert.equal((await issue("success")).text, "It passes again: issue 1 was closed.");
      assert.deepEqual([issues()[0]?.state, issues()[0]?.stateReason], ["closed", "completed"]);
      assert.equal((await issue("failure")).text, "It fails: issue 2 was opened.");
      assert.equal(issues().length, 2);
    });

    it("counts its own sentence, not one of the report", async () => {
      github.setJobToken(JOB_TOKEN, { issues: "write" });
      await issue("failure", "Failed 99 times in a row");
      await issue("failure", "Failed 99 times in a row");
      assert.match(issues()[0]?.body ?? "", /\n\nFailed 2 times in a row; /);
    });

    it("takes nobody else's issue for its own, and closes a double of it", async () => {
      github.setJobToken(JOB_TOKEN, { issues: "write" });
      const marker = "<!-- sophia-secrets: drift-a -->\n";
      github.writeAs(STRANGER, "sophia-secrets", `${marker}of a stranger`);
      github.writeAs({ login: "github-actions[bot]", type: "Bot" }, "sophia-secrets", `${marker}ours`);
      github.writeAs({ login: "github-actions[bot]", type: "Bot" }, "sophia-secrets", `${marker}ours, too`);
      await issue("failure");
      assert.deepEqual(
        issues().map(({ number, state }) => [number, state]),
        [
          [1, "open"],
          [2, "open"],
          [3, "closed"],
        ],
      );
      assert.match(issues()[1]?.body ?? "", /the report/);
    });

    it("says so where there is no report", async () => {
      github.setJobToken(JOB_TOKEN, { issues: "write" });
      await issue("failure", "");
      assert.match(issues()[0]?.body ?? "", /The run has no report: it failed before there was one\./);
    });

    it("needs the right to write issues", async () => {
      github.setJobToken(JOB_TOKEN, { "pull-requests": "write" });
      const result = await issue("failure");
      assert.deepEqual([result.code, result.text], [1, "error: GitHub: GET /issues: HTTP 403"]);
    });
  });

  describe("publish.mjs", () => {
    it("passes a report on whole, whatever its lines look like", async () => {
      await writeFile(join(folder, "report.md"), "one\nreport<<EOF\nEOF\nother=1\n");
      await run("publish.mjs", ["markdown", "report.md"], {});
      assert.equal(await read("summary"), "one\nreport<<EOF\nEOF\nother=1\n");
      const [first = "", ...lines] = (await read("output")).trimEnd().split("\n");
      const [, end = ""] = /^report<<(end_[0-9a-f]{32})$/.exec(first) ?? [];
      assert.deepEqual(lines, ["one", "report<<EOF", "EOF", "other=1", end]);
    });

    it("boxes text so that it cannot leave the box, and takes colours out", async () => {
      await writeFile(join(folder, "report.txt"), "\u001b[31mred\u001b[39m\n```\n# a heading\n");
      await run("publish.mjs", ["text", "report.txt"], {});
      assert.equal(await read("summary"), "````text\nred\n```\n# a heading\n````\n");
    });

    it("cuts at a line what is too long for a comment, and says so", async () => {
      await writeFile(join(folder, "report.md"), "0123456789\n".repeat(10_000));
      await run("publish.mjs", ["markdown", "report.md"], {});
      const text = await read("summary");
      assert.ok(text.length < 60_200);
      assert.match(text, /0123456789\n\n… cut here: the artifact and the log have the rest\.\n$/);
    });

    it("says that there is nothing where the step ended early", async () => {
      assert.equal((await run("publish.mjs", ["markdown", "missing.md"], {})).code, 0);
      assert.match(await read("summary"), /its log says why/);
    });
  });

  it("export-toolchain.mjs gives no stand-in of a plugin to a job that can log in", async () => {
    const plugins = [
      { name: "vercel", source: "stand-in" },
      { name: "github", source: "official" },
    ];
    const toolchain = { bin: "/bin", pluginHome: folder, pulumi: { version: "3.1.0" }, plugins };
    await writeFile(join(folder, "toolchain.json"), JSON.stringify(toolchain));
    const job = {
      GITHUB_PATH: join(folder, "path"),
      GITHUB_ENV: join(folder, "env"),
      RUNNER_TEMP: join(folder, "temp"),
    };
    await mkdir(job.RUNNER_TEMP);
    const logIn = { ACTIONS_ID_TOKEN_REQUEST_URL: "https://token.example.com" };
    const refused = await run("export-toolchain.mjs", ["toolchain.json"], { ...job, ...logIn });
    assert.equal(refused.code, 1);
    assert.match(refused.text, /^error: no official plugin could be had for vercel, and a job with credentials/);
    await assert.rejects(read("path"));
    const check = await run("export-toolchain.mjs", ["toolchain.json"], job);
    assert.equal(check.text, "Pulumi 3.1.0 and 2 plugins. Stand-ins in the place of: vercel.");
    assert.equal(await read("path"), "/bin\n");
  });

  it("due.mjs tells what is to begin from what is to finish", async () => {
    for (const [services, expected] of [
      [
        [
          { isDue: true, phase: "idle" },
          { isDue: false, phase: "draining" },
        ],
        "begin=true\nfinish=false\n",
      ],
      [
        [
          { isDue: false, phase: "idle" },
          { isDue: true, phase: "draining" },
        ],
        "begin=false\nfinish=true\n",
      ],
      [[{ isDue: false, phase: "idle" }], "begin=false\nfinish=false\n"],
    ] as const) {
      await rm(join(folder, "output"), { force: true });
      const schedule = { schema: "sophia-secrets/rotation-schedule", services };
      await writeFile(join(folder, "schedule.json"), JSON.stringify(schedule));
      await run("due.mjs", ["schedule.json"], {});
      assert.equal(await read("output"), expected);
    }
  });
});
