/** Does what this stack makes in Snowflake have more rights than it needs, or a password where there must be none? */
import { listOf, stackOf, textOf, type Resource, type Rule } from "../rule";

/** Snowflake's own roles, each of which administers something. https://docs.snowflake.com/en/user-guide/security-access-control-overview */
const ADMINISTRATORS = ["ACCOUNTADMIN", "ORGADMIN", "GLOBALORGADMIN", "SECURITYADMIN", "USERADMIN", "SYSADMIN"];
/** With one of these a role can give itself any other right. */
const TAKING_OVER = ["OWNERSHIP", "MANAGE GRANTS", "ALL", "ALL PRIVILEGES"];

const USER = /^snowflake:index\/(user|serviceUser|legacyServiceUser):/;
const GRANTED_ROLE = /^snowflake:index\/grantAccountRole:/;
const PRIVILEGES = /^snowflake:index\/grantPrivileges/;
const OWNERSHIP = /^snowflake:index\/grantOwnership:/;

/** No user of ours administers the account. */
export const noAdministrators: Rule = {
  name: "snowflake-no-administrator",
  description: "No user that programs log in with has one of Snowflake's administrator roles.",
  check: (resource) => {
    const property = GRANTED_ROLE.test(resource.type) ? "roleName" : USER.test(resource.type) ? "defaultRole" : "";
    const role = textOf(resource, property).replaceAll('"', "").toUpperCase();
    return ADMINISTRATORS.includes(role) ? [`${role} is given to a user: give it a role with what it needs.`] : [];
  },
};

/** No role of ours can give itself rights. */
export const noOwnership: Rule = {
  name: "snowflake-no-ownership",
  description: "No role gets ownership, all privileges or the right to pass them on.",
  check: (resource) => {
    if (OWNERSHIP.test(resource.type)) return ["It hands over ownership: grant the single privileges that are needed."];
    if (!PRIVILEGES.test(resource.type)) return [];
    const { allPrivileges, withGrantOption } = resource.properties;
    const given = listOf(resource, "privileges").map((one) => String(one).toUpperCase());
    return [
      ...given
        .filter((one) => TAKING_OVER.includes(one))
        .map((one) => `It grants ${one}: name the single privileges that are needed.`),
      ...(allPrivileges === true ? ["It grants all privileges: name the single ones that are needed."] : []),
      ...(withGrantOption === true ? ["It lets the role grant on: leave withGrantOption out."] : []),
    ];
  },
};

/** Snowflake ends passwords of service users; until then they stay out of production. https://docs.snowflake.com/en/user-guide/security-mfa-rollout */
export const noPasswords: Rule = {
  name: "snowflake-no-password-in-production",
  description: "In production no user has a password: a key pair or an access token takes its place.",
  setting: "stacks",
  check: (resource, { stacks = ["production"] }) => {
    if (!stacks.includes(stackOf(resource)) || !hasPassword(resource)) return [];
    return [
      `${textOf(resource, "name") || resource.name} would log in by a password: set sophia:snowflakeCredential to key-pair or access-token.`,
    ];
  },
};

/** A user of the legacy type exists to have one, also where it is not known yet. */
function hasPassword({ type, properties }: Resource): boolean {
  return (
    type.startsWith("snowflake:index/legacyServiceUser:") || (USER.test(type) && properties.password !== undefined)
  );
}
