/** Which requests make, read, change, check and open environments? */
import { type Route, type StandInReply, type StandInRequest } from "../kit/stand-in";
import { hasErrors, type Evaluated } from "./evaluation/evaluate";
import { parseInterpolation, type Accessor } from "./evaluation/interpolation";
import { exportProperties, exportValue } from "./evaluation/results";
import { asList, asMap, propertyOf, type Value } from "./evaluation/values";
import { parseDuration } from "./opening";
import {
  ENVIRONMENT,
  exactReply,
  noteEvent,
  requireEnvironment,
  requireOrganization,
  revisionHeaders,
  ROOT,
  yamlReply,
  type EscService,
} from "./service";
import { fail, latestOf, requireRevision, type StoredEnvironment } from "./store";
import { plainString } from "./yaml/syntax";

/** The routes, those of texts without an environment first. */
export function environmentRoutes(service: EscService): readonly Route[] {
  return [
    { method: "POST", path: `${ROOT}/:organization/yaml/check`, handle: (request) => check(service, request) },
    { method: "POST", path: `${ROOT}/:organization/yaml/open`, handle: (request) => openText(service, request) },
    { method: "GET", path: `${ROOT}/:organization/yaml/open/:id`, handle: (request) => readText(service, request) },
    { method: "GET", path: ROOT, handle: () => list(service) },
    { method: "GET", path: `${ROOT}/:organization`, handle: (request) => listOrganization(service, request) },
    { method: "POST", path: `${ROOT}/:organization`, handle: (request) => create(service, request) },
    { method: "GET", path: ENVIRONMENT, handle: (request) => read(service, request, "latest", false) },
    { method: "PATCH", path: ENVIRONMENT, handle: (request) => update(service, request) },
    { method: "DELETE", path: ENVIRONMENT, handle: (request) => remove(service, request) },
    { method: "GET", path: `${ENVIRONMENT}/decrypt`, handle: (request) => read(service, request, "latest", true) },
    {
      method: "GET",
      path: `${ENVIRONMENT}/versions/:version`,
      handle: (request) => read(service, request, version(request), false),
    },
    {
      method: "GET",
      path: `${ENVIRONMENT}/versions/:version/decrypt`,
      handle: (request) => read(service, request, version(request), true),
    },
    { method: "GET", path: `${ENVIRONMENT}/metadata`, handle: (request) => metadata(service, request) },
    { method: "POST", path: `${ENVIRONMENT}/open`, handle: (request) => open(service, request, "latest") },
    {
      method: "POST",
      path: `${ENVIRONMENT}/versions/:version/open`,
      handle: (request) => open(service, request, version(request)),
    },
    { method: "GET", path: `${ENVIRONMENT}/open/:id`, handle: (request) => readOpened(service, request) },
    // The esc SDK writes two slashes when it asks for one property.
    { method: "GET", path: `${ENVIRONMENT}/open//:id`, handle: (request) => readOpened(service, request) },
    { method: "POST", path: `${ENVIRONMENT}/clone`, handle: (request) => clone(service, request) },
    { method: "GET", path: `${ENVIRONMENT}/settings`, handle: (request) => settings(service, request) },
    { method: "PATCH", path: `${ENVIRONMENT}/settings`, handle: (request) => changeSettings(service, request) },
    { method: "GET", path: `${ENVIRONMENT}/referrers`, handle: (request) => referrers(service, request) },
  ];
}

function version(request: StandInRequest): string {
  return request.params.version ?? "latest";
}

function list(service: EscService): StandInReply {
  const environments = service.store.all().map(({ project, name, created, revisions }) => ({
    organization: service.organization,
    project,
    name,
    created,
    modified: revisions.at(-1)?.created ?? created,
  }));
  return { status: 200, body: { environments, nextToken: "" } };
}

function listOrganization(service: EscService, request: StandInRequest): StandInReply {
  requireOrganization(service, request);
  return list(service);
}

function create(service: EscService, request: StandInRequest): StandInReply {
  requireOrganization(service, request);
  const { project = "default", name } = request.json<{ project?: string; name?: string }>();
  service.store.create(project, name, service.login(request));
  return { status: 200 };
}

function read(service: EscService, request: StandInRequest, asked: string, decrypt: boolean): StandInReply {
  const environment = requireEnvironment(service, request);
  const revision = requireRevision(environment, asked);
  if (decrypt) noteEvent(service, request, "environment-decrypted", environment);
  return yamlReply(decrypt ? service.store.plainText(environment, revision.text) : revision.text, revision);
}

/** ESC wants the tag of what was read in a request header named `ETag`, not `If-Match`; without it the write is unconditional. */
function update(service: EscService, request: StandInRequest): StandInReply {
  const environment = requireEnvironment(service, request);
  const expected = request.headers.etag;
  if (expected !== undefined && expected !== "" && expected !== latestOf(environment).etag) {
    fail(409, "Conflict: the environment was changed since it was read");
  }
  const text = request.body.toString("utf8");
  const revision = service.store.write(environment, text, service.login(request), service.openings.check);
  noteEvent(service, request, "environment-updated", environment);
  return { status: 200, headers: revisionHeaders(revision), body: {} };
}

