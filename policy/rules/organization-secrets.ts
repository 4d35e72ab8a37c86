/** Who reads an organization's secrets? `all` means every repository, public ones too. */
import { textOf, type Rule } from "../rule";

/** https://docs.github.com/en/rest/actions/secrets#create-or-update-an-organization-secret */
export const organizationSecrets: Rule = {
  name: "organization-secret-not-for-all",
  description: "An organization's secret is for its private repositories or for named ones, never for all of them.",
  setting: "allowed",
  check: (resource, { allowed = [] }) => {
    const name = textOf(resource, "secretName");
    const isForAll = textOf(resource, "visibility") === "all";
    if (!resource.type.startsWith("github:index/actionsOrganizationSecret:") || !isForAll || allowed.includes(name))
      return [];
    return [
      `${name} would be read by every repository of the organization: set sophia:githubOrganizationVisibility to private or selected, or allow ${name} in policy/config.json.`,
    ];
  },
};
