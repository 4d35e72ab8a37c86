/** What is the state of all integrations? Makes the integration test's report of probe results: as an object, as text and as an exit code. */
import { type CheckResult, type ProbeClass, type ProbeResult } from "../probes/result";

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
  /** With `--deep`: the log-in first, then what the service's file declares. */
  readonly checks?: readonly CheckResult[];
}

/** The report; `timestamp` is ISO 8601 in UTC. */
export interface IntegrationTestReport {
  readonly schema: "sophia-secrets/integration-test";
  readonly version: 1;
  /** Where it is known. */
  readonly stack?: string;
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
  run: { readonly startedAt: number; readonly durationMs: number; readonly stack?: string },
): IntegrationTestReport {
  const overall = overallStatus(results);
  const perService = results.flatMap((result) =>
    remediesOf(result).map((remedy) => `[${result.service.toUpperCase()}] ${remedy}`),
  );
  return {
    schema: "sophia-secrets/integration-test",
    version: 1,
    ...(run.stack === undefined ? {} : { stack: run.stack }),
    timestamp: new Date(run.startedAt).toISOString(),
    durationMs: run.durationMs,
    services: Object.fromEntries(results.map((result) => [result.service, serviceReport(result)])),
    overall_status: overall,
    recommendations: [...perService, `[GENERAL] ${GENERAL[overall]}`, ...SECURITY],
  };
}

/** The whole run in a sentence. */
export function summaryOf({ overall_status: overall }: Pick<IntegrationTestReport, "overall_status">): string {
  return GENERAL[overall];
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
    recommendations: remediesOf(result),
    outcome: result.outcome,
    ...(result.class ? { class: result.class } : {}),
    durationMs: result.durationMs,
    attempts: result.attempts,
    ...(result.checks ? { checks: result.checks } : {}),
  };
}

/** What to do, each thing once: of the verdict first, then of the checks. */
function remediesOf({ remedy, checks = [] }: ProbeResult): string[] {
  const remedies = [remedy, ...checks.map((check) => check.remedy)];
  return [...new Set(remedies.filter((text) => text !== undefined))];
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
