/** Do two drivers of one stack keep out of each other's way? On the real engine: one is stopped with all that it has started, another begins. */
import { setTimeout as sleep } from "node:timers/promises";
import { type RequestRecord } from "../../sandbox/kit/stand-in";
import { type ChildResult } from "../support/sandbox";
import { WarmDriver } from "./driver";
import { processTree, signalProcess } from "./processes";
import { round, type RoundResult } from "./strike";
import { type FaultWorld } from "./world";

/** Longer than a silent driver keeps its lock (`HEARTBEAT_LIMIT_MS`). Milliseconds. */
const LONG_MS = 20 * 60_000;

/** What is in flight when a process is stopped has arrived after so long. Milliseconds. */
const IN_FLIGHT_MS = 500;

/** A second driver begins while the first is at the first such request: it exits 10 and writes nothing; the first one ends well. */
export function secondDriver(standIn: string, method: string, path: string, nth = 1) {
  return (world: FaultWorld): Promise<RoundResult> => {
    const found: string[] = [];
    return round(
      world,
      async () => {
        const words = await world.rotation();
        const first = await stopAt(world, words, { standIn, method, path, nth });
        const writes = watchWrites(world);
        const second = await another(world, words, 0);
        if (second.code !== 10) found.push(`the second driver exits ${second.code}: ${second.stderr}`);
        found.push(...writes().map((one) => `the second driver: ${one}`));
        first.go();
        return [await first.ended];
      },
      () => ({ struck: [], missed: [] }),
      () => found,
    );
  };
}

/**
 * The driver sleeps at the n-th such request for longer than its lock counts, another one takes over by its own clock and ends the rotation or finds
 * Pulumi's lock; then the first one wakes up: exit 10, and it changes nothing more than what the engine had under way. Where it slept in a log-in, that
 * had no answer in time: it may end with 1 then, before it has anything to write.
 */
export function suspend(standIn: string, method: string, path: string, nth: number) {
  return (world: FaultWorld): Promise<RoundResult> => {
    const found: string[] = [];
    return round(
      world,
      async () => {
        const words = await world.rotation();
        const first = await stopAt(world, words, { standIn, method, path, nth });
        const isWithinUp = first.isWithinUp;
        const second = await another(world, words, LONG_MS);
        const expected = isWithinUp ? 10 : 0;
        if (second.code !== expected) found.push(`the one that took over exits ${second.code}: ${second.stderr}`);
        const writes = watchWrites(world, isDone);
        first.go();
        const woken = await first.ended;
        if (woken.code !== 10 && woken.code !== 1)
          found.push(`the one that woke up exits ${woken.code}: ${woken.stderr}`);
        if (!isWithinUp) found.push(...writes().map((one) => `who woke up: ${one}`));
        return isWithinUp ? [second, woken, await world.rotate()] : [woken, second];
      },
      () => ({ struck: [], missed: [] }),
      () => found,
    );
  };
}

/** A write that ESC has refused, because the text is another one by now, was an attempt only. */
const isDone = ({ status }: RequestRecord) => status < 400;

/** Tells what was written from now on, or tried to. Log-ins, and questions in SQL and GraphQL, come by POST and are no writes. */
function watchWrites(world: FaultWorld, counts?: (request: RequestRecord) => boolean): () => string[] {
  const { sandbox } = world;
  world.clearRequests();
  const before = sandbox.snowflake.statements().length;
  const keys = () => JSON.stringify(sandbox.estuary.tokens().map(({ detail, revoked }) => [detail, revoked]));
  const keysBefore = keys();
  return () => [
    ...sandbox.changingRequests(counts).filter((one) => !/^(snowflake|estuary): /.test(one)),
    ...sandbox.snowflake
      .statements()
      .slice(before)
      .flatMap(({ verb }) => (/^(SELECT|SHOW|DESCRIBE|USE)\b/.test(verb) ? [] : [`snowflake: ${verb}`])),
    ...(keys() === keysBefore ? [] : ["estuary: other keys"]),
  ];
}

interface Stopped {
  readonly ended: Promise<ChildResult>;
  /** The engine was at work: it holds Pulumi's lock. */
  readonly isWithinUp: boolean;
  go(): void;
}

/** Runs the command in a process of its own until the request, and stops it with all that it has started. Throws when it ends before. */
async function stopAt(
  world: FaultWorld,
  words: readonly string[],
  { standIn: name, method, path, nth }: { standIn: string; method: string; path: string; nth: number },
): Promise<Stopped> {
  const standIn = world.sandbox.standIns().find((one) => one.name === name);
  if (!standIn) throw new Error(`no stand-in ${name}`);
  let tree: readonly number[] = [];
  let ended: Promise<ChildResult> | undefined;
  const reached = new Promise<void>((resolve, reject) => {
    let pid = 0;
    const onHit = () => {
      tree = processTree(pid);
      for (const one of tree) signalProcess(one, "SIGSTOP");
      resolve();
    };
    standIn.addFault({ method, path, nth, effect: { kind: "delay", milliseconds: 0 }, onHit });
    ended = world.run(words, { onStart: (id) => (pid = id), variables: { PULUMI_DEBUG_PROVIDERS: null } });
    void ended.then(
      ({ code, stderr }) => reject(new Error(`it ended before (exit ${code}): ${stderr}`)),
      (error: unknown) => reject(error as Error),
    );
  });
  await reached;
  if (!ended) throw new Error("nothing was started");
  await sleep(IN_FLIGHT_MS);
  return {
    ended,
    isWithinUp: tree.length > 1,
    go: () => {
      for (const one of [...tree].reverse()) signalProcess(one, "SIGCONT");
    },
  };
}

/** The same command in another process, whose clock is off by so much. */
async function another(world: FaultWorld, words: readonly string[], clockOffMs: number): Promise<ChildResult> {
  const other = new WarmDriver({ ...world.environment, ...clockVariables(clockOffMs) });
  try {
    return await other.run(words);
  } finally {
    other.stop();
  }
}

/** What makes the clock of Node's processes go wrong by so many milliseconds. */
export function clockVariables(offMs: number): Record<string, string> {
  if (offMs === 0) return {};
  return {
    NODE_OPTIONS: `--require ${JSON.stringify(require.resolve("./shifted-clock.js"))}`,
    CLOCK_OFF_MS: String(offMs),
  };
}
