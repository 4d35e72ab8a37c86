// How do specs reach the set-up scripts (plain JavaScript modules) and folders that end with the spec?
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

export const repository = path.resolve(__dirname, "..", "..");

/** Runs a program; what the set-up calls for `go`, `pulumi`, `npm` and `tar`. */
export type Run = (
  command: string,
  args: readonly string[],
  options?: { cwd?: string; env?: NodeJS.ProcessEnv },
) => Promise<string>;

/** An error of the set-up, with the exit code that the command line ends with. */
export interface SetupFailure extends Error {
  exitCode: number;
}

/** Imports a script below tools/; T says what the spec uses of it. */
export async function importTool<T>(file: string): Promise<T> {
  return (await import(pathToFileURL(path.join(repository, "tools", file)).href)) as T;
}

/** Runs `work` with a folder that is gone afterwards. */
export async function withFolder<T>(work: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "sophia-secrets-spec-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Collects what the set-up says. */
export function listen(): { lines: string[]; log: (line: string) => void } {
  const lines: string[] = [];
  return { lines, log: (line) => void lines.push(line) };
}
