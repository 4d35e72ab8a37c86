/**
 * How are roles and privileges granted and revoked?
 * https://docs.snowflake.com/en/sql-reference/sql/grant-role https://docs.snowflake.com/en/sql-reference/sql/grant-privilege
 */
import { type Context } from "./context";
import { EXECUTED } from "./create";
import { doesNotExist, insufficientPrivileges, SqlError } from "./errors";
import { readSecurable, privilegesOn, readContainer } from "./securables";
import { type Database, type Role, type Schema, type Securable, type User } from "./objects";
import { type Statement } from "./statement";
import { status, type Table } from "./table";

/** What a privilege statement is about. */
type Target =
  | { readonly kind: "object"; readonly object: Securable }
  | { readonly kind: "all" | "future"; readonly objectType: string; readonly container: Database | Schema };

/** `GRANT …`; the cursor stands behind the word. */
export function grant(context: Context, statement: Statement): Table {
  if (statement.accept("ROLE")) {
    const { role, grantee } = readRoleGrant(context, statement, "TO");
    if (grantee.kind === "ROLE" && context.account.rolesWithin(role).has(grantee)) throw circular(role, grantee);
    context.account.grantRole(role, grantee, context.session.role.name);
    return status(EXECUTED);
  }
  const { privileges, target } = readPrivileges(context, statement);
  const role = readRole(context, statement, "TO");
  const grantOption = statement.accept("WITH", "GRANT", "OPTION");
  if (privileges.includes("OWNERSHIP")) return grantOwnership(context, statement, target, role);
  statement.end();
  for (const privilege of privileges) grantOne(context, privilege, target, role, grantOption);
  return status(EXECUTED);
}

/** `REVOKE …`; the cursor stands behind the word. Revoking what is not granted succeeds, as at Snowflake. */
export function revoke(context: Context, statement: Statement): Table {
  const { account } = context;
  if (statement.accept("ROLE")) {
    const { role, grantee } = readRoleGrant(context, statement, "FROM");
    account.roleGrants = account.roleGrants.filter((found) => found.role !== role || found.to !== grantee);
    return status(EXECUTED);
  }
  const optionOnly = statement.accept("GRANT", "OPTION", "FOR");
  const { privileges, target } = readPrivileges(context, statement);
  const role = readRole(context, statement, "FROM");
  if (!statement.accept("CASCADE")) statement.accept("RESTRICT");
  statement.end();
  const matches = (privilege: string) => privileges.includes("ALL") || privileges.includes(privilege);
  if (target.kind === "future") {
    requireGranting(context, target.container);
    account.futureGrants = account.futureGrants.flatMap((found) => {
      const same = found.container === target.container && found.objectType === target.objectType;
      if (!same || found.role !== role || !matches(found.privilege)) return [found];
      return optionOnly ? [{ ...found, grantOption: false }] : [];
    });
    return status(EXECUTED);
  }
  const objects = new Set(objectsOf(target));
  for (const object of objects) requireGranting(context, object);
  account.privilegeGrants = account.privilegeGrants.flatMap((found) => {
    if (!objects.has(found.on) || found.role !== role || !matches(found.privilege)) return [found];
    return optionOnly ? [{ ...found, grantOption: false }] : [];
  });
  return status(EXECUTED);
}

/** Gives a new schema what was granted on future ones of its database. */
export function applyFutureGrants({ account, session }: Context, schema: Schema): void {
  for (const { container, objectType, privilege, role, grantOption } of account.futureGrants) {
    if (container !== schema.database || objectType !== "SCHEMA") continue;
    account.grantPrivilege(privilege, schema, role, grantOption, session.role.name);
  }
}

function readRoleGrant(
  context: Context,
  statement: Statement,
  direction: "TO" | "FROM",
): { role: Role; grantee: Role | User } {
  const { account, session } = context;
  const role = account.roles.require(statement.identifier());
  statement.expect(direction);
  const toUser = statement.accept("USER");
  if (!toUser) statement.expect("ROLE");
  const grantee = toUser
    ? account.users.require(statement.identifier())
    : account.roles.require(statement.identifier());
  statement.end();
  if (!account.managesGrants(session.role) && !account.owns(session.role, role)) {
    throw insufficientPrivileges("ROLE", role.name);
  }
  return { role, grantee };
}

