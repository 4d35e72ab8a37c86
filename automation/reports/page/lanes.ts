/** What was alive when? A lane a slot with a bar a credential; percent instead of pixels, so that it fits a phone and paper. */
import { scaleUtc, type ScaleTime } from "d3-scale";
import { html, type Html } from "../html";
import { percent } from "./age-bar";
import { tickWords } from "./words";

/** A stretch of time; milliseconds since 1970. */
export interface Bar {
  /** Missing where it began before anything that is known. */
  readonly from?: number;
  /** Missing where it goes on. */
  readonly until?: number;
  /** How it is drawn. */
  readonly look: "pending" | "current" | "previous" | "withdrawn";
}

/** One lane. */
export interface Lane {
  readonly label: string;
  /** Everything that the bars show, in words, for those who do not see them. */
  readonly description: string;
  readonly bars: readonly Bar[];
  /** Moments that are marked by an upright line. */
  readonly moments: readonly number[];
}

/** Lanes that belong together. */
export interface LaneGroup {
  readonly title: string;
  readonly lanes: readonly Lane[];
}

/** From milliseconds since 1970 to percent of the width. */
type Scale = ScaleTime<number, number>;

/** So many days are shown: of what is older, the end. */
const LONGEST_DAYS = 400;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Percent. An overlap of minutes beside months would not be seen: it is drawn wider than it was. */
const NARROWEST = 1.2;

/** The drawing, with all lanes on one axis that ends at `now`. */
export function laneDrawing(groups: readonly LaneGroup[], now: number): Html {
  const scale = scaleOf(groups, now);
  const ticks = scale.ticks(4);
  const [first = now, second = first + 1] = ticks.map(Number);
  const words = ticks.map((tick) => ({ at: scale(tick), word: tickWords(tick, second - first) }));
  // Under the ends of the axis half a word would be cut off.
  const shown = words.filter(({ at }) => at > 4 && at < 88);
  return html`<div class="lanes">
    ${groups.map(
      ({ title, lanes }) =>
        html`<div class="lane-group">
          <p class="lane-title">${title}</p>
          ${lanes.map((lane) => drawLane(lane, scale, ticks))}
        </div> `,
    )}
    <div class="lane" aria-hidden="true">
      <span></span>
      <svg class="axis" width="100%" height="18" focusable="false">
        ${shown.map(({ at, word }) => html`<text x="${percent(at)}" y="13" text-anchor="middle">${word}</text>`)}
        <text x="100%" y="13" text-anchor="end" class="now">now</text>
      </svg>
    </div>
  </div> `;
}

function scaleOf(groups: readonly LaneGroup[], now: number): Scale {
  const times = groups
    .flatMap(({ lanes }) => lanes.flatMap(({ bars }) => bars.flatMap(({ from, until }) => [from, until])))
    .filter((time) => time !== undefined);
  const earliest = Math.max(Math.min(now - MINUTE_MS, ...times), now - LONGEST_DAYS * DAY_MS);
  // What began earlier comes in from the left.
  const margin = (now - earliest) * 0.04;
  return scaleUtc()
    .domain([earliest - margin, now])
    .range([0, 100])
    .clamp(true);
}

function drawLane({ label, description, bars, moments }: Lane, scale: Scale, ticks: readonly Date[]): Html {
  return html`<div class="lane">
    <span class="lane-label">${label}</span>
    <svg role="img" aria-label="${`${label}: ${description}`}" width="100%" height="20">
      ${ticks.map((tick) => html`<line x1="${percent(scale(tick))}" y1="0" x2="${percent(scale(tick))}" y2="20" class="grid" />`)}
      ${bars.map((bar) => drawBar(bar, scale))}
      ${moments.map((at) => html`<line x1="${percent(scale(at))}" y1="0" x2="${percent(scale(at))}" y2="20" class="moment" />`)}
    </svg>
  </div> `;
}

function drawBar({ from, until, look }: Bar, scale: Scale): Html {
  const left = from === undefined ? 0 : scale(from);
  const width = Math.max(NARROWEST, (until === undefined ? 100 : scale(until)) - left);
  return html`<rect
    x="${percent(Math.min(left, 100 - width))}"
    y="3"
    width="${percent(width)}"
    height="14"
    class="${look}"
  />`;
}
