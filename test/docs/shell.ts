/** How does a spec do what a reader does? Blocks of a page, one after the other, in bash, in a clone of the repository. */
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findRunning, stopRunning } from "../../sandbox/background";
import { copyCheckout } from "../support/checkout";
import { readTestToolchain, TOOLCHAIN_VARIABLE, type TestToolchain } from "../support/engine";
import { startProviders, type Providers } from "../support/providers";
import { runChild, type ChildResult } from "../support/sandbox";
import { type Block } from "./markdown";

/** How a text is run. */
export interface RunOptions {
  /** The engine starts its providers, as it does for a reader. @default it attaches to those of this process, once the shell knows the sandbox */
  readonly ownProviders?: boolean;
}

/** A person's shell in a clone: what a block exports or unsets is there for the next one. */
export interface Shell {
  /** Runs the text with `set -e`: the first line that fails ends it. Standard error goes to standard output, as on a terminal. */
  readonly run: (text: string, options?: RunOptions) => Promise<ChildResult>;
  /** Forgets the variables and ends the sandbox. */
  reset(): Promise<void>;
  dispose(): Promise<void>;
}

/** A clone with its dependencies, known to git, and a HOME of its own. */
export async function openShell(): Promise<Shell> {
  const attachment = new Attachment(await readTestToolchain());
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
  const exported = async () => {
    const print = `source ${state}; "${process.execPath}" -p "JSON.stringify(process.env)"`;
    const { stdout } = await runChild("bash", ["--noprofile", "--norc", "-c", print], { cwd: folder, env });
    return JSON.parse(stdout) as Readonly<Record<string, string>>;
  };
  const run: Shell["run"] = async (text, { ownProviders = false } = {}) => {
    const providers = ownProviders ? "" : await attachment.to(await exported());
    const attach = providers === "" ? "unset PULUMI_DEBUG_PROVIDERS" : `export PULUMI_DEBUG_PROVIDERS=${providers}`;
    const script = `source ${state}\n${attach}\nexec 2>&1\ntrap 'code=$?; export -p > ${state}; exit $code' EXIT\nset -eo pipefail\n${text}\n`;
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
      attachment.dispose();
      await rm(home, { recursive: true, force: true });
      await copy.dispose();
    },
  };
}

/** The providers of this process, for the sandbox that a shell knows of. */
class Attachment {
  private served: { readonly address: string; readonly providers: Promise<Providers> } | undefined;

  constructor(private readonly toolchain: TestToolchain) {}

  /** What `PULUMI_DEBUG_PROVIDERS` has to be; empty where the variables name no sandbox. */
  async to(variables: Readonly<Record<string, string>>): Promise<string> {
    const { SOPHIA_ESC_URL: address } = variables;
    if (address === undefined) return "";
    if (this.served?.address !== address) {
      this.dispose();
      this.served = { address, providers: startProviders(this.toolchain, variables) };
    }
    const providers = await this.served?.providers;
    return providers === undefined ? "" : providers.attach(variables);
  }

  dispose(): void {
    void this.served?.providers.then((providers) => providers.dispose());
    this.served = undefined;
  }
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
