/** Does a Snowflake role hold what it needs, and no more? Compares grants as SHOW GRANTS lists them; pure. */
import { type SnowflakeDepth } from "../../services/deep";
import { identifier, printedName } from "./snowflake-names";

/** A line of `SHOW GRANTS TO ROLE` or `SHOW FUTURE GRANTS TO ROLE`. https://docs.snowflake.com/en/sql-reference/sql/show-grants */
export interface Grant {
  readonly privilege: string;
  /** `WAREHOUSE`, `EXTERNAL TABLE`; blanks, not underscores. */
  readonly on: string;
  /** As Snowflake prints it: quoted where it must be. */
  readonly name: string;
  /** The role that holds it. */
  readonly role: string;
  readonly grantOption: boolean;
  readonly future: boolean;
}

/** A privilege by kind of object and name in the configuration's spelling. */
export interface NeededPrivilege {
  readonly privilege: string;
  readonly on: string;
  readonly parts: readonly string[];
}

/** The statements that make it right: GRANTs of what is lacking, REVOKEs of what is too much. */
export interface PrivilegeGap {
  readonly lacking: readonly { readonly what: string; readonly statement: string }[];
  readonly excess: readonly { readonly what: string; readonly statement: string }[];
}

/** What {@link comparePrivileges} compares. */
export interface PrivilegeQuestion {
  /** In the configuration's spelling. */
  readonly role: string;
  readonly needs: readonly NeededPrivilege[];
  readonly allows: Pick<SnowflakeDepth["allows"], "privileges" | "on"> & { readonly within: readonly string[] };
  /** Grants to the role and to all that it inherits. */
  readonly grants: readonly Grant[];
  /** Grants to PUBLIC: everybody has them, so they help, and taking them away is nothing for this role. */
  readonly everybodys: readonly Grant[];
}

/** Roles whose privileges are too many to list: inheriting one is already too much. */
export const SYSTEM_ROLES = ["ACCOUNTADMIN", "SECURITYADMIN", "SYSADMIN", "USERADMIN", "ORGADMIN", "GLOBALORGADMIN"];

/** Compares what the role holds with what it needs. */
export function comparePrivileges({ role, needs, allows, grants, everybodys }: PrivilegeQuestion): PrivilegeGap {
  const isMet = ({ privilege, on, parts }: NeededPrivilege): boolean =>
    [...grants, ...everybodys].some(
      (grant) =>
        !grant.future &&
        grant.on === on &&
        grant.name === printedName(parts) &&
        (grant.privilege === privilege || grant.privilege === "OWNERSHIP"),
    );
  const lacking = needs
    .filter((need) => !isMet(need))
    .map(({ privilege, on, parts }) => ({
      what: `${privilege} on ${on.toLowerCase()} ${printedName(parts)}`,
      statement: `GRANT ${privilege} ON ${on} ${parts.map(identifier).join(".")} TO ROLE ${identifier(role)};`,
    }));
  const isNeeded = (grant: Grant): boolean =>
    !grant.future &&
    needs.some(
      ({ privilege, on, parts }) =>
        grant.privilege === privilege && grant.on === on && grant.name === printedName(parts),
    );
  const isAllowed = ({ privilege, on, name }: Grant): boolean =>
    allows.privileges.includes(privilege) &&
    allows.on.includes(on) &&
    name.startsWith(`${printedName(allows.within)}.`);
  const excess = grants
    .filter((grant) => grant.grantOption || !(isNeeded(grant) || isAllowed(grant) || isInheritance(grant)))
    .map((grant) => ({ what: describe(grant), statement: takeAway(grant, isNeeded(grant) || isAllowed(grant)) }));
  return { lacking, excess };
}

/** Other roles may be inherited: what they hold is judged itself. */
function isInheritance({ privilege, on, name }: Grant): boolean {
  return privilege === "USAGE" && on === "ROLE" && !SYSTEM_ROLES.includes(name);
}

function describe({ privilege, on, name, future, grantOption }: Grant): string {
  const object = on === "ACCOUNT" ? "the account" : `${future ? "future " : ""}${on.toLowerCase()} ${name}`;
  return `${privilege} on ${object}${grantOption && privilege !== "OWNERSHIP" ? " with grant option" : ""}`;
}

function takeAway({ privilege, on, name, role, future, grantOption }: Grant, optionOnly: boolean): string {
  const from = `FROM ROLE ${role};`;
  if (privilege === "OWNERSHIP") return `GRANT OWNERSHIP ON ${on} ${name} TO ROLE SYSADMIN COPY CURRENT GRANTS;`;
  if (on === "ROLE" || on === "DATABASE ROLE") return `REVOKE ${on} ${name} ${from}`;
  if (on === "ACCOUNT") return `REVOKE ${privilege} ON ACCOUNT ${from}`;
  const option = grantOption && optionOnly ? "GRANT OPTION FOR " : "";
  if (!future) return `REVOKE ${option}${privilege} ON ${on} ${name} ${from}`;
  // `DATABASE.SCHEMA.<TABLE>`, or `DATABASE.<TABLE>`
  const container = name.replace(/\.<[^>]*>$/, "");
  const kind = /^(?:"(?:[^"]|"")*"|[^."]+)$/.test(container) ? "DATABASE" : "SCHEMA";
  return `REVOKE ${option}${privilege} ON FUTURE ${on.replace(/Y$/, "IE")}S IN ${kind} ${container} ${from}`;
}
