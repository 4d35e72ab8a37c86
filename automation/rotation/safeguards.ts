/** What must be seen before something is given up, or goes? Each settles the services of which it is not seen; the others go on. */
import { type ProbeResult } from "../probes/result";
import { confirmWithdrawal } from "./confirmation";
import { eachOf } from "./crew";
import { type Participant } from "./participant";
import { keepWhatIsUsed } from "./retirement";
import { type PublishedValues, type RotationContext } from "./world";

/** A remaining time up to this long is waited for; a longer one is left to a later run. Milliseconds. */
export const LONGEST_WAIT_MS = 60_000;

/**
 * Of what is to be given up: what cannot be any more. The old credential is going already, or is not seen to work: consumers would be pointed back to
 * it, and from there no way leads forward again.
 */
export async function keepFromDeadEnds(underWay: readonly Participant[], context: RotationContext): Promise<void> {
  const retiring = underWay.filter(({ record }) => record.phase === "retiring");
  for (const one of retiring) one.settle("stopped", "the old credential is going already; rotate --resume ends it");
  const promoted = underWay.filter(({ record }) => record.phase === "promoted" || record.phase === "draining");
  if (promoted.length === 0) return;
  const published = await context.openPublished();
  await eachOf(promoted, async (one) => {
    const { outcome, credentialRefused, reason } = await probeOld(one, published, context);
    if (credentialRefused)
      one.settle("stopped", "the old credential is refused, so consumers keep the new one; rotate --resume goes on");
    else if (outcome === "unknown")
      one.settle(
        "stopped",
        `it cannot be told whether the old credential works (${reason}), so consumers keep the new one; the same command looks again`,
      );
  });
}

/**
 * Of promotions with which consumers are refused, those with an old credential to go back to. Where it is dead, as it may be after a day of draining,
 * a new one that was let in and only then refused something is the last that lives. Where both are dead, going back costs nothing and ends it.
 */
export function keepLastAlive(
  confirmed: readonly Participant[],
  published: PublishedValues,
  context: RotationContext,
): Promise<void> {
  return eachOf(confirmed, async (one) => {
    const { refusal } = one;
    if (!refusal || refusal.credentialRefused) return;
    const { credentialRefused } = await probeOld(one, published, context);
    if (credentialRefused)
      one.settle(
        "stopped",
        `consumers are let in and then refused (${refusal.reason}), but the old one is dead, so consumers keep the new one; rotate --resume looks again`,
      );
  });
}

function probeOld(one: Participant, published: PublishedValues, { probe }: RotationContext): Promise<ProbeResult> {
  return probe(one.service, one.slotValues(published, one.from.slot), { retryRejected: 2 });
}

/** Of old credentials that are to go: nobody uses them any more, as far as their services say; `published` has them and the new ones. */
export function keepUsed(
  draining: readonly Participant[],
  published: PublishedValues,
  context: RotationContext,
): Promise<void> {
  return eachOf(draining, (one) => keepWhatIsUsed(one, published, context, LONGEST_WAIT_MS));
}

/** Of withdrawn credentials that are to go: consumers are seen to use the one that they were pointed back to. */
export async function keepUnlessPointedBack(
  withdrawing: readonly Participant[],
  context: RotationContext,
): Promise<void> {
  if (withdrawing.length === 0) return;
  const published = await context.openPublished();
  await eachOf(withdrawing, (one) => confirmWithdrawal(one, published, context));
}

/** Of slots that are to be emptied: what is in them at the service is still ours. `side` is the slot that goes. */
export function keepStrangers(participants: readonly Participant[], side: "from" | "to"): Promise<void> {
  return eachOf(participants, (one) => one.lookBeforeRemoval(side));
}
