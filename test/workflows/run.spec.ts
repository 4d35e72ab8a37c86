/** Do the workflows do what docs/ci.md says? Each runs as it is shipped, its shell lines in bash, on the real engine, against the stand-ins. */
import assert from "node:assert/strict";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseDocument } from "yaml";
import { copyCheckout, type CheckoutCopy } from "../support/checkout";
import { TOOLCHAIN_VARIABLE } from "../support/engine";
import { DYNAMIC } from "../support/providers";
import { startSpecSandbox, type SpecSandbox } from "../support/sandbox";
import { createDoubles, readPolicies } from "./doubles";
import { prepareExpressions } from "./expressions";
import { runWorkflow, type RunEvent, type RunnerOptions, type RunningJob, type WorkflowRun } from "./runner";

const REPOSITORY = "sophia-secrets";
/** What the controlling environments of ESC hold, and a job gets of them alone. */
const CONTROLLING =
  /^(GITHUB_TOKEN|SOPHIA_(VERCEL|ESTUARY|SNOWFLAKE)_.*(TOKEN|USER|PASSWORD)|PULUMI_BACKEND_URL|PULUMI_OPTION_CONFIG_FILE)$/;

describe("the workflows, run as they are", function () {
  this.timeout(1_200_000);
  const policies = readPolicies();
  const uploads: string[] = [];
  const overreach: string[] = [];
  let sandbox: SpecSandbox;
  let copy: CheckoutCopy;
  let options: RunnerOptions;
  let npmLog: string;
  before(async () => {
    await prepareExpressions();
    sandbox = await startSpecSandbox();
    copy = await copyCheckout();
    npmLog = join(sandbox.folder, "npm.log");
    options = await setUp();
  });
  after(async () => {
    await copy?.dispose();
    await sandbox?.dispose();
  });

  async function setUp(): Promise<RunnerOptions> {
    const { github, esc, variables, folder, places } = sandbox;
    github.addRepository(REPOSITORY);
    const isControlling = (name: string) => CONTROLLING.test(name);
    const controlling = Object.entries(variables).filter(([name]) => isControlling(name));
    for (const name of ["development-readers", "development-controllers"])
      esc.edit("sophia", name, JSON.stringify({ values: { environmentVariables: secretly(controlling) } }));
    const shared = Object.entries(variables).filter(
      ([name]) => !isControlling(name) && !/^(PATH|PULUMI_HOME|PULUMI_ACCESS_TOKEN|PULUMI_STACK|.*_YES)$/.test(name),
    );
    const cache = dirname(dirname(dirname(process.env[TOOLCHAIN_VARIABLE] ?? "")));
    const bin = await writePrograms(folder, npmLog);
    let jobs = 0;
    return {
      workspace: copy.folder,
      temporary: places.temporary,
      environment: {
        ...Object.fromEntries(shared),
        ...{ PATH: `${bin}:${process.env.PATH}`, HOME: places.home, TMPDIR: places.temporary, LANG: "C.UTF-8" },
        ...{ SOPHIA_SECRETS_CACHE: cache, NPM_LOG: npmLog, GITHUB_API_URL: `${github.url}/api/v3` },
        // The state of this sandbox is a folder, which the controlling environments name; ESC is the stand-in.
        PULUMI_BACKEND_URL: esc.url,
      },
      attach: attachToOthers,
      doubles: createDoubles(copy.folder, variables.PULUMI_ACCESS_TOKEN ?? "", policies, uploads),
      issueToken: (permissions) => {
        const token = `ghs_job_${++jobs}`;
        github.setJobToken(token, permissions);
        return token;
      },
      onJobEnd: judgeRights,
    };
  }

  /** Not to the provider in which our own code runs: a step's controlling tokens are known to its programs alone. */
  async function attachToOthers(): Promise<Record<string, string>> {
    const { PULUMI_DEBUG_PROVIDERS = "" } = await sandbox.attach();
    const others = PULUMI_DEBUG_PROVIDERS.split(",").filter((provider) => !provider.startsWith(`${DYNAMIC}:`));
    return { PULUMI_DEBUG_PROVIDERS: others.join(",") };
  }

  /** What the job asked of ESC must be what its team may do. */
  function judgeRights({ name, environment, permissions }: RunningJob): void {
    const asked = sandbox.esc.requests();
    sandbox.esc.clearRequests();
    if (permissions["id-token"] !== "write") return;
    const team = policies.teamOf.get(`repo:payready/sophia-secrets:environment:${environment}`) ?? "";
    for (const { method, path, status } of asked) {
      const [, place = "", rest = ""] = /^\/api\/esc\/environments\/payready\/sophia\/([^/]+)(.*)$/.exec(path) ?? [];
      if (place === "" || status === 404) continue;
      const isReading = method === "GET" || rest.includes("open");
      const allowed = (isReading ? policies.mayOpen : policies.mayWrite).get(team) ?? [];
      if (!allowed.includes(place)) overreach.push(`${name}: ${method} ${place}${rest}`);
    }
  }

  const run = (name: string, event: RunEvent, change: Partial<RunnerOptions> = {}): Promise<WorkflowRun> =>
    runWorkflow(name, event, { ...options, ...change });
  const results = (jobs: WorkflowRun) => Object.entries(jobs).map(([name, { result }]) => `${name}: ${result}`);
  const openIssues = () =>
    sandbox.github
      .issues(REPOSITORY)
      .flatMap(({ title, state, isPullRequest }) => (state === "open" && !isPullRequest ? [title] : []));
  const show = (jobs: WorkflowRun) =>
    Object.entries(jobs)
      .map(([name, { result, log }]) => `${name}: ${result}\n${log}`)
      .join("\n");
  const pullRequest = (number: number, from: string, login = "somebody"): RunEvent => ({
    name: "pull_request",
    event: {
      pull_request: {
        ...{ number, user: { login }, base: { sha: "a".repeat(40) } },
        head: { repo: { full_name: from } },
      },
    },
  });

  it("a fork's pull request gets lint and specs, no token, no comment, and does not fail for it", async () => {
    const number = sandbox.github.openPullRequest(REPOSITORY, "From a fork");
    const jobs = await run("pull-request", pullRequest(number, "stranger/sophia-secrets"));
    assert.deepEqual(results(jobs), ["check: success", "preview: skipped", "comment: skipped"], show(jobs));
    const lines = (await readFile(npmLog, "utf8")).trim().split("\n");
    // Where this checkout's dependencies are older than its lockfile, the set-up asks for them once more.
    const asked = lines.filter((line) => line !== "ci --no-audit --no-fund");
    assert.deepEqual(asked, ["ci --ignore-scripts", "run format:check", "run typecheck", "run lint", "test"]);
    assert.ok(!jobs.check?.log.includes("Stand-ins in the place of: github"));
    assert.deepEqual(sandbox.github.issues(REPOSITORY).at(-1)?.comments, []);
  });

  it("a pull request of the repository gets a preview as one comment and as the job's summary", async () => {
    const number = sandbox.github.openPullRequest(REPOSITORY, "A change");
    const jobs = await run("pull-request", pullRequest(number, "payready/sophia-secrets"));
    assert.deepEqual(results(jobs), ["check: success", "preview: success", "comment: success"], show(jobs));
    const [comment, ...more] = sandbox.github.issues(REPOSITORY).at(-1)?.comments ?? [];
    assert.deepEqual(more, []);
    assert.match(
      comment?.body ?? "",
      /### Preview of stack development\n\n\*\*\d+\*\* changed, 0 unchanged, .* All policies are kept\./,
    );
    assert.match(jobs.preview?.summary ?? "", /### Preview of stack development/);
  });

  it("a stack that is not up to date fails the drift check and has one issue; a sync by hand mends it", async () => {
    const jobs = await run("sync-and-drift", {
      name: "workflow_dispatch",
      inputs: { environment: "development", sync: true },
    });
    assert.deepEqual(results(jobs), ["drift (development): failure", "sync: success"], show(jobs));
    assert.match(jobs["drift (development)"]?.summary ?? "", /### Preview of stack development: failed\n\nExit code 7/);
    assert.match(
      jobs.sync?.summary ?? "",
      /### Stack development brought up to date\n\n\*\*\d+\*\* changed.* All policies are kept\./,
    );
    assert.deepEqual(openIssues(), ["development is not as it should be"]);
  });

  it("the next day's check closes the issue, and opens one for the stack that nobody has set up", async () => {
    const jobs = await run("sync-and-drift", { name: "schedule" });
    assert.deepEqual(
      results(jobs),
      ["drift (development): success", "drift (production): failure", "sync: skipped"],
      show(jobs),
    );
    assert.deepEqual(openIssues(), ["production is not as it should be"]);
    assert.ok(uploads.includes("audit-development"));
  });

  it("the integration test keeps a JUnit report, and has one issue however often it fails", async () => {
    const jobs = await run("integration-test", { name: "schedule" });
    assert.deepEqual(results(jobs), ["test (development): success", "test (production): failure"], show(jobs));
    await run("integration-test", { name: "schedule" }, { leaveOut: ["development"] });
    assert.deepEqual(openIssues(), ["production is not as it should be", "The integration test of production fails"]);
    const body = sandbox.github.issues(REPOSITORY).at(-1)?.body ?? "";
    assert.match(body, /There is no ESC environment payready\/sophia\/production yet\.[^]*Failed 2 times in a row/);
    assert.ok(uploads.includes("integration-test-development"));
  });

  it("a rotation by hand replaces the service's credential in the stack's own environment", async () => {
    const inputs = { environment: "development", service: "vercel", "dry-run": false };
    const jobs = await run("rotation", { name: "workflow_dispatch", inputs });
    assert.deepEqual(
      results(jobs),
      [
        "scheduled: skipped",
        "by-hand / plan: success",
        "by-hand / resume: skipped",
        "by-hand / rotate: success",
        "by-hand / issue: success",
      ],
      show(jobs),
    );
    assert.match(jobs["by-hand / rotate"]?.log ?? "", /vercel {5}draining/);
    assert.ok(uploads.includes("rotation-development"));
  });

  it("the daily rotation finishes what has drained, and asks for nothing where nothing is due", async () => {
    const { esc } = sandbox;
    const intake = parseDocument(esc.text("sophia", "development-intake"));
    intake.setIn(["values", "rotation", "vercel", "retireAfter"], "2020-01-01T00:00:00.000Z");
    for (const name of ["snowflake", "gong", "estuary"]) {
      const record = {
        current: "a",
        slots: { a: { generation: 1 } },
        phase: "idle",
        rotatedAt: new Date().toISOString(),
      };
      const path = ["values", "rotation", name];
      const present = (intake.toJS() as { values: { rotation: Record<string, object> } }).values.rotation[name];
      intake.setIn(path, intake.createNode({ ...record, ...present, rotatedAt: record.rotatedAt }));
    }
    esc.edit("sophia", "development-intake", intake.toString());
    const jobs = await run("rotation", { name: "schedule" }, { leaveOut: ["production"] });
    assert.deepEqual(
      results(jobs),
      [
        ...["plan: success", "resume: success", "rotate: skipped", "issue: success"].map(
          (one) => `scheduled (development) / ${one}`,
        ),
        "by-hand: skipped",
      ],
      show(jobs),
    );
    assert.match(jobs["scheduled (development) / resume"]?.log ?? "", /vercel {5}rotated/);
  });

  it("the supply chain's job lists the parts and looks at them", async () => {
    await writeFile(npmLog, "");
    const jobs = await run("supply-chain", { name: "push" });
    assert.deepEqual(results(jobs), ["parts: success"], show(jobs));
    const bill = JSON.parse(await readFile(join(copy.folder, "sbom.cdx.json"), "utf8")) as {
      bomFormat: string;
      components: { name: string }[];
    };
    assert.equal(bill.bomFormat, "CycloneDX");
    assert.ok(bill.components.some(({ name }) => name === "pulumi" || name === "@pulumi/pulumi"));
    assert.match(await readFile(npmLog, "utf8"), /audit signatures\naudit --omit=dev --audit-level=high\n$/);
  });

  it("asked nothing of ESC that the team of docs/ci.md may not, and nothing that no stand-in knows", () => {
    assert.deepEqual(overreach, []);
    assert.deepEqual(
      sandbox.unexpectedRequests().filter((one) => !one.includes("/_")),
      [],
    );
  });
});

/** Every value below `fn::secret`, as a person would put it in. */
function secretly(entries: readonly (readonly [string, string])[]): Record<string, unknown> {
  return Object.fromEntries(entries.map(([name, value]) => [name, { "fn::secret": value }]));
}

/** `npm` writes down what it was asked, but for the SBOM, which is made; `npx` starts what is in the checkout without the second that it takes itself. */
async function writePrograms(folder: string, log: string): Promise<string> {
  const bin = join(folder, "bin");
  await mkdir(bin);
  await writeFile(log, "");
  const programs = {
    npm: `case "$1" in sbom) exec "${dirname(process.execPath)}/npm" "$@";; esac\necho "$*" >> "$NPM_LOG"`,
    npx: `[ "$1" = sophia-secrets ] || exit 99\nshift\nexec node -- bin/sophia-secrets.js "$@"`,
  };
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/bash\n${text}\n`);
    await chmod(join(bin, name), 0o755);
  }
  return bin;
}
