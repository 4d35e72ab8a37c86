/** What does a Pulumi program register? Runs it without an engine and records every request as it would go over the wire, secrets still marked. */
import * as pulumi from "@pulumi/pulumi";
import * as debuggable from "@pulumi/pulumi/runtime/debuggable";
import { withoutSourceMaps } from "./source-maps";

/** A value that reached the engine marked as secret. */
export class Secret {
  constructor(readonly value: unknown) {}
}

/** The text of a StringAsset. */
export class Asset {
  constructor(readonly text: unknown) {}
}

/** One registered resource. Names stand in the place of URNs. */
export interface RecordedResource {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly custom: boolean;
  /** Secrets are {@link Secret}s, string assets {@link Asset}s, everything else plain. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** `type name` of the parent; undefined for a resource at the top. */
  readonly parent: string | undefined;
  /** Name of the explicit provider; undefined where the default one is taken. */
  readonly provider: string | undefined;
  /** Names of what it waits for, whether by `dependsOn` or through an input. */
  readonly dependencies: readonly string[];
  readonly replaceOnChanges: readonly string[];
  /** Undefined where the program does not say. */
  readonly deleteBeforeReplace: boolean | undefined;
  readonly additionalSecretOutputs: readonly string[];
  /** What `registerOutputs` was called with; undefined where it was not. */
  outputs?: Readonly<Record<string, unknown>>;
}

/** Everything that a program registered, in order. */
export interface Recording<Result = unknown> {
  readonly resources: readonly RecordedResource[];
  /** The program's result with every output resolved; secret outputs are {@link Secret}s. */
  readonly result: Result;
  /** The resource; throws when there is none, and lists what there is. */
  readonly findResource: (type: string, name: string) => RecordedResource;
  /** `type name` of every resource, in order. */
  readonly list: () => string[];
}

/** How the mocked providers behave. */
export interface MockOptions {
  /** Outputs that a provider computes, by type token; a function gets name and inputs. */
  readonly outputs?: Readonly<Record<string, MockedOutputs | ((name: string, inputs: Inputs) => MockedOutputs)>>;
  /** Answers of provider functions, by token. Any other call throws. */
  readonly calls?: Readonly<Record<string, (args: Inputs) => Record<string, unknown>>>;
  /** The stack's configuration, keys with their namespace. */
  readonly config?: Readonly<Record<string, string>>;
  /** @default development */
  readonly stack?: string;
}

type Inputs = Readonly<Record<string, unknown>>;
type MockedOutputs = Readonly<Record<string, unknown>>;

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const ASSET_SIGNATURE = "c44067f5952c0a294b673a41bacd8c17";

/** Runs the program and waits until everything is registered. Rejects with the first error of the program or of an `apply`. */
export function record<Result>(
  program: () => Result | Promise<Result>,
  options: MockOptions = {},
): Promise<Recording<Awaited<Result>>> {
  return withoutSourceMaps(() => recordRun(program, options));
}

async function recordRun<Result>(
  program: () => Result | Promise<Result>,
  options: MockOptions,
): Promise<Recording<Awaited<Result>>> {
  const resources: RecordedResource[] = [];
  const failures = new Failures();
  await pulumi.runtime.setMocks(mocksOf(options, failures), "sophia", options.stack ?? "development");
  pulumi.runtime.setAllConfig({ ...options.config });
  watchMonitor(resources);
  try {
    // After a failure the SDK may wait for ever for what will not be registered any more, so the first one ends the recording.
    const result = await Promise.race([run(program), failures.first]);
    await nextTurn();
    failures.throwFirst();
    return {
      resources,
      result: result as Awaited<Result>,
      findResource: (type, name) => findResource(resources, type, name),
      list: () => resources.map((resource) => `${resource.type} ${resource.name}`),
    };
  } finally {
    await nextTurn();
    failures.stop();
  }
}

