/**
 * How is the fault suite run? `npm run test:faults -- [options]`; what came of it is in `.faults/`, and with `--write` in `docs/reliability.md`.
 *
 *   --points 320        strike so many points, up to 24 in a rotation (`--together`)
 *   --kills 50          kill so many rotations at a random time instead
 *   --scenarios         run what is more than a strike: suspended drivers, clocks, disks, locks
 *   --strategy key-pair | access-token | password
 *   --continue          keep the results so far and leave out what was struck already
 *   --only TEXT         points with this text; scenarios with one of several, by commas
 *   --minutes 120       begin nothing after so long
 *   --seed N --write; with `--points 0 --continue` only what is there is written down
 */
import { parseArgs } from "node:util";
import { describePoint, enumeratePoints, samplePoints, seededRandom, type FaultPoint } from "./point";
import { appendRound, currentCommit, forgetRounds, readRounds, writePage, type Round } from "./results";
import { killAtRandom } from "./random-kill";
import { runScenarios } from "./scenarios";
import { strikeTogether } from "./strike";
import { FaultWorld, type Strategy } from "./world";

const { values: options } = parseArgs({
  options: {
    points: { type: "string", default: "320" },
    together: { type: "string", default: "24" },
    kills: { type: "string", default: "0" },
    scenarios: { type: "boolean", default: false },
    strategy: { type: "string", default: "password" },
    seed: { type: "string", default: "20261123" },
    only: { type: "string", default: "" },
    minutes: { type: "string", default: "120" },
    continue: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

const strategy = options.strategy as Strategy;
const seed = Number(options.seed);
const until = Date.now() + Number(options.minutes) * 60_000;
const commit = currentCommit();

void main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 255;
  },
);

async function main(): Promise<number> {
  if (!options.continue) forgetRounds();
  const before = readRounds().length;
  if (options.scenarios) await runScenarios(strategy, options.only, (result) => note("scenario", result), say);
  else if (Number(options.kills) > 0) await killMany(Number(options.kills));
  else if (Number(options.points) > 0) await strikeMany(Number(options.points), Number(options.together));
  if (options.write) writePage(readRounds());
  const own = readRounds().slice(before);
  const violated = own.filter(({ violations }) => violations.length > 0);
  say(`${own.length} rotations, ${violated.length} with a violation`);
  return violated.length > 0 || (own.length === 0 && Number(options.points) > 0) ? 1 : 0;
}

type Result = Omit<Round, "kind" | "commit" | "at" | "strategy" | "seed">;

function note(kind: Round["kind"], result: Result): void {
  appendRound({ kind, commit, at: new Date().toISOString(), strategy, seed, ...result });
  const { struck, exits, durationMs, violations } = result;
  say(`${violations.length > 0 ? "VIOLATED" : "held"} (exit ${exits.join(", ")}, ${(durationMs / 1000).toFixed(1)} s)`);
  for (const point of struck) say(`    ${point}`);
  for (const violation of violations) say(`  ! ${violation}`);
}

/** A world that is made anew after a violation: whatever is broken must not be blamed on the next point. */
async function inWorlds(act: (world: FaultWorld) => Promise<Result | undefined>, kind: Round["kind"]): Promise<void> {
  let world = await FaultWorld.start(strategy);
  try {
    while (Date.now() < until) {
      const result = await act(world);
      if (!result) break;
      note(kind, result);
      if (result.violations.length === 0) continue;
      await world.dispose();
      world = await FaultWorld.start(strategy);
    }
    note("scenario", await world.searchEverything());
  } finally {
    await world.dispose();
  }
}

async function strikeMany(count: number, together: number): Promise<void> {
  const done = new Set(readRounds().flatMap((round) => (round.strategy === strategy ? round.struck : [])));
  let queue: FaultPoint[] | undefined;
  let left = count;
  const tries = new Map<FaultPoint, number>();
  await inWorlds(async (world) => {
    if (!queue) {
      const all = enumeratePoints(await world.observe());
      const wanted = all.filter((point) => describePoint(point).includes(options.only));
      queue = samplePoints(wanted, wanted.length, seed).filter((point) => !done.has(describePoint(point)));
      say(`${all.length} points, ${done.size} struck before`);
    }
    if (left <= 0 || queue.length === 0) return undefined;
    const group = queue.splice(0, Math.min(together, left));
    const result = await strikeTogether(world, group);
    left -= result.struck.length;
    // What another strike has kept the rotation from comes again, twice at most.
    for (const point of group.filter((one) => result.missed.includes(describePoint(one)))) {
      tries.set(point, (tries.get(point) ?? 0) + 1);
      if ((tries.get(point) ?? 0) < 3) queue.push(point);
    }
    return result;
  }, "points");
}

async function killMany(count: number): Promise<void> {
  const random = seededRandom(seed);
  let left = count;
  let longestMs = 0;
  await inWorlds(async (world) => {
    if (longestMs === 0) {
      const started = Date.now();
      await world.observe();
      longestMs = Date.now() - started;
    }
    if (left <= 0) return undefined;
    left -= 1;
    return killAtRandom(world, random() * longestMs);
  }, "kill");
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
