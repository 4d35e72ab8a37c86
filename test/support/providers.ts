/** Must each run of the engine start every provider anew? Those of one process stay, and the engine attaches to them: it takes half of a run's time otherwise. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pulumiservicePlugin } from "../../tools/plugins/pulumiservice";
import { servePlugin, type ServedPlugin } from "../../tools/plugins/server";
import { vercelPlugin } from "../../tools/plugins/vercel";
import { type TestToolchain } from "./engine";
import { CHECKOUT } from "./child";

/** Providers that wait for the engine. */
export interface Providers {
  /** Makes them serve this sandbox, our own code in them with another environment than its if that is given; gives what `PULUMI_DEBUG_PROVIDERS` has to be. https://www.pulumi.com/docs/iac/concepts/providers/debugging-providers/ */
  readonly attach: (environment?: Readonly<Record<string, string>>) => Promise<string>;
  /** HOME and TMPDIR of those that serve every sandbox. */
  readonly place: string;
  /** Ends those that are this sandbox's own; the others serve the next one. */
  readonly dispose: () => void;
}

/** The upstream ones, which start without an engine. */
const UPSTREAM = ["github", "snowflake", "random"];

/** Where nobody listens: they reach loopback directly, and nothing else. */
const NOWHERE = "http://127.0.0.1:9";

/** Ports of those that serve every sandbox of this process: each run of the engine configures them anew. */
let shared: Promise<Shared> | undefined;

/** The providers of a sandbox: stand-ins of ours in this process with its environment, and the upstream ones. Throws when one ends before it says its port. */
export async function startProviders(
  toolchain: TestToolchain,
  environment: Readonly<Record<string, string>>,
): Promise<Providers> {
  const isOurs = (name: string) =>
    toolchain.plugins.some((plugin) => plugin.name === name && plugin.source === "stand-in");
  const served: Record<string, ServedPlugin> = {};
  if (isOurs("vercel")) served.vercel = await servePlugin(vercelPlugin, environment);
  if (isOurs("pulumiservice")) served.pulumiservice = await servePlugin(pulumiservicePlugin, environment);
  const own = Object.entries(served).map(([name, { port }]) => `${name}:${port}`);
  const { ports, place, serve } = await (shared ??= startShared(toolchain));
  return {
    place,
    attach: async (given = environment) => {
      await serve(given);
      return [ports, ...own].join(",");
    },
    dispose: () => {
      for (const plugin of Object.values(served)) plugin.close();
    },
  };
}

interface Shared {
  readonly ports: string;
  readonly place: string;
  /** Gives the environment of a sandbox to the provider of dynamic resources, in which our own code runs. */
  readonly serve: (environment: Readonly<Record<string, string>>) => Promise<void>;
}

async function startShared(toolchain: TestToolchain): Promise<Shared> {
  const place = mkdtempSync(join(tmpdir(), "sophia-providers-"));
  // Go collects its garbage less often: each starts with megabytes of schemas.
  const env = {
    PATH: process.env.PATH,
    HOME: place,
    TMPDIR: place,
    HTTPS_PROXY: NOWHERE,
    HTTP_PROXY: NOWHERE,
    GOGC: "400",
  };
  const children: ChildProcess[] = [];
  process.once("exit", () => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(place, { recursive: true, force: true });
  });
  const start = (command: string, args: readonly string[], more: readonly "ipc"[] = []): ChildProcess => {
    const child = spawn(command, [...args], { cwd: CHECKOUT, env, stdio: ["ignore", "pipe", "ignore", ...more] });
    children.push(child);
    return child;
  };
  const paths = toolchain.plugins.filter(({ name }) => UPSTREAM.includes(name));
  const dynamic = start(process.execPath, DYNAMIC_PROVIDER, ["ipc"]);
  const ports = await Promise.all([
    ...paths.map(({ name, path }) => portOf(name, start(path, []))),
    portOf("pulumi-nodejs", dynamic),
  ]);
  dynamic.channel?.unref();
  return {
    ports: ports.join(","),
    place,
    serve: async (environment) => {
      dynamic.channel?.ref();
      dynamic.send(environment);
      await once(dynamic, "message");
      dynamic.channel?.unref();
    },
  };
}

async function portOf(name: string, child: ChildProcess): Promise<string> {
  const port = await firstLine(child, name);
  // They do not keep this process: it ends them.
  child.unref();
  (child.stdout as Socket).unref();
  return `${name}:${port}`;
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
