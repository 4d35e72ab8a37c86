/** How does the audit's page look? System fonts, light and dark, narrow and printed; colours are variables so that a spec can measure their contrast. */

/** The whole style sheet. */
export const AUDIT_STYLE = `
:root {
  --page: #ffffff; --text: #1d2226; --quiet: #555e66; --line: #c9ced2; --tint: #f2f4f5;
  --ok: #0a6a6c; --note: #555e66; --warning: #7a4d00; --error: #a3242b;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14181b; --text: #e5e9ec; --quiet: #a3adb5; --line: #454d54; --tint: #20262b;
    --ok: #62c6c1; --note: #a3adb5; --warning: #e6b964; --error: #ff9a94;
  }
}
* { box-sizing: border-box; }
html { color-scheme: light dark; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 72rem; padding: 2rem clamp(1rem, 4vw, 3rem) 4rem; background: var(--page); color: var(--text); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif; }
h1 { font-size: clamp(1.4rem, 1.2rem + 1.5vw, 2rem); line-height: 1.2; margin: 0 0 0.5rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 0.75rem; }
h3 { font-size: 1rem; margin: 1.75rem 0 0.5rem; }
p { margin: 0 0 0.5rem; }
h1, h3, p, th, td, code { overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--ok); outline-offset: 2px; }
.quiet { color: var(--quiet); font-size: 0.875rem; }
.findings { padding-left: 1.5rem; }
.findings li { margin-bottom: 1rem; }
pre { margin: 0; padding: 0.5rem 0.75rem; overflow-x: auto; background: var(--tint); border: 1px solid var(--line); border-radius: 4px; }
code { font: 0.875em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre code { overflow-wrap: normal; }
.box { overflow-x: auto; border: 1px solid var(--line); border-radius: 4px; }
table { width: 100%; min-width: 40rem; border-collapse: collapse; font-size: 0.9375rem; font-variant-numeric: tabular-nums; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
th, td { padding: 0.45rem 0.75rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--quiet); font-size: 0.8125rem; }
tbody th { font-weight: 560; }
.badge { font-weight: 600; white-space: nowrap; }
.ok { color: var(--ok); font-weight: 400; }
.note { color: var(--note); }
.warning { color: var(--warning); }
.error { color: var(--error); }
@media print {
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  .box, pre { overflow: visible; white-space: pre-wrap; }
  table { min-width: 0; }
  tr, li { break-inside: avoid; }
}
`;
