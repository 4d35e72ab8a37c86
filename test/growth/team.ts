/** What does a team have whose stacks keep their state in one place? A sandbox, a checkout with a settings file a stack, and drivers in processes of their own. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { processTree, signalProcess } from "../faults/processes";
import { copyCheckout, type CheckoutCopy } from "../support/checkout";
import { buildDist } from "../support/command-line";
import { CHECKOUT, said, startSpecSandbox, type ChildResult, type SpecSandbox } from "../support/sandbox";

/** The first stack, which alone writes to a repository. */
export const FIRST = "team-a";

/** A driver that is stopped with all that it has started, in the middle of an `up`. */
export interface StoppedDriver {
  /** Ends all of it at once. */
  kill(): void;
}

/** The stacks of one team. */
export class Team {
  private constructor(
    readonly sandbox: SpecSandbox,
    private readonly copy: CheckoutCopy,
    /** What every command finds in its environment. */
    private readonly environment: Readonly<Record<string, string | undefined>>,
  ) {}

  /** Sets the stacks up: settings, intake and (empty) state; nothing is deployed. `more` goes into the environment of every command. */
  static async open(
    stateUrl: string,
    stacks: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<Team> {
    await buildDist();
    const sandbox = await startSpecSandbox({ stateUrl, stateVariables: more, asChildren: true });
    const shared = { ...(await sandbox.attach()), GOGC: "400" };
    const own = { PULUMI_STACK: undefined, PULUMI_OPTION_CONFIG_FILE: undefined };
    const team = new Team(sandbox, await copyCheckout(), { ...shared, ...own });
    for (const stack of stacks) await team.addStack(stack);
    // The plain CLI has written the whole address when it made the stacks.
    await rm(join(sandbox.variables.PULUMI_HOME ?? "", "workspaces"), { recursive: true });
    return team;
  }

  async dispose(): Promise<void> {
    await this.copy.dispose();
    await this.sandbox.dispose();
  }

  /** Runs a command on the first stack, or on what its words say. */
  cli(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ChildResult> {
    const stack = words.includes("--stack") ? {} : { PULUMI_STACK: FIRST };
    return this.sandbox.cli(words, { env: { ...this.environment, ...stack, ...env }, cwd: this.copy.folder });
  }

  /** The same with `--json`, parsed. */
  async cliJson<T>(words: readonly string[]): Promise<{ readonly run: ChildResult; readonly json: T }> {
    const run = await this.cli([...words, "--json"]);
    assert.match(run.stdout, /^\{/, said(run));
    return { run, json: JSON.parse(run.stdout) as T };
  }

  /** The whole state of a stack as the plain CLI exports it. */
  async state(stack: string): Promise<string> {
    const options = { env: this.environment, cwd: this.copy.folder };
    const exported = await this.sandbox.pulumi(["stack", "export", "--stack", stack], options);
    assert.equal(exported.code, 0, said(exported));
    return exported.stdout;
  }

  /** What consumers of a stack read. */
  published(stack: string): unknown {
    return this.sandbox.esc.openValues("sophia", stack).environmentVariables;
  }

  /** Starts a rotation of the first stack and stops it while the engine writes the new credential to the repository. */
  async stopWithin(words: readonly string[]): Promise<StoppedDriver> {
    const { variables, places, github } = this.sandbox;
    const env = { ...variables, HOME: places.home, TMPDIR: places.temporary, ...this.environment, PULUMI_STACK: FIRST };
    const entry = join(this.copy.folder, "bin", "sophia-secrets.js");
    const child = spawn(process.execPath, [entry, ...words], { cwd: this.copy.folder, env, stdio: "ignore" });
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

  /** Writes a stack's settings, with names of its own wherever two would meet; nobody has filled its intake. */
  async declareStack(stack: string): Promise<void> {
    const text = await readFile(join(CHECKOUT, "Pulumi.development.yaml"), "utf8");
    const named = text.replaceAll(/(SOPHIA_(?:WH|DB|ROLE|SERVICE))\b/g, `$1_${stack.toUpperCase().replace("-", "_")}`);
    const own = named.replace(/githubRepositories:\n.*/, "githubRepositories: []").replace("- preview", "- production");
    await writeFile(join(this.copy.folder, `Pulumi.${stack}.yaml`), stack === FIRST ? named : own);
  }

  private async addStack(stack: string): Promise<void> {
    const { sandbox, copy } = this;
    await this.declareStack(stack);
    const { gong, estuary } = sandbox.esc.openValues("sophia", "development-intake").services as Seeded;
    const pair = Object.entries(gong.slots.a).map(([name, value]) => [name, { "fn::secret": value }] as const);
    const services = { gong: { ...gong, slots: { a: Object.fromEntries(pair) as object } }, estuary };
    sandbox.esc.edit("sophia", `${stack}-intake`, JSON.stringify({ values: { services } }));
    const options = { env: this.environment, cwd: copy.folder };
    const init = await sandbox.pulumi(["stack", "init", stack, "--non-interactive"], options);
    assert.equal(init.code, 0, said(init));
  }
}

interface Seeded {
  readonly gong: { readonly slots: { readonly a: Readonly<Record<string, string>> } };
  readonly estuary: object;
}
