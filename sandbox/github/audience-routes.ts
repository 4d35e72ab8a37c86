/** Which requests read and write the repositories that an organization's secret or variable is for? */
import { type Route, type StandInRequest } from "../kit/stand-in";
import { type Audience, parseRepositoryIds } from "./audience";
import { failure, ORDINARY_PAGE, pageReply } from "./replies";
import { repositoryBody } from "./repository-routes";
import { type GitHubState } from "./state";

/** What secrets and variables of an organization have in common. */
interface AudienceScope {
  require(name: string): { readonly name: string; readonly audience?: Audience };
  setAudience(name: string, audience: Audience): void;
}

/** `GET`, `PUT …/:name/repositories` and `PUT`, `DELETE …/:name/repositories/:repository`. */
export function audienceRoutes(
  state: GitHubState,
  base: string,
  scopeOf: (request: StandInRequest) => AudienceScope,
): Route[] {
  const change = (request: StandInRequest, next: (ids: readonly number[]) => readonly number[]) => {
    const scope = scopeOf(request);
    const { name, audience } = scope.require(request.params["name"] ?? "");
    if (audience?.visibility !== "selected") throw failure(409, "Visibility must be set to selected for this.");
    scope.setAudience(name, { visibility: "selected", repositoryIds: next(audience.repositoryIds) });
    return { status: 204 };
  };
  const repositoryId = (request: StandInRequest) => state.requireRepositoryById(request.params["repository"] ?? "").id;
  return [
    {
      method: "GET",
      path: `${base}/:name/repositories`,
      handle: (request) => {
        const { audience } = scopeOf(request).require(request.params["name"] ?? "");
        const ids = audience?.repositoryIds ?? [];
        return pageReply(request, ids, ORDINARY_PAGE, (slice) => ({
          total_count: ids.length,
          repositories: slice.map((id) => repositoryBody(state, state.requireRepositoryById(String(id)))),
        }));
      },
    },
    {
      method: "PUT",
      path: `${base}/:name/repositories`,
      handle: (request) => {
        const body = request.json<{ selected_repository_ids?: unknown }>();
        return change(request, () => parseRepositoryIds(body.selected_repository_ids, state.repositoryIds()));
      },
    },
    {
      method: "PUT",
      path: `${base}/:name/repositories/:repository`,
      handle: (request) => {
        const id = repositoryId(request);
        return change(request, (ids) => [...new Set([...ids, id])].sort((a, b) => a - b));
      },
    },
    {
      method: "DELETE",
      path: `${base}/:name/repositories/:repository`,
      handle: (request) => {
        const id = repositoryId(request);
        return change(request, (ids) => ids.filter((other) => other !== id));
      },
    },
  ];
}

/** `visibility` and, for selected repositories, where to read them; nothing for what belongs to a repository. */
export function audienceFields(
  request: StandInRequest,
  base: string,
  entry: { readonly name: string; readonly audience?: Audience },
): object {
  if (!entry.audience) return {};
  const { visibility } = entry.audience;
  if (visibility !== "selected") return { visibility };
  const path = base.replace(":org", request.params["org"] ?? "");
  return {
    visibility,
    selected_repositories_url: `http://${request.headers.host ?? ""}${path}/${entry.name}/repositories`,
  };
}