function remove(service: EscService, request: StandInRequest): StandInReply {
  service.store.delete(requireEnvironment(service, request));
  return { status: 200 };
}

function metadata(service: EscService, request: StandInRequest): StandInReply {
  const { id } = requireEnvironment(service, request);
  return { status: 200, body: { id } };
}

function check(service: EscService, request: StandInRequest): StandInReply {
  requireOrganization(service, request);
  const showSecrets = request.query.get("showSecrets") === "true";
  const evaluated = service.openings.evaluateAnonymous(request.body.toString("utf8"), showSecrets);
  if (hasErrors(evaluated.diagnostics)) fail(400, "Bad Request: environment has errors", evaluated.diagnostics);
  return propertiesReply(evaluated);
}

function openText(service: EscService, request: StandInRequest): StandInReply {
  requireOrganization(service, request);
  const evaluated = service.openings.evaluateAnonymous(request.body.toString("utf8"), true);
  return { status: 200, body: service.openings.keep("yaml", evaluated, parseDuration(request.query.get("duration"))) };
}

function readText(service: EscService, request: StandInRequest): StandInReply {
  requireOrganization(service, request);
  return openedReply(service.openings.read("yaml", request.params.id ?? ""), request);
}

function open(service: EscService, request: StandInRequest, asked: string): StandInReply {
  const environment = requireEnvironment(service, request);
  const evaluated = service.openings.evaluate(environment, requireRevision(environment, asked).text);
  const duration = parseDuration(request.query.get("duration"));
  noteEvent(service, request, "environment-open", environment);
  return { status: 200, body: service.openings.keep(environment.id, evaluated, duration) };
}

function readOpened(service: EscService, request: StandInRequest): StandInReply {
  const environment = requireEnvironment(service, request);
  return openedReply(service.openings.read(environment.id, request.params.id ?? ""), request);
}

function openedReply(evaluated: Evaluated, request: StandInRequest): StandInReply {
  const property = request.query.get("property");
  if (property === null || property === "") return propertiesReply(evaluated);
  const begin = { line: 1, column: 1, byte: 0 };
  const node = plainString(`\${${property}}`, { environment: "", begin, end: begin });
  const path = parseInterpolation(node).parts[0]?.reference ?? [];
  let value: Value | undefined = evaluated.value;
  for (const accessor of path) value = value && step(value, accessor);
  return exactReply(exportValue(value ?? fail(404, `Not Found: property ${property} not found`)));
}

function step(value: Value, { key }: Accessor): Value | undefined {
  if (typeof key === "number") return asList(value)?.[key];
  return asMap(value) ? propertyOf(value, key) : undefined;
}

function propertiesReply({ value }: Evaluated): StandInReply {
  return exactReply({ properties: value ? exportProperties(value) : {} });
}

interface CloneRequest {
  readonly project?: string;
  readonly name?: string;
  readonly version?: number;
  readonly preserveHistory?: boolean;
  readonly preserveEnvironmentTags?: boolean;
  readonly preserveRevisionTags?: boolean;
}

function clone(service: EscService, request: StandInRequest): StandInReply {
  const source = requireEnvironment(service, request);
  const wanted = request.json<CloneRequest>();
  const revision = requireRevision(source, wanted.version ? String(wanted.version) : "latest");
  const login = service.login(request);
  const target = service.store.create(wanted.project ?? source.project, wanted.name, login);
  service.store.clone(source, wanted.preserveHistory ? source.revisions : [revision], target, login);
  if (wanted.preserveEnvironmentTags) copyAll(source.tags, target.tags);
  if (wanted.preserveHistory && wanted.preserveRevisionTags) copyAll(source.revisionTags, target.revisionTags);
  return { status: 204 };
}

function copyAll<T>(from: ReadonlyMap<string, T>, to: Map<string, T>): void {
  for (const [key, value] of from) to.set(key, value);
}

function settings(service: EscService, request: StandInRequest): StandInReply {
  const { deletionProtected } = requireEnvironment(service, request);
  return { status: 200, body: { deletionProtected } };
}

function changeSettings(service: EscService, request: StandInRequest): StandInReply {
  const environment = requireEnvironment(service, request);
  const { deletionProtected } = request.json<{ deletionProtected?: boolean }>();
  if (deletionProtected !== undefined) environment.deletionProtected = deletionProtected;
  return { status: 204 };
}

function referrers(service: EscService, request: StandInRequest): StandInReply {
  const environment = requireEnvironment(service, request);
  const byVersion: Record<string, { environment: { project: string; name: string; revision: number } }[]> = {};
  for (const { referrer, version: asked } of service.openings.referrers(environment)) {
    (byVersion[asked] ??= []).push({ environment: describeReferrer(referrer) });
  }
  return { status: 200, body: { referrers: byVersion } };
}

function describeReferrer(environment: StoredEnvironment): { project: string; name: string; revision: number } {
  return { project: environment.project, name: environment.name, revision: latestOf(environment).number };
}
