/** Which rules are there? The list, in the order of the documentation. */
import { type Rule } from "./rule";
import { organizationSecrets } from "./rules/organization-secrets";
import { escSecrets, githubVariables, vercelSensitive } from "./rules/plaintext";
import { inSlots, twoSlots } from "./rules/slots";
import { noAdministrators, noOwnership, noPasswords } from "./rules/snowflake";

/** All of them; each is mandatory. */
export const rules: readonly Rule[] = [
  githubVariables,
  vercelSensitive,
  escSecrets,
  organizationSecrets,
  noAdministrators,
  noOwnership,
  noPasswords,
  inSlots,
  twoSlots,
];
