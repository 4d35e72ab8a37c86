/** Did a promotion arrive everywhere? ESC by value, GitHub and Vercel, which hand no secret back, by the time of the last write. */
import { type Destination } from "../../services/service";
import { tornWindows, unchangedPlaces, type DestinationEntry } from "../destinations";
import { type Participant } from "./participant";
import { otherSlot } from "./record";
import { type PublishedValues, type RotationContext } from "./world";

/** Logs in as consumers do and sets `confirmed`; settles where nobody can tell. `after` is what the destinations list now. */
export async function confirmPromotion(
  one: Participant,
  published: PublishedValues,
  after: readonly DestinationEntry[],
  context: Pick<RotationContext, "probe">,
): Promise<void> {
  const probe = await logInAsConsumers(one, published, context);
  const behind = behindPlaces(one, published, after);
  one.tornWindows = tornWindows(changedVariables(one, published), writtenSince(one, after));
  const fault = !isRead(one, published)
    ? `consumers do not read slot ${one.to.slot} in ESC: run pulumi refresh --yes && pulumi up`
    : behind.length > 0 && probe.outcome !== "rejected"
      ? `these writes did not arrive: ${behind.join(", ")}`
      : undefined;
  one.confirmed = fault === undefined ? probe.outcome : "unknown";
  if (one.confirmed === "rejected") one.refusal = probe;
  const detail = fault ?? probe.reason;
  one.step("confirm", detail, probe);
  if (one.confirmed === "unknown") one.settle("stopped", `the promotion is not confirmed (${detail})`);
}

/** Logs in as consumers do after a promotion was given up; settles unless they use the old credential again. */
export async function confirmWithdrawal(
  one: Participant,
  published: PublishedValues,
  context: Pick<RotationContext, "probe">,
): Promise<void> {
  const probe = await logInAsConsumers(one, published, context);
  const isBack = isRead(one, published, one.from);
  one.step("confirm", isBack ? probe.reason : `consumers do not read slot ${one.from.slot} in ESC`, probe);
  if (!isBack || probe.outcome !== "passed")
    one.settle("stopped", "it is not proven that consumers use the old credential again, so the new one stays");
}

/**
 * Logs in as consumers do once the old credential is gone; settles unless they are let in. The removal may have shut them out, and so may the proof
 * that the old one is refused: a service may count refused log-ins of a user that the new credential belongs to as well.
 */
export async function confirmRetirement(
  one: Participant,
  published: PublishedValues,
  context: Pick<RotationContext, "probe">,
): Promise<void> {
  const probe = await logInAsConsumers(one, published, context);
  const isServed = probe.outcome === "passed";
  one.step("confirm", isServed ? "consumers are let in" : probe.reason, probe);
  if (isServed) return;
  const served =
    probe.outcome === "rejected" ? "consumers are refused now" : "it is not known whether consumers are let in";
  one.settle("stopped", `the old credential is gone, and ${served}: ${probe.reason}`);
}

/** Right after a change the service may not know of it everywhere yet, so that a refusal is tried again. */
function logInAsConsumers(
  { service }: Participant,
  { environmentVariables }: PublishedValues,
  { probe }: Pick<RotationContext, "probe">,
): ReturnType<RotationContext["probe"]> {
  return probe(service, environmentVariables, { retryRejected: 2 });
}

/** Whether consumers of ESC read the slot: a log-in with the other credential would pass, and say nothing of this one. */
export function isRead(one: Participant, published: PublishedValues, { slot } = one.to): boolean {
  const values = one.slotValues(published, slot);
  const others = one.slotValues(published, otherSlot(slot));
  return one.variables.every((name) => {
    const read = published.environmentVariables[name];
    // A variable that the slot does not have is gone, or has a value that a person has put in.
    return values[name] === undefined ? read === undefined || read !== others[name] : read === values[name];
  });
}

/** Notes what a confirmed promotion has done for the users: what programs open, where it stands in ESC, and each destination that took it. */
export function noteDeeds(
  one: Participant,
  published: PublishedValues,
  after: readonly DestinationEntry[],
  environment: string,
): void {
  one.deed("variables", `programs read slot ${one.to.slot}: ${one.newVariables.join(", ")}`);
  one.deed("esc", environment);
  const changed = changedVariables(one, published);
  const written = writtenSince(one, after).filter(({ name }) => changed.includes(name));
  for (const destination of distinct(written.map(({ place }) => destinationOf(place)))) {
    const places = distinct(written.map(({ place }) => place)).filter((place) => destinationOf(place) === destination);
    const details = places.map((place) => {
      const names = distinct(written.filter((entry) => entry.place === place).map(({ name }) => name));
      return `${place.slice(destination.length + 1)}: ${names.join(", ")}`;
    });
    one.deed(destination, details.join("; "));
  }
}

/**
 * `VARIABLE at PLACE` for each variable with a new value that was not written where the credential stood before, and for each one that is to go
 * and did not; `after` is what is listed now.
 */
export function behindPlaces(
  one: Participant,
  published: PublishedValues,
  after: readonly DestinationEntry[],
): string[] {
  const { destinationsBefore: before = [] } = one.record;
  const fresh = one.slotValues(published, one.to.slot);
  const old = one.slotValues(published, one.from.slot);
  return changedVariables(one, published).flatMap((name) => {
    const places =
      fresh[name] === undefined
        ? lingeringPlaces(name, before, after)
        : old[name] === undefined
          ? unreachedPlaces(name, one, before, after)
          : unchangedPlaces(name, before, after);
    return places.map((place) => `${name} at ${place}`);
  });
}

/** Where everything that was listed under the name still is: there may be entries that are not ours, of which we do not know. */
function lingeringPlaces(name: string, before: readonly DestinationEntry[], after: readonly DestinationEntry[]) {
  const old = before.filter((entry) => entry.name === name);
  const isThere = ({ place, updatedAt }: DestinationEntry) =>
    after.some((entry) => entry.name === name && entry.place === place && entry.updatedAt === updatedAt);
  return distinct(old.map(({ place }) => place)).filter((place) =>
    old.filter((entry) => entry.place === place).every(isThere),
  );
}

/** Where the credential stood, and does not with this variable, which it did not have before. */
function unreachedPlaces(
  name: string,
  { service }: Participant,
  before: readonly DestinationEntry[],
  after: readonly DestinationEntry[],
): string[] {
  return distinct(before.map(({ place }) => place))
    .filter((place) => service.variables[name]?.destinations.includes(destinationOf(place)))
    .filter((place) => !after.some((entry) => entry.name === name && entry.place === place));
}

function changedVariables(one: Participant, published: PublishedValues): string[] {
  const fresh = one.slotValues(published, one.to.slot);
  const old = one.slotValues(published, one.from.slot);
  return one.variables.filter((name) => old[name] !== fresh[name]);
}

/** What was written since before the promotion: beside ours there may be entries of the same names, of other targets and branches. */
function writtenSince({ record }: Participant, after: readonly DestinationEntry[]): DestinationEntry[] {
  const { destinationsBefore: before = [] } = record;
  return after.filter(
    ({ place, name, updatedAt }) =>
      !before.some((old) => old.place === place && old.name === name && old.updatedAt === updatedAt),
  );
}

/** The first word of a place says which destination it is. */
function destinationOf(place: string): Destination {
  return place.split(" ")[0] as Destination;
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
