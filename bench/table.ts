/** How do the numbers look in rows? One line a step and contender: for a terminal, and for the page. */
import { type Row } from "./case";
import { faultsOf, MOST_SPREAD, summarize } from "./statistics";

/** The heads of the columns. */
export const HEAD = ["what", "by", "ms", "spread", "÷ ours", "CPU ms", "MB", "calls", "writes", "at once"] as const;

/** Cells of one row, in the order of {@link HEAD}; what was not run or had a wrong effect says why instead of numbers. */
export function cellsOf(row: Row, all: readonly Row[]): string[] {
  const what = row.step === "" ? "" : row.step;
  const summary = summarize(row);
  if (!summary) {
    const notRun = row.notRun === undefined || row.stopped ? row.notRun : `not run: ${row.notRun}`;
    const reason = notRun ?? `void: ${faultsOf(row).join("; ")}`;
    return [what, row.contender, reason, ...HEAD.slice(3).map(() => "")];
  }
  const own = oursOf(row, all);
  const { wallMs, spread, cpuMs, peakMb, calls, writes, atOnce } = summary;
  return [
    what,
    row.contender,
    grouped(wallMs),
    `${Math.round(spread * 100)} %${spread > MOST_SPREAD ? " (!)" : ""}`,
    own === undefined || row.contender.startsWith("ours") ? "" : (wallMs / own).toFixed(wallMs / own < 10 ? 1 : 0),
    grouped(cpuMs),
    peakMb === undefined ? "" : grouped(peakMb),
    ...[calls, writes, atOnce].map(grouped),
  ];
}

/** The best of ours in the same step of the same comparison: median of the wall time in milliseconds. */
export function oursOf({ comparison, step }: Row, all: readonly Row[]): number | undefined {
  const ours = all.filter((row) => row.comparison === comparison && row.contender.startsWith("ours"));
  const same = ours.filter((row) => row.step === step).flatMap((row) => summarize(row)?.wallMs ?? []);
  return same.length === 0 ? undefined : Math.min(...same);
}

/** The comparisons in the order in which they ran, each with its rows. */
export function byComparison(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.comparison, [...(groups.get(row.comparison) ?? []), row]);
  return groups;
}

/** Everything for a terminal. */
export function formatTable(rows: readonly Row[]): string {
  const lines = [...byComparison(rows)].flatMap(([id, own]) => [
    `\n${id}: ${own[0]?.title ?? ""}, ${own[0]?.latencyMs ?? 0} ms a call`,
    ...aligned([[...HEAD], ...own.map((row) => cellsOf(row, rows))]),
  ]);
  return lines.join("\n");
}

/** A table of Markdown. */
export function markdownTable(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map((_, column) => (column < 2 ? "---" : "--:"))), ...lines.map(line)].join("\n");
}

/** `12,345`. */
export function grouped(number: number): string {
  return Math.round(number).toLocaleString("en-US");
}

function aligned(lines: readonly (readonly string[])[]): string[] {
  // A reason reaches over the columns of numbers.
  const widths = HEAD.map((_, column) =>
    Math.max(...lines.filter((line) => column < 2 || line[3] !== "").map((line) => line[column]?.length ?? 0)),
  );
  return lines.map((line) =>
    line
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}
