/** Who is allowed in, and as which role? Passwords, key pairs and programmatic access tokens. */
import { findAccessToken, requireNetworkPolicy } from "./access-tokens";
import { type Account } from "./account";
import { matchesDigest } from "./digests";
import { logInError } from "./errors";
import { claimedUser, verifyToken } from "./jwt";
import { requireAdmitted } from "./network-policies";
import { type AccessToken, type Role, type User } from "./objects";

const LOCK_AFTER = 5;
const LOCK_TIME = 15 * 60_000;

/** The `data` of a log-in request, as far as it counts here. */
export interface LogInData {
  readonly ACCOUNT_NAME?: string;
  readonly LOGIN_NAME?: string;
  readonly PASSWORD?: string;
  readonly AUTHENTICATOR?: string;
  readonly TOKEN?: string;
  /** What the driver calls itself, `JavaScript`. */
  readonly CLIENT_APP_ID?: string;
  readonly SESSION_PARAMETERS?: Readonly<Record<string, unknown>>;
}

/** Who logged in; a token may be bound to one role. */
export interface Identity {
  readonly user: User;
  readonly accessToken?: AccessToken;
}

/**
 * Checks a log-in request's credential, then from where it comes. Throws 390100, 390101, 390102, 390106, 390144, 390422, 394400 or 394507; that
 * the last one is the number of a missing second factor is assumed.
 */
export function authenticate(account: Account, data: LogInData): Identity {
  const identity = checkCredential(account, data);
  requireAdmitted(account, identity.user);
  return identity;
}

function checkCredential(account: Account, data: LogInData): Identity {
  switch ((data.AUTHENTICATOR ?? "SNOWFLAKE").toUpperCase()) {
    case "SNOWFLAKE":
    case "USERNAME_PASSWORD_MFA":
      return checkPassword(account, data.LOGIN_NAME ?? "", data.PASSWORD ?? "", true);
    case "SNOWFLAKE_JWT":
      return { user: requireEnabled(verifyToken(account, data.TOKEN ?? "")) };
    case "PROGRAMMATIC_ACCESS_TOKEN":
      return checkAccessToken(account, data.LOGIN_NAME ?? "", data.TOKEN ?? "");
    default:
      throw logInError("390135", "The authenticator is not supported.");
  }
}

/**
 * Checks a password, for which a programmatic access token may stand in. With `counts`, the fifth failure in a row locks the user for
 * 15 minutes, as Snowflake does; that a token which is let in ends the row, as a password does, is assumed. A user of type SERVICE is refused even
 * if a password is left over from another type.
 */
export function checkPassword(account: Account, loginName: string, password: string, counts: boolean): Identity {
  const user = findUser(account, loginName);
  const now = account.clock();
  if (user && user.lockedUntil > now) {
    throw logInError("390102", "User temporarily locked. Try again later, or contact your local system administrator.");
  }
  const accepted = matchesDigest(password, user?.passwordDigest) && user?.type !== "SERVICE";
  if (user && accepted) {
    if (counts) user.failedLogIns = 0;
    requireEnabled(user);
    if (account.requiresSecondFactor && user.type === "PERSON")
      throw logInError(
        "394507",
        "Multi-factor authentication is required for this account. Log in to Snowsight to enroll.",
      );
    if (user.mustChangePassword) throw logInError("390106", "Specified password has expired and must be changed.");
    return { user };
  }
  const accessToken = user && findAccessToken(user, password, now);
  if (user && accessToken) {
    if (counts) user.failedLogIns = 0;
    requireNetworkPolicy({ account }, user);
    return { user: requireEnabled(user), accessToken };
  }
  if (user && counts) {
    user.failedLogIns += 1;
    if (user.failedLogIns >= LOCK_AFTER) {
      user.failedLogIns = 0;
      user.lockedUntil = now + LOCK_TIME;
    }
  }
  throw logInError("390100", "Incorrect username or password was specified.");
}

/** The role of the new session: the one asked for, else the token's, else the user's default, else PUBLIC. Throws 390189 when it is not granted. */
export function chooseRole(account: Account, { user, accessToken }: Identity, requested: string | undefined): Role {
  const name = requested ?? accessToken?.role?.name ?? user.texts.get("DEFAULT_ROLE") ?? "PUBLIC";
  const role = account.roles.find(name);
  const bound = accessToken?.role !== undefined && accessToken.role !== role;
  if (role && !bound && account.mayActAs(user, role)) return role;
  const message =
    `Role '${name}' specified in the connect string is not granted to this user. ` +
    "Contact your local system administrator, or attempt to login with another role, e.g. PUBLIC.";
  throw logInError("390189", message);
}

/** The name under which the attempt is recorded, which need not be a user's; for a key pair it is what the token claims. */
export function claimedName(data: LogInData): string {
  return (data.LOGIN_NAME ?? claimedUser(data.TOKEN ?? "")).toUpperCase();
}

function checkAccessToken(account: Account, loginName: string, secret: string): Identity {
  const user = findUser(account, loginName);
  const accessToken = user && findAccessToken(user, secret, account.clock());
  if (!user || !accessToken) throw logInError("394400", "Programmatic access token is invalid.");
  requireNetworkPolicy({ account }, user);
  return { user: requireEnabled(user), accessToken };
}

function findUser(account: Account, loginName: string): User | undefined {
  const wanted = loginName.toUpperCase();
  return account.users.all().find((user) => user.texts.get("LOGIN_NAME") === wanted);
}

function requireEnabled(user: User): User {
  if (user.disabled) throw logInError("390101", "User access disabled. Contact your local system administrator.");
  return user;
}
