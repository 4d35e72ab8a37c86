/** What is in the account? Its objects, held by reference, so that a rename keeps grants and a drop takes them along. */
import { type KeyObject } from "node:crypto";
import { alreadyExists, doesNotExist } from "./errors";

/** What privileges can be granted on; the words of `granted_on` in `SHOW GRANTS`. */
export type Kind = "ACCOUNT" | "USER" | "ROLE" | "WAREHOUSE" | "DATABASE" | "SCHEMA" | "NETWORK_POLICY";

/** What every object has. `createdOn` is in milliseconds since 1970. */
export interface Securable {
  readonly kind: Kind;
  name: string;
  readonly createdOn: number;
  /** The role that may change the object; only the system's own roles have none. */
  owner: Role | undefined;
  comment: string;
  /** Parameters set on this object itself, not those that it inherits. */
  readonly parameters: Map<string, string>;
}

/** An account role. */
export interface Role extends Securable {
  readonly kind: "ROLE";
}

/** One of the two key slots of a user. */
export interface PublicKey {
  /** As it was set, byte for byte: the provider compares it. */
  readonly text: string;
  readonly key: KeyObject;
  /** `SHA256:` and the Base64 digest of the key's DER form. */
  readonly fingerprint: string;
  readonly setAt: number;
}

/** A programmatic access token; its secret is kept as a digest. */
export interface AccessToken {
  name: string;
  readonly digest: string;
  readonly role: Role | undefined;
  readonly createdOn: number;
  readonly createdBy: string;
  expiresAt: number;
  disabled: boolean;
  comment: string;
  rotatedTo: string;
}

/** Which properties of a user are plain text; the first ones are as `DESCRIBE USER` orders them. */
export const USER_TEXTS = [
  "LOGIN_NAME",
  "FIRST_NAME",
  "MIDDLE_NAME",
  "LAST_NAME",
  "EMAIL",
  "DISPLAY_NAME",
  "DEFAULT_WAREHOUSE",
  "DEFAULT_ROLE",
  "DEFAULT_NAMESPACE",
] as const;

/** One of {@link USER_TEXTS}. */
export type UserText = (typeof USER_TEXTS)[number];

/** A user's type; a `SERVICE` user has no password. https://docs.snowflake.com/en/user-guide/admin-user-management#types-of-users */
export type UserType = "PERSON" | "SERVICE" | "LEGACY_SERVICE";

/** A user. */
export interface User extends Securable {
  readonly kind: "USER";
  type: UserType;
  readonly texts: Map<UserText, string>;
  /** Parts of DEFAULT_NAMESPACE. */
  defaultNamespace: readonly string[];
  /** The text of `default_secondary_roles`, e.g. `["ALL"]`. */
  defaultSecondaryRoles: string;
  passwordDigest: string | undefined;
  passwordSetAt: number | undefined;
  readonly keys: [PublicKey | undefined, PublicKey | undefined];
  disabled: boolean;
  mustChangePassword: boolean;
  daysToExpiry: number | undefined;
  failedLogIns: number;
  lockedUntil: number;
  lastLogInAt: number | undefined;
  readonly accessTokens: Map<string, AccessToken>;
}

/** A virtual warehouse. */
export interface Warehouse extends Securable {
  readonly kind: "WAREHOUSE";
  readonly settings: Map<string, string>;
  suspended: boolean;
  resumedOn: number;
  updatedOn: number;
}

/** A database with its schemas. */
export interface Database extends Securable {
  readonly kind: "DATABASE";
  readonly transient: boolean;
  readonly schemas: ObjectStore<Schema>;
}

/** A schema. */
export interface Schema extends Securable {
  readonly kind: "SCHEMA";
  readonly database: Database;
  readonly transient: boolean;
  managedAccess: boolean;
}

/** A network policy; its lists are kept and shown, but not enforced. */
export interface NetworkPolicy extends Securable {
  readonly kind: "NETWORK_POLICY";
  readonly lists: Map<string, readonly string[]>;
}

/** The account as a thing that privileges are granted on. */
export interface AccountRoot extends Securable {
  readonly kind: "ACCOUNT";
}

/** The objects of one kind by exact name. */
export class ObjectStore<T extends Securable> {
  private readonly byName = new Map<string, T>();

  /** @param noun e.g. `network policy`, for messages; @param container e.g. a database's name, also for messages */
  constructor(
    readonly noun: string,
    private readonly container: () => string | undefined = () => undefined,
  ) {}

  /** All of them in order of name. */
  all(): T[] {
    return [...this.byName.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  find(name: string): T | undefined {
    return this.byName.get(name);
  }

  /** Throws 002003 when it is not there. */
  require(name: string): T {
    const found = this.byName.get(name);
    if (found) return found;
    const container = this.container();
    throw doesNotExist(this.noun, container === undefined ? name : `${container}.${name}`);
  }

  /** Throws 002002 when the name is taken. */
  add(object: T): T {
    if (this.byName.has(object.name)) throw alreadyExists(object.name);
    this.byName.set(object.name, object);
    return object;
  }

  /** Throws 002002 when the new name is taken. */
  rename(object: T, name: string): void {
    if (name !== object.name && this.byName.has(name)) throw alreadyExists(name);
    this.byName.delete(object.name);
    object.name = name;
    this.byName.set(name, object);
  }

  delete(object: T): void {
    this.byName.delete(object.name);
  }
}
