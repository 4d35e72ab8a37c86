/** What came of a rotation? The data of the report: times, phases and outcomes, never a value. */
import { type Destination, type SlotName } from "../../services/service";
import { EXIT, type ErrorDetails, type ExitCode } from "../errors";
import { type TornWindow } from "../destinations";
import { type ProbeResult } from "../probes/result";
import { type Redeployment } from "../redeploy";
import { type UpRun } from "../stack";
import { type UsageFinding } from "./usage";

/**
 * - `rotated`: the new credential is read and proven, the old one is refused.
 * - `draining`: the same, but the old one lives on until its time has come.
 * - `aborted`: the pending credential was refused; consumers never saw it.
 * - `pointed_back`: what consumers read was refused after the promotion; they read the old one again.
 * - `manual_pending`: a person has to do something: hand over a new credential, or delete the old one.
 * - `retire_pending`: the old credential is still used, or it should be dead and that is not proven.
 * - `stopped`: a probe could not tell; nothing was risked, the same command goes on.
 * - `failed`: a `pulumi up` failed; the same command goes on.
 * - `nothing_due`: there was nothing to go on with, or its time has not come.
 */
export type RotationOutcome =
  | "rotated"
  | "draining"
  | "aborted"
  | "pointed_back"
  | "manual_pending"
  | "retire_pending"
  | "stopped"
  | "failed"
  | "nothing_due";

/** The steps in their order. */
export type StepName = "stage" | "verify" | "promote" | "confirm" | "drain" | "retire";

/** One step of one service. Times are ISO 8601. */
export interface StepReport {
  readonly step: StepName;
  readonly startedAt: string;
  readonly endedAt: string;
  /** One sentence. */
  readonly detail: string;
  readonly probe?: ProbeResult;
}

/**
 * What a rotation does for its users, noted when it is known to be done: the five steps of the guide, of which the fourth is one deed for each
 * destination. `generate`: the new credential exists. `variables`: what programs open has it. `esc`: the environment that holds it.
 * `github`, `vercel`: the destination took it. `timestamp`: the record says when.
 */
export type DeedName = "generate" | "variables" | Destination | "timestamp";

/** A deed of one service. `at` is ISO 8601. */
export interface DeedReport {
  readonly deed: DeedName;
  readonly at: string;
  /** One sentence. */
  readonly detail: string;
}

/** One service's rotation. */
export interface ServiceRotation {
  readonly service: string;
  readonly outcome: RotationOutcome;
  /** One sentence for people. */
  readonly summary: string;
  readonly from: { readonly slot: SlotName; readonly generation: number };
  readonly to: { readonly slot: SlotName; readonly generation: number };
  readonly steps: readonly StepReport[];
  /** In the order in which they were done. */
  readonly deeds: readonly DeedReport[];
  /** What a person has to do at the service now, a sentence each. */
  readonly instructions: readonly string[];
  /** Whether the old credential was still used when it was to go; missing where it was not asked. */
  readonly usage?: UsageFinding;
  /** The command that goes on, where something is left to do. */
  readonly next?: string;
  /** While both credentials were accepted; `until` is missing while they still are. ISO times. */
  readonly bothAlive?: { readonly from: string; readonly until?: string };
  /** Variables that changed. */
  readonly variables: readonly string[];
  /** Places outside ESC that took them one after the other at the promotion, where this run saw it. */
  readonly tornWindows: readonly TornWindow[];
}

/** The report of one run. */
export interface RotationReport {
  readonly schema: "sophia-secrets/rotation";
  readonly version: 1;
  readonly stack: string;
  readonly runId: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly services: readonly ServiceRotation[];
  readonly ups: readonly { readonly step: StepName; readonly durationMs: number; readonly changes: UpRun["changes"] }[];
  /** What was built again at Vercel, where that was asked for. */
  readonly redeployments?: readonly Redeployment[];
  /** The `pulumi up` that failed and ended the run. */
  readonly failure?: { readonly step: StepName } & Pick<ErrorDetails, "code" | "exitCode" | "message" | "hint">;
}

/**
 * That of the `up` which failed; else 0 when every service is rotated (or drains as planned), and when not 1, or 8 where the user has interrupted
 * the run: a log-in that was cancelled says nothing.
 */
export function rotationExitCode(
  { services, failure }: Pick<RotationReport, "services" | "failure">,
  isInterrupted = false,
): ExitCode {
  if (failure) return failure.exitCode;
  const fine: readonly RotationOutcome[] = ["rotated", "draining", "nothing_due"];
  if (services.every(({ outcome }) => fine.includes(outcome))) return EXIT.done;
  return isInterrupted ? EXIT.cancelled : EXIT.attention;
}
