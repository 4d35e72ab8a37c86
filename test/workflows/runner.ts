/** What happens when a workflow runs? Its jobs in their order, each shell line in bash with the files and variables of a runner; actions of others are doubles. */
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runChild } from "../support/sandbox";
import { decide, evaluate, fill, fillAll, type Contexts, type Status } from "./expressions";
import { readActions, readWorkflows, type Job, type Step, type WorkflowDocument } from "./workflow";

/** What has begun a run. */
export interface RunEvent {
  readonly name: "pull_request" | "push" | "schedule" | "workflow_dispatch";
  readonly event?: Readonly<Record<string, unknown>>;
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/** One job while it runs. */
export interface RunningJob {
  /** `check`, `test (development)`, `scheduled (development) / plan`. */
  readonly name: string;
  readonly permissions: Readonly<Record<string, string>>;
  /** GitHub's environment, where it has one. */
  readonly environment: string;
  /** What later steps get in their environment. */
  readonly exported: Record<string, string>;
}

/** An action of others: throws where its inputs are not right, and returns its outputs. */
export type Double = (
  inputs: Readonly<Record<string, string>>,
  job: RunningJob,
) => Promise<Readonly<Record<string, string>> | void>;

/** Where workflows run. */
export interface RunnerOptions {
  /** The checkout in which the steps work. */
  readonly workspace: string;
  /** For the files of the runner. */
  readonly temporary: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What the engine of a step finds in its environment besides these. */
  readonly attach: () => Promise<Readonly<Record<string, string>>>;
  /** By `owner/name` of the action. */
  readonly doubles: Readonly<Record<string, Double>>;
  /** A token for the job, with the rights that it has asked for. */
  readonly issueToken: (permissions: Readonly<Record<string, string>>) => string;
  /** Values of the matrix to leave out. */
  readonly leaveOut?: readonly string[];
  readonly onJobEnd?: (job: RunningJob) => void;
}

/** What came of a job. */
export interface JobRun {
  readonly result: Status | "skipped";
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** All that its steps printed. */
  readonly log: string;
}

/** By job, in the order in which they ran; those of a called workflow stand behind its caller. */
export type WorkflowRun = Readonly<Record<string, JobRun>>;

const SKIPPED: JobRun = { result: "skipped", outputs: {}, summary: "", log: "" };

/** Runs a workflow for an event. */
export async function runWorkflow(name: string, event: RunEvent, options: RunnerOptions): Promise<WorkflowRun> {
  const github = {
    ...{ event_name: event.name, event: { ...event.event, inputs: event.inputs } },
    ...{ repository: "payready/sophia-secrets", ref: "refs/heads/main", sha: "0".repeat(40) },
  };
  const contexts = { github, inputs: event.inputs ?? {}, vars: {} };
  return new WorkflowRunner(options).run(documentOf(name), contexts, "");
}

function documentOf(name: string): WorkflowDocument {
  const found = readWorkflows().find((one) => one.name === name);
  if (!found) throw new Error(`there is no workflow ${name}`);
  return found.document;
}

class WorkflowRunner {
  constructor(private readonly options: RunnerOptions) {}

  async run(workflow: WorkflowDocument, contexts: Contexts, prefix: string): Promise<Record<string, JobRun>> {
    const all: Record<string, JobRun> = {};
    const ended: Record<string, JobRun> = {};
    for (const [id, job] of Object.entries(workflow.jobs)) {
      const needed = [job.needs ?? []].flat();
      const needs = Object.fromEntries(needed.map((other) => [other, ended[other] ?? SKIPPED]));
      const status: Status = Object.values(needs).every(({ result }) => result === "success") ? "success" : "failure";
      const seen = { ...contexts, needs };
      if (!decide(job.if, seen, status)) {
        ended[id] = SKIPPED;
        all[prefix + id] = SKIPPED;
        continue;
      }
      const runs: JobRun[] = [];
      for (const matrix of this.matricesOf(job, seen)) {
        const label = `${prefix}${id}${matrix === undefined ? "" : ` (${Object.values(matrix).join(", ")})`}`;
        const own = { ...seen, matrix: matrix ?? {} };
        const made = job.uses
          ? await this.call(job, own, `${label} / `)
          : { [label]: await this.runJob(label, job, workflow, own) };
        Object.assign(all, made);
        runs.push(...Object.values(made));
      }
      ended[id] = together(runs);
    }
    return all;
  }

