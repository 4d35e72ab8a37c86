/** What does the program own in a GitHub repository? One Actions secret or variable for each variable that goes there. */
import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";
import { refuseGitHubNames } from "./github-names";

/** A value on its way to a destination. */
export interface DestinationVariable {
  readonly name: string;
  readonly secret: boolean;
  readonly value: pulumi.Input<string>;
}

/** Arguments of {@link GitHubActionsSecrets}. */
export interface GitHubActionsSecretsArgs {
  /** Name of the repository, without its owner. */
  readonly repository: string;
  readonly variables: readonly DestinationVariable[];
}

/** Secrets and plain variables of one repository. What others have put there is not touched. */
export class GitHubActionsSecrets extends pulumi.ComponentResource {
  /** The names written, in order. */
  readonly names: readonly string[];

  constructor(name: string, args: GitHubActionsSecretsArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("sophia:index:GitHubActionsSecrets", name, {}, opts);
    refuseGitHubNames(args.variables, this);
    const { repository } = args;
    for (const variable of args.variables) {
      const childName = `${name}-${variable.name}`;
      const child = { parent: this };
      if (variable.secret) {
        const value = pulumi.secret(variable.value);
        new github.ActionsSecret(childName, { repository, secretName: variable.name, value }, child);
      } else {
        const { value } = variable;
        new github.ActionsVariable(childName, { repository, variableName: variable.name, value }, child);
      }
    }
    this.names = args.variables.map((variable) => variable.name);
    this.registerOutputs({ names: this.names });
  }
}
