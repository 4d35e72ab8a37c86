/** How does a spec do what a reader does? Blocks of a page, one after the other, in bash, in a clone of the repository. */
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findRunning, stopRunning } from "../../sandbox/background";
import { copyCheckout } from "../support/checkout";
import { runChild, type ChildResult } from "../support/sandbox";
import { readTestToolchain, TOOLCHAIN_VARIABLE } from "../support/engine";
import { type Block } from "./markdown";

/** A person's shell in a clone: what a block exports or unsets is there for the next one. */
export interface Shell {
  /** Runs the text with `set -e`: the first line that fails ends it. Standard error goes to standard output, as on a terminal. */
  readonly run: (text: string) => Promise<ChildResult>;
  /** Forgets the variables and ends the sandbox. */
  reset(): Promise<void>;
  dispose(): Promise<void>;
}

/** A clone with its dependencies, known to git, and a HOME of its own. */
export async function openShell(): Promise<Shell> {
  await readTestToolchain();
  const copy = await copyCheckout();
  const { folder } = copy;
  const home = `${folder}-home`;
  await mkdir(join(home, "tmp"), { recursive: true, mode: 0o700 });
  await promisify(execFile)("git", ["init", "--quiet"], { cwd: folder });
  await promisify(execFile)("git", ["add", "."], { cwd: folder });
  const state = join(home, "exported");
  await writeFile(state, "");
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: home,
    TMPDIR: join(home, "tmp"),
    LANG: "C.UTF-8",
    NO_COLOR: "1",
    // Go collects its garbage less often: the engine and its providers are short processes here.
    GOGC: "400",
    npm_config_offline: "true",
    npm_config_update_notifier: "false",
    [TOOLCHAIN_VARIABLE]: process.env[TOOLCHAIN_VARIABLE] ?? "",
  };
  const run: Shell["run"] = async (text) => {
    const script = `source ${state}\nexec 2>&1\ntrap 'code=$?; export -p > ${state}; exit $code' EXIT\nset -eo pipefail\n${text}\n`;
    return runChild("bash", ["--noprofile", "--norc", "-c", script], { cwd: folder, env });
  };
  const reset = async () => {
    await writeFile(state, "");
    // Not by the command line, which may be what is broken.
    const running = await findRunning(join(folder, ".sandbox", "live"));
    if (running) await stopRunning(running);
  };
  return {
    run,
    reset,
    dispose: async () => {
      await reset();
      await rm(home, { recursive: true, force: true });
      await copy.dispose();
    },
  };
}

/** What a block asks for: its commands, what is shown of their output (`…` stands for anything), and the exit code that the page states. */
export interface Session {
  readonly commands: string;
  readonly shown: readonly string[];
  readonly exitCode: number;
}

/** `bash` blocks are commands; in `console` blocks those behind `$ ` are (and what a backslash goes on with), and the rest is what they print. */
export function sessionOf({ language, info, text }: Block): Session {
  const exitCode = Number(/\bexit=(\d+)/.exec(info)?.[1] ?? 0);
  if (language === "bash") return { commands: text, shown: [], exitCode };
  const lines = text.split("\n");
  const isCommand = lines.map((line) => line.startsWith("$ "));
  for (const [index, line] of lines.entries()) if (isCommand[index] && line.endsWith("\\")) isCommand[index + 1] = true;
  return {
    commands: lines.flatMap((line, index) => (isCommand[index] ? [line.replace(/^\$ /, "")] : [])).join("\n"),
    shown: lines.filter((line, index) => !isCommand[index] && line.trim() !== ""),
    exitCode,
  };
}

/** The shown lines that the output lacks, in this order; blanks are compared as one, and a shown line may be the piece of a longer one. */
export function missingLines(shown: readonly string[], output: string): string[] {
  let rest = squeeze(output);
  return shown.filter((line) => {
    const pattern = squeeze(line).split("…").map(escapeRegExp).join("[^]*?");
    const found = new RegExp(pattern).exec(rest);
    if (found) rest = rest.slice(found.index + found[0].length);
    return !found;
  });
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
