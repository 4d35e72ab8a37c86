/** Which requests list the organization's members, teams, tokens and audit log? For admins of the organization only. */
import { type Route, type StandInReply, type StandInRequest } from "../kit/stand-in";
import { eventBody, memberBody, tokenBody, userBody, type EscOrganization } from "./organization";
import { requireOrganization, type EscService } from "./service";
import { fail } from "./store";

/** Entries of one page of a list; the vendor says no number for members and events. */
const PAGE = 100;

/** The routes below `/api/orgs/:organization`, and `/api/user/tokens`. */
export function organizationRoutes(service: EscService): readonly Route[] {
  const get = (path: string, answer: (request: StandInRequest) => unknown): Route => ({
    method: "GET",
    path: `/api/orgs/:organization${path}`,
    handle: (request): StandInReply => {
      requireOrganization(service, request);
      return { status: 200, body: answer(request) };
    },
  });
  const asAdmin = (request: StandInRequest): EscOrganization => {
    const own = service.directory.members.find(({ login }) => login === service.login(request));
    if (own?.role !== "admin") fail(403, "Forbidden: you must be an organization admin");
    return service.directory;
  };
  const asEnterprise = (request: StandInRequest): EscOrganization => {
    const { edition } = service.directory;
    if (edition !== "enterprise") fail(403, "Forbidden: this feature is not part of the organization's edition");
    return asAdmin(request);
  };
  const team = (request: StandInRequest) =>
    asEnterprise(request).teams.find(({ name }) => name === request.params.team) ?? fail(404, "Not Found: team");
  return [
    get("", () => ({
      ...{ id: "org", githubLogin: service.organization, name: service.organization, avatarUrl: "" },
      defaultEnvironmentPermission: service.directory.defaultEnvironmentPermission,
    })),
    get("/members", (request) => pageOf(asAdmin(request).members, request, "members", memberBody)),
    get("/teams", (request) => ({
      teams: asEnterprise(request).teams.map(({ name }) => ({
        kind: "pulumi",
        name,
        displayName: name,
        description: "",
      })),
    })),
    get("/teams/:team", (request) => {
      const { name, members, environments } = team(request);
      return {
        ...{ kind: "pulumi", name, displayName: name, description: "", environments },
        members: members.map((login) => ({ ...userBody(login), role: "member" })),
      };
    }),
    get("/teams/:team/tokens", (request) =>
      pageOf(team(request).tokens ?? [], request, "tokens", (token) => tokenBody("team", token)),
    ),
    get("/tokens", (request) =>
      pageOf(asAdmin(request).tokens, request, "tokens", (token) => tokenBody("organization", token)),
    ),
    get("/auditlogs", (request) => auditLog(asEnterprise(request), request)),
    {
      method: "GET",
      path: "/api/user/tokens",
      handle: (request) => ({
        status: 200,
        body: pageOf(service.directory.personalTokens, request, "tokens", (token) => tokenBody("personal", token)),
      }),
    },
  ];
}

function pageOf<T>(items: readonly T[], request: StandInRequest, name: string, body: (item: T) => object): object {
  const start = Number(request.query.get("continuationToken") ?? 0);
  const end = start + PAGE;
  return {
    [name]: items.slice(start, end).map(body),
    ...(end < items.length ? { continuationToken: String(end) } : {}),
  };
}

/**
 * Newest first; `startTime` (seconds) means older than that, which is what the first version of the call has always meant.
 * https://www.pulumi.com/docs/reference/cloud-rest-api/audit-logs/
 */
function auditLog({ events }: EscOrganization, request: StandInRequest): object {
  const { query } = request;
  const start = query.get("startTime");
  if (start === null && query.get("continuationToken") === null)
    fail(400, "Bad Request: startTime or continuationToken is required");
  const [event, user] = [query.get("eventFilter"), query.get("userFilter")];
  const matching = events
    .filter(({ timestamp }) => start === null || timestamp < Number(start))
    .filter((one) => (event === null || one.event === event) && (user === null || one.login === user))
    .sort((left, right) => right.timestamp - left.timestamp);
  return pageOf(matching, request, "auditLogEvents", eventBody);
}
