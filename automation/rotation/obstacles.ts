/** What stands in the way of a new credential in a slot? Looked at before anything is changed. */
import { type Credential, type Service, type SlotName, type SnowflakeCredential } from "../../services/service";
import { type Session } from "../session";
import { describeUser } from "../snowflake-admin";
import { publicKeyOf } from "../snowflake-keys";
import { serviceUserName } from "../snowflake-users";
import { type PublishedValues } from "./world";

/** A slot that is to get new material by this credential. */
export interface SlotAhead {
  readonly service: Service;
  readonly credential: Credential;
  readonly slot: SlotName;
}

type World = Pick<Session, "settings" | "openPublished">;

/** One sentence on why the slot must be left alone, with what to do about it; undefined where nothing is in the way. */
export async function findObstacle(ahead: SlotAhead, session: World): Promise<string | undefined> {
  const { credential } = ahead;
  if (credential.kind !== "snowflake-user" || credential.method !== "key-pair") return undefined;
  const { slots } = await session.openPublished();
  const material = Object.values(slots[ahead.service.name] ?? {});
  return findForeignKey(ahead.slot, knownFingerprints(material, credential), session);
}

type Material = PublishedValues["slots"][string];
type SlotValues = NonNullable<Material[SlotName]>;

/** A slot that somebody else has filled would be overwritten, and lock out whoever uses that key. */
async function findForeignKey(
  slot: SlotName,
  known: readonly string[],
  { settings }: World,
): Promise<string | undefined> {
  const user = serviceUserName(settings.snowflake.user);
  const property = slot === "a" ? "RSA_PUBLIC_KEY" : "RSA_PUBLIC_KEY_2";
  const described = await describeUser(settings, user).catch((error: unknown) => error as Error);
  if (described instanceof Error) {
    return `it cannot be seen whether ${property} of ${user} is free (${described.message}); nothing was changed`;
  }
  const found = described?.[`${property}_FP`];
  if (found === undefined || found === "" || found === "null" || known.includes(found)) return undefined;
  return (
    `${property} of ${user} holds a key that this stack did not make (${found}); nothing was changed. ` +
    `If nobody needs it: ALTER USER ${user} UNSET ${property};`
  );
}

function knownFingerprints(
  material: readonly (SlotValues | undefined)[],
  { variables }: Extract<SnowflakeCredential, { method: "key-pair" }>,
): string[] {
  return material.flatMap((values) => publicKeyOf(values?.[variables.privateKey] ?? "")?.fingerprint ?? []);
}
