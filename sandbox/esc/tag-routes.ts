/** Which requests list revisions and name them, and which label environments? */
import { randomUUID } from "node:crypto";
import { type Route, type StandInReply, type StandInRequest } from "../kit/stand-in";
import { countOf, ENVIRONMENT, pageOf, requireEnvironment, type EscService } from "./service";
import {
  fail,
  latestOf,
  requireRevision,
  type EnvironmentTag,
  type RevisionTag,
  type StoredEnvironment,
} from "./store";

const REVISION_TAGS = `${ENVIRONMENT}/versions/tags`;
const TAGS = `${ENVIRONMENT}/tags`;

/** The routes; they must stand before `versions/:version`. */
export function tagRoutes(service: EscService): readonly Route[] {
  return [
    { method: "GET", path: `${ENVIRONMENT}/versions`, handle: (request) => listRevisions(service, request) },
    { method: "GET", path: REVISION_TAGS, handle: (request) => listRevisionTags(service, request) },
    { method: "POST", path: REVISION_TAGS, handle: (request) => createRevisionTag(service, request) },
    { method: "GET", path: `${REVISION_TAGS}/:tag`, handle: (request) => readRevisionTag(service, request) },
    { method: "PATCH", path: `${REVISION_TAGS}/:tag`, handle: (request) => moveRevisionTag(service, request) },
    { method: "DELETE", path: `${REVISION_TAGS}/:tag`, handle: (request) => deleteRevisionTag(service, request) },
    { method: "GET", path: TAGS, handle: (request) => listTags(service, request) },
    { method: "POST", path: TAGS, handle: (request) => createTag(service, request) },
    { method: "GET", path: `${TAGS}/:tag`, handle: (request) => readTag(service, request) },
    { method: "PATCH", path: `${TAGS}/:tag`, handle: (request) => changeTag(service, request) },
    { method: "DELETE", path: `${TAGS}/:tag`, handle: (request) => deleteTag(service, request) },
  ];
}

/** Newest first; clients go on with `before` until the list is empty. */
function listRevisions(service: EscService, request: StandInRequest): StandInReply {
  const environment = requireEnvironment(service, request);
  const before = Number(request.query.get("before") ?? 0) || Infinity;
  const page = environment.revisions
    .filter(({ number }) => number < before)
    .reverse()
    .slice(0, countOf(request));
  const body = page.map(({ number, created, creator }) => ({
    number,
    created,
    creatorLogin: creator,
    creatorName: creator,
    tags: tagsOf(environment)
      .filter(({ revision }) => revision === number)
      .map(({ name }) => name),
  }));
  return { status: 200, body };
}

/** The tags of an environment with the built-in `latest`. */
function tagsOf(environment: StoredEnvironment): readonly RevisionTag[] {
  const { number, created, creator } = latestOf(environment);
  const latest = { name: "latest", revision: number, created: environment.created, modified: created, editor: creator };
  return [latest, ...environment.revisionTags.values()];
}

function listRevisionTags(service: EscService, request: StandInRequest): StandInReply {
  const page = pageOf(tagsOf(requireEnvironment(service, request)), request);
  return { status: 200, body: { tags: page.map(describeRevisionTag), nextToken: "" } };
}

function createRevisionTag(service: EscService, request: StandInRequest): StandInReply {
  const environment = requireEnvironment(service, request);
  const { name, revision } = request.json<{ name?: string; revision?: number }>();
  if (!name || !/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) return fail(400, "Bad Request: invalid tag name");
  if (name === "latest" || environment.revisionTags.has(name)) return fail(409, `Conflict: tag ${name} already exists`);
  const created = new Date().toISOString();
  const { number } = requireRevision(environment, revision === undefined ? "latest" : String(revision));
  const editor = service.login(request);
  environment.revisionTags.set(name, { name, revision: number, created, modified: created, editor });
  return { status: 204 };
}

function readRevisionTag(service: EscService, request: StandInRequest): StandInReply {
  const environment = requireEnvironment(service, request);
  const tag = tagsOf(environment).find(({ name }) => name === request.params.tag);
  return { status: 200, body: describeRevisionTag(tag ?? missing(request)) };
}

function moveRevisionTag(service: EscService, request: StandInRequest): StandInReply {
  const environment = requireEnvironment(service, request);
  const tag = environment.revisionTags.get(request.params.tag ?? "") ?? missing(request);
  const { revision } = request.json<{ revision?: number }>();
  const { number } = requireRevision(environment, revision === undefined ? "latest" : String(revision));
  const modified = new Date().toISOString();
  environment.revisionTags.set(tag.name, { ...tag, revision: number, modified, editor: service.login(request) });
  return { status: 204 };
}

function deleteRevisionTag(service: EscService, request: StandInRequest): StandInReply {
  const environment = requireEnvironment(service, request);
  if (!environment.revisionTags.delete(request.params.tag ?? "")) missing(request);
  return { status: 204 };
}

function describeRevisionTag({ editor, ...tag }: RevisionTag): Record<string, unknown> {
  return { ...tag, editorLogin: editor, editorName: editor };
}

/** Clients stop at `nextToken` "0", and ask for ever when it is empty. */
function listTags(service: EscService, request: StandInRequest): StandInReply {
  const page = pageOf(requireEnvironment(service, request).tags.values(), request);
  const tags = Object.fromEntries(page.map((tag) => [tag.name, describeTag(tag)]));
  return { status: 200, body: { tags, nextToken: "0" } };
}

function createTag(service: EscService, request: StandInRequest): StandInReply {
  const environment = requireEnvironment(service, request);
  const { name, value = "" } = request.json<{ name?: string; value?: string }>();
  if (!name) return fail(400, "Bad Request: tag name is required");
  if (environment.tags.has(name)) return fail(409, `Conflict: tag ${name} already exists`);
  const created = new Date().toISOString();
  const tag = { id: randomUUID(), name, value, created, modified: created, editor: service.login(request) };
  environment.tags.set(name, tag);
  return { status: 200, body: describeTag(tag) };
}

function readTag(service: EscService, request: StandInRequest): StandInReply {
  const tag = requireEnvironment(service, request).tags.get(request.params.tag ?? "");
  return { status: 200, body: describeTag(tag ?? missing(request)) };
}

function changeTag(service: EscService, request: StandInRequest): StandInReply {
  const environment = requireEnvironment(service, request);
  const tag = environment.tags.get(request.params.tag ?? "") ?? missing(request);
  const { currentTag, newTag = {} } = request.json<{ currentTag?: TagForm; newTag?: TagForm }>();
  if (currentTag?.value !== undefined && currentTag.value !== tag.value) fail(409, "Conflict: the tag was changed");
  const changed = {
    ...tag,
    name: newTag.name ?? tag.name,
    value: newTag.value ?? tag.value,
    modified: new Date().toISOString(),
    editor: service.login(request),
  };
  environment.tags.delete(tag.name);
  environment.tags.set(changed.name, changed);
  return { status: 200, body: describeTag(changed) };
}

interface TagForm {
  readonly name?: string;
  readonly value?: string;
}

function deleteTag(service: EscService, request: StandInRequest): StandInReply {
  if (!requireEnvironment(service, request).tags.delete(request.params.tag ?? "")) missing(request);
  return { status: 204 };
}

function describeTag({ editor, ...tag }: EnvironmentTag): Record<string, unknown> {
  return { ...tag, editorLogin: editor, editorName: editor };
}

function missing(request: StandInRequest): never {
  return fail(404, `Not Found: tag ${request.params.tag ?? ""} not found`);
}
