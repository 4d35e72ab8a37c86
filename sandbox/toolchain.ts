/** Which Pulumi runs in the sandbox? The toolchain that the set-up script has made, and what in it is a stand-in. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** `toolchain.json` as tools/toolchain.mjs writes it. */
export interface Toolchain {
  /** Folder to put first on PATH. */
  readonly bin: string;
  readonly pulumi: Tool;
  readonly languageHost: Tool;
  /** A PULUMI_HOME whose plugins folder is filled. */
  readonly pluginHome: string;
  readonly plugins: readonly (Tool & { readonly name: string })[];
}

/** One program of it. */
export interface Tool {
  readonly path: string;
  readonly version: string;
  readonly source: "present" | "download" | "go-modules" | "stand-in";
}

/** Reads the file that `SOPHIA_SECRETS_TOOLCHAIN` names, or runs the set-up, which talks on standard error. */
export async function readToolchain(projectDirectory: string, environment: NodeJS.ProcessEnv): Promise<Toolchain> {
  const path = environment.SOPHIA_SECRETS_TOOLCHAIN ?? (await setUp(projectDirectory));
  return JSON.parse(await readFile(path, "utf8")) as Toolchain;
}

async function setUp(projectDirectory: string): Promise<string> {
  const run = promisify(execFile)(process.execPath, [join(projectDirectory, "tools", "run.mjs"), "toolchain"]);
  run.child.stderr?.pipe(process.stderr);
  return (await run).stdout.trim();
}
