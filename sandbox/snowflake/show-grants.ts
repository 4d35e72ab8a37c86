/** Who has been granted what? https://docs.snowflake.com/en/sql-reference/sql/show-grants */
import { type FutureGrant, type PrivilegeGrant, type RoleGrant } from "./account";
import { type Context } from "./context";
import { doesNotExist } from "./errors";
import { type Role, type Securable, type User } from "./objects";
import { nameParts, readContainer, readSecurable } from "./securables";
import { type Statement } from "./statement";
import { printName, tableOf, timestamp, type ColumnOf, type Table } from "./table";

interface Line {
  readonly createdOn: number;
  readonly privilege: string;
  readonly on: Securable;
  readonly grantee: Role | User;
  readonly grantOption: boolean;
  readonly grantedBy: string;
}

/** A `granted_by` that is empty would make the provider drop the privilege at refresh. */
const LINE_COLUMNS: readonly ColumnOf<Line>[] = [
  ["created_on", "timestamp_ltz", ({ createdOn }) => timestamp(createdOn)],
  ["privilege", "text", ({ privilege }) => privilege],
  ["granted_on", "text", ({ on }) => on.kind],
  ["name", "text", ({ on }) => printName(nameParts(on))],
  ["granted_to", "text", ({ grantee }) => grantee.kind],
  ["grantee_name", "text", ({ grantee }) => grantee.name],
  ["grant_option", "text", ({ grantOption }) => String(grantOption)],
  ["granted_by", "text", ({ grantedBy }) => grantedBy],
];

const ROLE_COLUMNS: readonly ColumnOf<RoleGrant>[] = [
  ["created_on", "timestamp_ltz", ({ createdOn }) => timestamp(createdOn)],
  ["role", "text", ({ role }) => role.name],
  ["granted_to", "text", ({ to }) => to.kind],
  ["grantee_name", "text", ({ to }) => to.name],
  ["granted_by", "text", ({ grantedBy }) => grantedBy],
];

const FUTURE_COLUMNS: readonly ColumnOf<FutureGrant>[] = [
  ["created_on", "timestamp_ltz", ({ createdOn }) => timestamp(createdOn)],
  ["privilege", "text", ({ privilege }) => privilege],
  ["grant_on", "text", ({ objectType }) => objectType.replaceAll(" ", "_")],
  ["name", "text", ({ container, objectType }) => `${printName(nameParts(container))}.<${objectType}>`],
  ["grant_to", "text", () => "ROLE"],
  ["grantee_name", "text", ({ role }) => role.name],
  ["grant_option", "text", ({ grantOption }) => String(grantOption)],
];

/** `SHOW GRANTS [ON … | TO … | OF ROLE …]`; the cursor stands behind GRANTS. */
export function showGrants(context: Context, statement: Statement): Table {
  const { account, session } = context;
  if (statement.done) return grantsToUser(context, session.user);
  if (statement.accept("OF")) {
    statement.expect("ROLE");
    const role = account.roles.require(statement.identifier());
    statement.end();
    return tableOf(
      ROLE_COLUMNS,
      account.roleGrants.filter((grant) => grant.role === role),
    );
  }
  if (statement.accept("ON")) {
    const object = readSecurable(context, statement);
    statement.end();
    if (!account.sees(session.role, object)) throw doesNotExist(object.kind, object.name);
    const granted = account.privilegeGrants.filter(({ on }) => on === object).map(privilegeLine);
    return tableOf(LINE_COLUMNS, [...ownershipLines([object]), ...granted]);
  }
  statement.expect("TO");
  if (statement.accept("USER")) {
    const user = account.users.require(statement.identifier());
    statement.end();
    if (user !== session.user && !account.managesGrants(session.role) && !account.owns(session.role, user)) {
      throw doesNotExist("user", user.name);
    }
    return grantsToUser(context, user);
  }
  statement.expect("ROLE");
  const role = account.roles.require(statement.identifier());
  statement.end();
  if (!account.managesGrants(session.role) && !account.rolesWithin(session.role).has(role)) {
    throw doesNotExist("role", role.name);
  }
  return tableOf(LINE_COLUMNS, linesTo(context, role));
}

/** `SHOW FUTURE GRANTS {IN {DATABASE d | SCHEMA d.s} | TO ROLE r}`; the cursor stands behind GRANTS. */
export function showFutureGrants(context: Context, statement: Statement): Table {
  const { account } = context;
  if (statement.accept("TO", "ROLE")) {
    const role = account.roles.require(statement.identifier());
    statement.end();
    return tableOf(
      FUTURE_COLUMNS,
      account.futureGrants.filter((grant) => grant.role === role),
    );
  }
  statement.expect("IN");
  const container = readContainer(context, statement);
  statement.end();
  return tableOf(
    FUTURE_COLUMNS,
    account.futureGrants.filter((grant) => grant.container === container),
  );
}

function grantsToUser({ account }: Context, user: User): Table {
  return tableOf(
    ROLE_COLUMNS,
    account.roleGrants.filter((grant) => grant.to === user),
  );
}

function linesTo({ account }: Context, role: Role): Line[] {
  const inherited = account.roleGrants
    .filter(({ to }) => to === role)
    .map((grant): Line => ({
      createdOn: grant.createdOn,
      privilege: "USAGE",
      on: grant.role,
      grantee: role,
      grantOption: false,
      grantedBy: grant.grantedBy,
    }));
  const owned = ownershipLines(account.everything()).filter(({ grantee }) => grantee === role);
  const granted = account.privilegeGrants.filter((grant) => grant.role === role).map(privilegeLine);
  return [...owned, ...inherited, ...granted];
}

function ownershipLines(objects: readonly Securable[]): Line[] {
  return objects.flatMap((on): Line[] => {
    const { owner, createdOn } = on;
    if (!owner) return [];
    return [{ createdOn, privilege: "OWNERSHIP", on, grantee: owner, grantOption: true, grantedBy: owner.name }];
  });
}

function privilegeLine({ createdOn, privilege, on, role, grantOption, grantedBy }: PrivilegeGrant): Line {
  return { createdOn, privilege, on, grantee: role, grantOption, grantedBy };
}
