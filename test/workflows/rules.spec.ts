/** Do the workflows keep the rules of their own? What actionlint says, and what it does not look at: rights, pins, tokens, forks, inputs in shell lines. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { CHECKOUT } from "../support/sandbox";
import { readActions, readWorkflows, type Job, type Step } from "./workflow";

/** Rights that a job may have, each with the files that may ask for it. */
const RIGHTS: Readonly<Record<string, readonly string[]>> = {
  "contents: read": ["*"],
  "id-token: write": ["pull-request", "integration-test", "rotation", "rotate-stack", "sync-and-drift"],
  "issues: write": ["integration-test", "rotation", "rotate-stack", "sync-and-drift"],
  "pull-requests: write": ["pull-request"],
};

/** The actions of others, each pinned to the commit of a released version. The commits were read from the repositories' own tags. */
const PINS: Readonly<Record<string, string>> = {
  "actions/checkout": "3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
  "actions/setup-node": "820762786026740c76f36085b0efc47a31fe5020 # v7.0.0",
  "actions/upload-artifact": "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0",
  "pulumi/auth-actions": "141415910c3beb54e03b48e9057c204c97b956f2 # v2.1.0",
};

const workflows = readWorkflows();
const actions = readActions();
const jobs = workflows.flatMap(({ name, document }) =>
  Object.entries(document.jobs).map(([id, job]) => ({ place: `${name}/${id}`, workflow: name, job })),
);
const steps = [
  ...jobs.flatMap(({ place, job }) => (job.steps ?? []).map((step) => ({ place, step }))),
  ...actions.flatMap(({ name, document }) => document.runs.steps.map((step) => ({ place: name, step }))),
];

/** Places where the rule is broken. */
const faults = <T extends { readonly place: string }>(all: readonly T[], isFine: (one: T) => boolean) =>
  all.filter((one) => !isFine(one)).map(({ place }) => place);
const ofStep = (isFine: (step: Step) => boolean) => faults(steps, ({ step }) => isFine(step));
const ofJob = (isFine: (job: Job) => boolean) => faults(jobs, ({ job }) => isFine(job));

