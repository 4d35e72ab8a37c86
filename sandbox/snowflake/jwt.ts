/** Whose key signed this token? Key-pair log-in as Snowflake checks it. https://docs.snowflake.com/en/user-guide/key-pair-auth */
import { createVerify } from "node:crypto";
import { type Account } from "./account";
import { logInError, type SqlError } from "./errors";
import { type User } from "./objects";

const HOUR = 3_600_000;
const SKEW = 60_000;

/**
 * The user whose key signed the token: issuer `ACCOUNT.USER.SHA256:…`, subject `ACCOUNT.USER`, RS256 by the key with that fingerprint in
 * either slot, not expired, and issued at most an hour ago. Throws 390144 otherwise.
 */
export function verifyToken(account: Account, token: string): User {
  const [head = "", payload = "", signature = "", ...more] = token.split(".");
  const header = decode(head);
  const claims = decode(payload);
  if (!header || !claims || more.length > 0 || header["alg"] !== "RS256") throw invalidToken();
  const { iss, sub } = claims;
  if (typeof iss !== "string" || typeof sub !== "string") throw invalidToken();
  const prefix = [account.identifier, account.locator].map((name) => `${name}.`).find((name) => sub.startsWith(name));
  if (prefix === undefined) throw invalidToken();
  const loginName = sub.slice(prefix.length);
  const user = account.users.all().find((candidate) => candidate.texts.get("LOGIN_NAME") === loginName);
  const key = user?.keys.find((slot) => slot !== undefined && iss === `${sub}.${slot.fingerprint}`);
  if (!user || !key) throw invalidToken();
  const signed = createVerify("RSA-SHA256").update(`${head}.${payload}`);
  if (!signed.verify(key.key, signature, "base64url")) throw invalidToken();
  const now = account.clock();
  const issued = milliseconds(claims["iat"]);
  const expires = milliseconds(claims["exp"]);
  if (!(expires > now - SKEW && issued <= now + SKEW && now - issued <= HOUR)) throw invalidToken();
  return user;
}

/** The user that the token claims to be of, unchecked; empty when there is none. */
export function claimedUser(token: string): string {
  const subject = decode(token.split(".")[1] ?? "")?.["sub"];
  return typeof subject === "string" ? subject.slice(subject.indexOf(".") + 1) : "";
}

/** gosnowflake sends seconds, as RFC 7519 says; snowflake-sdk 3.3.0 sends milliseconds. NaN for what is no number. */
function milliseconds(claim: unknown): number {
  if (typeof claim !== "number") return NaN;
  return claim > 1e11 ? claim : claim * 1000;
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function invalidToken(): SqlError {
  return logInError("390144", "JWT token is invalid.");
}
