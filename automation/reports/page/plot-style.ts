/** How do the plots look? The same colours as the text around them, so that light, dark and print need no plot of their own. */

/** The part of the style sheet that is about plots. */
export const PLOT_STYLE = `.hatch { stroke: var(--accent); stroke-width: 1.5; }
.hatch-bad { stroke: var(--bad); stroke-width: 2; }
.age { display: block; min-width: 9rem; overflow: visible; font: 400 0.75rem var(--sans); }
.age text { fill: var(--quiet); font-variant-numeric: tabular-nums; }
.age .room { fill: var(--faint); stroke: var(--line); }
.age .within { fill: var(--accent); }
.age .over, .age .point { fill: var(--bad); }
.age .beyond { fill: url(#hatch-bad); stroke: var(--bad); }
.age .limit { stroke: var(--text); stroke-width: 2; }
.lanes { padding: 0.25rem 0; }
.lane-group { padding: 0.5rem 0; border-bottom: 1px solid var(--line); break-inside: avoid; }
.lane-title { font-weight: 620; font-size: 0.9375rem; }
.lane { display: grid; grid-template-columns: 3.25rem 1fr; gap: 0.5rem; align-items: center; }
.lane-label { color: var(--quiet); font-size: 0.8125rem; }
.lane svg, .lane-key { display: block; overflow: visible; }
.lane .axis { font: 0.75rem var(--sans); }
.lane .axis text { fill: var(--quiet); }
.lane .grid { stroke: var(--faint); }
.lane rect, .lane-key rect { stroke-width: 1; }
.pending { fill: var(--surface); stroke: var(--accent); stroke-dasharray: 3 2; }
.current { fill: var(--accent); stroke: var(--accent); }
.previous { fill: url(#hatch); stroke: var(--accent); }
.withdrawn { fill: url(#hatch-bad); stroke: var(--bad); }
.moment { stroke: var(--text); stroke-width: 1.5; stroke-dasharray: 3 2; }
.keys { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; list-style: none; padding: 0; }
.keys li { display: inline-flex; align-items: center; gap: 0.5rem; }
.timeline { display: block; width: 100%; min-width: 56rem; height: auto; padding: 0.5rem 0.75rem; font: 12px var(--sans); }
.timeline text { fill: var(--text); font-variant-numeric: tabular-nums; }
.timeline .heading { font-size: 14px; font-weight: 620; }
.timeline .label, .timeline .tick { fill: var(--quiet); }
.timeline .grid { stroke: var(--faint); }
.timeline .rule { stroke: var(--line); }
.timeline .old { fill: var(--line); stroke: var(--quiet); }
.timeline .new { fill: var(--tint); stroke: var(--accent); }
.timeline .both { fill: url(#hatch); stroke: var(--accent); }
.timeline .leader { stroke: var(--quiet); stroke-width: 0.75; }
.timeline .dot { fill: var(--surface); stroke: var(--text); stroke-width: 1.5; }
.timeline .promote { stroke: var(--text); stroke-dasharray: 3 3; }
@media (forced-colors: active) {
  .timeline .old, .timeline .new, .lane rect, .age rect { stroke: CanvasText; }
}
`;
