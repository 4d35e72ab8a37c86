/** Which component owns a place at GitHub? A repository (or one environment of it), or the organization. */
import type * as pulumi from "@pulumi/pulumi";
import { type GitHubPlace } from "../automation/sync/desired";
import { placeName } from "../automation/sync/targets";
import { type DestinationVariable, GitHubActionsSecrets } from "./github-actions-secrets";
import { GitHubOrganizationSecrets } from "./github-organization-secrets";

/** Makes the component of one place. Names are identities: the command line finds a place's resources by them (`automation/sync/targets.ts`). */
export function createGitHubPlace(
  place: GitHubPlace,
  variables: readonly DestinationVariable[],
  opts: pulumi.ComponentResourceOptions,
): GitHubActionsSecrets | GitHubOrganizationSecrets {
  if (place.kind === "organization") {
    const { visibility, repositories } = place;
    return new GitHubOrganizationSecrets(placeName(place), { visibility, repositories, variables }, opts);
  }
  const { kind: _kind, ...where } = place;
  return new GitHubActionsSecrets(placeName(place), { ...where, variables }, opts);
}
