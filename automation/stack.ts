/** How do we run the Pulumi program? One stack by the Automation API: inline, events as data, text of the CLI turned into our errors. */
import { type Stack } from "@pulumi/pulumi/automation";
import { DiskRoom } from "./disk-room";
import { loadEngineSdk } from "./engine-sdk";
import { definedOnly } from "./environment";
import { AutomationError, EXIT } from "./errors";
import { type WriteOrder } from "./github/entries";
import { type ProgramRequest } from "./program-request";
import { ownerHasEnded } from "./process-owner";
import { type PolicyPackOptions, type PolicyViolation } from "./policy";
import { type CliPlace, exportEncrypted, forgetResources, retainResources } from "./stack-cli";
import { describeChange, EventCollector, type ResourceChange } from "./stack-events";
import { emptyStateError, stackFailure } from "./stack-failures";
import { planRepair } from "./stack-repair";
import { type EngineOptions, type EngineRun, runEngine } from "./engine-run";
import { EngineRuns } from "./engine-runs";
import { parseLocks, removeAbandoned } from "./stack-lock";
import { withPasswordApart } from "./state-backend";
import { mendState, PROJECT } from "./state-folder";
import { parseStackOutputs, type StackOutputs } from "./stack-outputs";
import { parseProgramOutputs, parseStackState, type StackResource } from "./stack-state";

export { type ResourceChange } from "./stack-events";

/** What a run did. */
export interface StackRun {
  readonly changes: readonly ResourceChange[];
  /** Resources that stayed as they were. */
  readonly unchanged: number;
  readonly durationMs: number;
  /** What breaks advisory policies; only where a policy pack was asked. */
  readonly violations?: readonly PolicyViolation[];
}

/** An `up` with what the program exported. */
export interface UpRun extends StackRun {
  readonly outputs: StackOutputs;
}

/** What a run is limited to. */
export interface RunScope {
  /** URN patterns of the resources to bring about; those that depend on them stay as they are. @default all */
  readonly targets?: readonly string[];
  /** Looks first whether what the state says is still there. @default false */
  readonly refresh?: boolean;
  /** URN patterns of resources to write again although nothing seems to have changed. @default none */
  readonly replace?: readonly string[];
  /** The same for places at GitHub that are written by one resource each, and to which of their names everything is limited. @default all, nothing */
  readonly order?: WriteOrder;
  /** The stack comes back to one resource a variable: what is there is taken over. @default false */
  readonly importVariables?: boolean;
}

/** Options of a preview. */
export interface PreviewOptions extends RunScope, Pick<ProgramRequest, "requested" | "records"> {
  /** A change is an error with exit code 7 that names what would change. @default false */
  readonly expectNoChanges?: boolean;
}

/** Options of {@link StackDriver}. */
export interface StackDriverOptions {
  readonly stack: string;
  /** Folder of Pulumi.yaml and node_modules. */
  readonly projectDirectory: string;
  /** What the CLI, its plugins and the program find in their environment; over that of this process. */
  readonly environment: NodeJS.ProcessEnv;
  /** The stack's settings file, where it is not the one beside Pulumi.yaml. */
  readonly configFile?: string;
  readonly signal?: AbortSignal;
  /** Policies that every preview and `up` must keep. @default none */
  readonly policies?: PolicyPackOptions;
  /** Every change as it begins. */
  readonly onChange?: (change: ResourceChange) => void;
  /** How far a resource is that takes long, in words. */
  readonly onProgress?: (line: string) => void;
  /** Whether the stack was brought about before, whatever the state says; asked where the state is empty. @default it was not */
  readonly isBroughtAbout?: () => Promise<boolean>;
  /** Takes a line on the begin and the end of each run of the engine, and on each resource that it looks at. */
  readonly tellDetail?: (line: string) => void;
  /** The user has said that the other run is dead: what it locked before this one began is free. @default false */
  readonly takeOver?: boolean;
  /** Milliseconds. */
  readonly now: () => number;
}

/** The stack of one run. The CLI, the SDK and the program are loaded at the first use. */
export class StackDriver {
  private opened: Promise<Stack> | undefined;
  /** An `up` of this process went well: nothing of an earlier run is left to be mended. */
  private isRepaired = false;

  private readonly startedAt: number;
  private readonly engineRuns: EngineRuns;
  private readonly options: StackDriverOptions;

  constructor(options: StackDriverOptions) {
    const { environment, stack, now } = options;
    this.options = { ...options, environment: withPasswordApart(environment) };
    this.startedAt = now();
    this.engineRuns = new EngineRuns(environment, stack, now);
  }

  /** Runs `pulumi up`; resources that do not depend on a failed one are still brought about. */
  async up(wanted: RunScope = {}): Promise<UpRun> {
    const scope = await this.repair(wanted);
    const { run, outputs } = await this.upOnce(scope).catch(async (error: unknown) => {
      const misknown = error instanceof AutomationError ? await this.findMisknown(error) : [];
      if (misknown.length === 0) throw error;
      await this.lookAt(misknown, scope);
      return this.upOnce(scope);
    });
    this.isRepaired = true;
    return { ...run, outputs: parseStackOutputs(outputs, this.options.stack) };
  }

