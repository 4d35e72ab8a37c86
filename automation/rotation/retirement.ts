/** May the old credential go? Only when nobody uses it any more, as far as its service says. */
import { type Participant } from "./participant";
import { judgeUsage, type UsageFinding } from "./usage";
import { type PublishedValues, type RotationContext } from "./world";

/**
 * Asks the service and settles where somebody goes on using the old credential. A use counts for as long as the rotation's grace period is: whoever
 * logged in just before the end of it gets the same time. Uses that end within `patienceMs` are waited for.
 */
export async function keepWhatIsUsed(
  one: Participant,
  published: PublishedValues,
  context: RotationContext,
  patienceMs: number,
): Promise<void> {
  const until = context.now() + patienceMs;
  const quietMs = graceOf(one);
  for (;;) {
    const finding = await findUsage(one, published, quietMs, context);
    one.usage = finding;
    if (finding?.outcome !== "in_use") return;
    const { at, by } = finding.last;
    const free = Date.parse(at) + quietMs;
    if (free > until) {
      const summary = `the old credential is still in use: last at ${at}${by === undefined ? "" : ` by ${by}`}`;
      one.step("drain", summary);
      return one.settle("retire_pending", `${summary}; rotate --resume checks again, --force retires it all the same`);
    }
    await context.sleep(free - context.now());
  }
}

/** How long late readers were given when the rotation began to drain. Milliseconds. */
function graceOf({ record: { rotatedAt, retireAfter } }: Participant): number {
  return Math.max(0, Date.parse(retireAfter ?? "") - Date.parse(rotatedAt ?? "")) || 0;
}

/** Undefined where the service says nothing of uses at all. */
async function findUsage(
  one: Participant,
  published: PublishedValues,
  quietMs: number,
  { lastUses, now }: RotationContext,
): Promise<UsageFinding | undefined> {
  const { usageSource } = one;
  if (!usageSource) return undefined;
  const question = {
    old: one.slotValues(published, one.from.slot),
    fresh: one.slotValues(published, one.to.slot),
  };
  try {
    const found = await lastUses(usageSource, question);
    return judgeUsage(found, { since: Date.parse(one.record.rotatedAt ?? ""), now: now(), quietMs });
  } catch (error) {
    // Silence of the service must not keep a credential alive for ever; that it was silent is said.
    return { outcome: "unknown", reason: error instanceof Error ? error.message : "no reason" };
  }
}
