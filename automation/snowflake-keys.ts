/** Which public key belongs to a private one, and what is its fingerprint at Snowflake? https://docs.snowflake.com/en/user-guide/key-pair-auth */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/** The public half of a key pair, as Snowflake takes and shows it. */
export interface PublicKey {
  /** For `RSA_PUBLIC_KEY`: Base64 of the DER form (SPKI), one line. */
  readonly text: string;
  /** As in `RSA_PUBLIC_KEY_FP`: `SHA256:` and the Base64 of the digest of the DER form. */
  readonly fingerprint: string;
}

/** The public half of a private key; undefined where the text is no unencrypted RSA key in PEM form of at least 2048 bits. */
export function publicKeyOf(pem: string): PublicKey | undefined {
  const key = readPrivateKey(pem);
  if (key?.asymmetricKeyType !== "rsa" || (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) return undefined;
  const der = createPublicKey(key).export({ format: "der", type: "spki" });
  return { text: der.toString("base64"), fingerprint: `SHA256:${createHash("sha256").update(der).digest("base64")}` };
}

/** The text of an error here may quote the key, so there is none. */
function readPrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pem, format: "pem" });
  } catch {
    return undefined;
  }
}