  /**
   * URNs of which the state says something that is not so, by the error that came of it: a run that died while ESC was written to leaves a revision
   * that never was, and a provider cannot compare what it made by half, or what somebody has removed.
   */
  private async findMisknown(error: AutomationError): Promise<string[]> {
    if (error.code === "stack.esc_not_written")
      return ((await this.resources()) ?? []).flatMap(({ type, urn }) => (ESC_RESOURCE.test(type) ? [urn] : []));
    return [...error.message.matchAll(/\bdiffing (urn:pulumi:\S+): /g)].map(([, urn = ""]) => urn);
  }

  private upOnce(scope: RunScope) {
    return this.run("up", (stack, shared) =>
      withoutReports(stack).up({
        ...shared,
        ...this.engineScope(scope),
        ...this.options.policies,
        continueOnError: true,
      }),
    );
  }

  /** Brings these about by what is really there. Only these: a refresh of a GitHub secret would hide that somebody has written over it. */
  private async lookAt(targets: readonly string[], { order }: RunScope): Promise<void> {
    if (targets.length > 0) await this.upOnce({ targets, refresh: true, ...(order ? { order } : {}) });
  }

  /** Runs `pulumi preview`. */
  async preview(options: PreviewOptions = {}): Promise<StackRun> {
    const { run } = await this.run("preview", (stack, shared) =>
      stack.preview({ ...shared, ...this.engineScope(options), ...this.options.policies }),
    );
    if (options.expectNoChanges && run.changes.length > 0) {
      throw new AutomationError({
        code: "stack.unexpected_changes",
        exitCode: EXIT.unexpectedChange,
        message: `Stack ${this.options.stack} was expected to be up to date, but would change: ${run.changes.map(describeChange).join(", ")}.`,
        hint: `Look at it with: pulumi preview --diff --stack ${this.options.stack}`,
        stack: this.options.stack,
      });
    }
    return run;
  }

  /** Runs `pulumi refresh`, with the program so that providers get the present tokens. */
  async refresh(): Promise<StackRun> {
    return (await this.run("refresh", (stack, shared) => stack.refresh({ ...shared, runProgram: true }))).run;
  }

  /** Runs `pulumi destroy`, with the program so that providers get the present tokens. */
  async destroy(): Promise<StackRun> {
    return (await this.run("destroy", (stack, shared) => stack.destroy({ ...shared, runProgram: true }))).run;
  }

  /** The outputs of the last `up`, or undefined when there was none. */
  async outputs(): Promise<StackOutputs | undefined> {
    const outputs = parseProgramOutputs({ deployment: await this.exportEncrypted() });
    return Object.keys(outputs).length === 0 ? undefined : parseStackOutputs(outputs, this.options.stack);
  }

  /** What the state says the stack owns; undefined when there was no `up` yet. */
  async resources(): Promise<readonly StackResource[] | undefined> {
    const resources = parseStackState({ deployment: await this.exportEncrypted() });
    return resources.length === 0 ? undefined : resources;
  }

  /** The whole state with its secrets in clear: for looking things up and comparing, never for showing. */
  async exportState(): Promise<unknown> {
    const stack = await this.open();
    try {
      return (await stack.exportStack()).deployment;
    } catch (error) {
      // The message of a failed parse quotes what could not be parsed.
      const known = error instanceof SyntaxError ? new Error("the state is not JSON") : error;
      throw stackFailure({ stack: this.options.stack, verb: "stack export" }, known);
    }
  }

  /** Has the engine forget these resources, where the program names them no longer, without touching what they stand for. */
  async keepWhenForgotten(urns: readonly string[]): Promise<void> {
    await this.edit("stack import", (place) => retainResources(urns, place));
  }

  private async exportEncrypted(): Promise<unknown> {
    return (await this.call("stack export", exportEncrypted)).deployment;
  }

  /** Changes the state by what the Automation API has no call for. */
  private async edit(verb: string, act: (place: CliPlace) => Promise<void>): Promise<void> {
    const room = new DiskRoom(this.options.environment, this.options.stack);
    await this.unlocked(() => room.during(() => this.call(verb, act)));
  }

  private async call<T>(verb: string, act: (place: CliPlace) => Promise<T>): Promise<T> {
    const { stack, projectDirectory: directory, environment } = this.options;
    const { command } = (await this.open()).workspace.pulumiCommand;
    return act({ command, stack, directory, environment }).catch((error: unknown) => {
      throw stackFailure({ stack, verb }, error);
    });
  }

  /** Mends what an earlier run left half done; returns what is left for the engine to do. */
  private async repair(scope: RunScope): Promise<RunScope> {
    if (this.isRepaired && !scope.replace?.length) return scope;
    const resources = await this.resources();
    if (!resources && (await this.options.isBroughtAbout?.())) throw emptyStateError(this.options.stack);
    const { forget, look, replace } = planRepair(resources ?? [], scope);
    if (forget.length > 0) await this.edit("state delete", (place) => forgetResources(forget, place));
    await this.lookAt(look, scope);
    return { ...scope, replace };
  }

