/** Who may do what? The account: its objects, the roles' hierarchy and the privileges granted, with Snowflake's own roles from the start. */
import { doesNotExist, insufficientPrivileges } from "./errors";
import { type LogInRecord } from "./login-history";
import {
  ObjectStore,
  type AccountRoot,
  type Database,
  type NetworkPolicy,
  type Role,
  type Schema,
  type Securable,
  type User,
  type Warehouse,
} from "./objects";

/** A role granted to a user or to another role. */
export interface RoleGrant {
  readonly role: Role;
  readonly to: Role | User;
  readonly grantedBy: string;
  readonly createdOn: number;
}

/** A privilege granted on an object. */
export interface PrivilegeGrant {
  readonly privilege: string;
  readonly on: Securable;
  readonly role: Role;
  readonly grantOption: boolean;
  readonly grantedBy: string;
  readonly createdOn: number;
}

/** A privilege on objects that do not exist yet. */
export interface FutureGrant {
  readonly privilege: string;
  /** Singular, e.g. `TABLE`. */
  readonly objectType: string;
  readonly container: Database | Schema;
  readonly role: Role;
  readonly grantOption: boolean;
  readonly createdOn: number;
}

/** What Snowflake's own roles may do, and which roles they inherit. https://docs.snowflake.com/en/user-guide/security-access-control-overview#system-defined-roles */
const SYSTEM_ROLES: readonly { name: string; inherits: readonly string[]; privileges: readonly string[] }[] = [
  { name: "PUBLIC", inherits: [], privileges: [] },
  { name: "USERADMIN", inherits: [], privileges: ["CREATE USER", "CREATE ROLE"] },
  { name: "SECURITYADMIN", inherits: ["USERADMIN"], privileges: ["MANAGE GRANTS", "CREATE NETWORK POLICY"] },
  { name: "SYSADMIN", inherits: [], privileges: ["CREATE DATABASE", "CREATE WAREHOUSE"] },
  { name: "ACCOUNTADMIN", inherits: ["SECURITYADMIN", "SYSADMIN"], privileges: ["MANAGE ACCOUNT"] },
];

/** One Snowflake account. */
export class Account {
  readonly users = new ObjectStore<User>("user");
  readonly roles = new ObjectStore<Role>("role");
  readonly warehouses = new ObjectStore<Warehouse>("warehouse");
  readonly databases = new ObjectStore<Database>("database");
  readonly networkPolicies = new ObjectStore<NetworkPolicy>("network policy");
  readonly root: AccountRoot;
  roleGrants: RoleGrant[] = [];
  privilegeGrants: PrivilegeGrant[] = [];
  futureGrants: FutureGrant[] = [];
  /** People need a second factor: https://docs.snowflake.com/en/user-guide/security-mfa-rollout */
  requiresSecondFactor = false;
  /** Every attempt to log in, the oldest first. */
  readonly logIns: LogInRecord[] = [];

  /** Names as in `ORGANIZATION-ACCOUNT`, upper case. */
  constructor(
    readonly organization: string,
    readonly name: string,
    readonly clock: () => number,
  ) {
    this.root = { kind: "ACCOUNT", ...this.securable(name, undefined) };
    for (const { name: roleName } of SYSTEM_ROLES) this.roles.add({ kind: "ROLE", ...this.securable(roleName) });
    for (const { name: roleName, inherits, privileges } of SYSTEM_ROLES) {
      const role = this.roles.require(roleName);
      for (const inherited of inherits) this.grantRole(this.roles.require(inherited), role, "");
      for (const privilege of privileges) this.grantPrivilege(privilege, this.root, role, false, "");
    }
  }

  /** `ORGANIZATION-ACCOUNT`, with which drivers name the account. */
  get identifier(): string {
    return `${this.organization}-${this.name}`;
  }

  /** The older short name, which `CURRENT_ACCOUNT()` answers. */
  get locator(): string {
    return `SBX${this.name.replace(/[^A-Z0-9]/g, "").slice(0, 8)}`;
  }

  /** The fields that every new object starts with. */
  securable(name: string, owner?: Role, comment = ""): Omit<Securable, "kind"> {
    return { name, createdOn: this.clock(), owner, comment, parameters: new Map() };
  }

  /** True for Snowflake's own roles, which cannot be changed. */
  isSystemRole(role: Role): boolean {
    return SYSTEM_ROLES.some(({ name }) => name === role.name);
  }

