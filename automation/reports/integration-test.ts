/** What is the state of all integrations? Makes the integration test's report of probe results: as an object, as text and as an exit code. */
import { createColors } from "picocolors";
import { type ProbeClass, type ProbeResult } from "../probes/result";

/** The words of the tool that this one replaces, so that programs which read its report go on working. */
export type ServiceStatus = "connected" | "config_error" | "connection_error" | "error" | "unknown";

/** The whole run in a word; `error` where nothing was tested. */
export type OverallStatus = "all_connected" | "partial_connection" | "all_failed" | "error";

/** One service's part of the report. */
export interface ServiceReport {
  readonly status: ServiceStatus;
  readonly details: ProbeResult["details"];
  readonly error: string | null;
  readonly recommendations: readonly string[];
  readonly outcome: ProbeResult["outcome"];
  readonly class?: NonNullable<ProbeResult["class"]>;
  readonly durationMs: number;
  readonly attempts: number;
}

/** The report; `timestamp` is ISO 8601 in UTC. */
export interface IntegrationTestReport {
  readonly schema: "sophia-secrets/integration-test";
  readonly version: 1;
  readonly timestamp: string;
  readonly durationMs: number;
  readonly services: Readonly<Record<string, ServiceReport>>;
  readonly overall_status: OverallStatus;
  readonly recommendations: readonly string[];
}

const GENERAL: Readonly<Record<OverallStatus, string>> = {
  all_connected: "All integrations are connected successfully",
  partial_connection: "Some integrations failed, review individual service results",
  all_failed: "All integrations failed, check environment variables and network connectivity",
  error: "No integration was tested, name at least one service",
};

const SECURITY = [
  "[SECURITY] Rotate credentials regularly: npx sophia-secrets rotate --service all",
  "[SECURITY] Keep secrets in Pulumi ESC and sync them to GitHub: npx sophia-secrets sync-github",
];

/** Builds the report. `startedAt` is in milliseconds since 1970. */
export function buildIntegrationTestReport(
  results: readonly ProbeResult[],
  run: { readonly startedAt: number; readonly durationMs: number },
): IntegrationTestReport {
  const overall = overallStatus(results);
  const perService = results.flatMap(({ service, remedy }) => (remedy ? [`[${service.toUpperCase()}] ${remedy}`] : []));
  return {
    schema: "sophia-secrets/integration-test",
    version: 1,
    timestamp: new Date(run.startedAt).toISOString(),
    durationMs: run.durationMs,
    services: Object.fromEntries(results.map((result) => [result.service, serviceReport(result)])),
    overall_status: overall,
    recommendations: [...perService, `[GENERAL] ${GENERAL[overall]}`, ...SECURITY],
  };
}

/** 0 all passed, 1 some failed, 2 all failed or none run. */
export function integrationTestExitCode(report: IntegrationTestReport): 0 | 1 | 2 {
  if (report.overall_status === "all_connected") return 0;
  return report.overall_status === "partial_connection" ? 1 : 2;
}

/** The name under which the report is kept by default, in UTC: `integration_test_results_20261123_090000.json`. */
export function integrationTestFileName(startedAt: number): string {
  const [day, time] = new Date(startedAt).toISOString().replace(/[-:]/g, "").split(/[T.]/);
  return `integration_test_results_${day}_${time}.json`;
}

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
    findings: service.error ?? describeDetails(service.details),
    colour: paint[service.outcome],
  }));
  const heads = ["SERVICE", "STATUS", "TIME"] as const;
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map(({ cells }) => cells[column]?.length ?? 0)),
  );
  const indent = widths.reduce((sum, size) => sum + size + 2, 2);
  const pad = (cell: string, column: number): string => cell.padEnd((widths[column] ?? 0) + 2);

  const lines = [
    ...wrap(
      `${GENERAL[report.overall_status]} (${connected} of ${services.length}, ${formatDuration(report.durationMs)}).`,
      width,
    ),
    "",
    colours.dim(`  ${heads.map(pad).join("")}FINDINGS`),
  ];
  for (const { cells, findings, colour } of rows) {
    const [first = "", ...rest] = wrap(findings, width - indent);
    lines.push(`  ${pad(cells[0], 0)}${colour(pad(cells[1], 1))}${pad(cells[2], 2)}${first}`.trimEnd());
    lines.push(...rest.map((line) => `${" ".repeat(indent)}${line}`));
  }
  const advice = services.flatMap(([name, { recommendations }]) => recommendations.map((text) => `${name}: ${text}`));
  if (advice.length > 0) lines.push("", colours.bold("What to do"));
  for (const text of advice)
    lines.push(...wrap(text, width - 4).map((line, index) => `${index === 0 ? "  " : "    "}${line}`));
  return `${lines.join("\n")}\n`;
}

function overallStatus(results: readonly ProbeResult[]): OverallStatus {
  const passed = results.filter(({ outcome }) => outcome === "passed").length;
  if (results.length === 0) return "error";
  if (passed === results.length) return "all_connected";
  return passed > 0 ? "partial_connection" : "all_failed";
}

function serviceReport(result: ProbeResult): ServiceReport {
  return {
    status: serviceStatus(result),
    details: result.details,
    error: result.outcome === "passed" ? null : result.reason,
    recommendations: result.remedy === undefined ? [] : [result.remedy],
    outcome: result.outcome,
    ...(result.class ? { class: result.class } : {}),
    durationMs: result.durationMs,
    attempts: result.attempts,
  };
}

/** `config_error`: fix a setting. `connection_error`: the service answered, but not as wanted. `error`: no answer at all. */
const STATUS_OF: Readonly<Record<ProbeClass, ServiceStatus>> = {
  configuration: "config_error",
  authentication: "connection_error",
  permission: "connection_error",
  "rate-limit": "connection_error",
  service: "connection_error",
  connection: "error",
};

function serviceStatus({ outcome, class: group }: ProbeResult): ServiceStatus {
  if (outcome === "passed") return "connected";
  return group === undefined ? "unknown" : STATUS_OF[group];
}

function describeDetails(details: ProbeResult["details"]): string {
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
