/**
 * How is one stack of many rotated? By a process of its own: its environment, its redactor and its memory are no other stack's, and what breaks
 * in it breaks nothing else.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { passOnAgain } from "../engine-group";
import { definedOnly } from "../environment";
import { EXIT } from "../errors";
import { parseObject } from "../json";
import { type StackError, type StackWorker } from "./fan-out";

/** How the processes are started. */
export interface ChildWorkerOptions {
  /** Folder of our package.json. */
  readonly packageDirectory: string;
  /** The words of a stack's command, without `--stack` and `--json`. */
  readonly words: (stack: string) => readonly string[];
  /** Folder in which paths of the line begin. */
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Takes what a process says beside its result: the lines of `--verbose`. */
  readonly tell: (stack: string, line: string) => void;
}

/** The worker that starts them. */
export function childWorker(options: ChildWorkerOptions): StackWorker {
  return async (stack, signal) => {
    const { packageDirectory, words, directory: cwd, environment, tell } = options;
    const entry = join(packageDirectory, "bin", "sophia-secrets.js");
    // A group of its own: ctrl-C reaches it once, from us, and not from the terminal as well.
    const child = spawn(process.execPath, ["--", entry, ...words(stack), "--stack", stack, "--json"], {
      ...{ cwd, env: definedOnly(environment), detached: true, stdio: ["ignore", "pipe", "pipe"] },
    });
    const stop = () => void child.kill("SIGINT");
    signal.addEventListener("abort", stop, { once: true });
    passOnAgain(signal, child);
    try {
      return await resultOf(child, (line) => tell(stack, line));
    } finally {
      signal.removeEventListener("abort", stop);
    }
  };
}

async function resultOf(child: ChildProcess, tell: (line: string) => void) {
  let printed = "";
  let error: StackError | undefined;
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (printed += text));
  if (child.stderr) {
    createInterface({ input: child.stderr }).on("line", (line) => {
      const found = parseEnvelope(line);
      if (found) error = found;
      else if (line.trim() !== "") tell(line);
    });
  }
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    // A process that something killed has told no code of its own.
    child.once("close", (code) => resolve(code ?? EXIT.internal));
  });
  const report = parseObject(printed);
  return { exitCode, ...(report ? { report } : {}), ...(error ? { error } : {}) };
}

function parseEnvelope(line: string): StackError | undefined {
  const { schema, error } = (parseObject(line) ?? {}) as { schema?: unknown; error?: StackError };
  return schema === "sophia-secrets/error" ? error : undefined;
}
