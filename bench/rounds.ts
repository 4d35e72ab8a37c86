/** In which order do contenders run? By turns, after a warm-up each, so that whatever else the machine does hits all of them alike. */
import { runCommand } from "./command";
import { type Comparison, type Contender, type Probe, type Row, type Run } from "./case";
import { type StandIns } from "./stand-ins/process";

/** How often a round is measured, and the seconds of a warm-up beyond which it is measured less often. */
export interface Patience {
  readonly runs: number;
  readonly fewerRuns: number;
  readonly longSeconds: number;
}

/** Runs a comparison and returns a row for each step of each contender. Throws when a contender fails. */
export async function runRounds(
  { contenders, ...comparison }: Comparison,
  standIns: StandIns,
  { runs, fewerRuns, longSeconds }: Patience,
): Promise<Row[]> {
  await standIns.ask("setLatency", { milliseconds: comparison.latencyMs });
  const { id, title, latencyMs, growth } = comparison;
  const base = { comparison: id, title, latencyMs, ...(growth ? { growth } : {}) };
  const able = contenders.flatMap((one) => (one.round ? [{ ...one, round: one.round, left: runs }] : []));
  const warm = new Map<string, Readonly<Record<string, Run>>>();
  for (const one of able) {
    const begun = performance.now();
    warm.set(one.name, await one.round(probeOf(standIns, true)));
    if (performance.now() - begun > longSeconds * 1000) one.left = fewerRuns;
  }
  const rounds = new Map(able.map(({ name }) => [name, [] as Readonly<Record<string, Run>>[]]));
  for (let turn = 0; turn < runs; turn += 1) {
    for (const { name, round, left } of able) {
      if (turn < left) rounds.get(name)?.push(await round(probeOf(standIns, false)));
    }
  }
  const rows = (one: Contender): Row[] => {
    if (!one.round) return [{ ...base, contender: one.name, step: "", notRun: one.notRun ?? "no reason", runs: [] }];
    return Object.entries(warm.get(one.name) ?? {}).map(([step, { peakMb }]) => ({
      ...{ ...base, contender: one.name, step },
      ...(peakMb === undefined ? {} : { peakMb }),
      runs: (rounds.get(one.name) ?? []).flatMap((round) => round[step] ?? []),
    }));
  };
  return contenders.flatMap(rows);
}

/** Measures commands between two looks at what the stand-ins were asked. */
function probeOf(standIns: StandIns, memory: boolean): Probe {
  return async (command) => {
    await standIns.ask("startCounting", {});
    const cost = await runCommand(command, { memory });
    return { ...cost, ...(await standIns.ask("stopCounting", {})) };
  };
}
