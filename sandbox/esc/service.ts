/** What do the route tables of the ESC stand-in share? The store, who is asking, and the forms of requests and replies. */
import { type StandInReply, type StandInRequest } from "../kit/stand-in";
import { encodeJson, type JsonData } from "./go-text";
import { type Openings } from "./opening";
import { type EscOrganization } from "./organization";
import { fail, type EnvironmentStore, type Revision, type StoredEnvironment } from "./store";

/** What route handlers work with. */
export interface EscService {
  readonly organization: string;
  readonly store: EnvironmentStore;
  readonly openings: Openings;
  /** Members, teams, tokens and the audit log. */
  readonly directory: EscOrganization;
  /** The login of the token that the request carries. */
  login(request: StandInRequest): string;
}

/**
 * Notes in the audit log what somebody did with an environment. The identifiers are the documented names in the form that the documented ones have
 * (`stack-update-started`); how the description is put is not documented.
 */
export function noteEvent(
  service: EscService,
  request: StandInRequest,
  event: "environment-open" | "environment-updated" | "environment-decrypted",
  { project, name }: Pick<StoredEnvironment, "project" | "name">,
): void {
  service.directory.events.push({
    ...{ timestamp: Math.floor(Date.now() / 1000), sourceIP: "127.0.0.1", event, login: service.login(request) },
    ...{ description: `${event.replace("-", " ")}: ${project}/${name}`, tokenName: "sandbox" },
  });
}

/** The root of the environment routes. */
export const ROOT = "/api/esc/environments";

/** The root of one environment's routes. */
export const ENVIRONMENT = `${ROOT}/:organization/:project/:environment`;

/** Refuses any organization but ours with 404. */
export function requireOrganization(service: EscService, request: StandInRequest): void {
  const { organization } = request.params;
  if (organization !== service.organization) fail(404, `Not Found: organization ${organization ?? ""} not found`);
}

/** The environment that the path names; 404 when there is none. */
export function requireEnvironment(service: EscService, request: StandInRequest): StoredEnvironment {
  requireOrganization(service, request);
  return service.store.require(request.params.project ?? "", request.params.environment ?? "");
}

/** A reply with YAML and the headers without which clients take an environment for gone. */
export function yamlReply(text: string, revision: Revision): StandInReply {
  return { status: 200, headers: { "content-type": "application/x-yaml", ...revisionHeaders(revision) }, body: text };
}

/** `ETag` and `Pulumi-ESC-Revision`. */
export function revisionHeaders(revision: Revision): Record<string, string> {
  return { etag: revision.etag, "pulumi-esc-revision": String(revision.number) };
}

/** A reply whose numbers keep their text, such as 9007199254740993. */
export function exactReply(data: JsonData): StandInReply {
  return { status: 200, headers: { "content-type": "application/json" }, body: encodeJson(data) };
}

/** The page of a list behind `after` (a name) with at most `count` entries. */
export function pageOf<T extends { readonly name: string }>(items: Iterable<T>, request: StandInRequest): readonly T[] {
  const after = request.query.get("after") ?? "";
  const sorted = [...items].sort((left, right) => (left.name < right.name ? -1 : 1));
  return sorted.filter(({ name }) => name > after).slice(0, countOf(request));
}

/** The query's `count`; 500 when it is missing or 0. */
export function countOf(request: StandInRequest): number {
  return Number(request.query.get("count") ?? 0) || 500;
}
