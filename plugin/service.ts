/** How does our plugin answer the engine? One handler for each remote call that `sophia:github:Entries` needs; every other one is UNIMPLEMENTED. */
import { type handleUnaryCall, Metadata, status, type UntypedHandleCall } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { budgetFor, describeWriting } from "../automation/github/budget";
import { GitHubClient, type WriterDependencies } from "../automation/github/client";
import { Pace } from "../automation/github/pace";
import {
  applyEntries,
  deleteEntries,
  describePlan,
  type EntriesInputs,
  type EntriesState,
  idOf,
  isElsewhere,
  PartialWrite,
  planOf,
  refreshEntries,
  type Tell,
  writesOf,
} from "./github-entries";
import { decode, encode, UNKNOWN, type Properties } from "./wire";

/** The one resource type. */
export const ENTRIES_TOKEN = "sophia:github:Entries";
const VERSION = "0.1.0";

/** What the plugin gets from outside. */
export interface PluginDependencies extends WriterDependencies {
  /** Tells the engine a line about a resource. */
  readonly log: (urn: string, line: string, isPassing: boolean) => void;
}

/** The handlers by method name, for `Server.addService`. Everything of one process shares one pace. */
export function createHandlers(dependencies: PluginDependencies): Record<string, UntypedHandleCall> {
  let configured: { client: GitHubClient; api: string } | undefined;
  const client = (): GitHubClient => {
    if (!configured) throw new Error("the sophia provider was used before it was configured");
    return configured.client;
  };
  const tellOf =
    (urn: string): Tell =>
    (line, isPassing) =>
      dependencies.log(urn, line, isPassing);
  /** What will be written, in words, and how long that takes where it takes long. */
  const sayPlan = (urn: string, inputs: EntriesInputs, plan: ReturnType<typeof planOf>) => {
    const time = configured && describeWriting(writesOf(plan), budgetFor(configured.api));
    dependencies.log(urn, describePlan(inputs, plan) + (time === undefined ? "" : ` (${time})`), false);
  };
  return {
    getPluginInfo: unary(async () => new PluginInfo().setVersion(VERSION)),
    getSchema: unary(async () => new rpc.GetSchemaResponse().setSchema(schema())),
    // What was begun goes on to its end, and the state keeps it: a write that is cut off half-way would leave an entry that no state knows.
    cancel: unary(async () => {
      configured?.client.pace.stop();
      return new Empty();
    }),
    configure: unary(async (request: rpc.ConfigureRequest) => {
      const { api, token } = decode(request.getArgs()) as { api: string; token: string };
      const pace = new Pace(budgetFor(api), dependencies);
      configured = { client: new GitHubClient({ api, token }, pace, dependencies), api };
      return new rpc.ConfigureResponse().setAcceptsecrets(true).setAcceptresources(false).setSupportspreview(true);
    }),
    check: unary(async (request: rpc.CheckRequest) => {
      const inputs = decode(request.getNews());
      return new rpc.CheckResponse().setInputs(encode(inputs, ["values"]));
    }),
    diff: unary(async (request: rpc.DiffRequest) => diffResponse(request)),
    create: unary(async (request: rpc.CreateRequest) => {
      const inputs = decode(request.getProperties()) as unknown as EntriesInputs;
      const plan = planOf({}, inputs);
      if (request.getPreview()) {
        sayPlan(request.getUrn(), inputs, plan);
        return new rpc.CreateResponse().setProperties(encode({ entries: UNKNOWN }, []));
      }
      const { pace } = client();
      pace.announce(writesOf(plan));
      const state = await applyEntries(client(), { state: {}, inputs, plan }, tellOf(request.getUrn()));
      return new rpc.CreateResponse().setId(idOf(inputs)).setProperties(encode(asProperties(state), []));
    }),
    update: unary(async (request: rpc.UpdateRequest) => {
      const inputs = decode(request.getNews()) as unknown as EntriesInputs;
      const state = decode(request.getOlds()) as unknown as EntriesState;
      const before = decode(request.getOldInputs()) as unknown as EntriesInputs;
      const plan = planOf(state, inputs, before);
      if (request.getPreview()) {
        sayPlan(request.getUrn(), inputs, plan);
        return new rpc.UpdateResponse().setProperties(encode(asProperties(state), []));
      }
      client().pace.announce(writesOf(plan));
      const after = await applyEntries(client(), { state, inputs, plan }, tellOf(request.getUrn()));
      return new rpc.UpdateResponse().setProperties(encode(asProperties(after), []));
    }),
    read: unary(async (request: rpc.ReadRequest) => {
      const state = decode(request.getProperties()) as unknown as EntriesState;
      const inputs = decode(request.getInputs());
      if (!("entries" in state)) throw new Error("entries of GitHub cannot be imported: nobody can read their values");
      const after = await refreshEntries(client(), state, inputs);
      if (!after) return new rpc.ReadResponse();
      return new rpc.ReadResponse()
        .setId(request.getId())
        .setProperties(encode(asProperties(after), []))
        .setInputs(encode(inputs, ["values"]));
    }),
    delete: unary(async (request: rpc.DeleteRequest) => {
      const state = decode(request.getProperties()) as unknown as EntriesState;
      await deleteEntries(client(), state, tellOf(request.getUrn()));
      return new Empty();
    }),
  };
}

