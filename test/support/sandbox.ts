/** How does a spec drive the whole product? A sandbox in this process, and the two command lines as children that get its environment and nothing else. */
import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { systemHttp } from "../../automation/http";
import { Redactor } from "../../automation/redact";
import { Session } from "../../automation/session";
import { type RequestRecord, type StandIn } from "../../sandbox/kit/stand-in";
import { SANDBOX_STACK, standInsOf, startSandbox, type Sandbox, type SandboxOptions } from "../../sandbox/sandbox";
import { readToolchain } from "../../sandbox/toolchain";
import { readTestToolchain } from "./engine";

/** The folder of Pulumi.yaml. */
export const CHECKOUT = resolve(__dirname, "..", "..");

/** What a child came to. */
export interface ChildResult {
  /** -1 when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a child is started. */
export interface ChildOptions {
  /** Added to the sandbox's variables; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
  /** @default the checkout */
  readonly cwd?: string;
}

/** A sandbox for one spec file. */
export interface SpecSandbox extends Sandbox {
  /** Holds everything below; for what the spec writes itself there is `inputs`. */
  readonly folder: string;
  /** State, work files and PULUMI_HOME: where no secret may lie. */
  readonly directory: string;
  /** HOME and TMPDIR of the children. */
  readonly places: { readonly home: string; readonly temporary: string };
  /** All that the children have printed so far. */
  readonly transcript: readonly string[];
  /** Runs `sophia-secrets` of the checkout (or of `cwd`). */
  cli(args: readonly string[], options?: ChildOptions): Promise<ChildResult>;
  /** Like {@link SpecSandbox.cli} with `--json`, parsed. Throws when the output is no JSON object. */
  cliJson<T>(args: readonly string[], options?: ChildOptions): Promise<ChildResult & { readonly json: T }>;
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
  /** Requests that change something; opening an ESC environment is a POST that changes nothing. */
  changingRequests(): string[];
  /** Requests that a stand-in did not know, and hosts that the proxy refused. */
  unexpectedRequests(): string[];
  /** Ends the servers and removes the folder. */
  dispose(): Promise<void>;
}

/** Starts a sandbox in a temporary folder: seeded, nothing deployed. */
export async function startSpecSandbox(options: Partial<Pick<SandboxOptions, "gongKey">> = {}): Promise<SpecSandbox> {
  await readTestToolchain();
  const folder = await realpath(await mkdtemp(join(tmpdir(), "sophia-end-to-end-")));
  const directory = join(folder, "sandbox");
  const places = { home: join(folder, "home"), temporary: join(folder, "tmp") };
  const inputs = join(folder, "inputs");
  for (const place of [places.home, places.temporary, inputs]) await mkdir(place, { mode: 0o700 });
  const toolchain = await readToolchain(CHECKOUT, process.env);
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
  return withTools(sandbox, { folder, directory, places, inputs });
}

type Places = Pick<SpecSandbox, "folder" | "directory" | "places"> & { readonly inputs: string };

function withTools(sandbox: Sandbox, { folder, directory, places, inputs }: Places): SpecSandbox {
  const transcript: string[] = [];
  const environment = { ...sandbox.variables, HOME: places.home, TMPDIR: places.temporary };
  const run = async (command: string, args: readonly string[], options: ChildOptions = {}) => {
    const env = Object.fromEntries(
      Object.entries({ ...environment, ...options.env }).filter(([, value]) => value !== undefined),
    ) as Record<string, string>;
    const result = await runChild(command, args, { ...options, env });
    transcript.push(result.stdout, result.stderr);
    return result;
  };
  const standIns = () => standInsOf(sandbox);
  const cli: SpecSandbox["cli"] = (args, options) =>
    run(process.execPath, [join(options?.cwd ?? CHECKOUT, "bin", "sophia-secrets.js"), ...args], options);
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
    pulumi: (args, options) => run("pulumi", args, options),
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
    changingRequests: () =>
      standIns().flatMap((standIn) =>
        standIn
          .requests()
          .filter(isChange)
          .map(({ method, path }) => `${standIn.name}: ${method} ${path}`),
      ),
    unexpectedRequests: () => [
      ...standIns().flatMap((standIn) =>
        standIn.requests().flatMap(({ unexpected, path }) => (unexpected ? [`${standIn.name} ${path}`] : [])),
      ),
      ...sandbox.proxy.refused(),
    ],
    dispose: async () => {
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs a program to its end. Rejects only when it cannot be started. */
export async function runChild(
  command: string,
  args: readonly string[],
  options: { readonly env: Readonly<Record<string, string>>; readonly stdin?: string; readonly cwd?: string },
): Promise<ChildResult> {
  const child = spawn(command, [...args], { cwd: options.cwd ?? CHECKOUT, env: { ...options.env } });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  // A child that does not read its input closes the pipe early; that is no failure.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.stdin ?? "");
  return new Promise((done, reject) => {
    child.once("error", reject);
    child.once("close", (code) => done({ code: code ?? -1, ...output }));
  });
}

/** What a child printed, for the message of an assertion on its exit code. */
export function said({ code, stdout, stderr }: ChildResult): string {
  return `exit code ${code}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`;
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
