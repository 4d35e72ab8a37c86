/** What does the program own in a Vercel project? One environment variable for each variable that goes there. */
import * as pulumi from "@pulumi/pulumi";
import * as vercel from "@pulumiverse/vercel";
import { type DestinationVariable } from "./github-actions-secrets";

/** Arguments of {@link VercelEnvironmentVariables}. */
export interface VercelEnvironmentVariablesArgs {
  /** Project id, prj_…. */
  readonly projectId: string;
  /** Vercel's targets that read them; `development` takes no sensitive values. @default ["production", "preview"] */
  readonly targets?: readonly string[];
  readonly variables: readonly DestinationVariable[];
}

/**
 * Environment variables of one project. One resource a variable is patched in place and keeps its id; the provider's batch resource deletes
 * a changed variable and leaves it missing for seconds. A secret is `sensitive`: nobody can read it back. New values reach new deployments only.
 */
export class VercelEnvironmentVariables extends pulumi.ComponentResource {
  /** The names written, in order. */
  readonly names: readonly string[];

  constructor(name: string, args: VercelEnvironmentVariablesArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("sophia:index:VercelEnvironmentVariables", name, {}, opts);
    const targets = [...(args.targets ?? ["production", "preview"])];
    for (const { name: key, secret, value } of args.variables) {
      new vercel.ProjectEnvironmentVariable(
        `${name}-${key}`,
        { projectId: args.projectId, key, targets, sensitive: secret, value: secret ? pulumi.secret(value) : value },
        // A change of `sensitive` replaces the variable: creating first would meet the old one's name.
        { parent: this, deleteBeforeReplace: true },
      );
    }
    this.names = args.variables.map((variable) => variable.name);
    this.registerOutputs({ names: this.names });
  }
}
