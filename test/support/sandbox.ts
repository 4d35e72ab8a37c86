/** How does a spec drive the whole product? A sandbox in this process, and the two command lines, which get its environment. */
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { systemHttp } from "../../automation/http";
import { Redactor } from "../../automation/redact";
import { Session } from "../../automation/session";
import { type RequestRecord, type StandIn } from "../../sandbox/kit/stand-in";
import { SANDBOX_STACK, standInsOf, startSandbox, type Sandbox, type SandboxOptions } from "../../sandbox/sandbox";
import { readToolchain, type Toolchain } from "../../sandbox/toolchain";
import { CHECKOUT, runChild, said, type ChildResult } from "./child";
import { runHere } from "./command-line";
import { readTestToolchain } from "./engine";
import { startProviders, type Providers } from "./providers";
import { askingAnew, askOnce } from "./warm-engine";

export { CHECKOUT, runChild, said, type ChildResult } from "./child";

/** How a command line is started. */
export interface ChildOptions {
  /** Added to the sandbox's variables; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
  /** @default the checkout */
  readonly cwd?: string;
  /** In a process of its own, by the code of `cwd`. @default what the sandbox was started with */
  readonly asChild?: boolean;
  /** In this process, the Pulumi CLI is started as often as in one of its own. @default false, which asks it once for what does not change */
  readonly asksAnew?: boolean;
}

