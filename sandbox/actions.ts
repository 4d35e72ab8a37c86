/** What can be done with the sandbox from the command line? run, start, env, status, stop. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type CommandContext, type CommandResult } from "../automation/cli/command";
import { writeReport } from "../automation/env-file/private-file";
import { AutomationError, EXIT, usageError } from "../automation/errors";
import { Session } from "../automation/session";
import { findProjectDirectory } from "../automation/stack-file";
import { announce, findRunning, startInBackground, stopRunning, withdraw, type RunningSandbox } from "./background";
import { SANDBOX_STACK, startSandbox, type Sandbox } from "./sandbox";
import { createGongAdmin, type GongAdmin } from "./gong-admin";
import { readToolchain } from "./toolchain";
import { runTour } from "./tour";
import { type TourReport } from "./tour-report";

type Action = (context: CommandContext, options: { readonly foreground: boolean }) => Promise<CommandResult>;

/** The actions by name. */
export const sandboxActions: Readonly<Record<string, Action>> = {
  run,
  start,
  env,
  status,
  stop,
  "gong-key": gongKey,
  "gong-retire": gongRetire,
};

/** The whole tour in a folder of its own, which goes when it ends; the reports stay in `.sandbox`. */
async function run({ dependencies, output }: CommandContext): Promise<CommandResult> {
  const { environment, directory, redactor, signal } = dependencies;
  const projectDirectory = findProjectDirectory(directory);
  const home = join(projectDirectory, ".sandbox");
  const folder = join(home, `tour-${process.pid}`);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const toolchain = await readToolchain(projectDirectory, environment);
  const sandbox = await startSandbox({ projectDirectory, directory: folder, toolchain, environment });
  try {
    redactor.addAll(secretVariables(sandbox));
    // The program, which runs in this process, and its plugins read their settings from the environment as always.
    Object.assign(process.env, sandbox.variables);
    const session = new Session(SANDBOX_STACK, { ...dependencies, environment: process.env });
    output.talk(
      `Sandbox: six services on ${addresses(sandbox).esc ?? ""} and its neighbours; nothing leaves this machine.`,
    );
    const { now, sleep } = dependencies;
    const report = redactor.redactDeep(
      await runTour({ sandbox, session, toolchain, now, sleep, talk: (line) => output.talk(line) }),
    );
    const files = await writeReports(home, report);
    output.result(report, formatTour(report, files));
    return report.result === "passed" ? 0 : 1;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new AutomationError({
      code: "sandbox.interrupted",
      exitCode: EXIT.cancelled,
      message: "Interrupted; the sandbox is gone.",
    });
  } finally {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Starts the stand-ins in the background; with `--foreground` stays until interrupted. */
async function start(
  { dependencies, output }: CommandContext,
  { foreground }: { readonly foreground: boolean },
): Promise<CommandResult> {
  const { environment, directory, signal } = dependencies;
  const projectDirectory = findProjectDirectory(directory);
  const home = join(projectDirectory, ".sandbox");
  const folder = join(home, "live");
  const present = await findRunning(folder);
  if (present) {
    output.result(view(present), `The sandbox is running already (process ${present.pid}).\n${HOW_TO_USE}`);
    return 0;
  }
  const toolchain = await readToolchain(projectDirectory, environment);
  await mkdir(home, { recursive: true, mode: 0o700 });
  if (!foreground) {
    const command = [require.resolve("../automation/cli/main"), "sandbox", "start", "--foreground"];
    const running = await startInBackground(command, folder, join(home, "live.log"), environment);
    output.result(view(running), `${describe(running)}\n${HOW_TO_USE}`);
    return 0;
  }
  const sandbox = await startSandbox({ projectDirectory, directory: folder, toolchain, environment });
  try {
    const { variables, adminToken } = sandbox;
    const startedAt = new Date(dependencies.now()).toISOString();
    const running = { pid: process.pid, startedAt, addresses: addresses(sandbox), variables, adminToken };
    await announce(folder, running);
    output.talk(`${describe(running)}\nInterrupt to end it.`);
    await new Promise<void>((resolve) =>
      signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve(), { once: true }),
    );
  } finally {
    await withdraw(folder);
    await sandbox.close();
  }
  return 0;
}

/** Prints lines for `eval`: the tokens of the sandbox, which open nothing but the stand-ins. */
async function env(context: CommandContext): Promise<CommandResult> {
  const { variables } = await requireRunning(context);
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}`);
  context.output.raw(`${lines.join("\n")}\n`);
  return 0;
}

async function status(context: CommandContext): Promise<CommandResult> {
  const running = await findRunning(liveFolder(context));
  if (running) context.output.result(view(running), describe(running));
  else
    context.output.result(
      { schema: "sophia-secrets/sandbox", version: 1, running: false },
      "No sandbox is running here. Start one with: npx sophia-secrets sandbox start",
    );
  return running ? 0 : 1;
}

/** Ends the background sandbox and removes its folder. */
async function stop(context: CommandContext): Promise<CommandResult> {
  const folder = liveFolder(context);
  const running = await findRunning(folder);
  if (running) await stopRunning(running);
  await rm(folder, { recursive: true, force: true });
  context.output.result(
    { schema: "sophia-secrets/sandbox", version: 1, running: false },
    running ? "The sandbox has ended." : "No sandbox was running here.",
  );
  return 0;
}

/** Prints a new pair of Gong's as `rotate --from-file -` takes it: the sandbox's own, made up, on standard output because that is what it is for. */
async function gongKey(context: CommandContext): Promise<CommandResult> {
  const { accessKey, secret } = await gongAdminOf(await requireRunning(context)).makeKey();
  context.output.raw(`${JSON.stringify({ GONG_API_KEY: accessKey, GONG_API_SECRET: secret })}\n`);
  return 0;
}

/** Deletes Gong's older keys, as a person does at the end of a rotation. */
async function gongRetire(context: CommandContext): Promise<CommandResult> {
  const deleted = await gongAdminOf(await requireRunning(context)).deleteOlder();
  const data = { schema: "sophia-secrets/sandbox-gong", version: 1, deleted };
  context.output.result(data, `Gong's older keys are deleted: ${deleted}.`);
  return 0;
}