function readRole({ account }: Context, statement: Statement, direction: "TO" | "FROM"): Role {
  statement.expect(direction);
  statement.accept("ROLE");
  return account.roles.require(statement.identifier());
}

function readPrivileges(context: Context, statement: Statement): { privileges: string[]; target: Target } {
  const privileges: string[] = [];
  do {
    const words = [statement.keyword()];
    while (statement.peek()?.kind === "word" && statement.peek()?.text.toUpperCase() !== "ON") {
      words.push(statement.keyword());
    }
    privileges.push(words[0] === "ALL" ? "ALL" : words.join(" "));
  } while (statement.acceptSymbol(","));
  statement.expect("ON");
  const target = readTarget(context, statement);
  if (target.kind === "object") {
    const known = privilegesOn(target.object.kind);
    for (const privilege of privileges) {
      if (privilege !== "ALL" && !known.includes(privilege)) throw invalidPrivilege(privilege, target.object);
    }
  }
  return { privileges, target };
}

function readTarget(context: Context, statement: Statement): Target {
  const kind = statement.accept("ALL") ? "all" : statement.accept("FUTURE") ? "future" : undefined;
  if (!kind) return { kind: "object", object: readSecurable(context, statement) };
  const words: string[] = [];
  while (!statement.accept("IN")) words.push(statement.keyword());
  const objectType = words.join(" ").replace(/IES$/, "Y").replace(/S$/, "");
  return { kind, objectType, container: readContainer(context, statement) };
}

function grantOne(context: Context, privilege: string, target: Target, role: Role, option: boolean): void {
  const { account, session } = context;
  if (target.kind === "future") {
    requireGranting(context, target.container);
    const { objectType, container } = target;
    const entry = { privilege, objectType, container, role, grantOption: option, createdOn: account.clock() };
    account.futureGrants = account.futureGrants.filter(
      (found) =>
        found.container !== container ||
        found.objectType !== objectType ||
        found.role !== role ||
        found.privilege !== privilege,
    );
    account.futureGrants.push(entry);
    return;
  }
  for (const object of objectsOf(target)) {
    requireGranting(context, object, privilege);
    const wanted = privilege === "ALL" ? privilegesOn(object.kind).filter((name) => name !== "OWNERSHIP") : [privilege];
    for (const each of wanted) account.grantPrivilege(each, object, role, option, session.role.name);
  }
}

/** There are no tables and the like in the stand-in: `ALL TABLES` is none, as in an empty schema. */
function objectsOf(target: Target): Securable[] {
  if (target.kind === "object") return [target.object];
  if (target.objectType !== "SCHEMA" || target.container.kind !== "DATABASE") return [];
  return target.container.schemas.all();
}

/** The owner, who manages grants, and who holds the privilege with the grant option. */
function requireGranting({ account, session }: Context, object: Securable, privilege?: string): void {
  if (account.managesGrants(session.role) || account.owns(session.role, object)) return;
  const within = account.rolesWithin(session.role);
  const mayPassOn = account.privilegeGrants.some(
    (found) => found.on === object && found.privilege === privilege && found.grantOption && within.has(found.role),
  );
  if (mayPassOn) return;
  if (!account.sees(session.role, object)) throw doesNotExist(object.kind, object.name);
  throw insufficientPrivileges(object.kind, object.name);
}

function grantOwnership(context: Context, statement: Statement, target: Target, role: Role): Table {
  const keeps = statement.accept("COPY", "CURRENT", "GRANTS");
  const revokes = !keeps && statement.accept("REVOKE", "CURRENT", "GRANTS");
  statement.end();
  if (target.kind !== "object") throw statement.unexpected();
  const { account, session } = context;
  if (!account.managesGrants(session.role)) account.requireOwnership(session.role, target.object);
  if (revokes) account.privilegeGrants = account.privilegeGrants.filter(({ on }) => on !== target.object);
  target.object.owner = role;
  return status(EXECUTED);
}

function invalidPrivilege(privilege: string, object: Securable): SqlError {
  const message = `SQL compilation error:\nInvalid privilege '${privilege}' for object type ${object.kind}`;
  return new SqlError("003008", message, "42601");
}

/** The code is assumed, not compared with a real account. */
function circular(role: Role, grantee: Role): SqlError {
  const message = `SQL access control error:\nCannot grant role '${role.name}' to role '${grantee.name}': circular grant`;
  return new SqlError("003003", message, "42501");
}
