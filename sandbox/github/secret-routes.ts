/** Which requests read and write secrets? The same seven for repositories, environments, Dependabot and organizations. */
import { type Route, type StandInRequest } from "../kit/stand-in";
import { type Access } from "./access";
import { audienceFields, audienceRoutes } from "./audience-routes";
import { parseAudience, type AudienceBody } from "./audience";
import { isoSeconds, ORDINARY_PAGE, pageReply } from "./replies";
import { type SecretScope, type StoredSecret } from "./secret-scope";
import { type GitHubScope, type GitHubState } from "./state";

interface SecretFamily {
  /** The pattern of the list's path. */
  readonly base: string;
  readonly scopeOf: (request: StandInRequest) => GitHubScope;
}

/**
 * https://docs.github.com/rest/actions/secrets · https://docs.github.com/rest/dependabot/secrets
 * Environment secrets are served by the repository's number too: that is how go-github, and so the Pulumi provider, asks for them.
 */
export function secretRoutes(state: GitHubState, access: Access): Route[] {
  const repository = (request: StandInRequest) => access.repository(request, "administer").name;
  const environmentScope = (request: StandInRequest): GitHubScope => ({
    kind: "environment",
    repository: repository(request),
    environment: request.params["environment"] ?? "",
  });
  const families: SecretFamily[] = [
    {
      base: "/api/v3/repos/:owner/:repo/actions/secrets",
      scopeOf: (request) => ({ kind: "repository", repository: repository(request) }),
    },
    {
      base: "/api/v3/repos/:owner/:repo/dependabot/secrets",
      scopeOf: (request) => ({ kind: "dependabot", repository: repository(request) }),
    },
    { base: "/api/v3/repos/:owner/:repo/environments/:environment/secrets", scopeOf: environmentScope },
    { base: "/api/v3/repositories/:id/environments/:environment/secrets", scopeOf: environmentScope },
  ];
  const organizationFamilies = [
    { base: "/api/v3/orgs/:org/actions/secrets", kind: "organization" },
    { base: "/api/v3/orgs/:org/dependabot/secrets", kind: "organization-dependabot" },
  ] as const;
  return [
    ...families.flatMap((family) => familyRoutes(state, family, false)),
    ...organizationFamilies.flatMap(({ base, kind }) => {
      const family: SecretFamily = {
        base,
        scopeOf: (request) => {
          access.organization(request, "administer");
          return { kind };
        },
      };
      const scope = (request: StandInRequest): SecretScope => state.secrets(family.scopeOf(request));
      return [...familyRoutes(state, family, true), ...audienceRoutes(state, base, scope)];
    }),
  ];
}

function familyRoutes(state: GitHubState, { base, scopeOf }: SecretFamily, hasAudience: boolean): Route[] {
  const scope = (request: StandInRequest): SecretScope => state.secrets(scopeOf(request));
  const name = (request: StandInRequest): string => request.params["name"] ?? "";
  return [
    {
      method: "GET",
      path: base,
      handle: (request) => {
        const secrets = scope(request).list();
        return pageReply(request, secrets, ORDINARY_PAGE, (slice) => ({
          total_count: secrets.length,
          secrets: slice.map((secret) => secretBody(request, base, secret)),
        }));
      },
    },
    {
      method: "GET",
      path: `${base}/public-key`,
      handle: (request) => ({ status: 200, body: scope(request).publicKey() }),
    },
    {
      method: "GET",
      path: `${base}/:name`,
      handle: (request) => ({ status: 200, body: secretBody(request, base, scope(request).require(name(request))) }),
    },
    {
      method: "PUT",
      path: `${base}/:name`,
      handle: (request) => {
        const target = scope(request);
        const body = request.json<AudienceBody & { key_id?: unknown; encrypted_value?: unknown }>();
        const audience = hasAudience
          ? parseAudience(body, state.repositoryIds(), target.find(name(request))?.audience)
          : undefined;
        const outcome = target.putSealed(name(request), body.key_id, body.encrypted_value, audience);
        return outcome === "created" ? { status: 201, body: {} } : { status: 204 };
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

/** Everything but the value: GitHub never gives one back. */
function secretBody(request: StandInRequest, base: string, secret: StoredSecret): object {
  return {
    name: secret.name,
    created_at: isoSeconds(secret.createdAt),
    updated_at: isoSeconds(secret.updatedAt),
    ...audienceFields(request, base, secret),
  };
}
