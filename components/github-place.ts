/** Which component owns a place at GitHub? A repository (or one environment of it), or the organization. */
import type * as pulumi from "@pulumi/pulumi";
import { type GitHubPlace } from "../automation/sync/desired";
import { placeName } from "../automation/sync/targets";
import { type DestinationVariable, GitHubActionsSecrets } from "./github-actions-secrets";
import { type BatchWriting } from "./github-batch";
import { GitHubOrganizationSecrets } from "./github-organization-secrets";

/** How the place's entries are written. */
export interface GitHubWriting {
  /** By one resource. @default by one each */
  readonly batch?: BatchWriting;
  /** Takes over plain variables that are there. @default false */
  readonly importVariables?: boolean;
}

/** Makes the component of one place. Names are identities: the command line finds a place's resources by them (`automation/sync/targets.ts`). */
export function createGitHubPlace(
  place: GitHubPlace,
  variables: readonly DestinationVariable[],
  writing: GitHubWriting,
  opts: pulumi.ComponentResourceOptions,
): GitHubActionsSecrets | GitHubOrganizationSecrets {
  if (place.kind === "organization") {
    const { visibility, repositories } = place;
    return new GitHubOrganizationSecrets(placeName(place), { visibility, repositories, variables, ...writing }, opts);
  }
  const { kind: _kind, ...where } = place;
  return new GitHubActionsSecrets(placeName(place), { ...where, variables, ...writing }, opts);
}
