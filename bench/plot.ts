/** How does the time grow with the work? One SVG, both axes logarithmic: what grows as its work does is a line at 45 degrees. */
import { scaleLog } from "d3-scale";
import { type Results } from "./results";
import { growthOf, type Growth } from "./targets";

const SIZE = { width: 860, height: 420, left: 64, right: 310, top: 24, bottom: 48 };
/** Where several are compared one step is enough: the lines of the others lie beside. The table has all. */
const COMPARED_STEP = "a tenth changed";
const COLOURS = ["#0b6e4f", "#b3541e", "#3f4fa0", "#8a1c4a", "#5b5b5b", "#00798c"];
const DASHES = ["", "6 3", "2 3", "8 3 2 3"];
/** Told apart by dashes and marks too, for those who see no colours; a colour comes back with another dash. */
const STYLES = [0, 1].flatMap((turn) =>
  COLOURS.map((colour, index) => ({ colour, dash: DASHES[(index + turn * 3) % DASHES.length] ?? "" })),
);

/** The plot, in light or dark surroundings alike. */
export function plotGrowth({ rows }: Results): string {
  const all = growthOf(rows, () => true);
  const shown = all.filter(({ contender, step }) => contender === "ours" || step === COMPARED_STEP);
  const series = shown.map((one) => ({
    ...one,
    share: one.points.map(({ work }) => work / (one.points[0]?.work ?? 1)),
  }));
  const works = series.flatMap(({ share }) => share);
  const times = series.flatMap(({ points }) => points.map(({ wallMs }) => wallMs));
  const { width, height, left, right, top, bottom } = SIZE;
  const x = scaleLog([1, Math.max(2, ...works)], [left, width - right]);
  const y = scaleLog([Math.min(100, ...times), Math.max(1000, ...times)], [height - bottom, top]).nice();
  const across = [1, 4, 16, 64].filter((work) => work <= Math.max(2, ...works));
  const up = y.ticks(5).filter((tick) => /^[125]0*$/.test(String(tick)));
  const frame = [
    ...across.map((work) => `<text x="${x(work)}" y="${height - bottom + 20}" text-anchor="middle">${work}×</text>`),
    ...up.map(
      (time) =>
        `<path class="grid" d="M${left} ${round(y(time))}H${width - right}"/>` +
        `<text x="${left - 8}" y="${round(y(time)) + 4}" text-anchor="end">${time < 1000 ? `${time} ms` : `${time / 1000} s`}</text>`,
    ),
    `<text x="${(left + width - right) / 2}" y="${height - 8}" text-anchor="middle">times the work of the smallest</text>`,
  ];
  const lines = series.map((one, index) =>
    lineOf(
      one,
      index,
      (work) => round(x(work)),
      (time) => round(y(time)),
    ),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">`,
    `<title id="title">Time against work, both on logarithmic axes</title>`,
    `<style>text{font:12px system-ui,sans-serif;fill:#666}.grid{stroke:#8884;fill:none}.line{fill:none;stroke-width:2}</style>`,
    ...frame,
    ...lines,
    `</svg>\n`,
  ].join("\n");
}

function lineOf(
  { series, step, contender, points, share }: Growth & { readonly share: readonly number[] },
  index: number,
  x: (work: number) => number,
  y: (time: number) => number,
): string {
  const { colour, dash } = STYLES[index % STYLES.length] ?? { colour: "#000", dash: "" };
  const places = points.map(({ wallMs }, at) => [x(share[at] ?? 1), y(wallMs)] as const);
  const path = places.map(([px, py], at) => `${at === 0 ? "M" : "L"}${px} ${py}`).join("");
  const key = SIZE.top + index * 32;
  return [
    `<path class="line" stroke="${colour}" stroke-dasharray="${dash}" d="${path}"/>`,
    ...places.map(([px, py]) => `<circle cx="${px}" cy="${py}" r="3" fill="${colour}"/>`),
    `<path class="line" stroke="${colour}" stroke-dasharray="${dash}" d="M${SIZE.width - SIZE.right + 14} ${key}h22"/>`,
    `<text x="${SIZE.width - SIZE.right + 42}" y="${key + 1}">${contender}: ${step}</text>`,
    `<text x="${SIZE.width - SIZE.right + 42}" y="${key + 15}">${series}</text>`,
  ].join("\n");
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}
