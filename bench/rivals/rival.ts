/** How is somebody else's tool got and used? Found on this machine or fetched by an ordinary package client; where neither works, the reason. */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

/** A tool that is there, or why it is not. */
export type Found =
  | { readonly program: string; readonly version: string; readonly missing?: undefined }
  | { readonly missing: string; readonly program?: undefined; readonly version?: undefined };

/** Everything that outlives a run of the bench: tools that were fetched or built. */
export const BENCH_CACHE = join(
  process.env.SOPHIA_SECRETS_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "sophia-secrets"),
  "bench",
);

/** The first program of that name on PATH. */
export async function onPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const file = join(folder, name);
    if (await isProgram(file)) return file;
  }
  return undefined;
}

/** Whether a file is there and can be run. */
export function isProgram(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Standard output of a command. Throws with the last line of what it said. */
export async function output(program: string, ...words: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, [...words], { maxBuffer: 1 << 24 });
    return stdout;
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    throw new Error(stderr.trim().split("\n").pop() || message);
  }
}

/** Tries each way of getting a tool in turn. */
export async function firstFound(ways: readonly (() => Promise<Found>)[]): Promise<Found> {
  const reasons: string[] = [];
  for (const way of ways) {
    const found = await way().catch((error: Error): Found => ({ missing: error.message }));
    if (found.program !== undefined) return found;
    reasons.push(found.missing);
  }
  return { missing: reasons.join("; ") };
}
