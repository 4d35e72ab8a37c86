/** How does a spec run a Pulumi program on the real engine? A stack of its own in a temporary folder, by the Automation API. */
import { mkdir, mkdtemp, readFile, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type EngineEvent,
  LocalWorkspace,
  type OutputMap,
  PulumiCommand,
  type PulumiFn,
  type Stack,
} from "@pulumi/pulumi/automation";
import { outputsOf, readExported } from "./exported-state";
import { startUpstream } from "./providers";
import { withoutSourceMaps } from "./source-maps";
import { askOnce } from "./warm-engine";

/** The environment variable with the path of `toolchain.json`; `npm test` sets it. */
export const TOOLCHAIN_VARIABLE = "SOPHIA_SECRETS_TOOLCHAIN";

/** The part of `toolchain.json` that specs need. */
export interface TestToolchain {
  readonly pulumi: { readonly path: string; readonly version: string };
  /** A PULUMI_HOME whose `plugins` folder holds the providers. */
  readonly pluginHome: string;
  readonly plugins: readonly {
    readonly name: string;
    readonly version: string;
    readonly path: string;
    readonly source: string;
  }[];
}

/** One resource operation of a run; `same` and those of the stack and of providers are left out. */
export interface EngineStep {
  /** The engine's word: create, update, replace, create-replacement, delete-replaced, delete, import, read, …; in a refresh what it found. */
  readonly op: string;
  /** The type token, e.g. `github:index/actionsSecret:ActionsSecret`. */
  readonly type: string;
  /** The resource's name in the program. */
  readonly name: string;
  /** The properties that differ, as the provider named them. */
  readonly diffs: readonly string[];
}

/** What a run did. */
export interface EngineRun {
  readonly steps: readonly EngineStep[];
  /** Stack outputs after an `up`, secrets decrypted; empty otherwise. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Texts of warnings and errors. */
  readonly diagnostics: readonly string[];
  /** Everything that the CLI printed. */
  readonly output: string;
  readonly milliseconds: number;
}

/** Options of {@link openTestStack}. */
export interface TestStackOptions {
  /** What `up` and `preview` run unless they are given another program. */
  readonly program: PulumiFn;
  /** Added to the environment of the CLI and so of the plugins. */
  readonly env?: Readonly<Record<string, string>>;
  /** @default engine-spec */
  readonly projectName?: string;
  /** Providers that are started once a process and not by each run, by the names that `PULUMI_DEBUG_PROVIDERS` takes. @default none */
  readonly attached?: readonly string[];
}

/** A stack for one spec. Every run throws when the engine reports a failure; the message holds what the CLI printed. */
export interface TestStack {
  up(program?: PulumiFn): Promise<EngineRun>;
  preview(program?: PulumiFn): Promise<EngineRun>;
  /** Without the program, from the state. */
  refresh(): Promise<EngineRun>;
  destroy(): Promise<EngineRun>;
  /** The state as it lies on disk, secrets encrypted: to look for what must not be in it. */
  stateText(): Promise<string>;
  /** The folder of this stack; its `tmp` is the children's TMPDIR. */
  readonly folder: string;
  /** Removes the folder; resources that were not destroyed are forgotten. */
  dispose(): Promise<void>;
}

/** Reads the toolchain that {@link TOOLCHAIN_VARIABLE} names. Throws when the variable is not set. */
export async function readTestToolchain(): Promise<TestToolchain> {
  const path = process.env[TOOLCHAIN_VARIABLE];
  if (!path) throw new Error(`${TOOLCHAIN_VARIABLE} is not set: run the specs by npm test, or npm run toolchain first`);
  return JSON.parse(await readFile(path, "utf8")) as TestToolchain;
}

