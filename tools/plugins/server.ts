/** How does a plugin run? It listens on a loopback port, prints the port for the engine, and ends with the engine. */
import { fstatSync } from "node:fs";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { aboutPlugin, type Plugin } from "./plugin";
import { createHandlers } from "./service";

/** The engine's own limit for messages (400 MiB); grpc's default of 4 MiB is less than a large environment needs. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

/**
 * The whole of a plugin's executable: serves until the engine ends it. `--version` prints what it is instead.
 * The engine holds the other end of standard input: when it dies without a word, the plugin must not stay behind.
 */
export async function runPlugin<Session>(plugin: Plugin<Session>): Promise<void> {
  if (process.argv.includes("--version")) {
    process.stdout.write(`${aboutPlugin(plugin)}\n`);
    return;
  }
  process.stdout.write(`${(await servePlugin(plugin, process.env)).port}\n`);
  const input = fstatSync(0);
  if (!input.isFIFO() && !input.isSocket()) return;
  process.stdin.on("end", () => process.exit(0)).resume();
}

/** A plugin that waits for the engine. */
export interface ServedPlugin {
  readonly port: number;
  /** Ends it, and what is under way. */
  close(): void;
}

/** Serves a plugin on a free loopback port, with the environment of the process or, in a process of others, its own. */
export function servePlugin<Session>(plugin: Plugin<Session>, environment: NodeJS.ProcessEnv): Promise<ServedPlugin> {
  const server = new Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  server.addService(ResourceProviderService, createHandlers(plugin, environment));
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve({ port, close: () => server.forceShutdown() }),
    );
  });
}
