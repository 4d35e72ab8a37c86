/** Which requests tell who can reach a repository, and what GitHub has noticed? Collaborators, deploy keys, secret scanning and the audit log. */
import { type Route, type StandInRequest } from "../kit/stand-in";
import { type Access } from "./access";
import { failure, isoSeconds, notFound, ORDINARY_PAGE, pageReply } from "./replies";
import { type GitHubState } from "./state";

/** The base roles, each with those before it. https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories */
const ROLES = ["read", "triage", "write", "maintain", "admin"] as const;

/** A role in a repository. */
export type CollaboratorRole = (typeof ROLES)[number];

/** Who and what can reach one repository. */
export interface RepositoryPeople {
  readonly collaborators: Readonly<Record<string, CollaboratorRole>>;
  readonly deployKeys?: readonly { readonly title: string; readonly readOnly: boolean }[];
  /** Kinds of secrets that GitHub found in the code; left out where secret scanning is off. */
  readonly foundSecrets?: readonly string[];
}

/** An entry of the organization's audit log. */
export interface GitHubAuditEvent {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly action: string;
  readonly actor: string;
  readonly address?: string;
}

/**
 * https://docs.github.com/rest/collaborators/collaborators · https://docs.github.com/rest/deploy-keys/deploy-keys ·
 * https://docs.github.com/rest/secret-scanning/secret-scanning · https://docs.github.com/enterprise-cloud@latest/rest/orgs/orgs
 */
export function peopleRoutes(state: GitHubState, access: Access): Route[] {
  const base = "/api/v3/repos/:owner/:repo";
  const of = (request: StandInRequest) => state.people(access.repository(request, "administer").name);
  return [
    {
      method: "GET",
      path: `${base}/collaborators`,
      handle: (request) =>
        pageReply(request, Object.entries(of(request).collaborators), ORDINARY_PAGE, (slice) =>
          slice.map(collaborator),
        ),
    },
    {
      method: "GET",
      path: `${base}/keys`,
      handle: (request) =>
        pageReply(request, of(request).deployKeys ?? [], ORDINARY_PAGE, (slice) =>
          slice.map(({ title, readOnly }, index) => ({
            ...{ id: index + 1, title, read_only: readOnly, verified: true, last_used: null },
            created_at: isoSeconds(state.now()),
          })),
        ),
    },
    {
      method: "GET",
      path: `${base}/secret-scanning/alerts`,
      handle: (request) => {
        const { foundSecrets } = of(request);
        if (!foundSecrets) throw failure(404, "Secret scanning is disabled on this repository.");
        const isHidden = request.query.get("hide_secret") === "true";
        const open = request.query.get("state") === "resolved" ? [] : foundSecrets;
        return pageReply(request, open, ORDINARY_PAGE, (slice) =>
          slice.map((type, index) => ({
            ...{
              number: index + 1,
              state: "open",
              secret_type_display_name: type,
              created_at: isoSeconds(state.now()),
            },
            html_url: `https://github.com/${state.organization}/x/security/secret-scanning/${index + 1}`,
            ...(isHidden ? {} : { secret: `found-secret-${index + 1}` }),
          })),
        );
      },
    },
    {
      method: "GET",
      path: "/api/v3/orgs/:org/audit-log",
      handle: (request) => {
        access.organization(request, "administer");
        if (!state.auditLog) throw notFound();
        const since = Date.parse(/created:>=(\S+)/.exec(request.query.get("phrase") ?? "")?.[1] ?? "1970-01-01");
        const events = state.auditLog.filter(({ at }) => at >= since).sort((left, right) => right.at - left.at);
        return pageReply(request, events, ORDINARY_PAGE, (slice) => slice.map((one) => auditEvent(state, one)));
      },
    },
  ];
}

function collaborator([login, role]: readonly [string, CollaboratorRole]): object {
  const may = (needed: CollaboratorRole) => ROLES.indexOf(role) >= ROLES.indexOf(needed);
  const permissions = {
    ...{ pull: true, triage: may("triage"), push: may("write") },
    ...{ maintain: may("maintain"), admin: may("admin") },
  };
  return { login, id: login.length, type: "User", site_admin: false, permissions, role_name: role };
}

function auditEvent({ organization }: GitHubState, { at, action, actor, address }: GitHubAuditEvent): object {
  const ip = address === undefined ? {} : { actor_ip: address };
  return { "@timestamp": at, created_at: at, action, actor, org: organization, ...ip };
}
