/** How does a spec run the env-file commands without an engine? A project's folder under git, ESC's stand-in, and the command line with no token but ESC's. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startEsc, type EscStandIn } from "../../sandbox/esc";
import { CHECKOUT, said, type ChildResult } from "./child";
import { runHere } from "./command-line";
import { type ChildOptions } from "./sandbox";

/** What ESC's stand-in takes. */
export const ESC_TOKEN = "pul-0123456789abcdef0123456789abcdef";
const SETTINGS = ["Pulumi.yaml", "Pulumi.development.yaml", "Pulumi.production.yaml", ".gitignore"];

/** The folder, and what is on the other side: the ESC of organization payready. */
export interface EscCheckout {
  readonly folder: string;
  readonly esc: EscStandIn;
  /** All that was printed so far. */
  readonly transcript: readonly string[];
  /** Runs the command line in the folder (or in `cwd`), the words of the line divided by blanks, under an open umask. */
  cli(line: string, options?: Omit<ChildOptions, "asChild">): Promise<ChildResult>;
  /** The same with `--json`; throws with what it said when it does not end with `code`. */
  json<T>(line: string, code?: number): Promise<T>;
  put(file: string, text: string): Promise<void>;
  get(file: string): Promise<string>;
  /** What consumers of the intake would get below `values.services.other.settings`. */
  others(): Readonly<Record<string, string>>;
  dispose(): Promise<void>;
}

/** Starts ESC and makes the folder, with the settings files of this project and an empty repository; environments are made by the first import. */
export async function startEscCheckout(): Promise<EscCheckout> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "sophia-esc-checkout-")));
  for (const file of SETTINGS) await cp(join(CHECKOUT, file), join(folder, file));
  await promisify(execFile)("git", ["init", "--quiet"], { cwd: folder });
  const esc = await startEsc({ token: ESC_TOKEN, organization: "payready" });
  const transcript: string[] = [];
  const base = { PATH: process.env.PATH ?? "", HOME: folder, SOPHIA_ESC_URL: esc.url, PULUMI_ACCESS_TOKEN: ESC_TOKEN };
  const cli: EscCheckout["cli"] = async (line, { env = {}, stdin = "", cwd = folder } = {}) => {
    const given = Object.entries({ ...base, ...env }).filter(([, value]) => value !== undefined);
    const environment = Object.fromEntries(given) as Record<string, string>;
    const result = await underOpenUmask(() => runHere(line.split(" "), { environment, directory: cwd, stdin }));
    transcript.push(result.stdout, result.stderr);
    return result;
  };
  return {
    ...{ folder, esc, transcript, cli },
    json: async <T>(line: string, code = 0) => {
      const result = await cli(`${line} --json`);
      if (result.code !== code) throw new Error(`${line}: ${said(result)}`);
      return JSON.parse(result.stdout === "" ? result.stderr : result.stdout) as T;
    },
    put: (file, text) => writeFile(join(folder, file), text),
    get: (file) => readFile(join(folder, file), "utf8"),
    others: () => {
      const { services } = esc.openValues("sophia", "development-intake") as {
        services?: { other?: { settings?: Record<string, string> } };
      };
      return services?.other?.settings ?? {};
    },
    dispose: async () => {
      await esc.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** So that a file's mode is the program's own doing. */
async function underOpenUmask<T>(act: () => Promise<T>): Promise<T> {
  const before = process.umask(0);
  try {
    return await act();
  } finally {
    process.umask(before);
  }
}
