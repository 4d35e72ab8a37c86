/** How does a plugin answer the engine? One handler for each remote call that our resources need; every other call is UNIMPLEMENTED. */
import { type handleUnaryCall, status, type UntypedHandleCall, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type Struct } from "google-protobuf/google/protobuf/struct_pb";
import { type Plugin, pluginSchema } from "./plugin";
import { decodeProperties, encodeProperties, type PropertyBag, type PropertyValue, UNKNOWN } from "./properties";
import { diffProperties, PluginError, type PropertyChange, type Resource } from "./resource";

/** Shorter texts are left alone: replacing them would garble every word. */
const SHORTEST_SECRET = 4;

/**
 * The handlers of a plugin by method name, ready for `Server.addService`, which answers UNIMPLEMENTED for those that are missing.
 * Each provider of a program has a connection of its own, also to a plugin that the engine was told to attach to, and so a session of its own.
 */
export function createHandlers<Session>(
  plugin: Plugin<Session>,
  environment: NodeJS.ProcessEnv,
): UntypedServiceImplementation {
  // The promise is kept, not its result: calls that arrive while the plugin is being configured wait for the same one.
  const configured = new Map<string, Promise<Session>>();
  const session = (peer: string): Promise<Session> =>
    configured.get(peer) ??
    Promise.reject(new PluginError(`the ${plugin.name} provider was used before it was configured`));
  const find = (urn: string): Resource<Session> => {
    const token = typeOfUrn(urn);
    const resource = plugin.resources.find((candidate) => candidate.token === token);
    if (!resource) throw new PluginError(`${token} is not carried by the ${plugin.name} stand-in plugin`);
    return resource;
  };
  return {
    getPluginInfo: unary(async () => new PluginInfo().setVersion(plugin.version)),
    getSchema: unary(async () => new rpc.GetSchemaResponse().setSchema(pluginSchema(plugin))),
    // Started requests go on to their end: one that is cut off half-way would leave a resource that no state knows.
    cancel: unary(async () => new Empty()),
    attach: unary(async () => new Empty()),
    configure: unary(async (request: rpc.ConfigureRequest, peer) => {
      const opened = plugin.configure(decodeProperties(request.getArgs()).values, environment);
      configured.set(peer, opened);
      await opened;
      return new rpc.ConfigureResponse().setAcceptsecrets(true).setAcceptresources(true).setSupportspreview(true);
    }),
    check: unary(async (request: rpc.CheckRequest) => checkResource(find(request.getUrn()), request)),
    diff: unary(async (request: rpc.DiffRequest) => diffResource(find(request.getUrn()), request)),
    create: unary(async (request: rpc.CreateRequest, peer) =>
      createResource(find(request.getUrn()), await session(peer), request),
    ),
    update: unary(async (request: rpc.UpdateRequest, peer) =>
      updateResource(find(request.getUrn()), await session(peer), request),
    ),
    read: unary(async (request: rpc.ReadRequest, peer) =>
      readResource(find(request.getUrn()), await session(peer), request),
    ),
    delete: unary(async (request: rpc.DeleteRequest, peer) => {
      const outputs = decodeProperties(request.getProperties()).values;
      await find(request.getUrn()).delete(await session(peer), request.getId(), outputs);
      return new Empty();
    }),
  };
}

function checkResource<Session>(resource: Resource<Session>, request: rpc.CheckRequest): rpc.CheckResponse {
  const news = decodeProperties(request.getNews());
  const { inputs, failures } = resource.check({
    name: request.getName() || nameOfUrn(request.getUrn()),
    olds: decodeProperties(request.getOlds()).values,
    news: news.values,
    randomSeed: request.getRandomseed_asU8(),
  });
  return new rpc.CheckResponse()
    .setInputs(encodeProperties(inputs, secretNames(resource, news.secretNames)))
    .setFailuresList(
      // The property's name stays empty: the engine prints the value of a property that is named, secret or not.
      failures.map((reason) => new rpc.CheckFailure().setProperty("").setReason(reason)),
    );
}

function diffResource<Session>(resource: Resource<Session>, request: rpc.DiffRequest): rpc.DiffResponse {
  const before = resource.compareWith === "outputs" ? request.getOlds() : request.getOldInputs();
  const changes = diffProperties(
    resource.rules,
    decodeProperties(before).values,
    decodeProperties(request.getNews()).values,
    request.getIgnorechangesList(),
  );
  const replaces = changes.filter((change) => change.replace).map((change) => change.name);
  const response = new rpc.DiffResponse()
    .setChanges(changes.length > 0 ? rpc.DiffResponse.DiffChanges.DIFF_SOME : rpc.DiffResponse.DiffChanges.DIFF_NONE)
    .setDiffsList(changes.map((change) => change.name))
    .setReplacesList(replaces)
    .setDeletebeforereplace(resource.deleteBeforeReplace && replaces.length > 0)
    .setHasdetaileddiff(true);
  for (const change of changes) {
    response.getDetaileddiffMap().set(change.name, new rpc.PropertyDiff().setKind(diffKind(change)));
  }
  return response;
}

