/** How old is a thing against its limit? One bar, as wide as its cell; percent instead of pixels, so that it fits a phone and paper. */
import { scaleLinear, type ScaleLinear } from "d3-scale";
import { html, type Html } from "../html";
import { plural } from "./words";

/** An age and the greatest one that is allowed, in days. No age where nobody knows it. */
export interface LimitedAge {
  readonly ageDays?: number;
  readonly everyDays: number;
}

/** From days to percent of the width; the same for every bar of a table. */
export type AgeScale = ScaleLinear<number, number>;

/** Beyond so many times the greatest limit an age only says that it is far too old; the others would be points beside it. */
const WIDEST = 2;

/** The scale for these ages. */
export function ageScale(ages: readonly LimitedAge[]): AgeScale {
  const limit = Math.max(1, ...ages.map(({ everyDays }) => everyDays));
  const oldest = Math.max(limit, ...ages.map(({ ageDays = 0 }) => ageDays));
  return scaleLinear()
    .domain([0, Math.min(oldest, WIDEST * limit) * 1.05])
    .range([0, 100])
    .clamp(true);
}

/** The bar. Where the age is beyond the scale, it ends in a point. */
export function ageBar({ ageDays, everyDays }: LimitedAge, scale: AgeScale): Html {
  const [limit, age] = [percent(scale(everyDays)), percent(scale(ageDays ?? 0))];
  const [, widest = 0] = scale.domain();
  const name =
    ageDays === undefined
      ? `age not known, limit ${plural(everyDays, "day")}`
      : `${plural(ageDays, "day")} old, limit ${plural(everyDays, "day")}`;
  return html`<svg class="age" role="img" aria-label="${name}" width="100%" height="16">
    <rect x="0" y="4" width="${limit}" height="8" class="room" />
    ${
      ageDays !== undefined &&
      html`<rect
          x="0"
          y="3"
          width="${ageDays > everyDays ? limit : age}"
          height="10"
          class="${ageDays > everyDays ? "over" : "within"}"
        />
        ${
          ageDays > everyDays &&
          html`<rect
            x="${limit}"
            y="3"
            width="${percent(scale(ageDays) - scale(everyDays))}"
            height="10"
            class="beyond"
          />`
        }
        ${ageDays > widest && html`<svg x="100%" y="3" overflow="visible"><path d="M-8 -2l8 7l-8 7z" class="point" /></svg>`}`
    }
    <line x1="${limit}" y1="0" x2="${limit}" y2="16" class="limit" />
  </svg>`;
}

/** The days below the bars' heading; the figures in the cells say the same. */
export function ageAxis(scale: AgeScale): Html {
  return html`<svg class="age" aria-hidden="true" focusable="false" width="100%" height="18">
    ${scale
      .ticks(4)
      .map(
        (days) =>
          html`<text x="${percent(scale(days))}" y="13" text-anchor="${days === 0 ? "start" : "middle"}"
            >${days}</text
          >`,
      )}
  </svg>`;
}

/** With two digits: nobody sees less, and the page is the same everywhere. */
export function percent(value: number): string {
  return `${Math.round(value * 100) / 100}%`;
}