  /** The role itself and all that it inherits, PUBLIC included. */
  rolesWithin(role: Role): Set<Role> {
    const found = new Set([role, this.roles.require("PUBLIC")]);
    for (const member of found) {
      for (const grant of this.roleGrants) if (grant.to === member) found.add(grant.role);
    }
    return found;
  }

  /** May the user act as this role: granted, or inherited by one that is? */
  mayActAs(user: User, role: Role): boolean {
    if (role.name === "PUBLIC") return true;
    return this.roleGrants.some((grant) => grant.to === user && this.rolesWithin(grant.role).has(role));
  }

  /** Does the role own the object, directly or through a role that it inherits? */
  owns(role: Role, object: Securable): boolean {
    return object.owner !== undefined && this.rolesWithin(role).has(object.owner);
  }

  /** Does the role hold the privilege on the object? Its owner holds all of them. */
  holds(role: Role, privilege: string, object: Securable): boolean {
    if (this.owns(role, object)) return true;
    const within = this.rolesWithin(role);
    return this.privilegeGrants.some(
      (grant) => grant.on === object && grant.privilege === privilege && within.has(grant.role),
    );
  }

  /** Any privilege at all: without one an object is invisible. */
  sees(role: Role, object: Securable): boolean {
    if (this.managesGrants(role) || this.owns(role, object)) return true;
    const within = this.rolesWithin(role);
    return this.privilegeGrants.some((grant) => grant.on === object && within.has(grant.role));
  }

  /** MANAGE GRANTS on the account: SECURITYADMIN and what inherits it. */
  managesGrants(role: Role): boolean {
    return this.holds(role, "MANAGE GRANTS", this.root);
  }

  /** Throws 003001 unless the role holds the privilege. */
  requirePrivilege(role: Role, privilege: string, object: Securable): void {
    if (!this.holds(role, privilege, object)) throw insufficientPrivileges(object.kind, object.name);
  }

  /** Throws 003001 unless the role owns the object; an object that it cannot even see does not exist for it (002003). */
  requireOwnership(role: Role, object: Securable): void {
    if (this.owns(role, object)) return;
    if (object.kind !== "ROLE" && object.kind !== "USER" && !this.sees(role, object)) {
      throw doesNotExist(object.kind.replace("_", " "), object.name);
    }
    throw insufficientPrivileges(object.kind, object.name);
  }

  /** Repeating it changes nothing, as at Snowflake. */
  grantRole(role: Role, to: Role | User, grantedBy: string): void {
    if (this.roleGrants.some((grant) => grant.role === role && grant.to === to)) return;
    this.roleGrants.push({ role, to, grantedBy, createdOn: this.clock() });
  }

  /** A grant without the option, repeated with it, gains it. */
  grantPrivilege(privilege: string, on: Securable, role: Role, grantOption: boolean, grantedBy: string): void {
    const same = this.privilegeGrants.find(
      (grant) => grant.privilege === privilege && grant.on === on && grant.role === role,
    );
    if (same && (same.grantOption || !grantOption)) return;
    this.privilegeGrants = this.privilegeGrants.filter((grant) => grant !== same);
    this.privilegeGrants.push({ privilege, on, role, grantOption, grantedBy, createdOn: this.clock() });
  }

  /** Removes the object from every grant, and hands on what a dropped role owned. */
  forget(object: Securable, heir: Role): void {
    const contained = object.kind === "DATABASE" ? (object as Database).schemas.all() : [];
    const gone = new Set<Securable>([object, ...contained]);
    this.roleGrants = this.roleGrants.filter((grant) => !gone.has(grant.role) && !gone.has(grant.to));
    this.privilegeGrants = this.privilegeGrants.filter((grant) => !gone.has(grant.on) && !gone.has(grant.role));
    this.futureGrants = this.futureGrants.filter((grant) => !gone.has(grant.container) && !gone.has(grant.role));
    if (object.kind !== "ROLE") return;
    for (const owned of this.everything()) if (owned.owner === object) owned.owner = heir;
  }

  /** Every object that has an owner. */
  everything(): Securable[] {
    const databases = this.databases.all();
    const schemas = databases.flatMap((database) => database.schemas.all());
    return [
      ...this.users.all(),
      ...this.roles.all(),
      ...this.warehouses.all(),
      ...databases,
      ...schemas,
      ...this.networkPolicies.all(),
    ];
  }
}
