/** Is this text a public key that Snowflake takes, and what is its fingerprint? https://docs.snowflake.com/en/user-guide/key-pair-auth */
import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { SqlError } from "./errors";
import { type PublicKey } from "./objects";

/**
 * Reads the value of `RSA_PUBLIC_KEY`: the Base64 of the DER form, with or without line breaks, without the PEM delimiters.
 * Throws 390418 when it is no RSA key of at least 2048 bits (the code is assumed, not compared with a real account).
 */
export function readPublicKey(text: string, now: number): PublicKey {
  const base64 = text.replace(/\s+/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw rejected();
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(base64, "base64"), format: "der", type: "spki" });
  } catch {
    throw rejected();
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== "rsa" || bits < 2048) throw rejected();
  return { text, key, fingerprint: fingerprintOf(key), setAt: now };
}

/** `SHA256:` and the Base64 of the digest of the key's DER form, as `DESCRIBE USER` and JWT issuers have it. */
export function fingerprintOf(key: KeyObject): string {
  const der = key.export({ format: "der", type: "spki" });
  return `SHA256:${createHash("sha256").update(der).digest("base64")}`;
}

function rejected(): SqlError {
  const message = "New public key rejected by current policy. Reason: 'Invalid public key'";
  return new SqlError("390418", message, "22023");
}
