/**
 * Which provider plugins stay between runs of the engine? Starting them is most of what a run costs; the engine attaches to those that are named in
 * PULUMI_DEBUG_PROVIDERS (https://www.pulumi.com/docs/support/debugging/debugging-providers/). Never in a run that is to be killed with all that
 * it has started.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT } from "../support/sandbox";

/** Plugins that take more than one engine; our stand-ins for the other two do not. */
const LASTING = ["github", "random", "snowflake"];

/** Running plugins. */
export interface LastingProviders {
  /** The value of PULUMI_DEBUG_PROVIDERS. */
  readonly variable: string;
  stop(): void;
}

/** Starts them. Throws when one gives no port. */
export async function startProviders(environment: Readonly<Record<string, string>>): Promise<LastingProviders> {
  const plugins = join(environment["PULUMI_HOME"] ?? "", "plugins");
  const commands = LASTING.map((name) => {
    const folder = readdirSync(plugins).find((entry) => new RegExp(`^resource-${name}-v[0-9.]+$`).test(entry));
    return { name, command: join(plugins, folder ?? "", `pulumi-resource-${name}`), args: [] as string[] };
  });
  const dynamic = join(__dirname, "dynamic-provider.js");
  commands.push({ name: "pulumi-nodejs", command: process.execPath, args: [dynamic, "127.0.0.1:1"] });
  const children: ChildProcess[] = [];
  const ports = await Promise.all(
    commands.map(async ({ name, command, args }) => {
      const child = spawn(command, args, {
        cwd: CHECKOUT,
        env: { ...environment },
        stdio: ["ignore", "pipe", "ignore"],
      });
      children.push(child);
      return `${name}:${await firstNumber(child, name)}`;
    }),
  );
  return { variable: ports.join(","), stop: () => children.forEach((child) => child.kill("SIGKILL")) };
}

function firstNumber(child: ChildProcess, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      const [, port] = /(\d+)\n/.exec(text) ?? [];
      if (port !== undefined) resolve(port);
    });
    child.once("exit", () => reject(new Error(`provider ${name} ended without a port`)));
  });
}
