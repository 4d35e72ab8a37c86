// How are other programs run during set-up, so that they can be watched and never outlive it?
import { spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { InterruptedError, SetupError } from "./errors.mjs";
import { formatDuration } from "./timing.mjs";

const PROGRESS_EVERY_MS = 15_000;
const KILL_AFTER_MS = 5_000;
const KEPT_OUTPUT = 64 * 1024;

/** @type {Set<import("node:child_process").ChildProcess>} */
const children = new Set();
/** @type {NodeJS.Signals | undefined} */
let interruptedBy;

/**
 * Runs a program to its end and returns its standard output; the output is kept, not shown.
 * @param {string} command Program, found on PATH or a path.
 * @param {readonly string[]} args Arguments; never a secret.
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, label?: string, log?: (line: string) => void }} [options]
 *   `label` and `log`: say every 15 seconds that the program is still at work.
 * @returns {Promise<string>}
 * @throws {SetupError} with the last lines of its output when it fails or cannot be started.
 * @throws {InterruptedError} when a signal ended it (see withInterrupts).
 */
export async function run(command, args, { cwd, env = process.env, label, log } = {}) {
  if (interruptedBy) throw new InterruptedError(interruptedBy);
  // A process group of its own: compilers that the program starts are ended with it, and ctrl-C reaches it through us only.
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  children.add(child);
  const output = { stdout: "", tail: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output.stdout += text;
    output.tail = (output.tail + text).slice(-KEPT_OUTPUT);
  });
  child.stderr.setEncoding("utf8").on("data", (text) => (output.tail = (output.tail + text).slice(-KEPT_OUTPUT)));
  const started = performance.now();
  const progress = setInterval(
    () => label && log?.(`${label}: still at work, ${formatDuration(performance.now() - started)}`),
    PROGRESS_EVERY_MS,
  );
  try {
    const failure = await new Promise((resolve) => {
      child.on("error", (error) => resolve(error.message));
      child.on("close", (code, signal) =>
        resolve(code === 0 ? undefined : `it ended with ${signal ?? `code ${code}`}`),
      );
    });
    if (interruptedBy) throw new InterruptedError(interruptedBy);
    if (failure !== undefined) throw new SetupError(describeFailure(command, args, failure, output.tail));
    return output.stdout;
  } finally {
    clearInterval(progress);
    children.delete(child);
  }
}

/**
 * Runs `work` with SIGINT, SIGTERM and SIGHUP ending its children first: the run() calls in it then throw InterruptedError.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withInterrupts(work) {
  const signals = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);
  const onSignal = (/** @type {NodeJS.Signals} */ signal) => {
    interruptedBy ??= signal;
    for (const child of children) endGroup(child, "SIGTERM");
    setTimeout(() => children.forEach((child) => endGroup(child, "SIGKILL")), KILL_AFTER_MS).unref();
  };
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await work();
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
    interruptedBy = undefined;
  }
}

/** Throws InterruptedError when a signal arrived since withInterrupts began; for loops that wait without a child. */
export function throwIfInterrupted() {
  if (interruptedBy) throw new InterruptedError(interruptedBy);
}

/**
 * Finds a program on the PATH of an environment.
 * @param {string} name
 * @param {NodeJS.ProcessEnv} environment
 * @returns {string | undefined} Absolute path.
 */
export function findOnPath(name, environment) {
  const file = process.platform === "win32" ? `${name}.exe` : name;
  return (environment.PATH ?? "")
    .split(path.delimiter)
    .filter(Boolean)
    .map((folder) => path.resolve(folder, file))
    .find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
}

/** @param {import("node:child_process").ChildProcess} child @param {NodeJS.Signals} signal */
function endGroup(child, signal) {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    if (process.platform === "win32") child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It ended between the check and the signal.
  }
}

/** @param {string} command @param {readonly string[]} args @param {string} failure @param {string} output */
function describeFailure(command, args, failure, output) {
  const lines = output.trim().split("\n").slice(-20).join("\n");
  return `${path.basename(command)} ${args.slice(0, 3).join(" ")}: ${failure}${lines ? `\n${lines}` : ""}`;
}
