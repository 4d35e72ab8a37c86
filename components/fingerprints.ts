/** How can values be compared without being shown? By a keyed digest. */
import { createHmac } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { type ConsumerVariable } from "./consumer-variables";

/**
 * The first 12 hexadecimal digits of an HMAC-SHA256 of each variable's value, by name: equal values have equal ones. Keyed, because a bare hash of
 * a weak secret could be guessed; no secret.
 */
export function fingerprints(
  variables: readonly ConsumerVariable[],
  key: pulumi.Input<string>,
): Record<string, pulumi.Output<string>> {
  const entries = variables.map(({ name, value }) => {
    const digest = pulumi
      .all([key, value])
      .apply(([secretKey, text]) => createHmac("sha256", secretKey).update(text).digest("hex").slice(0, 12));
    return [name, pulumi.unsecret(digest)] as const;
  });
  return Object.fromEntries(entries);
}
