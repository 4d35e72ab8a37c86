/** Which properties does a user have, and what may they be set to? https://docs.snowflake.com/en/sql-reference/sql/alter-user */
import { type Account } from "./account";
import { toBoolean, toInteger, type Context } from "./context";
import { digest } from "./digests";
import { alreadyExists, invalidProperty, invalidValue, SqlError } from "./errors";
import { USER_TEXTS, type Role, type User, type UserText, type UserType } from "./objects";
import { hasParameter, planParameter } from "./parameters";
import { readPublicKey } from "./public-keys";
import { printName } from "./table";
import { type PropertyValue } from "./statement";

type Change = () => void;

/** A `SERVICE` user has none of these. https://docs.snowflake.com/en/user-guide/admin-user-management#types-of-users */
const NOT_FOR_SERVICE = ["PASSWORD", "FIRST_NAME", "MIDDLE_NAME", "LAST_NAME", "MUST_CHANGE_PASSWORD"];

/** A user without any property; its log-in name is its name. */
export function newUser(account: Account, name: string, owner: Role): User {
  return {
    kind: "USER",
    ...account.securable(name, owner),
    type: "PERSON",
    texts: new Map<UserText, string>([
      ["LOGIN_NAME", name.toUpperCase()],
      ["DISPLAY_NAME", name],
    ]),
    defaultNamespace: [],
    defaultSecondaryRoles: '["ALL"]',
    passwordDigest: undefined,
    passwordSetAt: undefined,
    keys: [undefined, undefined],
    disabled: false,
    mustChangePassword: false,
    daysToExpiry: undefined,
    failedLogIns: 0,
    lockedUntil: 0,
    lastLogInAt: undefined,
    accessTokens: new Map(),
  };
}

/** Sets properties and parameters: all of them, or none when one is refused. */
export function setUserProperties(context: Context, user: User, properties: ReadonlyMap<string, PropertyValue>): void {
  const wanted = properties.get("TYPE")?.text.toUpperCase() ?? user.type;
  const changes: Change[] = [];
  for (const [name, value] of properties) {
    if (wanted === "SERVICE" && NOT_FOR_SERVICE.includes(name)) throw notForService(name);
    changes.push(planProperty(context, user, name, value));
  }
  for (const change of changes) change();
}

/** Puts properties and parameters back to what a new user has. */
export function unsetUserProperties(user: User, names: readonly string[]): void {
  for (const name of names) {
    if (!(name in UNSET) && !isText(name) && !hasParameter("USER", name)) throw invalidProperty(name, "USER");
  }
  for (const name of names) {
    const unset = UNSET[name];
    if (unset) unset(user);
    else if (name === "LOGIN_NAME") user.texts.set(name, user.name.toUpperCase());
    else if (isText(name)) user.texts.delete(name);
    else user.parameters.delete(name);
    if (name === "DEFAULT_NAMESPACE") user.defaultNamespace = [];
  }
}

const UNSET: Readonly<Record<string, (user: User) => void>> = {
  PASSWORD: (user) => void (user.passwordDigest = user.passwordSetAt = undefined),
  RSA_PUBLIC_KEY: (user) => void (user.keys[0] = undefined),
  RSA_PUBLIC_KEY_2: (user) => void (user.keys[1] = undefined),
  DISABLED: (user) => void (user.disabled = false),
  MUST_CHANGE_PASSWORD: (user) => void (user.mustChangePassword = false),
  DAYS_TO_EXPIRY: (user) => void (user.daysToExpiry = undefined),
  MINS_TO_UNLOCK: () => undefined,
  MINS_TO_BYPASS_MFA: () => undefined,
  DEFAULT_SECONDARY_ROLES: (user) => void (user.defaultSecondaryRoles = '["ALL"]'),
  TYPE: (user) => void (user.type = "PERSON"),
  COMMENT: (user) => void (user.comment = ""),
};

function planProperty(context: Context, user: User, name: string, value: PropertyValue): Change {
  const { account } = context;
  const now = account.clock();
  switch (name) {
    case "PASSWORD":
      return planPassword(user, value, now);
    case "RSA_PUBLIC_KEY":
    case "RSA_PUBLIC_KEY_2": {
      const key = readPublicKey(value.text, now);
      return () => void (user.keys[name === "RSA_PUBLIC_KEY" ? 0 : 1] = key);
    }
    case "LOGIN_NAME":
      return planLogInName(account, user, value);
    case "TYPE":
      return planType(user, value);
    case "DISABLED": {
      const disabled = toBoolean(name, value);
      return () => void (user.disabled = disabled);
    }
    case "MUST_CHANGE_PASSWORD": {
      const must = toBoolean(name, value);
      return () => void (user.mustChangePassword = must);
    }
    case "DAYS_TO_EXPIRY": {
      const days = toInteger(name, value);
      return () => void (user.daysToExpiry = days);
    }
    case "MINS_TO_UNLOCK": {
      const lockedUntil = now + toInteger(name, value) * 60_000;
      return () => {
        user.lockedUntil = lockedUntil;
        user.failedLogIns = 0;
      };
    }
    case "MINS_TO_BYPASS_MFA":
      toInteger(name, value);
      return () => undefined;
    case "DEFAULT_SECONDARY_ROLES":
      if (value.kind !== "list") throw invalidValue(name);
      return () => void (user.defaultSecondaryRoles = JSON.stringify(value.items));
    case "COMMENT":
      return () => void (user.comment = value.text);
    case "DEFAULT_NAMESPACE":
      return () => {
        user.defaultNamespace = value.kind === "string" ? value.text.split(".") : value.parts;
        user.texts.set(name, value.kind === "string" ? value.text : printName(value.parts));
      };
    default:
      if (isText(name)) return () => void user.texts.set(name, value.text);
      return planParameter(context, user, name, value);
  }
}

function planPassword(user: User, value: PropertyValue, now: number): Change {
  if (value.kind !== "string") throw invalidValue("PASSWORD");
  if (value.text === "" || value.text.length > 256) {
    const message = "SQL execution error: New password rejected by current password policy. Reason: 'PASSWORD_LENGTH'.";
    throw new SqlError("003002", message, "22023");
  }
  return () => {
    user.passwordDigest = digest(value.text);
    user.passwordSetAt = now;
  };
}

function planLogInName(account: Account, user: User, value: PropertyValue): Change {
  const loginName = value.text.toUpperCase();
  const taken = account.users.all().some((other) => other !== user && other.texts.get("LOGIN_NAME") === loginName);
  if (taken || loginName === "") throw taken ? alreadyExists(loginName) : invalidValue("LOGIN_NAME");
  return () => void user.texts.set("LOGIN_NAME", loginName);
}

function planType(user: User, value: PropertyValue): Change {
  const type = value.text.toUpperCase();
  if (type !== "PERSON" && type !== "SERVICE" && type !== "LEGACY_SERVICE") throw invalidValue("TYPE");
  return () => void (user.type = type satisfies UserType);
}

function isText(name: string): name is UserText {
  return (USER_TEXTS as readonly string[]).includes(name);
}

/** The code is assumed, not compared with a real account. */
function notForService(name: string): SqlError {
  return new SqlError("003655", `Cannot set ${name} on user with type SERVICE.`, "22023");
}
