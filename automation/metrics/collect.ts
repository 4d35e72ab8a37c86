/** What is measured? A stack's audit and its newest integration test as numbers; what is not known is left out. */
import { type Audit } from "../audit";
import { phaseSchema } from "../rotation/record";
import { type Metric, type MetricPoint } from "./metric";
import { type TestResults } from "./test-results";

/** What metrics are made of. */
export interface MetricSources {
  readonly audit: Audit;
  /** Since when each rotation is in its phase; ISO, by service. */
  readonly phasesSince: Readonly<Record<string, string>>;
  readonly tests: TestResults | undefined;
  /** Of this program. */
  readonly version: string;
}

type Point = readonly [attributes: Readonly<Record<string, string>>, value: number | undefined];

const DAY_S = 86_400;
const OUTCOMES = ["passed", "rejected", "unknown"] as const;

/** All metrics of a stack; each point says of which stack it is. */
export function collectMetrics({ audit, phasesSince, tests, version }: MetricSources): Metric[] {
  const { stack, organization, timestamp } = audit;
  const gauge = (name: string, unit: string, description: string, points: readonly Point[]): Metric => ({
    ...{ name: `sophia.secrets.${name}`, description, unit, kind: "gauge" },
    points: known(points, stack),
  });
  return [
    gauge("build.info", "", "Which version measured which stack; always 1.", [[{ version, organization }, 1]]),
    gauge("audit.timestamp", "s", "When the stack was measured, in seconds since 1970.", [[{}, seconds(timestamp)]]),
    gauge("audit.findings", "{finding}", "Findings of the audit by rule and level.", findingPoints(audit)),
    gauge("credential.age", "s", "Seconds since the credential in use was made.", ages(audit)),
    gauge("credential.age.limit", "s", "Seconds that a credential may be in use.", limits(audit)),
    gauge("credential.due.timestamp", "s", "When the credential is due, in seconds since 1970.", dueTimes(audit)),
    gauge("credential.missing", "{variable}", "Required variables that programs cannot read.", missing(audit)),
    {
      ...{ name: "sophia.secrets.rotations", unit: "{rotation}", kind: "counter" },
      description: "Rotations that were begun, given-up ones included.",
      points: known(rotations(audit), stack),
    },
    gauge("rotation.phase", "", "1 for the phase in which the rotation is.", phasePoints(audit)),
    gauge(
      "rotation.phase.duration",
      "s",
      "Seconds that a rotation has been in its phase; none while nothing is under way.",
      phaseDurations(phasesSince, timestamp),
    ),
    gauge(
      "probe.result",
      "",
      "1 for what the newest integration test came to: passed, rejected, or unknown where the service gave no answer.",
      probeResults(tests),
    ),
    gauge("probe.duration", "s", "Seconds that the probe took.", probeDurations(tests)),
    gauge("probe.timestamp", "s", "When the newest integration test ran, in seconds since 1970.", [
      [{}, tests && seconds(tests.timestamp)],
    ]),
    gauge(
      "destination.variables",
      "{variable}",
      "Variables at a place by how they stand there; everything but in_step is drift.",
      destinationPoints(audit),
    ),
    gauge("destination.readable", "", "1 where the place could be read, 0 where not.", readablePoints(audit)),
    gauge("token.expiry.timestamp", "s", "When the token ends by itself, in seconds since 1970.", expiries(audit)),
  ];
}

/** A point whose value nobody knows is none. */
function known(points: readonly Point[], stack: string): MetricPoint[] {
  return points.flatMap(([attributes, value]) =>
    value === undefined || !Number.isFinite(value) ? [] : [{ attributes: { stack, ...attributes }, value }],
  );
}

function seconds(time: string): number {
  return Date.parse(time) / 1000;
}

function findingPoints({ findings }: Audit): Point[] {
  const counts = new Map<string, { rule: string; level: string; count: number }>();
  for (const { rule, level } of findings) {
    const found = counts.get(rule) ?? { rule, level, count: 0 };
    counts.set(rule, { ...found, count: found.count + 1 });
  }
  return [...counts.values()].map(({ rule, level, count }) => [{ rule, level }, count]);
}

/** `since` of an import says only how old it is at least, so it has no age. */
function ages({ services, timestamp }: Audit): Point[] {
  return services.map(({ service, basis, since }) => {
    const isKnown = since !== undefined && basis !== "imported";
    return [{ service, basis }, isKnown ? Math.max(0, seconds(timestamp) - seconds(since)) : undefined];
  });
}

function limits({ services }: Audit): Point[] {
  return services.map(({ service, everyDays }) => [{ service }, everyDays * DAY_S]);
}

function dueTimes({ services }: Audit): Point[] {
  return services.map(({ service, dueAt }) => [{ service }, dueAt === undefined ? undefined : seconds(dueAt)]);
}

function missing({ services }: Audit): Point[] {
  return services.map(({ service, missing: names, unknown }) => [
    { service },
    unknown.includes("missing") ? undefined : names.length,
  ]);
}

function rotations({ services }: Audit): Point[] {
  return services.map(({ service, rotationsBegun }) => [{ service }, rotationsBegun]);
}

/** One point a phase: a set of states, as https://github.com/prometheus/OpenMetrics names it. */
function phasePoints({ services }: Audit): Point[] {
  return services.flatMap(({ service, phase, unknown }) =>
    unknown.includes("rotation")
      ? []
      : phaseSchema.options.map((one): Point => [{ service, phase: one }, Number(one === phase)]),
  );
}

function phaseDurations(since: Readonly<Record<string, string>>, timestamp: string): Point[] {
  return Object.entries(since).map(([service, time]) => [{ service }, Math.max(0, seconds(timestamp) - seconds(time))]);
}

function probeResults(tests: TestResults | undefined): Point[] {
  return Object.entries(tests?.services ?? {}).flatMap(([service, { outcome }]) =>
    OUTCOMES.map((result): Point => [{ service, result }, Number(result === outcome)]),
  );
}

function probeDurations(tests: TestResults | undefined): Point[] {
  return Object.entries(tests?.services ?? {}).map(([service, { durationMs }]) => [{ service }, durationMs / 1000]);
}

function destinationPoints({ places }: Audit): Point[] {
  return places.flatMap(({ place, destination, variables }) => {
    const counts = new Map<string, number>();
    for (const { status } of variables) counts.set(status, (counts.get(status) ?? 0) + 1);
    return [...counts].map(([status, count]): Point => [
      { destination, place, status: status.replaceAll(" ", "_") },
      count,
    ]);
  });
}

function readablePoints({ places }: Audit): Point[] {
  return places
    .filter(({ state }) => state !== "not asked")
    .map(({ place, destination, state }) => [{ destination, place }, Number(state === "read")]);
}

function expiries({ tokens }: Audit): Point[] {
  return tokens.map(({ token, expiresAt }) => [{ token }, expiresAt === undefined ? undefined : seconds(expiresAt)]);
}
