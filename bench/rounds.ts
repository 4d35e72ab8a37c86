/** In which order do contenders run? By turns, after a warm-up each, so that whatever else the machine does hits all of them alike. */
import { runCommand } from "./command";
import { Stopped, type Comparison, type Contender, type Probe, type Row, type Run } from "./case";
import { type StandIns } from "./stand-ins/process";

/** How often a round is measured after a warm-up of so many seconds: the whole bench takes some 20 minutes. With 0 the warm-up is what counts. */
export const patience = (seconds: number): number =>
  seconds > 60 ? 0 : seconds > 25 ? 1 : seconds > 10 ? 2 : seconds > 3 ? 3 : 5;

/** Runs a comparison and returns a row for each step of each contender, and one for each that was not run or failed. */
export async function runRounds(
  { contenders, ...comparison }: Comparison,
  standIns: StandIns,
  runsAfter: (seconds: number) => number = patience,
): Promise<Row[]> {
  await standIns.ask("setLatency", { milliseconds: comparison.latencyMs });
  const { id, title, latencyMs, growth } = comparison;
  const base = { comparison: id, title, latencyMs, ...(growth ? { growth } : {}) };
  const states: State[] = contenders.map((one) => ({
    one,
    ...(one.notRun === undefined ? {} : { notRun: one.notRun }),
  }));
  const attempt = async (state: State, memory: boolean) => {
    if (!state.one.round || state.notRun !== undefined) return undefined;
    return state.one.round(probeOf(standIns, memory)).catch((error: Error) => {
      // One that fails says so in its row; the others go on.
      const isStopped = error instanceof Stopped;
      state.notRun = isStopped ? error.message : `it failed: ${error.message.split("\n").slice(0, 3).join(" ")}`;
      state.end = isStopped ? { stopped: true } : { failed: true };
      return undefined;
    });
  };
  for (const state of states) {
    const begun = performance.now();
    state.warm = await attempt(state, true);
    state.left = runsAfter((performance.now() - begun) / 1000);
  }
  for (let turn = 0; states.some(({ left = 0 }) => turn < left); turn += 1) {
    for (const state of states) {
      const round = turn < (state.left ?? 0) ? await attempt(state, false) : undefined;
      if (round) state.rounds = [...(state.rounds ?? []), round];
    }
  }
  return states.flatMap(({ one, notRun, end, left, warm = {}, rounds = [] }): Row[] => {
    const row = { ...base, contender: one.name, ...end };
    const measured = left === 0 ? [warm] : rounds;
    if (notRun !== undefined || !one.round) return [{ ...row, step: "", notRun: notRun ?? "no reason", runs: [] }];
    return Object.entries(warm).map(([step, { peakMb }]) => ({
      ...{ ...row, step },
      ...(peakMb === undefined ? {} : { peakMb }),
      runs: measured.flatMap((round) => figuresOf(round[step])),
    }));
  });
}

/** Without what the command said, which is long and names folders of this machine. */
function figuresOf(run: (Run & { readonly stdout?: string }) | undefined): Run[] {
  if (!run) return [];
  const { stdout: _, ...figures } = run;
  return [figures];
}

/** One contender on its way: what its warm-up and its rounds brought, and why it is out. */
interface State {
  readonly one: Contender;
  notRun?: string;
  end?: Pick<Row, "failed" | "stopped">;
  left?: number;
  warm?: Readonly<Record<string, Run>> | undefined;
  rounds?: readonly Readonly<Record<string, Run>>[];
}

/** Measures commands between two looks at what the stand-ins were asked. */
function probeOf(standIns: StandIns, memory: boolean): Probe {
  return async (command) => {
    await standIns.ask("startCounting", {});
    const cost = await runCommand(command, { memory });
    return { ...cost, ...(await standIns.ask("stopCounting", {})) };
  };
}
