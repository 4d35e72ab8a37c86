/** How does our plugin run? It listens on a loopback port, prints the port for the engine, and ends with the engine. */
import { fstatSync } from "node:fs";
import { credentials, Server, ServerCredentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { systemHttp } from "../automation/http";
import { createHandlers, type PluginDependencies } from "./service";

/** The engine's own limit for messages (400 MiB); grpc's default of 4 MiB is less than a large place needs. */
const MESSAGES = { "grpc.max_receive_message_length": 400 << 20, "grpc.max_send_message_length": 400 << 20 };

/** Serves until the engine ends the process. The engine gives its own address as the first argument; without one nobody is told anything. */
export async function runPlugin(engineAddress: string | undefined): Promise<void> {
  const dependencies = { ...systemHttp(), now: Date.now, log: logTo(engineAddress) };
  process.stdout.write(`${await serve(dependencies)}\n`);
  // The engine holds the other end of standard input: when it dies without a word, the plugin must not stay behind.
  const input = fstatSync(0);
  if (!input.isFIFO() && !input.isSocket()) return;
  process.stdin.on("end", () => process.exit(0)).resume();
}

function serve(dependencies: PluginDependencies): Promise<number> {
  const server = new Server(MESSAGES);
  server.addService(ResourceProviderService, createHandlers(dependencies));
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

/** Lines go to the engine's log; one that fails is lost, because a write must not fail for it. */
function logTo(engineAddress: string | undefined): PluginDependencies["log"] {
  if (engineAddress === undefined) return () => undefined;
  const engine = new EngineClient(engineAddress, credentials.createInsecure());
  return (urn, line, isPassing) => {
    const request = new LogRequest().setSeverity(LogSeverity.INFO).setMessage(line).setUrn(urn).setEphemeral(isPassing);
    engine.log(request, () => undefined);
  };
}
