/** Which requests read the organization, its repositories and their deployment environments? */
import { type Route } from "../kit/stand-in";
import { type Access } from "./access";
import { failure, isoSeconds, ORDINARY_PAGE, pageReply } from "./replies";
import { type GitHubEnvironment, type GitHubRepository, type GitHubState } from "./state";

const CREATED_AT = "2024-01-02T03:04:05Z";

/**
 * https://docs.github.com/rest/orgs/orgs · https://docs.github.com/rest/users/users · https://docs.github.com/rest/repos/repos ·
 * https://docs.github.com/rest/rate-limit/rate-limit
 */
export function repositoryRoutes(state: GitHubState, access: Access): Route[] {
  const repositoryRoute = (path: string): Route => ({
    method: "GET",
    path,
    handle: (request) => ({ status: 200, body: repositoryBody(state, access.repository(request, "read")) }),
  });
  return [
    { method: "GET", path: "/api/v3/rate_limit", handle: (request) => rateLimitReply(access.rate(request)) },
    { method: "GET", path: "/api/v3/user", handle: (request) => userReply(access.role(request)) },
    {
      method: "GET",
      path: "/api/v3/orgs/:org",
      handle: (request) => {
        access.organization(request, "read");
        return { status: 200, body: { ...ownerBody(state), name: state.organization, description: null } };
      },
    },
    {
      method: "GET",
      path: "/api/v3/orgs/:org/repos",
      handle: (request) => {
        access.organization(request, "read");
        const visible = access.role(request) === "stranger" ? [] : state.repositories();
        return pageReply(request, visible, ORDINARY_PAGE, (slice) => slice.map((one) => repositoryBody(state, one)));
      },
    },
    repositoryRoute("/api/v3/repos/:owner/:repo"),
    repositoryRoute("/api/v3/repositories/:id"),
    ...environmentRoutes(state, access),
  ];
}

/** https://docs.github.com/rest/deployments/environments */
function environmentRoutes(state: GitHubState, access: Access): Route[] {
  const base = "/api/v3/repos/:owner/:repo/environments";
  return [
    {
      method: "GET",
      path: base,
      handle: (request) => {
        const environments = [...access.repository(request, "read").environments.values()];
        return pageReply(request, environments, ORDINARY_PAGE, (slice) => ({
          total_count: environments.length,
          environments: slice.map(environmentBody),
        }));
      },
    },
    {
      method: "GET",
      path: `${base}/:environment`,
      handle: (request) => {
        const repository = access.repository(request, "read");
        const found = state.requireEnvironment(repository, request.params["environment"] ?? "");
        return { status: 200, body: environmentBody(found) };
      },
    },
    {
      method: "PUT",
      path: `${base}/:environment`,
      handle: (request) => {
        const repository = access.repository(request, "administer");
        const name = request.params["environment"] ?? "";
        if (name.length > 255) throw failure(422, "Environment name is too long.");
        const settings = request.body.length === 0 ? {} : request.json();
        return { status: 200, body: environmentBody(state.putEnvironment(repository, name, settings)) };
      },
    },
    {
      method: "DELETE",
      path: `${base}/:environment`,
      handle: (request) => {
        const repository = access.repository(request, "administer");
        state.removeEnvironment(repository, request.params["environment"] ?? "");
        return { status: 204 };
      },
    },
  ];
}

/** A private repository, with the fields that clients read. */
export function repositoryBody(state: GitHubState, repository: GitHubRepository): object {
  const fullName = `${state.organization}/${repository.name}`;
  return {
    id: repository.id,
    node_id: nodeId("R", repository.id),
    name: repository.name,
    full_name: fullName,
    owner: ownerBody(state),
    private: true,
    visibility: "private",
    html_url: `https://github.com/${fullName}`,
    description: null,
    fork: false,
    archived: false,
    disabled: false,
    default_branch: "main",
    created_at: CREATED_AT,
    updated_at: CREATED_AT,
    permissions: { admin: true, maintain: true, push: true, triage: true, pull: true },
  };
}

function ownerBody(state: GitHubState): object {
  return {
    login: state.organization,
    id: state.organizationId,
    node_id: nodeId("O", state.organizationId),
    type: "Organization",
  };
}

function environmentBody(environment: GitHubEnvironment): object {
  const { settings } = environment;
  const waitTimer = settings["wait_timer"];
  const reviewers = settings["reviewers"];
  return {
    id: environment.id,
    node_id: nodeId("EN", environment.id),
    name: environment.name,
    created_at: isoSeconds(environment.createdAt),
    updated_at: isoSeconds(environment.updatedAt),
    can_admins_bypass: settings["can_admins_bypass"] ?? true,
    protection_rules: [
      ...(typeof waitTimer === "number" && waitTimer > 0
        ? [{ id: environment.id * 10, node_id: nodeId("GA", 1), type: "wait_timer", wait_timer: waitTimer }]
        : []),
      ...(Array.isArray(reviewers) && reviewers.length > 0
        ? [
            {
              id: environment.id * 10 + 1,
              node_id: nodeId("GA", 2),
              type: "required_reviewers",
              prevent_self_review: settings["prevent_self_review"] ?? false,
              reviewers: reviewers.map(reviewerBody),
            },
          ]
        : []),
    ],
    deployment_branch_policy: settings["deployment_branch_policy"] ?? null,
  };
}

function reviewerBody(reviewer: { type?: string; id?: number }): object {
  const { type = "User", id = 0 } = reviewer;
  return { type, reviewer: type === "Team" ? { id, slug: `team-${id}` } : { id, login: `user-${id}`, type: "User" } };
}

function userReply(role: string) {
  return { status: 200, body: { login: `sandbox-${role}`, id: 4_200_000 + role.length, type: "User" } };
}

function rateLimitReply(core: object) {
  return { status: 200, body: { resources: { core }, rate: core } };
}

function nodeId(prefix: string, id: number): string {
  return `${prefix}_${Buffer.from(String(id)).toString("base64url")}`;
}
