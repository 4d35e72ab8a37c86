/** What does the program own in a GitHub organization? The same as in a repository, with a visibility. */
import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";
import { type DestinationVariable } from "./github-actions-secrets";
import { batchArgs, type BatchWriting } from "./github-batch";
import { GitHubEntries } from "./github-entries";
import { refuseGitHubNames } from "./github-names";

/** Arguments of {@link GitHubOrganizationSecrets}. */
export interface GitHubOrganizationSecretsArgs {
  /** Which repositories read them. @default "private" */
  readonly visibility?: "all" | "private" | "selected";
  /** Names of the repositories, needed (and only taken) where the visibility is `selected`. */
  readonly repositories?: readonly string[];
  readonly variables: readonly DestinationVariable[];
  /** Writes all of the organization's entries by one resource. @default a resource for each variable */
  readonly batch?: BatchWriting;
  /** Takes over the plain variables that are there: GitHub refuses to make one twice. @default false */
  readonly importVariables?: boolean;
}

/** Secrets and plain variables of the organization. What others have put there is not touched. */
export class GitHubOrganizationSecrets extends pulumi.ComponentResource {
  /** The names written, in order. */
  readonly names: readonly string[];

  constructor(name: string, args: GitHubOrganizationSecretsArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("sophia:index:GitHubOrganizationSecrets", name, {}, opts);
    refuseGitHubNames(args.variables, this);
    const { visibility = "private", repositories = [] } = args;
    if ((visibility === "selected") !== repositories.length > 0) {
      throw new pulumi.ResourceError("visibility selected and a list of repositories belong together", this);
    }
    if (args.batch) {
      const place = { visibility, ...(visibility === "selected" ? { repositories } : {}) };
      new GitHubEntries(name, batchArgs(args.batch, place, args.variables), { parent: this });
    } else this.createEntries(name, args);
    this.names = args.variables.map((variable) => variable.name);
    this.registerOutputs({ names: this.names });
  }

  private createEntries(
    name: string,
    { visibility = "private", repositories = [], variables, importVariables = false }: GitHubOrganizationSecretsArgs,
  ): void {
    const access = {
      visibility,
      ...(visibility === "selected" ? { selectedRepositoryIds: repositoryIds(repositories, this) } : {}),
    };
    for (const { name: variableName, secret, value } of variables) {
      const childName = `${name}-${variableName}`;
      // Creating first would write over the old one of the same name, and then delete it.
      const child = { parent: this, deleteBeforeReplace: true };
      if (secret) {
        const args = { secretName: variableName, value: pulumi.secret(value), ...access };
        new github.ActionsOrganizationSecret(childName, args, child);
      } else {
        const opts = importVariables ? { ...child, import: variableName } : child;
        new github.ActionsOrganizationVariable(childName, { variableName, value, ...access }, opts);
      }
    }
  }
}

function repositoryIds(names: readonly string[], parent: pulumi.Resource): pulumi.Output<number>[] {
  return names.map((name) => github.getRepositoryOutput({ name }, { parent }).repoId);
}
