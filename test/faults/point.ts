/** Where can a rotation be struck, and by what? Points are found by watching an undisturbed rotation, so that none is forgotten. */
import { type FaultEffect } from "../../sandbox/kit/faults";
import { type RequestRecord } from "../../sandbox/kit/stand-in";

/** What is ended by a kill: the driver's own process, or it and all that it has started, as when a machine loses power. */
export type KillScope = "driver" | "machine";

/** What strikes. `lasting` faults hit every matching request from the n-th on, until the run has ended. */
export type Strike =
  | { readonly kind: "kill"; readonly when: "before" | "after"; readonly scope: KillScope }
  | { readonly kind: "signal"; readonly signal: "SIGINT" | "SIGTERM"; readonly times: 1 | 2 }
  | { readonly kind: "fault"; readonly name: string; readonly effect: FaultEffect; readonly lasting: boolean };

/** One request of the rotation and what happens at it. */
export interface FaultPoint {
  readonly standIn: string;
  readonly method: string;
  /** The path with ids taken out, as people read it. */
  readonly path: string;
  /** The how-many-th request of this method and path. */
  readonly nth: number;
  readonly strike: Strike;
  /** Its place among all requests of an undisturbed rotation. */
  readonly order: number;
}

/** A request of an undisturbed rotation. */
export interface ObservedRequest extends Pick<RequestRecord, "method" | "path"> {
  readonly standIn: string;
  readonly isChange: boolean;
}

const ID = "[^/]+";

/** Parts of a path that are different in every run. */
const IDS: readonly (readonly [RegExp, string])[] = [
  [/\/open\/[0-9a-f-]{36}$/, "/open/ID"],
  [/\/versions\/\d+\//, "/versions/N/"],
  [/\/env\/[A-Za-z0-9]{16}$/, "/env/ID"],
  [/\/tokens\/[0-9a-f]{16,}$/, "/tokens/ID"],
];

/** The path without ids. */
export function generalPath(path: string): string {
  return IDS.reduce((text, [pattern, word]) => text.replace(pattern, word), path);
}

/** A regular expression for the paths that {@link generalPath} makes one of. */
export function pathPattern(path: string): string {
  const escaped = path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return `^${escaped.replace(/\/(ID|N)(?=\/|$)/g, `/${ID}`)}$`;
}

/** The faults of a service or of the way to it. Delays stay below the deadlines: `late` must be waited for, not given up. */
const FAULTS: readonly (readonly [name: string, effect: FaultEffect])[] = [
  ...[401, 403, 404, 409, 422, 500, 503].map((status) => [`${status}`, { kind: "status", status }] as const),
  ["429", { kind: "status", status: 429 }],
  ["429 with Retry-After", { kind: "status", status: 429, headers: { "retry-after": "1" } }],
  ["reset", { kind: "reset" }],
  ["cut body", { kind: "cut-body" }],
  ["effect without reply", { kind: "effect-without-reply" }],
  ["late", { kind: "delay", milliseconds: 2500 }],
];

/** Every point of a rotation: kills around each request that changes something, signals, and each fault at each request, once and lasting. */
export function enumeratePoints(observed: readonly ObservedRequest[]): FaultPoint[] {
  const counts = new Map<string, number>();
  return observed.flatMap(({ standIn, method, path: full, isChange }, order) => {
    const path = generalPath(full);
    const key = `${standIn} ${method} ${path}`;
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    return (isChange ? [...kills(), ...faults()] : faults()).map((strike) => ({
      ...{ standIn, method, path, nth, strike, order },
    }));
  });
}

function kills(): Strike[] {
  return [
    ...(["before", "after"] as const).flatMap((when) =>
      (["driver", "machine"] as const).map((scope): Strike => ({ kind: "kill", when, scope })),
    ),
    { kind: "signal", signal: "SIGTERM", times: 1 },
    { kind: "signal", signal: "SIGINT", times: 1 },
    { kind: "signal", signal: "SIGINT", times: 2 },
  ];
}

function faults(): Strike[] {
  return FAULTS.flatMap(([name, effect]) =>
    [false, true].map((lasting): Strike => ({ kind: "fault", name, effect, lasting })),
  );
}

/** The point as one line. */
export function describePoint({ standIn, method, path, nth, strike }: FaultPoint): string {
  return `${describeStrike(strike)} at ${standIn} ${method} ${path} #${nth}`;
}

function describeStrike(strike: Strike): string {
  if (strike.kind === "kill") return `SIGKILL (${strike.scope}) ${strike.when} the effect`;
  if (strike.kind === "signal") return strike.times === 1 ? strike.signal : `${strike.signal} twice`;
  return `${strike.name}${strike.lasting ? " for good" : ""}`;
}

/** A number from 0 up to 1, the same sequence for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** So many of the points, spread over all stand-ins and kinds of strike; the same for the same seed. */
export function samplePoints(points: readonly FaultPoint[], count: number, seed: number): FaultPoint[] {
  const random = seededRandom(seed);
  const shuffled = points
    .map((point) => ({ point, at: random() }))
    .sort((left, right) => left.at - right.at)
    .map(({ point }) => point);
  const groups = new Map<string, FaultPoint[]>();
  for (const point of shuffled) {
    const key = `${point.standIn} ${describeStrike(point.strike)}`;
    groups.set(key, [...(groups.get(key) ?? []), point]);
  }
  const rounds = Math.max(0, ...[...groups.values()].map(({ length }) => length));
  return Array.from({ length: rounds }, (_, round) => [...groups.values()].flatMap((group) => group[round] ?? []))
    .flat()
    .slice(0, count);
}
