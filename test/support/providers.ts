/** Must each run of the engine start every provider anew? Those of one sandbox stay, and the engine attaches to them: it takes half of a run's time otherwise. */
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { type Toolchain } from "../../sandbox/toolchain";
import { CHECKOUT } from "./child";

/** Providers that wait for the engine. */
export interface Providers {
  /** What `PULUMI_DEBUG_PROVIDERS` has to be. https://www.pulumi.com/docs/iac/concepts/providers/debugging-providers/ */
  readonly attached: string;
  dispose(): void;
}

/** The upstream ones, which start without an engine. */
const PLUGINS = ["github", "snowflake", "random"];

/** Starts the providers of a sandbox, with its environment. Throws when one ends before it says its port. */
export async function startProviders(toolchain: Toolchain, env: Readonly<Record<string, string>>): Promise<Providers> {
  const children: ChildProcess[] = [];
  const start = async (name: string, command: string, args: readonly string[]): Promise<string> => {
    const child = spawn(command, [...args], { cwd: CHECKOUT, env: { ...env }, stdio: ["ignore", "pipe", "ignore"] });
    children.push(child);
    return `${name}:${await firstLine(child, name)}`;
  };
  const dispose = () => {
    process.off("exit", dispose);
    for (const child of children) child.kill("SIGKILL");
  };
  process.once("exit", dispose);
  try {
    const paths = toolchain.plugins.filter(({ name }) => PLUGINS.includes(name));
    const ports = await Promise.all([
      ...paths.map(({ name, path }) => start(name, path, [])),
      start("pulumi-nodejs", process.execPath, DYNAMIC_PROVIDER),
    ]);
    return { attached: ports.join(","), dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** It wants the address of an engine, which it never calls. */
const DYNAMIC_PROVIDER = [
  ...["--require", join(__dirname, "attachable.js")],
  require.resolve("@pulumi/pulumi/cmd/dynamic-provider/index.js"),
  "127.0.0.1:1",
];

function firstLine(child: ChildProcess, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")).trim());
    });
    child.once("error", reject);
    child.once("close", () => reject(new Error(`the provider ${name} ended before it said its port`)));
  });
}
