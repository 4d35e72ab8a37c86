/** How is a sandbox kept in the background? A process of its own that writes a file when it is ready and ends when it is told. */
import { spawn } from "node:child_process";
import { open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

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
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 15_000;

/** The sandbox of this folder, if its process lives. */
export async function findRunning(directory: string): Promise<RunningSandbox | undefined> {
  const text = await readFile(join(directory, FILE), "utf8").catch(() => undefined);
  const running = text === undefined ? undefined : (JSON.parse(text) as RunningSandbox);
  return running && isAlive(running.pid) ? running : undefined;
}

/** Says that the sandbox is ready. */
export async function announce(directory: string, running: RunningSandbox): Promise<void> {
  await writeFile(join(directory, FILE), JSON.stringify(running, null, 2), { mode: 0o600 });
}

/** Takes the announcement back. */
export async function withdraw(directory: string): Promise<void> {
  await rm(join(directory, FILE), { force: true });
}

/** Starts `command` detached, with its words in `log`, and returns when it has announced itself. Throws when it ends first or takes too long. */
export async function startInBackground(
  command: readonly string[],
  directory: string,
  log: string,
  environment: NodeJS.ProcessEnv,
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
    for (const until = Date.now() + START_LIMIT_MS; Date.now() < until && !ended;) {
      const running = await findRunning(directory);
      if (running && running.pid === child.pid) return running;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await words.close();
    child.unref();
  }
  if (child.pid !== undefined && !ended) process.kill(child.pid, "SIGTERM");
  throw new Error(`the sandbox did not start; its last words: ${lastLine(await readFile(log, "utf8"))}`);
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
