/** Does a team's state in a real PostgreSQL server hold: two drivers on two stacks, two on one, and one that is killed with all that it started? */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DoctorCheck } from "../../automation/doctor";
import { type RotationReport } from "../../automation/rotation/report";
import { readToolchain } from "../../sandbox/toolchain";
import { processTree, signalProcess } from "../faults/processes";
import { ArgumentWatch, Canaries } from "../support/canaries";
import { startProviders, type Providers } from "../support/providers";
import { startPostgres, type Postgres } from "../support/postgres";
import { CHECKOUT, said, startSpecSandbox, type SpecSandbox } from "../support/sandbox";

const ROTATE = ["rotate", "--service", "estuary", "--grace", "0"];

describe("state in PostgreSQL", function () {
  this.timeout(600_000);
  const canaries = new Canaries();
  let postgres: Postgres;
  let sandbox: SpecSandbox;
  let watch: ArgumentWatch;
  let providers: Providers;
  /** What makes runs of the engine share their providers. */
  let attached: Record<string, string>;
  /** What makes a command one of the second stack. */
  let second: Record<string, string>;

  before(async () => {
    postgres = await startPostgres();
    canaries.add("password of the state", postgres.password);
    watch = new ArgumentWatch(100);
    sandbox = await startSpecSandbox({ stateUrl: postgres.url, asChildren: true });
    const { variables, places } = sandbox;
    const toolchain = await readToolchain(CHECKOUT, process.env);
    providers = await startProviders(toolchain, { ...variables, HOME: places.home, TMPDIR: places.temporary });
    attached = { PULUMI_DEBUG_PROVIDERS: providers.attached, GOGC: "400" };
    second = { ...attached, ...(await addStack(sandbox)) };
    // Here the plain CLI, which selected the stacks, has written the whole address.
    await rm(join(sandbox.variables.PULUMI_HOME ?? "", "workspaces"), { recursive: true });
  });
  after(async () => {
    watch?.stop();
    providers?.dispose();
    await sandbox?.dispose();
    await postgres?.dispose();
  });

  it("takes two drivers on two stacks at once", async () => {
    const runs = await Promise.all([cli(["up", "--verbose"]), sandbox.cli(["up"], { env: second })]);
    for (const run of runs) assert.equal(run.code, 0, said(run));
    for (const stack of ["development", "production"])
      assert.ok((await resources(stack)).includes("esc-published"), stack);
  });

  it("is named by doctor", async () => {
    const { json } = await sandbox.cliJson<{ checks: DoctorCheck[] }>(["doctor"]);
    const { port } = new URL(postgres.url);
    assert.deepEqual(
      json.checks.filter(({ name }) => name === "state"),
      [{ name: "state", status: "ok", detail: `postgres://127.0.0.1:${port}/postgres, user pulumi` }],
    );
  });

  describe("with a driver in the middle of a rotation", () => {
    let first: Stopped;
    let atRest: { readonly state: string; readonly published: object };
    const look = async () => ({ state: await state("development"), published: sandbox.published() });

    before(async () => {
      first = await stopWithin(sandbox, attached, ROTATE);
      atRest = await look();
    });

    it("turns a second one away with exit code 10, having changed nothing", async () => {
      for (const standIn of sandbox.standIns()) standIn.clearRequests();
      const refused = [await cli(ROTATE), await cli(["up"])];
      assert.deepEqual(
        refused.map(({ code }) => code),
        [10, 10],
        refused.map(said).join("\n"),
      );
      assert.match(refused[1]?.stderr ?? "", /created by .* \(pid \d+\)/);
      assert.deepEqual(sandbox.changingRequests(), []);
      assert.deepEqual(await look(), atRest);
    });

    it("lets another take over by the same command when it was killed with all that it had started", async () => {
      first.kill();
      const { json, ...run } = await sandbox.cliJson<RotationReport>(ROTATE, { env: attached });
      assert.equal(run.code, 0, said(run));
      assert.deepEqual(
        json.services.map(({ outcome, to }) => [outcome, to.slot, to.generation]),
        [["rotated", "b", 1]],
      );
      const preview = await cli(["preview", "--expect-no-changes"]);
      assert.equal(preview.code, 0, said(preview));
    });
  });

  it("has shown its password to nobody: no output, no error, no argument, no file", async () => {
    const wrong = postgres.url.replace("127.0.0.1", "127.0.0.1:x");
    for (const words of [["up", "--verbose"], ["preview", "--json"], ["doctor"]]) {
      const failed = await sandbox.cli(words, { env: { PULUMI_BACKEND_URL: wrong } });
      assert.notEqual(failed.code, 0, said(failed));
    }
    const shown = await sandbox.cli(["run", "--no-masking", "--", "env"]);
    assert.equal(shown.code, 0, said(shown));
    assert.deepEqual(canaries.inText("printed", sandbox.transcript.join("\n")), []);
    assert.deepEqual(canaries.inText("arguments", watch.stop().join("\n")), []);
    assert.deepEqual(await canaries.inFolder(sandbox.folder), []);
  });

  const cli = (words: readonly string[]) => sandbox.cli(words, { env: attached });

  async function state(stack: string): Promise<string> {
    const exported = await sandbox.pulumi(["stack", "export", "--stack", stack]);
    assert.equal(exported.code, 0, said(exported));
    return exported.stdout;
  }

  async function resources(stack: string): Promise<string[]> {
    const { deployment } = JSON.parse(await state(stack)) as { deployment: { resources: { urn: string }[] } };
    return deployment.resources.map(({ urn }) => urn.split("::").at(-1) ?? "");
  }
});

