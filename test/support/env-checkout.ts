/** Where does a spec run `import-env` and `export-env`? A checkout of its own with nothing but the stacks' files, and ESC's stand-in. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEsc, type EscStandIn } from "../../sandbox/esc";
import { CHECKOUT, runChild, said, type ChildResult } from "./sandbox";

const TOKEN = "pul-0123456789abcdef0123456789abcdef";

/** A folder and the ESC of organization payready. */
export interface EnvCheckout {
  readonly folder: string;
  readonly esc: EscStandIn;
  /** Runs the command line; words are separated by single spaces. */
  cli(line: string, env?: Readonly<Record<string, string>>): Promise<ChildResult>;
  /** The same with `--json`; throws with what it said when it does not end with `code`. */
  json<T>(line: string, code?: number): Promise<T>;
  put(name: string, text: string): Promise<void>;
  get(name: string): Promise<string>;
  /** What consumers of the intake would get below `values.services.other.settings`. */
  others(): Readonly<Record<string, string>>;
  dispose(): Promise<void>;
}

/** Starts it; environments are made by the first import. */
export async function startEnvCheckout(): Promise<EnvCheckout> {
  const esc = await startEsc({ token: TOKEN, organization: "payready" });
  const folder = await mkdtemp(join(tmpdir(), "sophia-env-"));
  for (const file of ["Pulumi.yaml", "Pulumi.development.yaml"]) await cp(join(CHECKOUT, file), join(folder, file));
  const main = ["--import", require.resolve("tsx"), "--", join(CHECKOUT, "automation", "cli", "main.ts")];
  const environment = {
    ...{ PATH: process.env.PATH ?? "", HOME: folder, SOPHIA_ESC_URL: esc.url, PULUMI_ACCESS_TOKEN: TOKEN },
  };
  const cli: EnvCheckout["cli"] = (line, env = {}) =>
    runChild(process.execPath, [...main, ...line.split(" ")], { env: { ...environment, ...env }, cwd: folder });
  return {
    ...{ folder, esc, cli },
    json: async <T>(line: string, code = 0) => {
      const result = await cli(`${line} --json`);
      if (result.code !== code) throw new Error(`${line}: ${said(result)}`);
      return JSON.parse(result.stdout === "" ? result.stderr : result.stdout) as T;
    },
    put: (name, text) => writeFile(join(folder, name), text),
    get: (name) => readFile(join(folder, name), "utf8"),
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
