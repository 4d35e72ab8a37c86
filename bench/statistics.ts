/** What do several runs say together? Medians and how far they lie apart. */
import { type Row } from "./case";

/** The measured numbers of one row. */
export interface Summary {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMb?: number;
  readonly calls: number;
  readonly writes: number;
  readonly atOnce: number;
  /** How many calls waited for each other. */
  readonly chain: number;
  /** (Largest − smallest) ÷ median of the wall times. */
  readonly spread: number;
  readonly runs: number;
}

/** A row is marked where its runs lie further apart than this share of the median. */
export const MOST_SPREAD = 0.25;

/** Medians of a row; undefined where there is nothing to tell: it was not run, or its effect was wrong. */
export function summarize({ runs, peakMb, notRun }: Row): Summary | undefined {
  if (notRun !== undefined || runs.length === 0 || runs.some(({ wrong }) => wrong !== undefined)) return undefined;
  const wall = runs.map(({ wallMs }) => wallMs);
  const wallMs = medianOf(wall);
  return {
    wallMs,
    cpuMs: medianOf(runs.map(({ cpuMs }) => cpuMs)),
    ...(peakMb === undefined ? {} : { peakMb }),
    calls: medianOf(runs.map(({ calls }) => calls)),
    writes: medianOf(runs.map(({ writes }) => writes)),
    atOnce: medianOf(runs.map(({ atOnce }) => atOnce)),
    chain: medianOf(runs.map(({ chain }) => chain.length)),
    spread: (Math.max(...wall) - Math.min(...wall)) / wallMs,
    runs: runs.length,
  };
}

/** What was wrong with the effect of a row, each thing once. */
export function faultsOf({ runs }: Row): string[] {
  return [...new Set(runs.flatMap(({ wrong }) => wrong ?? []))];
}

/** The one in the middle, or the mean of the two. */
export function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? high) + high) / 2;
}