/** A second stack of the sandbox, with names of its own wherever two would meet. Returns the variables that choose it. */
async function addStack(sandbox: SpecSandbox): Promise<Record<string, string>> {
  const work = join(sandbox.directory, "work");
  const text = await readFile(join(work, "Pulumi.development.yaml"), "utf8");
  const own = text
    .replaceAll(/(SOPHIA_(?:WH|DB|ROLE|SERVICE))\b/g, "$1_2")
    .replace(/githubRepositories:\n.*/, "githubRepositories: []")
    .replace("- preview", "- production");
  const file = join(work, "Pulumi.production.yaml");
  // Each stack has a salt of its own.
  await writeFile(file, own.replace(/^encryptionsalt:.*\n/m, ""), { mode: 0o600 });
  const { gong, estuary } = sandbox.esc.openValues("sophia", "development-intake").services as Seeded;
  const pair = Object.entries(gong.slots.a).map(([name, value]) => [name, { "fn::secret": value }] as const);
  const services = { gong: { ...gong, slots: { a: Object.fromEntries(pair) as object } }, estuary };
  sandbox.esc.edit("sophia", "production-intake", JSON.stringify({ values: { services } }));
  const variables = { PULUMI_STACK: "production", PULUMI_OPTION_CONFIG_FILE: file };
  const options = { env: { ...variables, PULUMI_OPTION_CONFIG_FILE: undefined }, cwd: work };
  const init = await sandbox.pulumi(["stack", "init", "production", "--non-interactive"], options);
  assert.equal(init.code, 0, said(init));
  return variables;
}

interface Seeded {
  readonly gong: { readonly slots: { readonly a: Readonly<Record<string, string>> } };
  readonly estuary: object;
}

interface Stopped {
  /** Ends the driver and all that it has started, at once. */
  kill(): void;
}

/** Starts the command and stops it, with all that it has started, while the engine writes the new credential to a repository. */
async function stopWithin(
  { variables, places, github }: SpecSandbox,
  more: Readonly<Record<string, string>>,
  words: readonly string[],
): Promise<Stopped> {
  const env = { ...variables, HOME: places.home, TMPDIR: places.temporary, ...more };
  const entry = join(CHECKOUT, "bin", "sophia-secrets.js");
  const child = spawn(process.execPath, [entry, ...words], { cwd: CHECKOUT, env, stdio: "ignore" });
  const tree = await new Promise<readonly number[]>((resolve, reject) => {
    child.once("error", reject).once("exit", (code) => reject(new Error(`it ended before, with exit code ${code}`)));
    const onHit = () => {
      const all = child.pid === undefined ? [] : processTree(child.pid);
      for (const one of all) signalProcess(one, "SIGSTOP");
      resolve(all);
    };
    github.addFault({ method: "PUT", path: "ESTUARY_API_KEY", effect: { kind: "delay", milliseconds: 0 }, onHit });
  });
  assert.ok(tree.length > 1, "the engine is at work");
  return { kill: () => tree.forEach((one) => signalProcess(one, "SIGKILL")) };
}
