/** How do the numbers look? Medians and spread of every row, judged by its limits, as a table and as JSON. */
import { cpus, loadavg } from "node:os";
import { type Limits, type Row, type Run } from "./case";

/** A row with its medians. */
export interface JudgedRow {
  readonly name: string;
  readonly limits: Limits;
  /** Medians; `ownMs` is the wall time without the service's own. */
  readonly median: { readonly wallMs: number; readonly ownMs: number; readonly cpuMs: number; readonly peakMb: number };
  /** Smallest and largest `ownMs`. */
  readonly spreadMs: readonly [number, number];
  readonly calls: number;
  /** `void`: the effect was wrong, so the numbers say nothing. */
  readonly verdict: "ok" | "over" | "void";
  /** What is over its limit, or wrong. */
  readonly remarks: readonly string[];
  readonly runs: readonly Run[];
}

/** Computes medians and compares them with the limits. */
export function judge({ name, limits, runs }: Row): JudgedRow {
  const own = runs.map(({ wallMs, serviceMs }) => wallMs - serviceMs);
  const median = {
    wallMs: medianOf(runs.map(({ wallMs }) => wallMs)),
    ownMs: medianOf(own),
    cpuMs: medianOf(runs.map(({ cpuMs }) => cpuMs)),
    peakMb: medianOf(runs.map(({ peakMb }) => peakMb)),
  };
  const calls = medianOf(runs.map((run) => run.calls));
  const wrong = runs.flatMap((run) => (run.wrong === undefined ? [] : [run.wrong]));
  const over = [
    ...(median.ownMs > (limits.ownMs ?? Infinity) ? [`${Math.round(median.ownMs)} ms, limit ${limits.ownMs}`] : []),
    ...(median.peakMb > (limits.peakMb ?? Infinity) ? [`${Math.round(median.peakMb)} MB, limit ${limits.peakMb}`] : []),
    ...(calls !== (limits.calls ?? calls) ? [`${calls} calls, not ${limits.calls}`] : []),
  ];
  return {
    ...{ name, limits, median, calls, runs },
    spreadMs: [Math.min(...own), Math.max(...own)],
    verdict: wrong.length > 0 ? "void" : over.length > 0 ? "over" : "ok",
    remarks: [...new Set(wrong), ...over],
  };
}

/** The table for a terminal. */
export function formatTable(rows: readonly JudgedRow[]): string {
  const head = ["case", "own ms", "spread", "wall ms", "cpu ms", "peak MB", "calls", ""];
  const lines = rows.map(({ name, median, spreadMs, calls, verdict, remarks }) => [
    name,
    verdict === "void" ? "-" : String(Math.round(median.ownMs)),
    verdict === "void" ? "-" : spreadMs.map(Math.round).join("-"),
    verdict === "void" ? "-" : String(Math.round(median.wallMs)),
    verdict === "void" ? "-" : String(Math.round(median.cpuMs)),
    verdict === "void" ? "-" : String(Math.round(median.peakMb)),
    String(calls),
    [verdict, ...remarks].join(": "),
  ]);
  const widths = head.map((title, column) =>
    Math.max(...[head, ...lines].map((line) => (line[column] ?? title).length)),
  );
  return [head, ...lines]
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 || column === 7 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Everything, for machines: versions and load are in it, because numbers without them say little. */
export function toJson(
  rows: readonly JudgedRow[],
  options: { readonly quick: boolean; readonly startedAt: Date },
): string {
  const { quick, startedAt } = options;
  const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? "unknown", load: loadavg(), node: process.version };
  const document = {
    schema: "sophia-secrets/bench",
    version: 1,
    startedAt: startedAt.toISOString(),
    quick,
    machine,
    rows,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? high) + high) / 2;
}
