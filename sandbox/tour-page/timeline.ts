/** What does a rotation look like? One drawing: per service the old credential, the new one, the time of both, and the steps below. */
import { html, type Html } from "../../automation/reports/html";
import { type RotationReport } from "../../automation/rotation/report";
import {
  layOut,
  markLabel,
  PLOT_WIDTH,
  type Span,
  type StepMark,
  type Timeline,
  type TimelineRow,
} from "./timeline-layout";
import { plainWords, seconds, serviceTitle } from "../../automation/reports/page/words";

const LEFT = 124;
const RIGHT = 112;
const WIDTH = LEFT + PLOT_WIDTH + RIGHT;
const AXIS_HEIGHT = 30;
const LANE = { height: 14, pitch: 20, top: 30 };
const STRIP = LANE.top + 3 * LANE.pitch + 8;
const LEVEL = 16;
const ROW_GAP = 14;

/** Horizontal place of a moment. */
type Scale = (at: number) => number;

/** The drawing. Its meaning is in the table after it too, so those who cannot see it miss nothing. */
export function timelineDrawing(rotation: RotationReport): Html {
  const timeline = layOut(rotation);
  const scale: Scale = (at) => round(LEFT + (at / timeline.end) * PLOT_WIDTH);
  const tops: number[] = [];
  let bottom = AXIS_HEIGHT;
  for (const row of timeline.rows) {
    tops.push(bottom);
    bottom += rowHeight(row);
  }
  const height = bottom + AXIS_HEIGHT;
  return html`<svg
    class="timeline"
    viewBox="${`0 0 ${WIDTH} ${height}`}"
    role="img"
    aria-labelledby="timeline-name timeline-description"
  >
    <title id="timeline-name">Time line of the rotation</title>
    <desc id="timeline-description">
      For each service: how long the old and the new credential were accepted, and when each step ended, in seconds
      since the start. The table of steps below has the same times.
    </desc>
    ${axis(timeline, scale, height)}
    ${timeline.rows.map((row, index) => drawRow(row, tops[index] ?? 0, scale, timeline.end))}
  </svg>`;
}

function rowHeight({ marks }: TimelineRow): number {
  const levels = Math.max(0, ...marks.map(({ level }) => level + 1));
  return STRIP + 10 + levels * LEVEL + ROW_GAP;
}

/** Seconds above and below, so that the last row is as easy to read as the first. */
function axis({ ticks }: Timeline, scale: Scale, height: number): Html {
  const word = (at: number): string => `${Number(at.toFixed(3))} s`;
  return html`${ticks.map((at) => {
    const x = scale(at);
    return html`<path d="${`M${x} 20V${height - 20}`}" class="grid" />
      <text x="${x}" y="12" class="tick" text-anchor="middle">${word(at)}</text>
      <text x="${x}" y="${height - 6}" class="tick" text-anchor="middle">${word(at)}</text> `;
  })}`;
}

function drawRow(row: TimelineRow, top: number, scale: Scale, end: number): Html {
  const { service, outcome, from, to } = row.rotation;
  const heading = `${serviceTitle(service)}: ${plainWords(outcome)}`;
  const strip = top + STRIP;
  const promoted = row.marks.find(({ step }) => step === "promote");
  return html`<g>
    <path d="${`M0 ${top + 2}H${WIDTH}`}" class="rule" />
    <text x="0" y="${top + 21}" class="heading">${heading}</text>
    ${lane({ top, index: 0, kind: "old", label: "old credential", text: `slot ${from.slot}, generation ${from.generation}` }, row.old, scale, end)}
    ${lane({ top, index: 1, kind: "both", label: "both accepted", text: spanText(row.both, end) }, row.both, scale, end)}
    ${lane({ top, index: 2, kind: "new", label: "new credential", text: `slot ${to.slot}, generation ${to.generation}` }, row.fresh, scale, end)}
    ${promoted && html`<path d="${`M${scale(promoted.at)} ${top + LANE.top - 4}V${strip}`}" class="promote" />`}
    <text x="${LEFT - 12}" y="${strip + 4}" class="label" text-anchor="end">step done at</text>
    <path d="${`M${LEFT} ${strip}H${LEFT + PLOT_WIDTH}`}" class="rule" />
    ${row.marks.map((one) => drawMark(one, strip, scale))}
  </g> `;
}

interface Lane {
  readonly top: number;
  readonly index: number;
  readonly kind: "old" | "both" | "new";
  readonly label: string;
  readonly text: string;
}

/** A bar with its label at the left, and its text in it, or after it where the bar is too short. */
function lane({ top, index, kind, label, text }: Lane, span: Span | undefined, scale: Scale, end: number): Html {
  const y = top + LANE.top + index * LANE.pitch;
  const name = html`<text x="${LEFT - 12}" y="${y + 11}" class="label" text-anchor="end">${label}</text>`;
  if (!span) return html`${name}<text x="${LEFT + 6}" y="${y + 11}" class="label">at no time</text>`;
  const left = scale(span.from);
  const right = scale(span.until ?? end);
  const width = Math.max(1, round(right - left));
  const fits = kind !== "both" && width > text.length * 6.3 + 12;
  const goesOn = span.until === undefined;
  const bar = html`<path d="${outline(left, y, width, goesOn)}" class="${kind}" />`;
  const x = fits ? left + 6 : right + (goesOn ? 14 : 6);
  return html`${name}${bar}<text x="${round(x)}" y="${y + 11}">${text}</text>`;
}

/** A bar; one that goes on after the end of the run ends in a point. */
function outline(x: number, y: number, width: number, goesOn: boolean): string {
  const { height } = LANE;
  return `M${x} ${y}h${width}${goesOn ? `l8 ${height / 2}l-8 ${height / 2}` : `v${height}`}h-${width}z`;
}

function spanText(span: Span | undefined, end: number): string {
  if (!span) return "";
  return span.until === undefined ? `${seconds(end - span.from)}, and on` : seconds(span.until - span.from);
}

function drawMark(one: StepMark, strip: number, scale: Scale): Html {
  const x = scale(one.at);
  const baseline = strip + 20 + one.level * LEVEL;
  return html`<path d="${`M${x} ${strip}V${baseline}`}" class="leader" />
    <circle cx="${x}" cy="${strip}" r="3.5" class="dot" />
    <text x="${x + 5}" y="${baseline}">${markLabel(one)}</text> `;
}

/** Half a tenth of a pixel is nothing that an eye sees; the page stays small and the same everywhere. */
function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
