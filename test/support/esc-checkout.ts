/** How does a spec run the env-file commands without an engine? A project's folder under git, ESC's stand-in, and the real program as a child with no token but ESC's. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startEsc, type EscStandIn } from "../../sandbox/esc";
import { CHECKOUT, runChild, type ChildOptions, type ChildResult } from "./sandbox";

const TOKEN = "pul-0123456789abcdef0123456789abcdef";
const SETTINGS = ["Pulumi.yaml", "Pulumi.development.yaml", "Pulumi.production.yaml", ".gitignore"];

/** The folder, and what is on the other side. */
export interface EscCheckout {
  readonly folder: string;
  readonly esc: EscStandIn;
  /** All that was printed so far. */
  readonly transcript: readonly string[];
  /** Runs `sophia-secrets` in the folder (or in `cwd`), the words of the line divided by blanks, under an open umask. */
  cli(line: string, options?: ChildOptions): Promise<ChildResult>;
  put(file: string, text: string): Promise<void>;
  get(file: string): Promise<string>;
  dispose(): Promise<void>;
}

/** Starts ESC and makes the folder, with the settings files of this project and an empty repository. */
export async function startEscCheckout(): Promise<EscCheckout> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "sophia-regression-")));
  for (const file of SETTINGS) await cp(join(CHECKOUT, file), join(folder, file));
  await promisify(execFile)("git", ["init", "--quiet"], { cwd: folder });
  const esc = await startEsc({ token: TOKEN, organization: "payready" });
  const transcript: string[] = [];
  const base = { PATH: process.env.PATH ?? "", HOME: folder, SOPHIA_ESC_URL: esc.url, PULUMI_ACCESS_TOKEN: TOKEN };
  return {
    folder,
    esc,
    transcript,
    cli: async (line, { env = {}, stdin, cwd = folder } = {}) => {
      const given = Object.entries({ ...base, ...env }).filter(([, value]) => value !== undefined);
      const program = [process.execPath, join(CHECKOUT, "bin", "sophia-secrets.js"), ...line.split(" ")];
      // `--`: Node takes an --env-file of the line for its own otherwise.
      const [node = "", ...words] = program;
      const result = await runChild("/bin/sh", ["-c", 'umask 000; exec "$0" -- "$@"', node, ...words], {
        env: Object.fromEntries(given),
        cwd,
        ...(stdin === undefined ? {} : { stdin }),
      });
      transcript.push(result.stdout, result.stderr);
      return result;
    },
    put: (file, text) => writeFile(join(folder, file), text),
    get: (file) => readFile(join(folder, file), "utf8"),
    dispose: async () => {
      await esc.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