async function run(program: () => unknown): Promise<unknown> {
  const result = await settle(await program());
  await (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs();
  return result;
}

/** Rejections that nobody handles are reported after the microtasks of the turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** All texts within a recorded value that are not inside a {@link Secret}. */
export function plainTexts(value: unknown): string[] {
  if (value instanceof Secret) return [];
  if (value === null || typeof value !== "object") return value === undefined ? [] : [JSON.stringify(value)];
  return Object.entries(value).flatMap(([key, item]) => [key, ...plainTexts(item)]);
}

function findResource(resources: readonly RecordedResource[], type: string, name: string): RecordedResource {
  const found = resources.filter((resource) => resource.type === type && resource.name === name);
  if (found.length === 1 && found[0]) return found[0];
  const all = resources.map((resource) => `  ${resource.type} ${resource.name}`).join("\n");
  throw new Error(`${found.length} resources are ${type} ${name}; there are:\n${all}`);
}

function mocksOf({ outputs = {}, calls = {} }: MockOptions, failures: Failures): pulumi.runtime.Mocks {
  return {
    newResource: ({ type, name, inputs, custom }) => {
      const given = outputs[type] ?? {};
      const made = typeof given === "function" ? given(name, inputs as Inputs) : given;
      return { id: custom ? `${name}-id` : undefined, state: { ...(inputs as Inputs), ...made } };
    },
    call: ({ token, inputs }) => {
      const answer = calls[token];
      if (answer) return answer(inputs as Inputs);
      const error = new Error(`unexpected call of ${token}`);
      failures.note(error);
      throw error;
    },
  };
}

interface Request {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getParent(): string;
  getProvider(): string;
  getDependenciesList(): string[];
  getReplaceonchangesList(): string[];
  getDeletebeforereplacedefined(): boolean;
  getDeletebeforereplace(): boolean;
  getAdditionalsecretoutputsList(): string[];
  getObject(): Struct;
}

interface Struct {
  toJavaScript(): Record<string, unknown>;
}

interface Response {
  getUrn(): string;
  getObject(): Struct;
  setObject(object: unknown): void;
}

interface Monitor {
  registerResource(request: Request, callback: (error: unknown, response?: Response) => void): Promise<void>;
  registerResourceOutputs(request: { getUrn(): string; getOutputs(): Struct }, callback: unknown): void;
}

/** The mocks see secrets unwrapped, so the requests are taken before the mock monitor opens them. */
function watchMonitor(resources: RecordedResource[]): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  const registerOutputs = monitor.registerResourceOutputs.bind(monitor);
  monitor.registerResource = (request, callback) =>
    register(request, (error, response) => {
      if (response) {
        markSecretOutputs(request, response);
        resources.push(recordRequest(request, response.getUrn(), resources));
      }
      callback(error, response);
    });
  monitor.registerResourceOutputs = (request, callback) => {
    const owner = resources.find((resource) => resource.urn === request.getUrn());
    if (owner) owner.outputs = reveal(request.getOutputs().toJavaScript()) as Record<string, unknown>;
    registerOutputs(request, callback);
  };
}

/** As the engine does: outputs that the resource's class names come back as secrets. */
function markSecretOutputs(request: Request, response: Response): void {
  const names = request.getAdditionalsecretoutputsList();
  const object = response.getObject().toJavaScript();
  const marked = Object.entries(object).map(([key, value]) => {
    const isMarked = (value as Record<string, unknown> | null)?.[SIGNATURE] !== undefined;
    return [key, names.includes(key) && !isMarked ? { [SIGNATURE]: SECRET_SIGNATURE, value } : value];
  });
  const struct = response.getObject().constructor as unknown as { fromJavaScript(value: unknown): unknown };
  response.setObject(struct.fromJavaScript(Object.fromEntries(marked)));
}

function recordRequest(request: Request, urn: string, resources: readonly RecordedResource[]): RecordedResource {
  const named = (other: string) => other.split("::").slice(3).join("::");
  const parent = resources.find((resource) => resource.urn === request.getParent());
  return {
    type: request.getType(),
    name: request.getName(),
    urn,
    custom: request.getCustom(),
    inputs: reveal(request.getObject().toJavaScript()) as Record<string, unknown>,
    parent: parent && `${parent.type} ${parent.name}`,
    provider: request.getProvider() === "" ? undefined : named(request.getProvider()).split("::")[0],
    dependencies: [...new Set(request.getDependenciesList().map(named))].sort(),
    replaceOnChanges: request.getReplaceonchangesList(),
    deleteBeforeReplace: request.getDeletebeforereplacedefined() ? request.getDeletebeforereplace() : undefined,
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
  };
}

function reveal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reveal);
  if (value === null || typeof value !== "object") return value;
  const fields = value as Record<string, unknown>;
  if (fields[SIGNATURE] === SECRET_SIGNATURE) return new Secret(reveal(fields.value));
  if (fields[SIGNATURE] === ASSET_SIGNATURE) return new Asset(fields.text);
  return Object.fromEntries(Object.entries(fields).map(([key, item]) => [key, reveal(item)]));
}

async function settle(value: unknown): Promise<unknown> {
  if (pulumi.Output.isInstance(value)) {
    const output = value as unknown as { promise(): Promise<unknown>; isSecret: Promise<boolean> };
    const inner = await settle(await output.promise());
    return (await output.isSecret) ? new Secret(inner) : inner;
  }
  if (Array.isArray(value)) return Promise.all(value.map(settle));
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).map(async ([key, item]) => [key, await settle(item)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** The SDK reports the failure of an `apply` as a rejection that nobody handles; while a program runs it belongs to the recording, not to mocha. */
class Failures {
  /** Rejects with the first failure, never resolves. */
  readonly first: Promise<never>;
  private readonly seen: unknown[] = [];
  private readonly others = process.listeners("unhandledRejection");
  note: (reason: unknown) => void = () => undefined;

  constructor() {
    this.first = new Promise((_, reject) => {
      this.note = (reason) => {
        this.seen.push(reason);
        reject(reason instanceof Error ? reason : new Error(String(reason)));
      };
    });
    this.first.catch(() => undefined);
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", this.note);
  }

  throwFirst(): void {
    if (this.seen.length > 0) throw this.seen[0];
  }

  stop(): void {
    // What a failed program left unsettled; the SDK would print a page about it when the process ends.
    (debuggable as { leakedPromises?: () => unknown }).leakedPromises?.();
    process.removeListener("unhandledRejection", this.note);
    for (const listener of this.others) process.on("unhandledRejection", listener);
  }
}
