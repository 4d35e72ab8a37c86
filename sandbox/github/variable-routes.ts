/** Which requests read and write Actions variables? The same five for repositories, environments and organizations. */
import { type Route, type StandInRequest } from "../kit/stand-in";
import { type Access } from "./access";
import { parseAudience, type AudienceBody } from "./audience";
import { audienceFields, audienceRoutes } from "./audience-routes";
import { isoSeconds, pageReply, VARIABLES_PAGE } from "./replies";
import { type GitHubScope, type GitHubState } from "./state";
import { type StoredVariable, type VariableScope } from "./variable-scope";

interface VariableFamily {
  readonly base: string;
  readonly scopeOf: (request: StandInRequest) => GitHubScope;
}

type VariableBody = AudienceBody & { readonly name?: unknown; readonly value?: unknown };

/** https://docs.github.com/rest/actions/variables; environments by owner and name, or by the repository's number. */
export function variableRoutes(state: GitHubState, access: Access): Route[] {
  const repository = (request: StandInRequest) => access.repository(request, "administer").name;
  const environmentScope = (request: StandInRequest): GitHubScope => ({
    kind: "environment",
    repository: repository(request),
    environment: request.params["environment"] ?? "",
  });
  const families: VariableFamily[] = [
    {
      base: "/api/v3/repos/:owner/:repo/actions/variables",
      scopeOf: (request) => ({ kind: "repository", repository: repository(request) }),
    },
    { base: "/api/v3/repos/:owner/:repo/environments/:environment/variables", scopeOf: environmentScope },
    { base: "/api/v3/repositories/:id/environments/:environment/variables", scopeOf: environmentScope },
  ];
  const organization: VariableFamily = {
    base: "/api/v3/orgs/:org/actions/variables",
    scopeOf: (request) => {
      access.organization(request, "administer");
      return { kind: "organization" };
    },
  };
  return [
    ...families.flatMap((family) => familyRoutes(state, family, false)),
    ...familyRoutes(state, organization, true),
    ...audienceRoutes(state, organization.base, (request) => {
      const scope = state.variables(organization.scopeOf(request));
      return {
        require: (name) => scope.require(name),
        setAudience: (name, audience) => scope.update(name, { audience }),
      };
    }),
  ];
}

function familyRoutes(state: GitHubState, { base, scopeOf }: VariableFamily, hasAudience: boolean): Route[] {
  const scope = (request: StandInRequest): VariableScope => state.variables(scopeOf(request));
  const name = (request: StandInRequest): string => request.params["name"] ?? "";
  return [
    {
      method: "GET",
      path: base,
      handle: (request) => {
        const variables = scope(request).list();
        return pageReply(request, variables, VARIABLES_PAGE, (slice) => ({
          total_count: variables.length,
          variables: slice.map((variable) => variableBody(request, base, variable)),
        }));
      },
    },
    {
      method: "POST",
      path: base,
      handle: (request) => {
        const target = scope(request);
        const body = request.json<VariableBody>();
        const audience = hasAudience ? parseAudience(body, state.repositoryIds(), undefined) : undefined;
        target.create(body.name, body.value, audience);
        return { status: 201, body: {} };
      },
    },
    {
      method: "GET",
      path: `${base}/:name`,
      handle: (request) => ({
        status: 200,
        body: variableBody(request, base, scope(request).require(name(request))),
      }),
    },
    {
      method: "PATCH",
      path: `${base}/:name`,
      handle: (request) => {
        const target = scope(request);
        const body = request.json<VariableBody>();
        const before = target.require(name(request));
        const audience = hasAudience ? parseAudience(body, state.repositoryIds(), before.audience) : undefined;
        target.update(before.name, { name: body.name, value: body.value, ...(audience ? { audience } : {}) });
        return { status: 204 };
      },
    },
    {
      method: "DELETE",
      path: `${base}/:name`,
      handle: (request) => {
        scope(request).remove(name(request));
        return { status: 204 };
      },
    },
  ];
}

function variableBody(request: StandInRequest, base: string, variable: StoredVariable): object {
  return {
    name: variable.name,
    value: variable.value,
    created_at: isoSeconds(variable.createdAt),
    updated_at: isoSeconds(variable.updatedAt),
    ...audienceFields(request, base, variable),
  };
}