/** A sandbox for one spec file. */
export interface SpecSandbox extends Sandbox {
  /** Holds everything below; for what the spec writes itself there is `inputs`. */
  readonly folder: string;
  /** State, work files and PULUMI_HOME: where no secret may lie. */
  readonly directory: string;
  /** HOME and TMPDIR of what is run. */
  readonly places: { readonly home: string; readonly temporary: string };
  /** All that was printed so far. */
  readonly transcript: readonly string[];
  /** Runs `sophia-secrets` in the checkout (or in `cwd`). */
  cli(args: readonly string[], options?: ChildOptions): Promise<ChildResult>;
  /** Like {@link SpecSandbox.cli} with `--json`, parsed. Throws when the output is no JSON object. */
  cliJson<T>(args: readonly string[], options?: ChildOptions): Promise<ChildResult & { readonly json: T }>;
  /** What has to be in the environment of a command line whose engine is to attach to the providers of this process; `env` is the rest of it, if it is not the sandbox's. */
  attach(env?: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>>;
  /** Runs the plain Pulumi CLI. */
  pulumi(args: readonly string[], options?: ChildOptions): Promise<ChildResult>;
  /** Writes a file that only this user can read, and returns its path. */
  input(name: string, content: string): Promise<string>;
  /** What a consumer reads now, secrets in clear. */
  published(): Readonly<Record<string, string>>;
  /** A session of this process, as a consumer or a person at a console would have. */
  session(): Session;
  /** Everything that was asked of the six services. */
  standIns(): readonly StandIn[];
  /** Requests that change something; opening an ESC environment is a POST that changes nothing. `counts` leaves out some of them. */
  changingRequests(counts?: (request: RequestRecord) => boolean): string[];
  /** Requests that a stand-in did not know, and hosts that the proxy refused. */
  unexpectedRequests(): string[];
  /** Ends the servers and removes the folder. */
  dispose(): Promise<void>;
}

/** How a sandbox is started. */
export interface SpecSandboxOptions extends Partial<Pick<SandboxOptions, "gongKey" | "stateUrl" | "stateVariables">> {
  /** Command lines are processes of their own, for specs that look at processes and at what they leave. @default in this process, which takes half a second less each */
  readonly asChildren?: boolean;
  /** Each run of the engine starts its providers, for specs that look at processes and at what they leave. @default they attach to those of this process */
  readonly ownProviders?: boolean;
}

/** Starts a sandbox in a temporary folder: seeded, nothing deployed. */
export async function startSpecSandbox(options: SpecSandboxOptions = {}): Promise<SpecSandbox> {
  await readTestToolchain();
  const folder = await realpath(await mkdtemp(join(tmpdir(), "sophia-end-to-end-")));
  const directory = join(folder, "sandbox");
  const places = { home: join(folder, "home"), temporary: join(folder, "tmp") };
  const inputs = join(folder, "inputs");
  for (const place of [places.home, places.temporary, inputs]) await mkdir(place, { mode: 0o700 });
  const toolchain = await readToolchain(CHECKOUT, process.env);
  onPath(toolchain.bin);
  const sandbox = await startSandbox({
    projectDirectory: CHECKOUT,
    directory,
    toolchain,
    environment: process.env,
    ...options,
  }).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  const { asChildren = false, ownProviders = false } = options;
  return withTools(sandbox, { folder, directory, places, inputs, toolchain, asChildren, ownProviders });
}

interface Tools extends Pick<SpecSandbox, "folder" | "directory" | "places"> {
  readonly inputs: string;
  readonly toolchain: Toolchain;
  readonly asChildren: boolean;
  readonly ownProviders: boolean;
}

/** Verbs that run the engine. */
const ENGINE_VERBS = ["up", "preview", "rotate", "sync-github", "sync-github-org", "sync-vercel", "list", "prune"];

/** Verbs of the Pulumi CLI that run the program. */
const PROGRAM_VERBS = ["up", "preview", "refresh", "destroy"];

/** For programs that the language host of the Pulumi CLI starts. */
const COMPILED_ONCE = `--require ${join(__dirname, "compiled-once.js")}`;

/** The Automation API looks for `pulumi` where this process does. */
function onPath(bin: string): void {
  const { PATH = "" } = process.env;
  if (!PATH.split(delimiter).includes(bin)) process.env.PATH = [bin, PATH].join(delimiter);
}

function withTools(sandbox: Sandbox, tools: Tools): SpecSandbox {
  const { folder, directory, places, inputs, asChildren, ownProviders } = tools;
  const transcript: string[] = [];
  // Go collects its garbage less often: these processes are short.
  const environment = { ...sandbox.variables, HOME: places.home, TMPDIR: places.temporary, GOGC: "400" };
  const environmentOf = ({ env = {} }: ChildOptions) =>
    Object.fromEntries(Object.entries({ ...environment, ...env }).filter(([, value]) => value !== undefined)) as Record<
      string,
      string
    >;
  const noting = async (running: Promise<ChildResult>) => {
    const result = await running;
    transcript.push(result.stdout, result.stderr);
    return result;
  };
  const run = (command: string, args: readonly string[], { stdin = "", cwd = CHECKOUT, ...options }: ChildOptions) =>
    noting(runChild(command, args, { env: environmentOf(options), stdin, cwd }));
  const standIns = () => standInsOf(sandbox);
  let providers: Promise<Providers> | undefined;
  const attach: SpecSandbox["attach"] = async (env = environment) => {
    providers ??= startProviders(tools.toolchain, environment);
    return { PULUMI_DEBUG_PROVIDERS: await (await providers).attach(env) };
  };
  /** The engine's runs share providers, unless a spec changes how these reach the services, or has seen to it. */
  const attached = async (isRun: boolean, options: ChildOptions): Promise<Readonly<Record<string, string>>> => {
    const isOwn = Object.keys(options.env ?? {}).some((name) => /PROXY|CERT|PULUMI_DEBUG_PROVIDERS/.test(name));
    return isRun && !isOwn && !ownProviders ? attach(environmentOf(options)) : {};
  };
  const cli: SpecSandbox["cli"] = async (args, options = {}) => {
    const { stdin = "", cwd = CHECKOUT, asChild = asChildren } = options;
    const isRun = ENGINE_VERBS.includes(args[0] ?? "");
    const more = await attached(isRun, options);
    if (asChild) {
      const entry = join(cwd, "bin", "sophia-secrets.js");
      return run(process.execPath, [entry, ...args], { ...options, env: { ...more, ...options.env } });
    }
    if (isRun) await askOnce();
    const own = { ...environmentOf(options), ...more };
    const act = () => runHere(args, { environment: own, directory: cwd, stdin });
    return noting(options.asksAnew ? askingAnew(act) : act());
  };
  return {
    ...sandbox,
    folder,
    directory,
    places,
    transcript,
    cli,
    cliJson: async <T>(args: readonly string[], options?: ChildOptions) => {
      const result = await cli([...args, "--json"], options);
      return { ...result, json: parseJson<T>(result) };
    },
    attach,
    pulumi: async (args, options = {}) => {
      const more = await attached(PROGRAM_VERBS.includes(args[0] ?? ""), options);
      const once = Object.keys(more).length > 0 ? { NODE_OPTIONS: COMPILED_ONCE } : {};
      return run("pulumi", args, { ...options, env: { ...more, ...once, ...options.env } });
    },
    input: async (name, content) => {
      const path = join(inputs, name);
      await writeFile(path, content, { mode: 0o600 });
      await chmod(path, 0o600);
      return path;
    },
    published: () => {
      const { environmentVariables } = sandbox.esc.openValues("sophia", SANDBOX_STACK);
      return environmentVariables as Record<string, string>;
    },
    session: () =>
      new Session(SANDBOX_STACK, {
        environment: { ...sandbox.variables },
        directory: CHECKOUT,
        http: systemHttp(),
        now: Date.now,
        redactor: new Redactor(),
        signal: new AbortController().signal,
      }),
    standIns,
    changingRequests: (counts = () => true) =>
      standIns().flatMap((standIn) =>
        standIn
          .requests()
          .filter((request) => isChange(request) && counts(request))
          .map(({ method, path }) => `${standIn.name}: ${method} ${path}`),
      ),
    unexpectedRequests: () => [
      ...standIns().flatMap((standIn) =>
        standIn.requests().flatMap(({ unexpected, path }) => (unexpected ? [`${standIn.name} ${path}`] : [])),
      ),
      ...sandbox.proxy.refused(),
    ],
    dispose: async () => {
      (await providers)?.dispose();
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function parseJson<T>(result: ChildResult): T {
  try {
    return JSON.parse(result.stdout) as T;
  } catch {
    throw new Error(`no JSON on standard output: ${said(result)}`);
  }
}

/** Whether a request changes something; opening an ESC environment is a POST that changes nothing. */
export function isChange({ method, path }: RequestRecord): boolean {
  const isReading = method === "GET" || method === "HEAD" || /^\/api\/esc\/.*\/open$/.test(path);
  return !isReading && !/^\/(session|telemetry)\b/.test(path);
}