  private run(verb: EngineRun["verb"], act: Act): Promise<EngineResult> {
    return this.unlocked(() => this.runOnce(verb, act));
  }

  /** Acts on the state; a lock that a dead process of this machine left behind is taken away first. */
  private async unlocked<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (!hasCode(error, "stack.locked") || !(await this.isFreed(error.cause))) throw error;
      return act();
    }
  }

  /** Takes away the locks that the refusal tells of, where whoever made them is known or said to be dead. */
  private async isFreed(refusal: unknown): Promise<boolean> {
    const locks = parseLocks(refusal instanceof Error ? refusal.message : "");
    if (await removeAbandoned(locks, ownerHasEnded)) return true;
    const isOlder = locks.length > 0 && locks.every(({ at }) => at < this.startedAt);
    const isTakenOver = this.options.takeOver === true && isOlder;
    if (!isTakenOver && !this.engineRuns.claimAbandoned(locks)) return false;
    await (await this.open()).cancel();
    return true;
  }

  private async runOnce(verb: EngineRun["verb"], act: Act): Promise<EngineResult> {
    const started = this.options.now();
    const { stack: name, environment, signal, configFile, onChange, onProgress, tellDetail, policies } = this.options;
    const events = new EventCollector(onChange, tellDetail, onProgress);
    const stack = await this.open();
    tellDetail?.(`pulumi ${verb} of stack ${name} begins`);
    await this.engineRuns.during(() =>
      runEngine({ stack: name, verb, environment, events, signal }, (options) =>
        act(stack, { ...options, ...(configFile === undefined ? {} : { configFile }) }),
      ),
    );
    const run: StackRun = {
      changes: events.changes,
      unchanged: events.unchanged,
      durationMs: this.options.now() - started,
      ...(policies ? { violations: events.violations } : {}),
    };
    tellDetail?.(`pulumi ${verb} of stack ${name} ends after ${run.durationMs} ms`);
    return { run, outputs: events.outputs };
  }

  private open(): Promise<Stack> {
    this.opened ??= this.openOnce();
    return this.opened;
  }

  private async openOnce(): Promise<Stack> {
    const { stack: stackName, projectDirectory, environment } = this.options;
    const variables = definedOnly(environment);
    const { LocalWorkspace, pulumiCommand } = await loadEngineSdk();
    await this.mend();
    try {
      return await LocalWorkspace.createOrSelectStack(
        { stackName, projectName: PROJECT, program: () => this.loadProgram() },
        { workDir: projectDirectory, pulumiCommand, envVars: { ...variables, PULUMI_SKIP_UPDATE_CHECK: "true" } },
      );
    } catch (error) {
      throw stackFailure({ stack: stackName, verb: "select" }, error);
    }
  }

  /** A state in a folder that a kill or a full disk has left unreadable. */
  private async mend(): Promise<void> {
    const { environment, stack, onProgress, tellDetail } = this.options;
    const { restoredFrom } = await mendState(environment, stack).catch((error: unknown) => {
      throw stackFailure({ stack, verb: "select" }, error);
    });
    if (restoredFrom === undefined) return;
    const tell = onProgress ?? tellDetail;
    tell?.(`The state of stack ${stack} was cut short; the last whole one has its place now: ${restoredFrom}`);
  }

  /** What a run is limited to, and what its program is told besides. */
  private engineScope(scope: RunScope & ProgramRequest) {
    const { requested, records, order, importVariables } = scope;
    const isSpecial = [requested, records, order, importVariables].some((part) => part !== undefined);
    return { ...targetScope(scope), ...(isSpecial ? { program: () => this.loadProgram(scope) } : {}) };
  }

  /** The program itself, loaded when the engine asks for it: the command line starts without the providers' SDKs. */
  private async loadProgram(request?: ProgramRequest): Promise<Record<string, unknown>> {
    const program = await import("../index.js");
    return program.default(request, this.options.environment);
  }
}

/** What the program owns in ESC. */
const ESC_RESOURCE = /^pulumiservice:/;

type Act = (stack: Stack, shared: SharedOptions) => Promise<unknown>;

interface EngineResult {
  readonly run: StackRun;
  /** What the program exported. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** After an `up` the SDK starts the CLI three times more, for outputs, outputs in clear and a summary. The events have told all of it that we use. */
function withoutReports(stack: Stack): Stack {
  const quick: Pick<Stack, "outputs" | "info"> = { outputs: async () => ({}), info: async () => undefined };
  return Object.assign(Object.create(stack) as Stack, quick);
}

function hasCode(error: unknown, code: string): error is AutomationError {
  return error instanceof AutomationError && error.code === code;
}

type SharedOptions = EngineOptions & { readonly configFile?: string };

/** With the program, so that a refresh asks with the present tokens, not with those of the state. */
function targetScope({ targets, refresh, replace }: RunScope) {
  return {
    ...(replace?.length ? { replace: [...replace] } : {}),
    ...(targets ? { target: [...targets], targetDependents: false } : {}),
    ...(refresh ? { refresh: true, runProgram: true } : {}),
  };
}
