/** What came of a rotation? The data of the report: times, phases and outcomes, never a value. */
import { type SlotName } from "../../services/service";
import { type TornWindow } from "../destinations";
import { type ProbeResult } from "../probes/result";
import { type UpRun } from "../stack";

/**
 * - `rotated`: the new credential is read and proven, the old one is refused.
 * - `draining`: the same, but the old one lives on until its time has come.
 * - `aborted`: the pending credential was refused; consumers never saw it.
 * - `pointed_back`: what consumers read was refused after the promotion; they read the old one again.
 * - `manual_pending`: a person has to do something: hand over a new credential, or delete the old one.
 * - `retire_pending`: the old credential should be dead, but that is not proven.
 * - `stopped`: a probe could not tell; nothing was risked, the same command goes on.
 * - `nothing_due`: there was nothing to go on with.
 */
export type RotationOutcome =
  "rotated" | "draining" | "aborted" | "pointed_back" | "manual_pending" | "retire_pending" | "stopped" | "nothing_due";

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

/** One service's rotation. */
export interface ServiceRotation {
  readonly service: string;
  readonly outcome: RotationOutcome;
  /** One sentence for people. */
  readonly summary: string;
  readonly from: { readonly slot: SlotName; readonly generation: number };
  readonly to: { readonly slot: SlotName; readonly generation: number };
  readonly steps: readonly StepReport[];
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
}

/** 0 when every service is rotated (or drains as planned), else 1. */
export function rotationExitCode({ services }: RotationReport): 0 | 1 {
  const fine: readonly RotationOutcome[] = ["rotated", "draining", "nothing_due"];
  return services.every(({ outcome }) => fine.includes(outcome)) ? 0 : 1;
}
