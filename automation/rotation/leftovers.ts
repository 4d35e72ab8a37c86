/**
 * Did a run that died leave a credential at a service of which Pulumi's state knows nothing? Its text went with the run, so nobody can use it and
 * it can only go: alive it would be one credential too many, and its name would be in the way of the next.
 *
 * This is the one place that changes something at a service behind Pulumi's back, because Pulumi cannot see it.
 */
import { type Credential, type Service, type SlotName } from "../../services/service";
import { ApiReader } from "../api-reader";
import { AutomationError, EXIT } from "../errors";
import { sendRequest, type HttpDependencies } from "../http";
import { type Settings } from "../settings";
import { describeUser, queryAsAdministrator, quoteIdentifier } from "../snowflake-admin";
import { OWNED_BY_US, passwordUserName, serviceUserName } from "../snowflake-users";
import { type StackResource } from "../stack-state";
import { tokenName } from "../token-name";

/** A slot whose credential was being made when a run died. */
export interface InterruptedSlot {
  readonly service: Service;
  readonly credential: Credential;
  readonly slot: SlotName;
  readonly generation: number;
  /** The credential that consumers use now. */
  readonly inUse: Credential;
}

/** What looking for leftovers needs. */
export interface LeftoverWorld {
  readonly settings: Settings;
  readonly http: HttpDependencies;
  /** What Pulumi's state holds. */
  readonly resources: readonly StackResource[];
}

/** Removes what is left over for a slot and returns a sentence for each. Throws when it cannot, or when somebody else has taken the name. */
export async function removeLeftovers(interrupted: InterruptedSlot, world: LeftoverWorld): Promise<string[]> {
  try {
    return await removeByKind(interrupted, world);
  } catch (error) {
    if (error instanceof AutomationError) throw error;
    // These errors are made of codes, addresses and statuses.
    const why = error instanceof Error ? error.message : "no reason";
    throw leftoverError(interrupted, world.settings, "What an interrupted run has made", why);
  }
}

function removeByKind(interrupted: InterruptedSlot, world: LeftoverWorld): Promise<string[]> {
  const { credential } = interrupted;
  if (credential.kind === "vercel-user-token") return removeTokens(interrupted, world);
  if (credential.kind === "snowflake-user") return removeUser(interrupted, credential.method === "password", world);
  // The other kinds look for their own leftovers when they make a credential, or make it in a way that can be done again.
  return Promise.resolve([]);
}

/** https://vercel.com/docs/rest-api/reference/endpoints/authentication/list-auth-tokens and its neighbours. */
async function removeTokens(interrupted: InterruptedSlot, world: LeftoverWorld): Promise<string[]> {
  const { settings, http } = world;
  const { service, slot, generation } = interrupted;
  const name = tokenName(settings.stack, service.name, slot, generation);
  const base = settings.endpoints.vercel;
  const token = settings.tokens.vercel;
  const question = { url: `${base}/v6/user/tokens?limit=100`, token };
  const listed = await new ApiReader(http).chain<{ id: string; name: string }>(question, "tokens");
  const known = new Set(world.resources.map(({ id }) => id));
  const lost = listed.filter((one) => one.name === name && !known.has(one.id));
  for (const { id } of lost) {
    const url = `${base}/v3/user/tokens/${encodeURIComponent(id)}`;
    const headers = { authorization: `Bearer ${token}`, "user-agent": "sophia-secrets" };
    const { status } = await sendRequest({ method: "DELETE", url, headers, attempts: 3 }, http);
    if (status >= 300 && status !== 404) throw leftoverError(interrupted, settings, name, `status ${status}`);
  }
  return lost.length === 0 ? [] : [`${name}, which an interrupted run has made and lost, is deleted at Vercel`];
}

/** The user without a password belongs to both slots, so it is never lost while consumers log in with the other one. */
async function removeUser(interrupted: InterruptedSlot, hasPassword: boolean, world: LeftoverWorld): Promise<string[]> {
  const { settings } = world;
  const { inUse } = interrupted;
  if (!hasPassword && inUse.kind === "snowflake-user" && inUse.method !== "password") return [];
  const base = settings.snowflake.user;
  const user = hasPassword ? passwordUserName(base, interrupted.slot) : serviceUserName(base);
  // The provider's ids of users are their names, in quotes or not, as its version likes it.
  const known = world.resources.filter(({ type }) => type.startsWith("snowflake:")).map(({ id = "" }) => id);
  if (known.some((id) => id === user || id === quoteIdentifier(user))) return [];
  const described = await describeUser(settings, user);
  if (!described) return [];
  if (described.COMMENT !== OWNED_BY_US) {
    throw leftoverError(interrupted, settings, user, "somebody else has made a user of this name");
  }
  await queryAsAdministrator(settings, `DROP USER IF EXISTS ${quoteIdentifier(user)}`);
  return [`${user}, which an interrupted run has made and lost, is dropped in Snowflake`];
}

function leftoverError({ service }: InterruptedSlot, { stack }: Settings, name: string, why: string): AutomationError {
  return new AutomationError({
    code: "rotation.leftover",
    exitCode: EXIT.resource,
    message: `${name} at ${service.title} is in the way of the new credential and could not be removed: ${why}. Consumers still read the old one.`,
    hint: `Remove it at ${service.title}, then: npx sophia-secrets rotate --service ${service.name} --resume --stack ${stack}`,
    service: service.name,
    stack,
  });
}
