/** Which repositories of an organization see one of its secrets or variables? */
import { failure } from "./replies";

/** GitHub's three audiences; `private` means every repository that is not public. */
export type Visibility = "all" | "private" | "selected";

/** Who sees an organization's secret or variable. `repositoryIds` counts only for `selected`. */
export interface Audience {
  readonly visibility: Visibility;
  readonly repositoryIds: readonly number[];
}

/** The part of a request's body that names an audience. */
export interface AudienceBody {
  readonly visibility?: unknown;
  readonly selected_repository_ids?: unknown;
}

/**
 * Reads an audience from a body. What the body leaves out stays as it was (`before`); a new entry must say its visibility.
 * Throws 422 for an unknown visibility or repository.
 */
export function parseAudience(
  body: AudienceBody,
  knownIds: ReadonlySet<number>,
  before: Audience | undefined,
): Audience {
  const visibility = body.visibility ?? before?.visibility;
  if (visibility !== "all" && visibility !== "private" && visibility !== "selected") {
    throw failure(422, "Invalid request.\n\nvisibility must be one of all, private, selected.");
  }
  if (visibility !== "selected") return { visibility, repositoryIds: [] };
  const repositoryIds =
    body.selected_repository_ids === undefined
      ? (before?.repositoryIds ?? [])
      : parseRepositoryIds(body.selected_repository_ids, knownIds);
  return { visibility, repositoryIds };
}

/** Repository ids of the organization, sorted, each once. Throws 422 for anything else. */
export function parseRepositoryIds(value: unknown, knownIds: ReadonlySet<number>): number[] {
  if (!Array.isArray(value)) throw failure(422, "Invalid request.\n\nselected_repository_ids must be an array.");
  const ids = value.map(Number);
  if (ids.some((id) => !knownIds.has(id))) {
    throw failure(422, "Validation Failed: selected_repository_ids names a repository the organization does not have.");
  }
  return [...new Set(ids)].sort((a, b) => a - b);
}

/** Whether a (private) repository with this id sees what has this audience; without one, it belongs to the repository itself. */
export function isVisibleTo(audience: Audience | undefined, repositoryId: number): boolean {
  return audience?.visibility !== "selected" || audience.repositoryIds.includes(repositoryId);
}
