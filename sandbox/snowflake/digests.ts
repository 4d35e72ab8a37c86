/** How are passwords and tokens kept? As keyed digests under a key that lives as long as the process, so that nothing here can print one. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const KEY = randomBytes(32);

/** The digest under which a secret is kept. */
export function digest(secret: string): string {
  return createHmac("sha256", KEY).update(secret, "utf8").digest("base64");
}

/** Does the secret belong to the digest? Takes the same time for every answer. */
export function matchesDigest(secret: string, kept: string | undefined): boolean {
  return timingSafeEqual(Buffer.from(digest(secret)), Buffer.from(kept ?? digest(randomBytes(16).toString("hex"))));
}
