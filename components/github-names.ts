/** Which names does GitHub take? Its rules, checked before the first write. */
import * as pulumi from "@pulumi/pulumi";
import { isGitHubName } from "../automation/sync/limits";

/**
 * Throws a ResourceError that lists every name which GitHub would refuse: letters, digits and `_`, no digit first, no `GITHUB_` prefix, equal to
 * no other when upper-cased. https://docs.github.com/en/actions/reference/security/secrets
 */
export function refuseGitHubNames(variables: readonly { readonly name: string }[], resource: pulumi.Resource): void {
  const names = variables.map((variable) => variable.name);
  const bad = names.filter((name) => !isGitHubName(name));
  if (bad.length > 0)
    throw new pulumi.ResourceError(`GitHub refuses the name ${bad.join(", ")}; rename it in the catalogue`, resource);
  const twice = names.filter(
    (name, index) => names.findIndex((other) => other.toUpperCase() === name.toUpperCase()) !== index,
  );
  if (twice.length > 0)
    throw new pulumi.ResourceError(`GitHub takes ${twice.join(", ")} for the same name twice`, resource);
}
