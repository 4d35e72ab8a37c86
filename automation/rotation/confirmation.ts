/** Did a promotion arrive everywhere? ESC by value, GitHub and Vercel, which hand no secret back, by the time of the last write. */
import { tornWindows, unchangedPlaces, type DestinationEntry } from "../destinations";
import { type Participant, type PublishedValues, type RotationContext } from "./participant";

/** Logs in as consumers do and sets `confirmed`; settles where nobody can tell. `after` is what the destinations list now. */
export async function confirmPromotion(
  one: Participant,
  published: PublishedValues,
  after: readonly DestinationEntry[],
  { probe: logIn }: Pick<RotationContext, "probe">,
): Promise<void> {
  const probe = await logIn(one.service, published.environmentVariables, { retryRejected: 2 });
  const behind = behindPlaces(one, published, after);
  one.tornWindows = tornWindows(changedVariables(one, published), after);
  const fault = !isRead(one, published)
    ? `consumers do not read slot ${one.to.slot} in ESC: run pulumi refresh --yes && pulumi up`
    : behind.length > 0 && probe.outcome !== "rejected"
      ? `these writes did not arrive: ${behind.join(", ")}`
      : undefined;
  one.confirmed = fault === undefined ? probe.outcome : "unknown";
  const detail = fault ?? probe.reason;
  one.step("confirm", detail, probe);
  if (one.confirmed === "unknown") one.settle("stopped", `the promotion is not confirmed (${detail})`);
}

/** Whether consumers of ESC read the new slot: a log-in with the old credential would pass, and say nothing of the new one. */
export function isRead(one: Participant, published: PublishedValues): boolean {
  const fresh = one.slotValues(published, one.to.slot);
  return one.variables.every((name) => published.environmentVariables[name] === fresh[name]);
}

/** `VARIABLE at PLACE` for each variable with a new value that was not written where it stood before; `after` is what is listed now. */
export function behindPlaces(
  one: Participant,
  published: PublishedValues,
  after: readonly DestinationEntry[],
): string[] {
  const { destinationsBefore: before = [] } = one.record;
  return changedVariables(one, published).flatMap((name) =>
    unchangedPlaces(name, before, after).map((place) => `${name} at ${place}`),
  );
}

function changedVariables(one: Participant, published: PublishedValues): string[] {
  const fresh = one.slotValues(published, one.to.slot);
  const old = one.slotValues(published, one.from.slot);
  return one.variables.filter((name) => old[name] !== fresh[name]);
}
