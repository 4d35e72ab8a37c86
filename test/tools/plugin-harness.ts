/** How does a spec speak to a stand-in plugin? As the engine does: it starts the executable, reads the port, and calls the service. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { build } from "esbuild";
import { type Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

/** The engine's text for a value that is not known yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Properties as they are on the wire, sentinels and all. */
export type Wire = Readonly<Record<string, unknown>>;

/** A value in the engine's wrapping for secrets. */
export function secret(value: unknown): Wire {
  return { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value };
}

/** A text asset in the engine's wrapping. */
export function textAsset(text: string): Wire {
  return { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", hash: "0", text };
}

/** What a diff said: `changes` maps each changed property to its kind. */
export interface PluginDiff {
  readonly changes: Readonly<Record<string, string>>;
  readonly replaces: readonly string[];
  readonly deleteBeforeReplace: boolean;
}

/** A started plugin for one resource type at a time; calls that the plugin refuses throw with its text. */
export interface TestPlugin {
  readonly port: number;
  /** What it wrote after the port, and to standard error: nothing is wanted. */
  readonly said: () => string;
  configure(settings: Wire): Promise<rpc.ConfigureResponse>;
  check(
    type: string,
    news: Wire,
    olds?: Wire,
  ): Promise<{ inputs: Wire; failures: [property: string, reason: string][] }>;
  diff(type: string, olds: { inputs: Wire; outputs: Wire }, news: Wire, ignoreChanges?: string[]): Promise<PluginDiff>;
  create(type: string, inputs: Wire, preview?: boolean): Promise<{ id: string; outputs: Wire }>;
  update(type: string, id: string, outputs: Wire, news: Wire, preview?: boolean): Promise<Wire>;
  read(type: string, id: string, outputs?: Wire, inputs?: Wire): Promise<{ id: string; outputs: Wire; inputs: Wire }>;
  delete(type: string, id: string, outputs: Wire): Promise<void>;
  client: ResourceProviderClient;
  /** Closes standard input, as a dying engine does, and waits for the end; gives the exit code. */
  close(): Promise<number | null>;
}

/** Bundles a plugin (`vercel`, `pulumiservice`) into one executable file in `folder` and gives its path. */
export async function bundlePlugin(name: string, folder: string): Promise<string> {
  const file = join(folder, `pulumi-resource-${name}`);
  await build({
    entryPoints: [resolve(__dirname, `../../tools/plugins/${name}.ts`)],
    outfile: file,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    banner: { js: "#!/usr/bin/env node" },
    logLevel: "error",
  });
  await chmod(file, 0o755);
  return file;
}

/** A temporary folder that is removed by the returned function. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "sophia-plugins-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Starts a bundled plugin with nothing of this process's environment but PATH. */
export async function startPlugin(
  file: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<TestPlugin> {
  const child = spawn(file, ["127.0.0.1:1"], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...environment },
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [first] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(first.toString());
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  return { port, said: () => said, client, ...calls(client), close: () => closePlugin(client, child) };
}

/** `urn:pulumi:stack::project::TYPE::thing`, as the engine sends it. */
export function urnOf(type: string): string {
  return `urn:pulumi:test::spec::parent:index:Parent$${type}::thing`;
}

/** Awaits one call of a grpc client. */
export function unary<T>(start: (reply: (error: ServiceError | null, response: T) => void) => unknown): Promise<T> {
  return new Promise((settle, reject) => {
    start((error, response) => (error ? reject(new Error(error.details, { cause: error })) : settle(response)));
  });
}

/** A struct as a plain object. */
export function plain(struct: Struct | undefined): Wire {
  return struct?.toJavaScript() ?? {};
}

async function closePlugin(client: ResourceProviderClient, child: ChildProcess): Promise<number | null> {
  client.close();
  const ended = once(child, "exit") as Promise<[number | null]>;
  child.stdin?.end();
  return (await ended)[0];
}

type Calls = Omit<TestPlugin, "port" | "said" | "client" | "close">;

function calls(client: ResourceProviderClient): Calls {
  return {
    configure: (settings) =>
      unary<rpc.ConfigureResponse>((reply) =>
        client.configure(new rpc.ConfigureRequest().setAcceptsecrets(true).setArgs(wire(settings)), reply),
      ),
    async check(type, news, olds = {}) {
      const request = new rpc.CheckRequest()
        .setUrn(urnOf(type))
        .setName("thing")
        .setNews(wire(news))
        .setOlds(wire(olds))
        .setRandomseed(Buffer.from("seed"));
      const response = await unary<rpc.CheckResponse>((reply) => client.check(request, reply));
      const failures = response.getFailuresList();
      return {
        inputs: plain(response.getInputs()),
        failures: failures.map((failure) => [failure.getProperty(), failure.getReason()]),
      };
    },
    async diff(type, olds, news, ignoreChanges = []) {
      const request = new rpc.DiffRequest()
        .setUrn(urnOf(type))
        .setOlds(wire(olds.outputs))
        .setOldInputs(wire(olds.inputs))
        .setNews(wire(news))
        .setIgnorechangesList(ignoreChanges);
      return describeDiff(await unary<rpc.DiffResponse>((reply) => client.diff(request, reply)));
    },
    async create(type, inputs, preview = false) {
      const request = new rpc.CreateRequest().setUrn(urnOf(type)).setProperties(wire(inputs)).setPreview(preview);
      const response = await unary<rpc.CreateResponse>((reply) => client.create(request, reply));
      return { id: response.getId(), outputs: plain(response.getProperties()) };
    },
    async update(type, id, outputs, news, preview = false) {
      const request = new rpc.UpdateRequest()
        .setUrn(urnOf(type))
        .setId(id)
        .setOlds(wire(outputs))
        .setNews(wire(news))
        .setPreview(preview);
      return plain((await unary<rpc.UpdateResponse>((reply) => client.update(request, reply))).getProperties());
    },
    async read(type, id, outputs = {}, inputs = {}) {
      const request = new rpc.ReadRequest()
        .setUrn(urnOf(type))
        .setId(id)
        .setProperties(wire(outputs))
        .setInputs(wire(inputs));
      const response = await unary<rpc.ReadResponse>((reply) => client.read(request, reply));
      return { id: response.getId(), outputs: plain(response.getProperties()), inputs: plain(response.getInputs()) };
    },
    async delete(type, id, outputs) {
      const request = new rpc.DeleteRequest().setUrn(urnOf(type)).setId(id).setProperties(wire(outputs));
      await unary<Empty>((reply) => client.delete(request, reply));
    },
  };
}

function describeDiff(response: rpc.DiffResponse): PluginDiff {
  const kinds = Object.entries(rpc.PropertyDiff.Kind);
  const changes: Record<string, string> = {};
  for (const [name, change] of response.getDetaileddiffMap().entries() as Iterable<[string, rpc.PropertyDiff]>) {
    changes[name] = kinds.find(([, kind]) => kind === change.getKind())?.[0] ?? "?";
  }
  const some = response.getChanges() === rpc.DiffResponse.DiffChanges.DIFF_SOME;
  if (some !== Object.keys(changes).length > 0) throw new Error("changes and the detailed diff disagree");
  return { changes, replaces: response.getReplacesList(), deleteBeforeReplace: response.getDeletebeforereplace() };
}

function wire(properties: Wire): Struct {
  return Struct.fromJavaScript(properties as Record<string, object>);
}
