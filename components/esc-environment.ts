/** What does the program own in ESC? The secrets environment with its tag, the published environment, and a guard on both. */
import * as pulumi from "@pulumi/pulumi";
import * as pulumiservice from "@pulumi/pulumiservice";
import {
  publishedDefinition,
  secretsDefinition,
  STABLE_TAG,
  type GeneratedMaterial,
  type PublishedValue,
} from "./esc-definitions";

/** Arguments of {@link EscEnvironment}. */
export interface EscEnvironmentArgs {
  readonly organization: string;
  readonly project: string;
  /** Names of the environments within the project. The intake must be there already. */
  readonly environments: { readonly intake: string; readonly secrets: string; readonly published: string };
  /** What the program generates: secret, goes into the secrets environment. */
  readonly material: pulumi.Input<GeneratedMaterial>;
  /** Key of the fingerprints; secret. */
  readonly fingerprintKey: pulumi.Input<string>;
  /** What consumers read, by variable name. */
  readonly variables: Readonly<Record<string, PublishedValue>>;
}

/** The ESC environments of a stack: consumers open the published one. */
export class EscEnvironment extends pulumi.ComponentResource {
  /** Revision of the secrets environment to which `stable` points. */
  readonly secretsRevision: pulumi.Output<number>;
  /** Revision of the published environment. */
  readonly publishedRevision: pulumi.Output<number>;

  constructor(name: string, args: EscEnvironmentArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("sophia:index:EscEnvironment", name, {}, opts);
    const { organization, project, environments } = args;
    const child = { parent: this };

    const text = pulumi
      .secret(pulumi.all([args.material, args.fingerprintKey]))
      .apply(([material, key]) => new pulumi.asset.StringAsset(secretsDefinition(material, key)));
    const secrets = new pulumiservice.Environment(
      `${name}-secrets`,
      { organization, project, name: environments.secrets, yaml: text },
      child,
    );
    this.secretsRevision = secrets.revision.apply((revision) => requireWritten(environments.secrets, revision));
    const tag = new pulumiservice.EnvironmentVersionTag(
      `${name}-${STABLE_TAG}`,
      { organization, project, environment: secrets.name, tagName: STABLE_TAG, revision: this.secretsRevision },
      child,
    );

    const imports = [`${project}/${environments.intake}`, `${project}/${environments.secrets}@${STABLE_TAG}`];
    const yaml = new pulumi.asset.StringAsset(publishedDefinition({ imports, variables: args.variables }));
    const published = new pulumiservice.Environment(
      `${name}-published`,
      { organization, project, name: environments.published, yaml },
      { ...child, dependsOn: [tag] },
    );
    this.publishedRevision = published.revision.apply((revision) => requireWritten(environments.published, revision));
    this.registerOutputs({ secretsRevision: this.secretsRevision, publishedRevision: this.publishedRevision });
  }
}

/** The provider reports an update that the service refused as done, with revision 0 (seen with pulumiservice 1.3.0). */
function requireWritten(environment: string, revision: number): number {
  if (revision > 0) return revision;
  throw new Error(
    `ESC did not take the last change of environment ${environment} (revision 0). Run: pulumi refresh --yes && pulumi up`,
  );
}
