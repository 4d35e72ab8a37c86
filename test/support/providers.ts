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

/** The one of dynamic resources, in which our own code runs. */
export const DYNAMIC = "pulumi-nodejs";

/** Where nobody listens: they reach loopback directly, and nothing else. */
const NOWHERE = "http://127.0.0.1:9";

/** Those that serve every sandbox of this process, by name: each run of the engine configures them anew. */
const shared = new Map<string, Promise<Shared>>();

/** Where those that serve every sandbox have their HOME and TMPDIR. */
let sharedPlace: string | undefined;

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
  const upstream = toolchain.plugins.map(({ name }) => name).filter((name) => UPSTREAM.includes(name));
  const attachShared = await startUpstream(toolchain, [...upstream, DYNAMIC]);
  return {
    place: placeOfShared(),
    attach: async (given = environment) => [await attachShared(given), ...own].join(","),
    dispose: () => {
      for (const plugin of Object.values(served)) plugin.close();
    },
  };
}

/** Starts these of the upstream providers where they are not started yet; what it gives makes them serve somebody, as {@link Providers.attach} does. */
export async function startUpstream(
  toolchain: TestToolchain,
  names: readonly string[],
): Promise<(environment: Readonly<Record<string, string>>) => Promise<string>> {
  const started = await Promise.all(
    names.map((name) => {
      const known = shared.get(name) ?? startShared(toolchain, name);
      shared.set(name, known);
      return known;
    }),
  );
  return async (environment) => {
    for (const { serve } of started) await serve?.(environment);
    return started.map(({ port }) => port).join(",");
  };
}

interface Shared {
  /** `<name>:<port>`. */
  readonly port: string;
  /** Gives the environment of a sandbox to the provider of dynamic resources, in which our own code runs. */
  readonly serve?: (environment: Readonly<Record<string, string>>) => Promise<void>;
}

async function startShared(toolchain: TestToolchain, name: string): Promise<Shared> {
  const place = placeOfShared();
  // Go collects its garbage less often: each starts with megabytes of schemas.
  const env = {
    PATH: process.env.PATH,
    HOME: place,
    TMPDIR: place,
    HTTPS_PROXY: NOWHERE,
    HTTP_PROXY: NOWHERE,
    NO_PROXY: "127.0.0.1,localhost",
    GOGC: "400",
  };
  const isDynamic = name === DYNAMIC;
  const path = isDynamic ? process.execPath : toolchain.plugins.find((plugin) => plugin.name === name)?.path;
  if (path === undefined) throw new Error(`the toolchain has no provider ${name}`);
  const more = isDynamic ? (["ipc"] as const) : [];
  const args = isDynamic ? DYNAMIC_PROVIDER : [];
  const child = spawn(path, args, { cwd: CHECKOUT, env, stdio: ["ignore", "pipe", "ignore", ...more] });
  process.once("exit", () => child.kill("SIGKILL"));
  const port = await portOf(name, child);
  if (!isDynamic) return { port };
  child.channel?.unref();
  const serve = async (environment: Readonly<Record<string, string>>) => {
    child.channel?.ref();
    child.send(environment);
    await once(child, "message");
    child.channel?.unref();
  };
  return { port, serve };
}

function placeOfShared(): string {
  if (sharedPlace !== undefined) return sharedPlace;
  const place = mkdtempSync(join(tmpdir(), "sophia-providers-"));
  process.once("exit", () => rmSync(place, { recursive: true, force: true }));
  return (sharedPlace = place);
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