describe("the workflows", () => {
  it("are these", () => {
    assert.deepEqual(
      workflows.map(({ name }) => name),
      ["integration-test", "pull-request", "rotate-stack", "rotation", "supply-chain", "sync-and-drift"],
    );
    assert.deepEqual(
      actions.map(({ name }) => name),
      ["set-up"],
    );
  });

  it("pass actionlint", async function () {
    this.timeout(180_000);
    const { status, stdout } = spawnSync(process.execPath, ["tools/actionlint.mjs", "-no-color"], {
      cwd: CHECKOUT,
      encoding: "utf8",
    });
    assert.deepEqual({ status, stdout }, { status: 0, stdout: "" });
  });

  it("have no right but those that a job asks for, and no job has one that it may not", () => {
    assert.deepEqual(
      workflows.filter(({ document }) => JSON.stringify(document.permissions) !== "{}").map(({ name }) => name),
      [],
    );
    const odd = jobs.flatMap(({ place, workflow, job }) =>
      Object.entries(job.permissions ?? { none: "given" })
        .map(([name, level]) => `${name}: ${level}`)
        .filter((right) => !RIGHTS[right]?.some((allowed) => allowed === "*" || allowed === workflow))
        .map((right) => `${place} ${right}`),
    );
    assert.deepEqual(odd, []);
  });

  it("never let the code of a pull request run with the right to write", () => {
    const writing = jobs.filter(
      ({ workflow, job: { permissions = {} } }) =>
        workflow === "pull-request" &&
        Object.entries(permissions).some(([name, level]) => level === "write" && name !== "id-token"),
    );
    assert.deepEqual(
      writing.map(({ place }) => place),
      ["pull-request/comment"],
    );
    const [checkout, ...rest] = writing[0]?.job.steps ?? [];
    assert.equal(checkout?.with?.ref, "${{ github.event.pull_request.base.sha }}");
    assert.deepEqual(
      rest.map(({ run, uses }) => run ?? uses),
      ["node tools/ci/comment.mjs"],
    );
  });

  it("begin by nothing that gives a stranger's code rights", () => {
    const known = ["pull_request", "push", "schedule", "workflow_call", "workflow_dispatch"];
    const odd = workflows.flatMap(({ name, document }) =>
      Object.keys(document.on).flatMap((trigger) => (known.includes(trigger) ? [] : [`${name}: ${trigger}`])),
    );
    assert.deepEqual(odd, []);
  });

  it("give the pull requests of forks and of Dependabot no token, by a guard on every job that gets one", () => {
    const reached = jobs.filter(({ workflow }) =>
      workflows.some(({ name, document }) => name === workflow && "pull_request" in document.on),
    );
    const withToken = reached.filter(({ job }) => job.permissions?.["id-token"] === "write");
    assert.deepEqual(
      withToken.map(({ place }) => place),
      ["pull-request/preview"],
    );
    for (const { job } of withToken) {
      assert.match(job.if ?? "", /github\.event\.pull_request\.head\.repo\.full_name == github\.repository/);
      assert.match(job.if ?? "", /github\.event\.pull_request\.user\.login != 'dependabot\[bot\]'/);
    }
  });

  it("take every action of others by the commit of a released version, and no others", () => {
    const uses = [...workflows, ...actions].flatMap(({ text }) =>
      [...text.matchAll(/uses: (\S+@\S+.*)$/gm)].map(([, used = ""]) => used),
    );
    assert.ok(uses.length > 20);
    const expected = Object.entries(PINS).map(([action, pin]) => `${action}@${pin}`);
    assert.deepEqual([...new Set(uses)].sort(), expected.sort());
  });

  it("check out without leaving the token behind", () => {
    assert.deepEqual(
      ofStep(
        ({ uses, with: inputs }) => !uses?.startsWith("actions/checkout@") || inputs?.["persist-credentials"] === false,
      ),
      [],
    );
  });

  it("put no expression into a shell line: what comes from outside reaches it as a variable", () => {
    assert.deepEqual(
      ofStep(({ run }) => !run?.includes("${{")),
      [],
    );
  });

  it("hold no long-lived token: none is read from GitHub's secrets", () => {
    const text = [...workflows, ...actions].map((one) => one.text).join("\n");
    assert.deepEqual(text.match(/secrets\s*[.[:]|secrets: inherit|PULUMI_ACCESS_TOKEN/g), null);
    assert.deepEqual(
      ofStep(({ env = {} }) =>
        Object.values(env).every((value) => !/token/.test(value) || value === "${{ github.token }}"),
      ),
      [],
    );
  });

  it("give the job's own token only to the steps that write a comment or an issue", () => {
    const given = steps.filter(({ step }) => Object.values(step.env ?? {}).includes("${{ github.token }}"));
    assert.deepEqual([...new Set(given.map(({ step }) => step.run))].sort(), [
      "node tools/ci/comment.mjs",
      "node tools/ci/issue.mjs",
    ]);
    assert.deepEqual(
      workflows.filter(({ document }) => JSON.stringify(document.env ?? {}).includes("token")).map(({ name }) => name),
      [],
    );
  });

  it("end every job in time, and run every shell line so that a failure in a pipe is one", () => {
    assert.deepEqual(
      ofJob((job) => job.uses !== undefined || (job["timeout-minutes"] ?? 999) <= 90),
      [],
    );
    const withLines = workflows.filter(({ text }) => /^\s+(- )?run: /m.test(text));
    assert.deepEqual(
      withLines.filter(({ document }) => document.defaults?.run?.shell !== "bash").map(({ name }) => name),
      [],
    );
  });

  it("never rotate or sync one stack twice at once", () => {
    const changing = jobs.filter(({ job }) =>
      job.steps?.some(({ run = "" }) => /sophia-secrets (rotate "|rotate --resume|up )/.test(run)),
    );
    assert.deepEqual(
      changing.map(({ place, job }) => [place, job.concurrency?.group.replace(/\$\{\{.*\}\}/, "STACK")]),
      [
        ["rotate-stack/resume", "rotation-STACK"],
        ["rotate-stack/rotate", "rotation-STACK"],
        ["sync-and-drift/sync", "rotation-STACK"],
      ],
    );
    assert.ok(changing.every(({ job }) => job.concurrency?.["cancel-in-progress"] === false));
  });

  it("change a stack only in its own environment, where production asks for an approval", () => {
    const environments = jobs
      .filter(({ job }) => job.steps?.some(({ run = "" }) => run.includes("controllers")) || job.env?.CONTROLLERS)
      .map(({ place, job }) => [place, job.environment]);
    assert.deepEqual(environments, [
      ["rotate-stack/resume", "${{ inputs.stack }}"],
      ["rotate-stack/rotate", "${{ inputs.dry-run && format('{0}-read', inputs.stack) || inputs.stack }}"],
      ["sync-and-drift/sync", "${{ inputs.environment }}"],
    ]);
  });
});
