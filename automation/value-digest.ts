/** Are two values the same? Compared by digests, so that neither has to be kept. */
import { createHmac, randomBytes } from "node:crypto";

const RUN_KEY = randomBytes(32);

/** A digest with which values are compared within this process; without its key, which ends with the process, it tells nothing. */
export function valueDigest(text: string): string {
  return createHmac("sha256", RUN_KEY).update(text).digest("hex");
}