/** Opens a stack with a file backend, a passphrase and a PULUMI_HOME of its own; nothing is shared with other specs but the plugins. */
export async function openTestStack(options: TestStackOptions): Promise<TestStack> {
  const toolchain = await readTestToolchain();
  const folder = await realpath(await mkdtemp(join(tmpdir(), "sophia-engine-")));
  const place = (name: string) => join(folder, name);
  for (const name of ["home", "state", "work", "tmp"]) await mkdir(place(name));
  await symlink(join(toolchain.pluginHome, "plugins"), join(place("home"), "plugins"));
  const { projectName = "engine-spec", attached = [] } = options;
  const attach = attached.length === 0 ? undefined : await startUpstream(toolchain, attached);
  const envVars = {
    PULUMI_BACKEND_URL: `file://${place("state")}`,
    PULUMI_CONFIG_PASSPHRASE: "engine-spec",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    TMPDIR: place("tmp"),
    ...options.env,
  };
  const statePath = join(place("state"), ".pulumi", "stacks", projectName, "test.json");
  await askOnce();
  const pulumiCommand = await PulumiCommand.get({ root: dirname(dirname(toolchain.pulumi.path)) });
  const whole = await LocalWorkspace.createOrSelectStack(
    { stackName: "test", projectName, program: options.program },
    {
      workDir: place("work"),
      pulumiHome: place("home"),
      pulumiCommand,
      projectSettings: { name: projectName, runtime: "nodejs", backend: { url: `file://${place("state")}` } },
      envVars,
    },
  );
  const stack = withoutReports(whole, async () => {
    const exported = (await readExported(statePath, envVars)) ?? (await whole.exportStack());
    return outputsOf(exported.deployment);
  });

  async function run(call: (recorder: Recorder) => Promise<object>, isRefresh = false): Promise<EngineRun> {
    const recorder = new Recorder(isRefresh);
    if (attach) whole.workspace.envVars.PULUMI_DEBUG_PROVIDERS = await attach(envVars);
    const started = Date.now();
    const result = await withoutSourceMaps(() => call(recorder));
    return recorder.finish(Date.now() - started, outputValues(result));
  }

  return {
    folder,
    up: (program) => run((recorder) => stack.up({ ...recorder.callbacks, ...(program ? { program } : {}) })),
    preview: (program) => run((recorder) => stack.preview({ ...recorder.callbacks, ...(program ? { program } : {}) })),
    refresh: () => run((recorder) => stack.refresh(recorder.callbacks), true),
    destroy: () => run((recorder) => stack.destroy(recorder.callbacks)),
    stateText: () => readFile(statePath, "utf8"),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

/** After each run the SDK starts the CLI again, three times after an `up`, for reports that nobody reads and twice for the outputs. */
function withoutReports(stack: Stack, outputs: () => Promise<OutputMap>): Stack {
  const quick: Pick<Stack, "outputs" | "info"> = { outputs, info: async () => undefined };
  return Object.assign(Object.create(stack) as Stack, quick);
}

/** Collects what one run says. */
class Recorder {
  private readonly steps: EngineStep[] = [];
  private readonly diagnostics: string[] = [];
  private output = "";

  constructor(private readonly isRefresh: boolean) {}

  readonly callbacks = {
    color: "never",
    onOutput: (text: string) => void (this.output += text),
    onEvent: (event: EngineEvent) => this.see(event),
  } as const;

  finish(milliseconds: number, outputs: Readonly<Record<string, unknown>>): EngineRun {
    const { steps, diagnostics, output } = this;
    return { steps, diagnostics, output, outputs, milliseconds };
  }

  private see(event: EngineEvent): void {
    const { diagnosticEvent } = event;
    if (diagnosticEvent && /^(warning|error)/.test(diagnosticEvent.severity)) {
      this.diagnostics.push(diagnosticEvent.message.trim());
    }
    // A refresh says only afterwards what it found; everything else says before what it is about to do.
    const metadata = (this.isRefresh ? event.resOutputsEvent : event.resourcePreEvent)?.metadata;
    if (!metadata || metadata.op === "same" || /^pulumi:(pulumi:Stack|providers:)/.test(metadata.type)) return;
    this.steps.push({
      op: metadata.op,
      type: metadata.type,
      name: metadata.urn.split("::").at(-1) ?? "",
      diffs: [...(metadata.diffs ?? [])].sort(),
    });
  }
}

function outputValues(result: object): Record<string, unknown> {
  const outputs = (result as { outputs?: Record<string, { value: unknown }> }).outputs ?? {};
  return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
}
