/**
 * Does a rotation hold whatever happens to it, one thing after another? Random plans with one to four faults, on the rotation's model: the engine is
 * too slow for hundreds of them. What does not hold is shrunk by fast-check to the smallest plan, which it prints with the seed that brings it back.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { AutomationError, EXIT } from "../../automation/errors";
import { rotate } from "../../automation/rotation/rotate";
import { type RotationContext } from "../../automation/rotation/world";
import { Killed, RotationWorld, servicesNamed } from "../support/rotation-world";

/** How many plans; more by hand. */
const PLANS = Number(process.env["FAULT_COMBINATIONS"] ?? "8");

const SERVICES = ["snowflake", "gong", "vercel", "estuary"] as const;

/** Strikes at a run's n-th question to the outside: killed before or after it took effect, refused, or left without an answer. */
interface Fault {
  readonly at: number;
  readonly what: "killed before" | "killed after" | "fails before" | "fails after" | "no answer" | "refused";
  readonly abort: boolean;
}

const faults: fc.Arbitrary<Fault> = fc.record({
  at: fc.integer({ min: 1, max: 24 }),
  what: fc.constantFrom("killed before", "killed after", "fails before", "fails after", "no answer", "refused"),
  abort: fc.boolean(),
});

const plans = fc.record({
  services: fc.uniqueArray(fc.constantFrom(...SERVICES), { minLength: 1, maxLength: 3 }),
  faults: fc.array(faults, { minLength: 1, maxLength: 4 }),
});

/** The context of a run that is struck once. */
function struck(context: RotationContext, { at, what }: Fault): RotationContext {
  let asked = 0;
  const strike = async <T>(
    act: () => Promise<T>,
    answer?: (what: "unknown" | "rejected", found: T) => T,
  ): Promise<T> => {
    asked += 1;
    if (asked !== at) return act();
    if (what === "killed before") throw new Killed();
    if (what === "fails before") throw failure();
    const found = await act();
    if (what === "killed after") throw new Killed();
    if (answer && what === "no answer") return answer("unknown", found);
    if (answer && what === "refused") return answer("rejected", found);
    throw failure();
  };
  return {
    ...context,
    up: (step) => strike(() => context.up(step)),
    openPublished: () => strike(() => context.openPublished()),
    destinations: { list: () => strike(() => context.destinations.list()) },
    probe: (service, values, options) =>
      strike(
        () => context.probe(service, values, options),
        (outcome, found) => ({ ...found, outcome, credentialRefused: outcome === "rejected" }),
      ),
  };
}

function failure(): AutomationError {
  return new AutomationError({ code: "stack.failed", exitCode: EXIT.resource, message: "It failed." });
}

describe("a rotation with one fault after another", function () {
  this.timeout(600_000);

  it(`locks nobody out, and the plain command ends it: ${PLANS} random plans`, async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const world = await RotationWorld.start();
        try {
          const options = { services: servicesNamed(...plan.services), graceMs: 0 };
          for (const fault of plan.faults) {
            const { context, owner } = world.driver();
            await rotate({ ...options, abort: fault.abort }, struck(context, fault)).catch((error: unknown) => {
              if (!(error instanceof Killed || error instanceof AutomationError)) throw error;
              if (error instanceof Killed) world.dead.add(owner);
            });
          }
          // The first ends what is under way, which may be a withdrawal; the second rotates then.
          for (const _ of [1, 2]) await world.driver().run(options);
          const { services } = await world.driver().run({ ...options, resumeOnly: true });
          assert.deepEqual(new Set(services.map(({ outcome }) => outcome)), new Set(["nothing_due"]));
          assert.deepEqual([world.broken, world.lockedOut()], [[], []]);
          const alive = plan.services.filter((name) => name !== "gong").map((name) => world.aliveCount(name));
          assert.deepEqual(new Set(alive), new Set(alive.length > 0 ? [1] : []));
          for (const name of plan.services) assert.equal((await world.record(name)).run, undefined);
        } finally {
          await world.close();
        }
      }),
      { numRuns: PLANS },
    );
  });
});