function gongAdminOf({ addresses: at, adminToken }: RunningSandbox): GongAdmin {
  return createGongAdmin(at.gong ?? "", adminToken);
}

async function requireRunning(context: CommandContext): Promise<RunningSandbox> {
  const running = await findRunning(liveFolder(context));
  if (running) return running;
  throw usageError(
    "sandbox.not_running",
    "No sandbox is running in this checkout.",
    "Start one with: npx sophia-secrets sandbox start",
  );
}

function liveFolder({ dependencies }: CommandContext): string {
  return join(findProjectDirectory(dependencies.directory), ".sandbox", "live");
}

const HOW_TO_USE = `Use it in this shell: eval "$(npx sophia-secrets sandbox env)"\nEnd it with: npx sophia-secrets sandbox stop`;

function describe({ pid, addresses: at }: RunningSandbox): string {
  return [
    `The sandbox runs (process ${pid}):`,
    ...Object.entries(at).map(([name, url]) => `  ${name.padEnd(10)} ${url}`),
  ].join("\n");
}

/** What may be shown of a running sandbox: no token. */
function view({ pid, startedAt, addresses: at }: RunningSandbox) {
  return { schema: "sophia-secrets/sandbox", version: 1, running: true, pid, startedAt, addresses: at };
}

function addresses(sandbox: Sandbox): Record<string, string> {
  const { esc, github, vercel, snowflake, gong, estuary, proxy } = sandbox;
  return Object.fromEntries(
    Object.entries({ esc, github, vercel, snowflake, gong, estuary, proxy }).map(([name, { url }]) => [name, url]),
  );
}

function secretVariables({ variables, adminToken }: Sandbox): string[] {
  const tokens = Object.entries(variables).filter(([name]) => /TOKEN$|PASSWORD$/.test(name));
  return [adminToken, ...tokens.map(([, value]) => value)];
}

async function writeReports(home: string, report: TourReport): Promise<{ json: string; html: string }> {
  const files = { json: join(home, "report.json"), html: join(home, "report.html") };
  const target = (path: string) => ({
    path,
    shown: path,
    code: "sandbox.unwritable",
    hint: "Remove what stands there.",
  });
  await writeReport(target(files.json), `${JSON.stringify(report, null, 2)}\n`);
  const { renderTourPage } = await import("./tour-page.js");
  await writeReport(target(files.html), renderTourPage(report));
  return files;
}

function formatTour({ checks, result, tools, next }: TourReport, files: { json: string; html: string }): string {
  const standIns = tools.filter(({ source }) => source === "stand-in").map(({ name, version }) => `${name} ${version}`);
  return [
    "",
    ...checks.map(({ name, passed, detail }) => `  ${passed ? "passed" : "FAILED"}  ${name} (${detail})`),
    "",
    ...(standIns.length > 0 ? [`Stand-in plugins (the official ones could not be had): ${standIns.join(", ")}`] : []),
    `Reports: ${files.html} and ${files.json}`,
    ...next.map((sentence) => `  ${sentence}`),
    `Sandbox: ${result}`,
  ].join("\n");
}

/** One word for a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
