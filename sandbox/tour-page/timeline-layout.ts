/** Where does everything on the time line go? Seconds and pixels of a rotation, worked out before anything is drawn. */
import { scaleLinear } from "d3-scale";
import { type RotationReport, type ServiceRotation, type StepName } from "../../automation/rotation/report";

/** A stretch of time in seconds since the start. */
export interface Span {
  readonly from: number;
  /** Missing while it goes on after the end of the run. */
  readonly until?: number;
}

/** The end of a step. */
export interface StepMark {
  readonly step: StepName;
  /** Seconds since the start. */
  readonly at: number;
  /** How many lines below the first its label stands, so that no label covers another one or its line. */
  readonly level: number;
}

/** One service's part. */
export interface TimelineRow {
  readonly rotation: ServiceRotation;
  readonly old: Span;
  /** Missing where the new credential was never accepted. */
  readonly fresh?: Span;
  /** Missing where there never were two. */
  readonly both?: Span;
  readonly marks: readonly StepMark[];
}

/** The whole drawing's data. */
export interface Timeline {
  /** Where the axis ends, in seconds. */
  readonly end: number;
  /** Where it has its lines, in seconds. */
  readonly ticks: readonly number[];
  readonly rows: readonly TimelineRow[];
}

/** Width of the plot in pixels of the drawing. */
export const PLOT_WIDTH = 740;

/** Labels are 12 pixels high; figures and small letters are this wide at most, on average. */
const LETTER_WIDTH = 6.3;
const LABEL_GAP = 10;

/** So many lines on the axis, about. */
const TICKS = 8;

/** Lays a rotation out. Times that are none count as the start of the run. */
export function layOut({ startedAt, endedAt, services }: RotationReport): Timeline {
  const start = Date.parse(startedAt);
  const since = (iso: string): number => {
    const value = (Date.parse(iso) - start) / 1000;
    return Number.isFinite(value) ? Math.max(0, value) : 0;
  };
  const times = services.flatMap(({ steps, bothAlive }) => [
    ...steps.map((step) => since(step.endedAt)),
    ...(bothAlive ? [since(bothAlive.from), since(bothAlive.until ?? bothAlive.from)] : []),
  ]);
  const end = Math.max(1, since(endedAt), ...times);
  return {
    end,
    ticks: scaleLinear().domain([0, end]).ticks(TICKS),
    rows: services.map((rotation) => layOutRow(rotation, since, end)),
  };
}

/** The label of a step's mark. */
export function markLabel({ step, at }: Pick<StepMark, "step" | "at">): string {
  return `${step} ${at.toFixed(1)}`;
}

function layOutRow(rotation: ServiceRotation, since: (iso: string) => number, end: number): TimelineRow {
  const { bothAlive, steps, outcome } = rotation;
  const marks = placeLabels(
    steps.map(({ step, endedAt }) => ({ step, at: since(endedAt) })),
    PLOT_WIDTH / end,
  );
  if (!bothAlive) return { rotation, old: { from: 0 }, marks };
  const from = since(bothAlive.from);
  const until = bothAlive.until === undefined ? {} : { until: since(bothAlive.until) };
  // Pointed back: the run itself takes the new credential away again; it is gone when the run ends.
  const fresh = outcome === "pointed_back" ? { from, until: end } : { from };
  return { rotation, old: { from: 0, ...until }, fresh, both: { ...fresh, ...until }, marks };
}

/** From the last mark to the first: a label that reaches under later marks goes deeper than all of theirs, so no line crosses a text. */
function placeLabels(marks: readonly { step: StepName; at: number }[], pixelsPerSecond: number): StepMark[] {
  const placed: StepMark[] = [];
  for (const mark of [...marks].reverse()) {
    const right = mark.at * pixelsPerSecond + markLabel(mark).length * LETTER_WIDTH + LABEL_GAP;
    const reached = placed.filter(({ at }) => at * pixelsPerSecond < right);
    placed.unshift({ ...mark, level: Math.max(-1, ...reached.map(({ level }) => level)) + 1 });
  }
  return placed;
}