function diffResponse(request: rpc.DiffRequest): rpc.DiffResponse {
  const state = decode(request.getOlds()) as unknown as EntriesState;
  const inputs = decode(request.getNews()) as unknown as EntriesInputs;
  const plan = planOf(state, inputs, decode(request.getOldInputs()));
  const { DiffChanges } = rpc.DiffResponse;
  const { Kind } = rpc.PropertyDiff;
  const response = new rpc.DiffResponse().setHasdetaileddiff(true);
  if (isElsewhere(state, inputs)) {
    response.getDetaileddiffMap().set("owner", new rpc.PropertyDiff().setKind(Kind.UPDATE_REPLACE));
    return response.setChanges(DiffChanges.DIFF_SOME).setReplacesList(["owner"]);
  }
  const note = (names: readonly string[], kind: rpc.PropertyDiff.Kind) => {
    for (const name of names)
      response.getDetaileddiffMap().set(`wanted.${name}`, new rpc.PropertyDiff().setKind(kind).setInputdiff(true));
  };
  note(plan.create, Kind.ADD);
  note(plan.update, Kind.UPDATE);
  note(plan.remove, Kind.DELETE);
  const names = [...plan.create, ...plan.update, ...plan.remove];
  return response
    .setChanges(names.length > 0 ? DiffChanges.DIFF_SOME : DiffChanges.DIFF_NONE)
    .setDiffsList(names.length > 0 ? ["wanted"] : []);
}

function asProperties(state: EntriesState): Properties {
  return { ...state };
}

function schema(): string {
  const resource = { description: "The Actions secrets and variables that one stack writes to one place at GitHub" };
  return JSON.stringify({ name: "sophia", version: VERSION, resources: { [ENTRIES_TOKEN]: resource } });
}

function unary<Request extends object>(handle: (request: Request) => Promise<unknown>): UntypedHandleCall {
  const handler: handleUnaryCall<Request, unknown> = ({ request }, reply) => {
    handle(request).then(
      (response) => reply(null, response),
      (error: unknown) => reply(failureOf(error as Error)),
    );
  };
  return handler;
}

/** Part of a write is told in the way in which the engine keeps its state: https://www.pulumi.com/docs/iac/extending-pulumi/pulumi-provider-protocol/ */
function failureOf(error: Error): { code: status; details: string; metadata?: Metadata } {
  const details = error.message;
  if (!(error instanceof PartialWrite)) return { code: status.UNKNOWN, details };
  const failed = new rpc.ErrorResourceInitFailed()
    .setId(error.id)
    .setProperties(encode(asProperties(error.state), []))
    .setReasonsList([...error.reasons]);
  const packed = new Any();
  packed.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const metadata = new Metadata();
  const text = new Status().setCode(status.UNKNOWN).setMessage(details);
  // Gives back what was added, not the status.
  text.addDetails(packed);
  metadata.add("grpc-status-details-bin", Buffer.from(text.serializeBinary()));
  return { code: status.UNKNOWN, details, metadata };
}
