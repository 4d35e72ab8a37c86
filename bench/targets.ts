/** What should hold, and does it? Each target is computed from the rows; where a row is missing, so is the answer. */
import { type Row } from "./case";
import { summarize, type Summary } from "./statistics";
import { grouped } from "./table";

/** One target. */
export interface Target {
  readonly text: string;
  /** At most, or at least, so much. */
  readonly limit: number;
  readonly isMost: boolean;
  /** What was measured; undefined where that was not run. */
  readonly measured: number | undefined;
  /** What stands in the way, where it does not hold. */
  readonly obstacle: string;
}

/** Whether it holds; undefined where nobody knows. */
export function holds({ limit, isMost, measured }: Target): boolean | undefined {
  if (measured === undefined) return undefined;
  return isMost ? measured <= limit : measured >= limit;
}

/** All targets, with what these rows say. */
export function targetsOf(rows: readonly Row[]): Target[] {
  const { find, wall, best } = lookInto(rows);
  const most = (text: string, limit: number, measured: number | undefined, obstacle: string): Target => ({
    ...{ text, limit, isMost: true, measured, obstacle },
  });
  const least = (text: string, limit: number, measured: number | undefined, obstacle: string): Target => ({
    ...{ text, limit, isMost: false, measured, obstacle },
  });
  const rotation = find("rotate-snowflake-100", "rotate snowflake", "ours");
  const many = "sync-100x20-20";
  return [
    most(
      "`--version` ÷ `node -e 0`",
      2.5,
      ratio(wall("start-up", "start", "ours --version"), wall("start-up", "start", "node")),
      "the command line is JavaScript that Node reads at each start; Node 20 keeps no compiled code of it",
    ),
    most(
      "no-op `preview` ÷ the floor (the same providers, no resource)",
      1.3,
      ratio(wall("preview-0", "no-op preview", "ours"), wall("preview-0", "no-op preview", "floor")),
      "above the floor are what the program reads from ESC, the comparison of each resource, and a process more: tokens at Estuary and Snowflake are dynamic " +
        "resources, for which Pulumi starts a Node of its own and writes their code down with the TypeScript compiler",
    ),
    most(
      "`rotate --service snowflake` at 100 ms a call ÷ its critical path of calls",
      1.3,
      ratio(rotation?.wallMs, rotation && rotation.chain * 100),
      "three runs of the engine, of which each has the floor of a preview, and no call waits for most of that",
    ),
    least(
      "`gh` in a loop ÷ ours, 100 secrets to 20 repositories, a tenth changed",
      3,
      ratio(wall(many, "a tenth changed", "gh"), best(many, "a tenth changed")?.wallMs),
      `a run of the engine that finds nothing to do takes ${ms(best(many, "nothing changed")?.wallMs)} already, gh's whole loop ` +
        `${ms(wall(many, "a tenth changed", "gh"))}: it sends everything at once, unbounded, which github.com does not take (see “within its limits”)`,
    ),
    most(
      "writes when nothing changed, 100 secrets to 20 repositories",
      0,
      best(many, "nothing changed")?.writes,
      "something is written that need not be: a defect",
    ),
    least(
      "Terraform's defaults ÷ ours, 100 secrets to 1 repository",
      10,
      ratio(
        wall("sync-100x1-20", "into empty ones", "terraform, defaults"),
        best("sync-100x1-20", "into empty ones")?.wallMs,
      ),
      `the floor of the engine is most of our ${ms(best("sync-100x1-20", "into empty ones")?.wallMs)}`,
    ),
    ...growthOf(rows).map(({ series, step, contender, factor, work }) =>
      most(
        `${series}, ${step}, ${contender}: time ÷ work, each of the largest ÷ the smallest`,
        1,
        ratio(factor, work),
        "it grows faster than its work: a defect",
      ),
    ),
  ];
}

/** Finds what was measured; of several that are ours the fastest. */
function lookInto(rows: readonly Row[]) {
  const all = (comparison: string, step: string, contender: string): Summary[] =>
    rows
      .filter((row) => row.comparison === comparison && row.step === step && row.contender.startsWith(contender))
      .flatMap((row) => summarize(row) ?? []);
  const find = (...path: Parameters<typeof all>) => all(...path)[0];
  return {
    find,
    wall: (...path: Parameters<typeof all>) => find(...path)?.wallMs,
    best: (comparison: string, step: string) =>
      all(comparison, step, "ours").sort((left, right) => left.wallMs - right.wallMs)[0],
  };
}

function ratio(above: number | undefined, below: number | undefined): number | undefined {
  return above === undefined || below === undefined || below === 0 ? undefined : above / below;
}

function ms(value: number | undefined): string {
  return value === undefined ? "an unknown time" : `${grouped(value)} ms`;
}

/** How a series of ours grows from its smallest to its largest. */
export interface Growth {
  readonly series: string;
  readonly step: string;
  readonly contender: string;
  /** Largest work ÷ smallest. */
  readonly work: number;
  /** Time of the largest ÷ time of the smallest. */
  readonly factor: number;
  readonly points: readonly { readonly work: number; readonly wallMs: number }[];
}

/** The series of which there are at least two sizes. */
export function growthOf(rows: readonly Row[], isWanted = (row: Row) => row.contender.startsWith("ours")): Growth[] {
  const series = new Map<string, { row: Row; points: { work: number; wallMs: number }[] }>();
  for (const row of rows) {
    const summary = summarize(row);
    if (!row.growth || !summary || !isWanted(row)) continue;
    const key = `${row.growth.series}\0${row.step}\0${row.contender}`;
    const found = series.get(key) ?? { row, points: [] };
    found.points.push({ work: row.growth.work, wallMs: summary.wallMs });
    series.set(key, found);
  }
  return [...series.values()].flatMap(({ row, points }) => {
    const sorted = points.sort((left, right) => left.work - right.work);
    const [first, last] = [sorted[0], sorted[sorted.length - 1]];
    if (!first || !last || first === last) return [];
    return [
      {
        ...{ series: row.growth?.series ?? "", step: row.step, contender: row.contender, points: sorted },
        ...{ work: last.work / first.work, factor: last.wallMs / first.wallMs },
      },
    ];
  });
}
