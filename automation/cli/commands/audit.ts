/** `audit`: what is old, missing or not where it should be? */
import Table from "cli-table3";
import { services } from "../../../services";
import { audit, type AuditReport } from "../../audit";
import { usageError } from "../../errors";
import { type CommandContext, type CommandResult } from "../command";

/** Options of `audit`. */
export interface AuditOptions {
  /** Findings that make the exit code 1. */
  readonly failOn: readonly string[];
}

const FINDINGS: Readonly<Record<string, (report: AuditReport) => boolean>> = {
  overdue: ({ services }) => services.some(({ status }) => status === "OVERDUE" || status === "DUE TODAY"),
  never: ({ services }) => services.some(({ status }) => status === "NEVER"),
  missing: ({ services, missingAtDestinations }) =>
    services.some(({ missing }) => missing.length > 0) || missingAtDestinations.length > 0,
};

/** Audits the stack. */
export async function runAudit({ failOn }: AuditOptions, context: CommandContext): Promise<CommandResult> {
  const unknown = failOn.filter((word) => !Object.hasOwn(FINDINGS, word));
  if (unknown.length > 0)
    throw usageError(
      "cli.unknown_finding",
      `Unknown finding: ${unknown.join(", ")}.`,
      `Choose from: ${Object.keys(FINDINGS).join(", ")}.`,
    );
  const report = await audit(context.session(), services, context.dependencies.now());
  context.output.result(report, formatAudit(report));
  return failOn.some((word) => FINDINGS[word]?.(report)) ? 1 : 0;
}

/** The report as text. */
export function formatAudit({ stack, services: audited, missingAtDestinations, recommendations }: AuditReport): string {
  const table = new Table({
    head: ["service", "rotation", "rotated", "due in", "missing"],
    style: { head: [], border: [] },
  });
  for (const { service, status, rotatedAt, dueInDays, missing, phase } of audited) {
    const state = phase === "idle" ? status : `${status}, ${phase}`;
    table.push([
      service,
      state,
      rotatedAt ?? "never",
      dueInDays === undefined ? "" : `${dueInDays} days`,
      missing.join(", ") || "none",
    ]);
  }
  return [
    `Audit of stack ${stack}`,
    table.toString(),
    missingAtDestinations.length === 0
      ? "Every destination holds every variable that goes there."
      : `Missing: ${missingAtDestinations.map(({ name, place }) => `${name} at ${place}`).join(", ")}`,
    ...recommendations.map((text, index) => `${index + 1}. ${text}`),
  ].join("\n");
}
