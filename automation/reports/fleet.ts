/** What does a person read of a rotation of many stacks? One line a stack in the end, and what to run for those that are left. */
import { fleetExitCode, type StackOutcome } from "../fleet/fan-out";
import { EXIT } from "../errors";
import { type RotationReport } from "../rotation/report";
import { paragraphs, prose, table } from "./markdown";
import { hanging } from "./text";

/** What `rotate` of several stacks gives with `--json`. */
export interface FleetReport {
  readonly schema: "sophia-secrets/rotation-fleet";
  readonly version: 1;
  /** How many stacks were worked on at once. */
  readonly parallel: number;
  readonly startedAt: string;
  readonly endedAt: string;
  /** How many stacks ended how. */
  readonly counts: Readonly<Record<StackState, number>>;
  /** In the order in which they were named. */
  readonly stacks: readonly (StackOutcome & { readonly state: StackState })[];
}

/** How a stack ended: `attention` is exit code 1, `failed` any other but 0, 8 and 10. */
export type StackState = "done" | "attention" | "failed" | "locked" | "cancelled" | "not_begun";

const STATES: readonly StackState[] = ["done", "attention", "failed", "locked", "cancelled", "not_begun"];

/** The report of outcomes. Times are ISO 8601. */
export function fleetReport(
  outcomes: readonly StackOutcome[],
  facts: Pick<FleetReport, "parallel" | "startedAt" | "endedAt">,
): FleetReport {
  const stacks = outcomes.map((outcome) => ({ ...outcome, state: stateOf(outcome) }));
  const count = (state: StackState) => stacks.filter((one) => one.state === state).length;
  const counts = Object.fromEntries(STATES.map((state) => [state, count(state)])) as FleetReport["counts"];
  return { schema: "sophia-secrets/rotation-fleet", version: 1, ...facts, counts, stacks };
}

/** How one stack ended. */
export function stateOf({ exitCode }: StackOutcome): StackState {
  if (exitCode === undefined) return "not_begun";
  if (exitCode === EXIT.done) return "done";
  if (exitCode === EXIT.attention) return "attention";
  if (exitCode === EXIT.cancelled) return "cancelled";
  return exitCode === EXIT.locked ? "locked" : "failed";
}

/** One stack as a line, when it has ended and in the end. */
export function formatStackOutcome(outcome: StackOutcome, width = 0): string {
  const { stack, durationMs } = outcome;
  const seconds = outcome.exitCode === undefined ? "" : ` (${(durationMs / 1000).toFixed(0)} s)`;
  const state = stateOf(outcome).replace("_", " ");
  return hanging(`  ${stack.padEnd(width)}  ${state.padEnd(9)}  `, `${summaryOf(outcome)}${seconds}`.trim());
}

/** The report as text, 100 columns wide. */
export function formatFleetReport(report: FleetReport): string {
  const width = Math.max(...report.stacks.map(({ stack }) => stack.length));
  const left = leftOver(report);
  return [
    `${headline(report)}, ${report.parallel} at a time`,
    ...report.stacks.flatMap((one) => [formatStackOutcome(one, width), ...adviceOf(one, width)]),
    ...(left === undefined ? [] : ["", hanging("next: ", left)]),
  ].join("\n");
}

/** The report for a job's summary. */
export function fleetMarkdown(report: FleetReport): string {
  const rows = report.stacks.map((one) => [one.stack, one.state.replace("_", " "), summaryOf(one)].map(prose));
  return paragraphs(`### ${headline(report)}`, table(["stack", "state", "what came of it"], rows));
}

function headline({ stacks, counts }: FleetReport): string {
  const parts = STATES.flatMap((state) => (counts[state] === 0 ? [] : `${counts[state]} ${state.replace("_", " ")}`));
  return `Rotation of ${stacks.length} stacks: ${parts.join(", ")}`;
}

/** Services by what came of them, or the error. */
function summaryOf({ report, error, exitCode }: StackOutcome): string {
  if (error) return `exit ${error.exitCode}: ${error.message.replace(/\s+/g, " ")}`;
  const { services = [] } = (report ?? {}) as Partial<RotationReport>;
  const words = new Map<string, string[]>();
  for (const { service, ...one } of services) {
    const word = wordOf(one);
    words.set(word, [...(words.get(word) ?? []), service]);
  }
  if (words.size === 0) return exitCode === undefined ? "" : `exit ${exitCode}`;
  return [...words].map(([word, names]) => `${word}: ${names.join(", ")}`).join("; ");
}

/** A rotation has outcomes, a plan intents, and a schedule what is due. */
function wordOf(one: { readonly outcome?: string; readonly intent?: string; readonly status?: string }): string {
  return (one.outcome ?? one.intent ?? one.status ?? "unknown").replaceAll("_", " ");
}

function adviceOf({ error }: StackOutcome, width: number): string[] {
  return (error?.suggestions ?? []).map((advice) => hanging(" ".repeat(width + 15), advice));
}

/** The command for the stacks that are not done. */
function leftOver(report: FleetReport): string | undefined {
  const left = report.stacks.filter(({ state }) => state !== "done");
  if (left.length === 0 || fleetExitCode(report.stacks, false) === EXIT.usage) return undefined;
  return `when the cause is mended, the same command with ${left.map(({ stack }) => `--stack ${stack}`).join(" ")}`;
}