  private matricesOf({ strategy }: Job, contexts: Contexts): (Record<string, string> | undefined)[] {
    if (!strategy) return [undefined];
    const [[key, given] = ["", []]] = Object.entries(strategy.matrix);
    const values =
      typeof given === "string"
        ? (JSON.parse(
            JSON.stringify(evaluate(/\{\{(.*)\}\}/s.exec(given)?.[1] ?? "", contexts, "success"), plain),
          ) as string[])
        : (given as string[]);
    return values.filter((value) => !this.options.leaveOut?.includes(value)).map((value) => ({ [key]: value }));
  }

  private call(job: Job, contexts: Contexts, prefix: string): Promise<Record<string, JobRun>> {
    const [, name = ""] = /^\.\/\.github\/workflows\/(.+)\.yml$/.exec(job.uses ?? "") ?? [];
    const workflow = documentOf(name);
    const { inputs } = workflow.on.workflow_call as { inputs: Record<string, { type: string }> };
    const given = fillAll(job.with, contexts);
    const typed = Object.entries(inputs).map(([key, { type }]) => [
      key,
      type === "boolean" ? given[key] === "true" : given[key],
    ]);
    // A called job has no more rights than its caller gives.
    for (const { permissions = {} } of Object.values(workflow.jobs))
      for (const [right, level] of Object.entries(permissions))
        if (job.permissions?.[right] !== level) throw new Error(`${prefix}asks for ${right}: ${level}`);
    const { matrix: _matrix, needs: _needs, ...seen } = contexts;
    return this.run(workflow, { ...seen, inputs: Object.fromEntries(typed) as unknown }, prefix);
  }

  private async runJob(name: string, job: Job, workflow: WorkflowDocument, contexts: Contexts): Promise<JobRun> {
    const permissions = job.permissions ?? {};
    const token = this.options.issueToken(permissions);
    const seen = { ...contexts, github: { ...(contexts.github as object), token } };
    const environment = job.environment === undefined ? "" : fill(job.environment, seen);
    const running: RunningJob = { name, permissions, environment, exported: {} };
    const folder = await mkdtemp(join(this.options.temporary, "job-"));
    await mkdir(join(folder, "temp"));
    const steps = new StepRunner(this.options, running, folder, seen, {
      ...fillAll(workflow.env, seen),
      ...fillAll(job.env, seen),
    });
    for (const step of job.steps ?? []) await steps.run(step);
    this.options.onJobEnd?.(running);
    const outputs = fillAll(job.outputs, steps.contexts());
    return { result: steps.status, outputs, summary: steps.summary, log: steps.log };
  }
}

/** The steps of one job: what each leaves behind is there for the next one. */
class StepRunner {
  status: Status = "success";
  summary = "";
  log = "";
  private readonly outputs: Record<string, { outputs: Record<string, string> }> = {};
  private path: string[] = [];
  private count = 0;

