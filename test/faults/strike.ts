/** What is one round of the suite? A rotation that is struck, the same command once more where it did not end well, and a look at everything. */
import { said } from "../support/sandbox";
import { describePoint, type FaultPoint } from "./point";
import { type Round } from "./results";
import { type FaultWorld } from "./world";

/** What a round came to. */
export type RoundResult = Pick<
  Round,
  "struck" | "missed" | "exits" | "looks" | "violations" | "transcript" | "durationMs"
>;

/** A rotation that was struck so often is left to end. */
const MOST_RUNS = 10;

/**
 * Strikes one rotation at all of the points: what a run does not come to, because it was ended before, strikes the next one; requests are counted
 * through all of them. Then the same command once more, plainly. A run that ends well all the same needs no other one: that would be another rotation.
 */
export async function strikeTogether(world: FaultWorld, points: readonly FaultPoint[]): Promise<RoundResult> {
  const struck: FaultPoint[] = [];
  const left = () => points.filter((point) => !struck.includes(point));
  return round(
    world,
    async () => {
      world.clearRequests();
      const runs = [];
      for (let isOpen = true; isOpen && left().length > 0 && runs.length < MOST_RUNS;) {
        const run = await world.rotate(atOnce(left().filter((point) => world.isAhead(point))));
        runs.push(run);
        struck.push(...run.struck);
        isOpen = run.code !== 0;
      }
      return runs.at(-1)?.code === 0 ? runs : [...runs, await world.rotate()];
    },
    () => ({ struck: struck.map(describePoint), missed: left().map(describePoint) }),
  );
}

/** As many as one run can meet: of those that end it, the one that comes first. */
function atOnce(points: readonly FaultPoint[]): FaultPoint[] {
  const [last] = points.filter(endsRun).sort((left, right) => left.order - right.order);
  return points.filter((point) => !endsRun(point) || point === last);
}

function endsRun({ strike }: FaultPoint): boolean {
  return strike.kind !== "fault" || strike.lasting;
}

/** Runs and judges; `words` says what struck, `findings` what else was not as it must be. The last run of `act` must end well. */
export async function round(
  world: FaultWorld,
  act: Parameters<FaultWorld["watch"]>[0],
  words: () => Pick<Round, "struck" | "missed">,
  findings: () => readonly string[] = () => [],
): Promise<RoundResult> {
  const started = Date.now();
  const looksBefore = world.looks;
  let runs: Awaited<ReturnType<typeof act>> = [];
  const watched = await world.watch(async () => (runs = await act()));
  const violations = [...findings(), ...watched];
  return {
    ...words(),
    exits: runs.map(({ code }) => code),
    looks: world.looks - looksBefore,
    violations,
    ...(violations.length > 0 ? { transcript: runs.map(said).join("\n=== again\n") } : {}),
    durationMs: Date.now() - started,
  };
}
