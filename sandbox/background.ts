/** How is a sandbox kept in the background? A process of its own that writes a file when it is ready and ends when it is told. */
import { spawn } from "node:child_process";
import { open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AutomationError, EXIT } from "../automation/errors";

/** What `.sandbox/sandbox.json` (0600) holds while a sandbox runs. */
export interface RunningSandbox {
  readonly pid: number;
  readonly startedAt: string;
  /** Stand-in by name → address. */
  readonly addresses: Readonly<Record<string, string>>;
  /** What `sandbox env` prints. */
  readonly variables: Readonly<Record<string, string>>;
  readonly adminToken: string;
}

const FILE = "sandbox.json";
/** On a machine that is busy with something else, a start has taken two minutes. */
const START_LIMIT_MS = 300_000;
const STOP_LIMIT_MS = 15_000;

/** The sandbox of this folder, if its process lives. */
export async function findRunning(directory: string): Promise<RunningSandbox | undefined> {
  const text = await readFile(join(directory, FILE), "utf8").catch(() => undefined);
  const running = text === undefined ? undefined : (JSON.parse(text) as RunningSandbox);
  return running && isAlive(running.pid) ? running : undefined;
}

/** Says that the sandbox is ready, all at once: another process looks for the file while it is written. */
export async function announce(directory: string, running: RunningSandbox): Promise<void> {
  const unfinished = join(directory, `${FILE}.${running.pid}`);
  await writeFile(unfinished, JSON.stringify(running, null, 2), { mode: 0o600 });
  await rename(unfinished, join(directory, FILE));
}

/** Takes the announcement back. */
export async function withdraw(directory: string): Promise<void> {
  await rm(join(directory, FILE), { force: true });
}

/** Starts `command` detached, with its words in `log`, and returns when it has announced itself. Throws `sandbox.not_started` when it ends first (exit 1) or is not ready after `limit` ms (exit 9). */
export async function startInBackground(
  command: readonly string[],
  directory: string,
  log: string,
  environment: NodeJS.ProcessEnv,
  limit = START_LIMIT_MS,
): Promise<RunningSandbox> {
  const words = await open(log, "w", 0o600);
  const child = spawn(process.execPath, [...command], {
    detached: true,
    stdio: ["ignore", words.fd, words.fd],
    env: environment,
  });
  let ended = false;
  child.once("exit", () => (ended = true));
  try {
    for (const until = Date.now() + limit; Date.now() < until && !ended;) {
      const running = await findRunning(directory);
      if (running && running.pid === child.pid) return running;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await words.close();
    child.unref();
  }
  // Kept now: a child that is told to end may have ended before the log is read.
  const byItself = ended;
  if (child.pid !== undefined && !byItself) process.kill(child.pid, "SIGTERM");
  const lastWords = lastLine(await readFile(log, "utf8")) || "none";
  throw new AutomationError({
    code: "sandbox.not_started",
    exitCode: byItself ? EXIT.attention : EXIT.timeout,
    message: byItself
      ? `The sandbox ended before it was ready. Its last words: ${lastWords}`
      : `The sandbox was not ready after ${limit / 1000} s and was told to end. Its last words: ${lastWords}`,
    hint: byItself
      ? "To see all of it: npx sophia-secrets sandbox start --foreground"
      : "Is this machine busy? Start it again when it is not, or watch it: npx sophia-secrets sandbox start --foreground",
  });
}

/** Ends the sandbox's process and waits until it is gone. */
export async function stopRunning(running: RunningSandbox): Promise<void> {
  process.kill(running.pid, "SIGTERM");
  for (const until = Date.now() + STOP_LIMIT_MS; Date.now() < until;) {
    if (!isAlive(running.pid)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  process.kill(running.pid, "SIGKILL");
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function lastLine(text: string): string {
  return text.trim().split("\n").pop() ?? "";
}
