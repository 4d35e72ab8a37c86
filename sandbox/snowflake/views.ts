/** What does a test see of the account? Plain objects without any secret. */
import { type Account } from "./account";
import { type User, type UserType } from "./objects";
import { nameParts } from "./securables";
import { printName } from "./table";

/** A user, with the names of its roles and tokens and the fingerprints of its keys. */
export interface UserView {
  readonly name: string;
  readonly loginName: string;
  readonly type: UserType;
  readonly disabled: boolean;
  readonly hasPassword: boolean;
  /** `SHA256:…` of RSA_PUBLIC_KEY and RSA_PUBLIC_KEY_2. */
  readonly fingerprints: readonly [string | undefined, string | undefined];
  readonly defaultRole: string | undefined;
  readonly defaultWarehouse: string | undefined;
  readonly defaultNamespace: string | undefined;
  readonly comment: string;
  readonly roles: readonly string[];
  readonly accessTokens: readonly string[];
  readonly lastLogInAt: string | undefined;
}

/** An account role, Snowflake's own included. */
export interface RoleView {
  readonly name: string;
  readonly owner: string;
  readonly comment: string;
  /** The roles that it inherits. */
  readonly inherits: readonly string[];
}

/** A privilege held by a role. */
export interface GrantView {
  readonly privilege: string;
  /** e.g. `WAREHOUSE`; of a future grant `FUTURE TABLE`. */
  readonly on: string;
  /** e.g. `D.S`; of a future grant the database or schema. */
  readonly name: string;
  readonly role: string;
  readonly grantOption: boolean;
}

/** The user as a test sees it. */
export function viewUser(account: Account, user: User): UserView {
  const [first, second] = user.keys;
  return {
    name: user.name,
    loginName: user.texts.get("LOGIN_NAME") ?? "",
    type: user.type,
    disabled: user.disabled,
    hasPassword: user.passwordDigest !== undefined,
    fingerprints: [first?.fingerprint, second?.fingerprint],
    defaultRole: user.texts.get("DEFAULT_ROLE"),
    defaultWarehouse: user.texts.get("DEFAULT_WAREHOUSE"),
    defaultNamespace: user.texts.get("DEFAULT_NAMESPACE"),
    comment: user.comment,
    roles: account.roleGrants.filter(({ to }) => to === user).map(({ role }) => role.name),
    accessTokens: [...user.accessTokens.keys()],
    lastLogInAt: user.lastLogInAt === undefined ? undefined : new Date(user.lastLogInAt).toISOString(),
  };
}

/** All roles in order of name. */
export function viewRoles(account: Account): RoleView[] {
  return account.roles.all().map((role) => ({
    name: role.name,
    owner: role.owner?.name ?? "",
    comment: role.comment,
    inherits: account.roleGrants.filter(({ to }) => to === role).map((grant) => grant.role.name),
  }));
}

/** All privileges that were granted, future ones included, ownership not. */
export function viewGrants(account: Account): GrantView[] {
  const present = account.privilegeGrants
    .filter(({ on, role }) => on.kind !== "ACCOUNT" || !account.isSystemRole(role))
    .map(({ privilege, on, role, grantOption }) => ({
      privilege,
      on: on.kind,
      name: printName(nameParts(on)),
      role: role.name,
      grantOption,
    }));
  const future = account.futureGrants.map(({ privilege, objectType, container, role, grantOption }) => ({
    privilege,
    on: `FUTURE ${objectType}`,
    name: printName(nameParts(container)),
    role: role.name,
    grantOption,
  }));
  return [...present, ...future];
}