  constructor(
    private readonly options: RunnerOptions,
    private readonly job: RunningJob,
    private readonly folder: string,
    private readonly seen: Contexts,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  contexts(): Contexts {
    return { ...this.seen, steps: this.outputs, job: { status: this.status }, env: this.env };
  }

  async run(step: Step): Promise<void> {
    if (!decide(step.if, this.contexts(), this.status)) return;
    if (step.uses?.startsWith("./")) {
      const action = readActions().find(({ name }) => step.uses === `./.github/actions/${name}`);
      if (!action) throw new Error(`there is no action ${step.uses}`);
      for (const inner of action.document.runs.steps) await this.run(inner);
      return;
    }
    const outputs = step.uses ? await this.runAction(step) : await this.runLines(step);
    if (step.id) this.outputs[step.id] = { outputs };
  }

  private async runAction({ uses = "", with: inputs }: Step): Promise<Record<string, string>> {
    const [action = ""] = uses.split("@");
    const double = this.options.doubles[action];
    if (!double) throw new Error(`${this.job.name}: there is no double of ${uses}`);
    return { ...(await double(fillAll(inputs, this.contexts()), this.job)) };
  }

  private async runLines(step: Step): Promise<Record<string, string>> {
    this.count += 1;
    const place = (name: string) => join(this.folder, `${this.count}-${name}`);
    for (const name of ["env", "output", "path", "summary"]) await writeFile(place(name), "");
    await writeFile(place("script.sh"), step.run ?? "");
    const { environment, workspace } = this.options;
    const result = await runChild("bash", ["--noprofile", "--norc", "-eo", "pipefail", place("script.sh")], {
      cwd: workspace,
      env: {
        ...environment,
        ...(await this.options.attach()),
        ...this.env,
        ...this.job.exported,
        ...fillAll(step.env, this.contexts()),
        ...this.runnerVariables(place),
      },
    });
    this.log += result.stdout + result.stderr;
    this.summary += await readFile(place("summary"), "utf8");
    Object.assign(this.job.exported, parseFile(await readFile(place("env"), "utf8")));
    this.path = [...(await readFile(place("path"), "utf8")).split("\n").filter((line) => line !== ""), ...this.path];
    if (result.code !== 0) this.status = "failure";
    return parseFile(await readFile(place("output"), "utf8"));
  }

  /** https://docs.github.com/actions/reference/workflows-and-actions/variables */
  private runnerVariables(place: (name: string) => string): Record<string, string> {
    const { environment, workspace } = this.options;
    return {
      ...{ CI: "true", GITHUB_ACTIONS: "true", GITHUB_REPOSITORY: "payready/sophia-secrets", GITHUB_RUN_ID: "4711" },
      ...{ GITHUB_WORKSPACE: workspace, RUNNER_TEMP: join(this.folder, "temp") },
      ...{ GITHUB_ENV: place("env"), GITHUB_OUTPUT: place("output"), GITHUB_PATH: place("path") },
      GITHUB_STEP_SUMMARY: place("summary"),
      PATH: [...this.path, environment.PATH ?? ""].join(":"),
    };
  }
}

/** `name=value`, and `name<<END` with lines until the end, as the runner reads its files. */
function parseFile(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index += 1) {
    const [, name, end] = /^([^=<]+)<<(.+)$/.exec(lines[index] ?? "") ?? [];
    const [, plainName, value] = /^([^=]+)=(.*)$/.exec(lines[index] ?? "") ?? [];
    if (name !== undefined && end !== undefined) {
      const last = lines.indexOf(end, index + 1);
      values[name] = lines.slice(index + 1, last).join("\n");
      index = last;
    } else if (plainName !== undefined) values[plainName] = value ?? "";
  }
  return values;
}

/** What a job of several is to those that need it. */
function together(runs: readonly JobRun[]): JobRun {
  const worst = runs.some(({ result }) => result === "failure") ? "failure" : "success";
  return {
    ...SKIPPED,
    result: worst,
    outputs: Object.assign({}, ...runs.map(({ outputs }) => outputs)) as Record<string, string>,
  };
}

/** For `JSON.stringify`: the library's own data as plain values. */
function plain(_key: string, value: unknown): unknown {
  const { kind, v, value: scalar } = (value ?? {}) as { kind?: number; v?: unknown; value?: unknown };
  return kind === undefined ? value : (v ?? scalar);
}
