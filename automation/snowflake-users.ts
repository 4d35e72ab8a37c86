/** What are the Snowflake users of a stack called? One a slot for passwords, one for everything else, so that a move from one to the other has both alive. */
import { type SlotName } from "../services/service";

/** The comment on everything that the program makes at Snowflake. */
export const OWNED_BY_US = "Owned by sophia-secrets";

/** SOPHIA_SERVICE for slot a, SOPHIA_SERVICE_ALT for slot b: Snowflake keeps one password a user. `user` is the setting. */
export function passwordUserName(user: string, slot: SlotName): string {
  return slot === "a" ? user.toUpperCase() : `${user.toUpperCase()}_ALT`;
}

/** SOPHIA_SERVICE_SVC, the user of type SERVICE that holds both slots' keys or tokens. `user` is the setting. */
export function serviceUserName(user: string): string {
  return `${user.toUpperCase()}_SVC`;
}

/** Every name that a stack may give to a user: none of them may be the one that acts on them. */
export function rotatedUserNames(user: string): readonly string[] {
  return [passwordUserName(user, "a"), passwordUserName(user, "b"), serviceUserName(user)];
}
