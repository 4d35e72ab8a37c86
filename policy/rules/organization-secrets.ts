/** Who reads an organization's secrets? `all` means every repository, public ones too. */
import { entriesOf, textOf, type Rule } from "../rule";

/** https://docs.github.com/en/rest/actions/secrets#create-or-update-an-organization-secret */
export const organizationSecrets: Rule = {
  name: "organization-secret-not-for-all",
  description: "An organization's secret is for its private repositories or for named ones, never for all of them.",
  setting: "allowed",
  check: (resource, { allowed = [] }) => {
    if (textOf(resource, "visibility") !== "all") return [];
    const isSingle = resource.type.startsWith("github:index/actionsOrganizationSecret:");
    return [...(isSingle ? [textOf(resource, "secretName")] : []), ...entriesOf(resource, "secret")]
      .filter((name) => !allowed.includes(name))
      .map(
        (name) =>
          `${name} would be read by every repository of the organization: set sophia:githubOrganizationVisibility to private or selected, or allow ${name} in policy/config.json.`,
      );
  },
};