async function createResource<Session>(
  resource: Resource<Session>,
  session: Session,
  request: rpc.CreateRequest,
): Promise<rpc.CreateResponse> {
  const inputs = decodeProperties(request.getProperties());
  const secrets = secretNames(resource, inputs.secretNames);
  if (request.getPreview()) {
    const planned = await resource.previewCreate(session, inputs.values);
    return new rpc.CreateResponse().setProperties(encodeProperties(planned, secrets));
  }
  const { id, outputs } = await resource.create(session, inputs.values);
  return new rpc.CreateResponse().setId(id).setProperties(encodeProperties(outputs, secrets));
}

async function updateResource<Session>(
  resource: Resource<Session>,
  session: Session,
  request: rpc.UpdateRequest,
): Promise<rpc.UpdateResponse> {
  const news = decodeProperties(request.getNews());
  const update = {
    id: request.getId(),
    outputs: decodeProperties(request.getOlds()).values,
    news: news.values,
  };
  const outputs = request.getPreview()
    ? await resource.previewUpdate(session, update)
    : await resource.update(session, update);
  return new rpc.UpdateResponse().setProperties(encodeProperties(outputs, secretNames(resource, news.secretNames)));
}

async function readResource<Session>(
  resource: Resource<Session>,
  session: Session,
  request: rpc.ReadRequest,
): Promise<rpc.ReadResponse> {
  const inputs = decodeProperties(request.getInputs());
  const state = decodeProperties(request.getProperties());
  const read = await resource.read(session, {
    id: request.getId(),
    inputs: inputs.values,
    outputs: isEmpty(state.values) ? undefined : state.values,
  });
  if (!read) return new rpc.ReadResponse();
  const secrets = secretNames(resource, inputs.secretNames, state.secretNames);
  return new rpc.ReadResponse()
    .setId(read.id)
    .setProperties(encodeProperties(read.outputs, secrets))
    .setInputs(encodeProperties(read.inputs, secrets));
}

/** What is wrapped on the way back: what the rules call secret, and what came in as one. The engine itself adds nothing. */
function secretNames<Session>(resource: Resource<Session>, ...given: ReadonlySet<string>[]): ReadonlySet<string> {
  const ruled = Object.entries(resource.rules).filter(([, rule]) => rule.secret);
  return new Set([...ruled.map(([name]) => name), ...given.flatMap((names) => [...names])]);
}

function diffKind(change: PropertyChange): rpc.PropertyDiff.Kind {
  const { Kind } = rpc.PropertyDiff;
  if (change.kind === "add") return change.replace ? Kind.ADD_REPLACE : Kind.ADD;
  if (change.kind === "delete") return change.replace ? Kind.DELETE_REPLACE : Kind.DELETE;
  return change.replace ? Kind.UPDATE_REPLACE : Kind.UPDATE;
}

/** `peer` is the address of the connection's other end. */
function unary<Request extends object>(
  handle: (request: Request, peer: string) => Promise<unknown>,
): UntypedHandleCall {
  const handler: handleUnaryCall<Request, unknown> = (call, reply) => {
    const { request } = call;
    handle(request, call.getPeer()).then(
      (response) => reply(null, response),
      (error: unknown) => reply({ code: status.UNKNOWN, details: describeError(error, secretTexts(request)) }),
    );
  };
  return handler;
}

/** Every text that the request marks as a secret, the longest first. */
function secretTexts(request: object): string[] {
  const structs = ["getArgs", "getOlds", "getNews", "getInputs", "getProperties"].map((getter) => {
    const get = (request as Record<string, unknown>)[getter];
    return typeof get === "function" ? (get.call(request) as Struct | undefined) : undefined;
  });
  const texts = structs.flatMap((struct) => {
    const { values, secretNames } = decodeProperties(struct);
    return [...secretNames].flatMap((name) => textsIn(values[name]));
  });
  return texts.filter((text) => text.length >= SHORTEST_SECRET).sort((left, right) => right.length - left.length);
}

function textsIn(value: PropertyValue | undefined): string[] {
  if (typeof value === "string") return value === UNKNOWN ? [] : [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value as object).flatMap((item) => textsIn(item as PropertyValue));
}

/** An unforeseen error's text may quote what was worked on, so only its kind is told. */
function describeError(error: unknown, secrets: readonly string[]): string {
  if (error instanceof PluginError) {
    // A service may quote what it refused.
    return secrets.reduce((text, secret) => text.replaceAll(secret, "[secret]"), error.message);
  }
  return `internal error of the stand-in plugin (${error instanceof Error ? error.name : typeof error})`;
}

function isEmpty(bag: PropertyBag): boolean {
  return Object.keys(bag).length === 0;
}

/** `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME` gives TYPE (https://www.pulumi.com/docs/iac/concepts/resources/names/#urns). */
function typeOfUrn(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

function nameOfUrn(urn: string): string {
  return urn.split("::").slice(3).join("::");
}
