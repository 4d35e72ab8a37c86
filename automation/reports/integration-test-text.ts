/** How does the integration test's report look in a terminal? */
import { createColors } from "picocolors";
import { type CheckResult } from "../probes/result";
import { summaryOf, type IntegrationTestReport, type ServiceReport } from "./integration-test";

/** How the text looks. */
export interface TextOptions {
  /** @default false */
  readonly colour?: boolean;
  /** Longest line in characters. @default 100 */
  readonly width?: number;
}

/** The report as a table for a terminal, with what to do below it. */
export function renderIntegrationTest(report: IntegrationTestReport, options: TextOptions = {}): string {
  const width = options.width ?? 100;
  const colours = createColors(options.colour ?? false);
  const paint = { passed: colours.green, rejected: colours.red, unknown: colours.yellow };
  const services = Object.entries(report.services);
  const connected = services.filter(([, service]) => service.outcome === "passed").length;
  const rows = services.map(([name, service]) => ({
    cells: [name, service.status, formatDuration(service.durationMs)] as const,
    // What failed is said by its check.
    findings: service.checks ? countChecks(service.checks) : (service.error ?? describeDetails(service.details)),
    checks: service.checks ?? [],
    colour: paint[service.outcome],
  }));
  const heads = ["SERVICE", "STATUS", "TIME"] as const;
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map(({ cells }) => cells[column]?.length ?? 0)),
  );
  const indent = widths.reduce((sum, size) => sum + size + 2, 2);
  const pad = (cell: string, column: number): string => cell.padEnd((widths[column] ?? 0) + 2);

  const lines = [
    ...wrap(`${summaryOf(report)} (${connected} of ${services.length}, ${formatDuration(report.durationMs)}).`, width),
    "",
    colours.dim(`  ${heads.map(pad).join("")}FINDINGS`),
  ];
  for (const { cells, findings, colour, checks } of rows) {
    const [first = "", ...rest] = wrap(findings, width - indent);
    lines.push(`  ${pad(cells[0], 0)}${colour(pad(cells[1], 1))}${pad(cells[2], 2)}${first}`.trimEnd());
    lines.push(
      ...rest.map((line) => `${" ".repeat(indent)}${line}`),
      ...describeChecks(checks, { width, paint: CHECK_PAINT(colours) }),
    );
  }
  const advice = services.flatMap(([name, { recommendations }]) => recommendations.map((text) => `${name}: ${text}`));
  if (advice.length > 0) lines.push("", colours.bold("What to do"));
  for (const text of advice)
    lines.push(...wrap(text, width - 4).map((line, index) => `${index === 0 ? "  " : "    "}${line}`));
  return `${lines.join("\n")}\n`;
}

function countChecks(checks: readonly CheckResult[]): string {
  const count = (status: CheckResult["status"]): number => checks.filter((check) => check.status === status).length;
  const others = (["failed", "unknown", "warning"] as const).flatMap((status) =>
    count(status) === 0 ? [] : [`${count(status)} ${status}`],
  );
  return [`${count("passed")} of ${checks.length} checks passed`, ...others].join(", ");
}

const CHECK_PAINT = ({ green, red, yellow }: ReturnType<typeof createColors>) => ({
  ...{ passed: green, warning: yellow, failed: red, unknown: yellow },
});

/** One line a check, with what it found; a longer one goes on below itself. */
function describeChecks(
  checks: readonly CheckResult[],
  { width, paint }: { readonly width: number; readonly paint: ReturnType<typeof CHECK_PAINT> },
): string[] {
  const widest = Math.max(0, ...checks.map(({ name }) => name.length));
  const indent = 4 + "passed   ".length + widest + 2;
  return checks.flatMap(({ name, status, reason }) => {
    const [first = "", ...rest] = wrap(reason, width - indent);
    const line = `    ${paint[status](status.padEnd(9))}${name.padEnd(widest + 2)}${first}`;
    return [line, ...rest.map((more) => `${" ".repeat(indent)}${more}`)];
  });
}

function describeDetails(details: ServiceReport["details"]): string {
  return Object.entries(details)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

function formatDuration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Breaks at blanks; a word that is longer than the line is cut. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).flatMap((long) => long.match(new RegExp(`.{1,${width}}`, "gsu")) ?? [])) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
