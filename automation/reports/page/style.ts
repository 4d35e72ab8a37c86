/** How does every page look? One style sheet: system fonts, one accent colour, light and dark, narrow and printed. */
import { PLOT_STYLE } from "./plot-style";

/** The whole style sheet. Colours are variables so that a spec can measure their contrast. */
export const PAGE_STYLE = `
:root {
  --page: #fbfbfa; --surface: #ffffff; --text: #1d2226; --quiet: #555e66; --line: #d9dcdf; --faint: #eef0f1;
  --accent: #0a6a6c; --tint: #d9eeec; --bad: #a3242b; --bad-tint: #fbe9e8; --warn: #7a4d00; --on-solid: #ffffff;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14181b; --surface: #1a1f23; --text: #e5e9ec; --quiet: #a3adb5; --line: #373e44; --faint: #242a2f;
    --accent: #62c6c1; --tint: #173a3b; --bad: #ff9a94; --bad-tint: #3a1f20; --warn: #e6b964; --on-solid: #14181b;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; color-scheme: light dark; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.6 var(--sans); }
header, nav, main, footer { max-width: 70rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 3rem); }
header { padding-top: clamp(2rem, 6vw, 4rem); }
footer { padding-bottom: 4rem; color: var(--quiet); font-size: 0.875rem; }
section { margin: 0 0 4rem; scroll-margin-top: 1.5rem; }
h1, h2, h3, p, ul, ol, dl, dd { margin: 0; }
h1 { font-size: clamp(1.5rem, 1.2rem + 2vw, 2.375rem); line-height: 1.2; font-weight: 620; letter-spacing: -0.015em; text-wrap: balance; }
h2 { font-size: 1.375rem; line-height: 1.3; font-weight: 620; letter-spacing: -0.008em; margin-bottom: 0.75rem; }
h3 { font-size: 1rem; font-weight: 620; margin: 2rem 0 0.5rem; }
p, .sentences { max-width: 46rem; }
h1, p, li, figcaption { overflow-wrap: anywhere; }
p + p { margin-top: 0.75rem; }
a { color: var(--accent); text-underline-offset: 0.2em; text-decoration-thickness: 1px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
code { font: 0.875em/1.5 var(--mono); overflow-wrap: anywhere; }
pre { margin: 0.4rem 0 0; padding: 0.55rem 0.75rem; background: var(--faint); border-radius: 4px; white-space: pre-wrap; overflow-wrap: anywhere; }
.word { display: inline-block; max-width: 100%; }
.eyebrow { color: var(--quiet); font-size: 0.875rem; margin-bottom: 0.75rem; }
.lead { margin-top: 1rem; font-size: 1.0625rem; }
.note { color: var(--quiet); font-size: 0.9375rem; margin-top: 0.75rem; }
.quiet { color: var(--quiet); font-size: 0.9375rem; font-weight: 400; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.shapes { position: absolute; }
.line { fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; }
.solid { fill: currentColor; }
.cut { fill: none; stroke: var(--on-solid); stroke-width: 1.6; stroke-linecap: round; }
.gap { fill: none; stroke: currentColor; stroke-width: 1.6; stroke-dasharray: 2.6 2; }
.mark { display: inline-flex; align-items: baseline; gap: 0.45em; }
.mark svg { flex: none; width: 0.9em; height: 0.9em; transform: translateY(0.08em); }
.good, .same { color: var(--accent); }
.bad, .different, .absent, .behind { color: var(--bad); font-weight: 600; }
.warn, .hidden, .foreign, .unknown { color: var(--warn); font-weight: 600; }
.none { color: var(--quiet); }
.alert { margin-top: 2rem; padding: 1.25rem 1.5rem; border: 1px solid var(--bad); border-left-width: 5px; background: var(--bad-tint); }
.alert h2 { font-size: 1.0625rem; }
.alert li + li { margin-top: 0.5rem; }
.alert ul { padding-left: 1.25rem; }
.aside { margin: 1.25rem 0; padding: 0.25rem 0 0.25rem 1.25rem; border-left: 3px solid var(--accent); }
.aside ul { list-style: none; padding: 0; }
.glance { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); margin: 2.5rem 0 0; border-top: 1px solid var(--line); }
.glance.threes { grid-template-columns: repeat(3, 1fr); }
.glance div { display: flex; flex-direction: column; padding: 1rem 1rem 1.1rem 0; border-bottom: 1px solid var(--line); }
.glance dt { color: var(--quiet); font-size: 0.875rem; }
.glance .figure { font-size: 1.375rem; line-height: 1.35; font-weight: 560; font-variant-numeric: tabular-nums; color: var(--text); }
.glance .mark { font-size: 0.875rem; font-weight: 400; }
nav { margin-top: 2.5rem; margin-bottom: 4rem; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; list-style: none; padding: 0; font-size: 0.9375rem; }
.box { position: relative; margin-top: 1.25rem; overflow-x: auto; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; }
table { width: 100%; border-collapse: collapse; font-size: 0.9375rem; line-height: 1.5; font-variant-numeric: tabular-nums; }
table.wide { min-width: 46rem; }
caption.shown { text-align: left; padding: 0.75rem 1rem 0; font-weight: 600; }
th, td { padding: 0.6rem 1rem; text-align: left; vertical-align: top; border-top: 1px solid var(--faint); }
thead th { border-top: 0; border-bottom: 1px solid var(--line); color: var(--quiet); font-size: 0.8125rem; font-weight: 560; vertical-align: bottom; }
tbody th { font-weight: 560; }
tbody th code { font-weight: 400; }
.group th { padding-top: 0.5rem; padding-bottom: 0.5rem; font-weight: 620; background: var(--faint); }
td small, th small { display: block; color: var(--quiet); font-size: 0.8125rem; font-weight: 400; max-width: 26rem; overflow-wrap: break-word; }
td { overflow-wrap: break-word; }
td code, tbody th code { overflow-wrap: break-word; }
.group small { max-width: 46rem; }
.names { display: flex; flex-wrap: wrap; gap: 0.1rem 1.1rem; list-style: none; padding: 0; }
.sentences { padding-left: 1.25rem; margin-top: 0.75rem; }
.sentences li + li { margin-top: 0.5rem; }
.todo { padding-left: 1.5rem; max-width: 52rem; }
.todo li { padding-left: 0.35rem; margin-top: 1rem; }
.legend { display: grid; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr)); gap: 0.25rem 2rem; margin: 1rem 0; font-size: 0.875rem; }
.legend div { display: grid; grid-template-columns: 8.5rem 1fr; gap: 0.75rem; }
.legend dd { color: var(--quiet); }
.steps { padding-left: 1.5rem; max-width: 46rem; }
.steps li { padding-left: 0.35rem; }
.steps li + li { margin-top: 0.75rem; }
.steps code, .sentences code, p code { background: var(--faint); padding: 0.1em 0.35em; border-radius: 3px; }
figure { margin: 1.5rem 0 0; }
figcaption { margin-top: 0.75rem; color: var(--quiet); font-size: 0.9375rem; max-width: 46rem; }
${PLOT_STYLE}@media screen and (max-width: 36rem) {
  th, td { padding: 0.55rem 0.75rem; }
  section { margin-bottom: 3rem; }
  .glance, .glance.threes { grid-template-columns: 1fr 1fr; }
  .glance .figure { font-size: 1.125rem; }
  .names { flex-direction: column; }
  .normal thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .normal, .normal tbody, .normal tr, .normal th, .normal td, .normal caption { display: block; }
  .normal tr { padding: 0.6rem 0; border-top: 1px solid var(--line); }
  .normal tbody:first-of-type tr:first-child { border-top: 0; }
  .normal th, .normal td { padding: 0.15rem 0.75rem; border: 0; }
  .normal td { display: grid; grid-template-columns: 6.5rem 1fr; gap: 0.75rem; overflow-wrap: anywhere; }
  .normal td::before { content: attr(data-label); color: var(--quiet); font-size: 0.8125rem; line-height: 1.75; }
  .normal .group, .normal .group th { background: var(--faint); }
  .wide tbody th { position: sticky; left: 0; background: var(--surface); max-width: 12rem; overflow-wrap: break-word; }
  .wide .group th { position: static; max-width: none; background: var(--faint); }
}
@media print {
  @page { margin: 14mm; }
  html { font-size: 9.5pt; }
  body { background: none; }
  header, main, footer { max-width: none; padding: 0; }
  nav { display: none; }
  section { margin: 0 0 1.75rem; }
  .glance { margin-bottom: 1.75rem; grid-template-columns: repeat(4, 1fr); }
  .lane-group, .age { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h2, h3, h2 + p, caption, .group { break-after: avoid; }
  p, tr, figure, .alert, .glance div { break-inside: avoid; }
  .box { overflow: visible; border-radius: 0; }
  table.wide, .timeline { min-width: 0; }
  th, td { padding: 0.3rem 0.5rem; }
  .wide { font-size: 0.8125rem; }
  .timeline, .group th, code, .alert { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  a { color: inherit; }
}
`;
