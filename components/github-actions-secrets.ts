/** What does the program own in a GitHub repository or environment? One Actions secret or variable for each variable that goes there. */
import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";
import { GitHubEntries } from "./github-entries";
import { batchArgs, type BatchWriting } from "./github-batch";
import { refuseGitHubNames } from "./github-names";

/** A value on its way to a destination. */
export interface DestinationVariable {
  readonly name: string;
  readonly secret: boolean;
  readonly value: pulumi.Input<string>;
  /** Variables of one group change together. @default its service is unknown: a group of its own */
  readonly service?: string;
}

/** Arguments of {@link GitHubActionsSecrets}. */
export interface GitHubActionsSecretsArgs {
  /** Name of the repository, without its owner. */
  readonly repository: string;
  /** A GitHub environment of the repository to write into instead; it must be there, because its protection rules are for people to decide. */
  readonly environment?: string;
  readonly variables: readonly DestinationVariable[];
  /** Writes all of the place by one resource. @default a resource for each variable */
  readonly batch?: BatchWriting;
  /** Takes over the plain variables that are there: GitHub refuses to make one twice. @default false */
  readonly importVariables?: boolean;
}

/** Secrets and plain variables of one repository, or of one environment of it. What others have put there is not touched. */
export class GitHubActionsSecrets extends pulumi.ComponentResource {
  /** The names written, in order. */
  readonly names: readonly string[];

  constructor(name: string, args: GitHubActionsSecretsArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("sophia:index:GitHubActionsSecrets", name, {}, opts);
    refuseGitHubNames(args.variables, this);
    const { repository, environment, batch, variables } = args;
    const place = { repository, ...(environment === undefined ? {} : { environment }) };
    if (batch) new GitHubEntries(name, batchArgs(batch, place, variables), { parent: this });
    else for (const variable of variables) this.createEntry(`${name}-${variable.name}`, args, variable);
    this.names = args.variables.map((variable) => variable.name);
    this.registerOutputs({ names: this.names });
  }

  private createEntry(
    childName: string,
    { repository, environment, importVariables = false }: GitHubActionsSecretsArgs,
    variable: DestinationVariable,
  ): void {
    // Creating first would write over the old one of the same name, and then delete it.
    const child = { parent: this, deleteBeforeReplace: true };
    if (variable.secret) {
      const entry = { repository, secretName: variable.name, value: pulumi.secret(variable.value) };
      if (environment === undefined) new github.ActionsSecret(childName, entry, child);
      else new github.ActionsEnvironmentSecret(childName, { ...entry, environment }, child);
    } else {
      const entry = { repository, variableName: variable.name, value: variable.value };
      const id = [repository, environment, variable.name].filter((part) => part !== undefined).join(":");
      const opts = importVariables ? { ...child, import: id } : child;
      if (environment === undefined) new github.ActionsVariable(childName, entry, opts);
      else new github.ActionsEnvironmentVariable(childName, { ...entry, environment }, opts);
    }
  }
}
