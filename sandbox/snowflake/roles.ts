/** How are account roles made, changed and removed? https://docs.snowflake.com/en/sql-reference/sql/create-role */
import { readShowFilter, requireProperty, type Context, type Noun } from "./context";
import { createObject, dropObject, EXECUTED } from "./create";
import { insufficientPrivileges } from "./errors";
import { type Role } from "./objects";
import { status, tableOf, timestamp, type ColumnOf } from "./table";

/** CREATE, ALTER, DROP and SHOW of account roles. */
export const roles: Noun = {
  words: ["ROLE"],
  plural: ["ROLES"],

  create(context, statement, options) {
    const { account, session } = context;
    account.requirePrivilege(session.role, "CREATE ROLE", account.root);
    const name = statement.identifier();
    const properties = statement.properties();
    statement.end();
    for (const property of properties.keys()) requireProperty(["COMMENT"], property, "ROLE");
    const comment = properties.get("COMMENT")?.text ?? "";
    return createObject(context, account.roles, name, options, () => ({
      kind: "ROLE",
      ...account.securable(name, session.role, comment),
    }));
  },

  alter(context, statement) {
    const { account, session } = context;
    const role = account.roles.require(statement.identifier());
    account.requireOwnership(session.role, role);
    if (statement.accept("RENAME", "TO")) {
      const name = statement.identifier();
      statement.end();
      account.roles.rename(role, name);
    } else if (statement.accept("UNSET", "COMMENT")) {
      statement.end();
      role.comment = "";
    } else {
      statement.expect("SET");
      const properties = statement.properties();
      statement.end();
      for (const property of properties.keys()) requireProperty(["COMMENT"], property, "ROLE");
      role.comment = properties.get("COMMENT")?.text ?? role.comment;
    }
    return status(EXECUTED);
  },

  drop(context, statement) {
    const { account } = context;
    const role = account.roles.require(statement.identifier());
    statement.end();
    if (account.isSystemRole(role)) throw insufficientPrivileges("ROLE", role.name);
    return dropObject(context, account.roles, role);
  },

  show(context, statement) {
    const filter = readShowFilter<Role>(statement);
    return tableOf(roleColumns(context), filter(context.account.roles.all()));
  },
};

/** The counters must not be null, and created_on must be a time: the provider fails otherwise. */
function roleColumns({ account, session }: Context): ColumnOf<Role>[] {
  const count = (matches: (grant: (typeof account.roleGrants)[number]) => boolean) =>
    String(account.roleGrants.filter(matches).length);
  const yes = (value: boolean) => (value ? "Y" : "N");
  const inherited = account.rolesWithin(session.role);
  return [
    ["created_on", "timestamp_ltz", (role) => timestamp(role.createdOn)],
    ["name", "text", (role) => role.name],
    ["is_default", "text", (role) => yes(session.user.texts.get("DEFAULT_ROLE") === role.name)],
    ["is_current", "text", (role) => yes(session.role === role)],
    ["is_inherited", "text", (role) => yes(session.role !== role && inherited.has(role))],
    ["assigned_to_users", "fixed", (role) => count(({ role: granted, to }) => granted === role && to.kind === "USER")],
    ["granted_to_roles", "fixed", (role) => count(({ role: granted, to }) => granted === role && to.kind === "ROLE")],
    ["granted_roles", "fixed", (role) => count(({ to }) => to === role)],
    ["owner", "text", (role) => role.owner?.name ?? ""],
    ["comment", "text", (role) => role.comment],
  ];
}
