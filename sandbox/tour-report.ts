/** What does the sandbox's tour report? The data of `.sandbox/report.json`; the page is made of it. Names, times and fingerprints, never a value. */
import { type AuditReport } from "../automation/audit";
import { type IntegrationTestReport } from "../automation/reports/integration-test";
import { type RotationReport } from "../automation/rotation/report";
import { type StackRun } from "../automation/stack";
import { type Tool } from "./toolchain";

/** One of the programs that ran, and where it came from. */
export type ToolReport = Pick<Tool, "version" | "source"> & { readonly name: string };

/** One secret or variable and every place that holds it. */
export interface PlacedVariable {
  readonly name: string;
  readonly service: string;
  readonly secret: boolean;
  /** Keyed fingerprint, 12 hexadecimal digits: equal values of one run have equal ones. */
  readonly fingerprint: string;
  /** What was found at each place when its content was opened; `absent` where it should be, `not sent` where it does not go. */
  readonly places: Readonly<Record<string, "same" | "different" | "absent" | "not sent">>;
}

/** What a program saw that read the published environment and used it all the while. */
export interface ConsumerReport {
  readonly service: string;
  readonly uses: number;
  /** A definite no: the promise is that there is none. */
  readonly refusals: number;
  readonly unknown: number;
}

/** Whether a credential that was in use before the rotation is refused now. */
export interface RetiredCredential {
  readonly service: string;
  readonly refused: boolean;
}

/** One thing that the tour checked. */
export interface TourCheck {
  readonly name: string;
  readonly passed: boolean;
  /** One sentence. */
  readonly detail: string;
}

/** The whole tour. Times are ISO 8601, durations milliseconds. */
export interface TourReport {
  readonly schema: "sophia-secrets/sandbox-report";
  readonly version: 1;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly result: "passed" | "failed";
  readonly stack: string;
  /** Everything ran against stand-ins on this machine; these are the programs. */
  readonly tools: readonly ToolReport[];
  readonly up: StackRun;
  readonly testBefore: IntegrationTestReport;
  readonly rotation: RotationReport;
  readonly consumer: readonly ConsumerReport[];
  readonly testAfter: IntegrationTestReport;
  readonly variables: readonly PlacedVariable[];
  readonly retired: readonly RetiredCredential[];
  readonly audit: AuditReport;
  /** What a preview after all of this would change. */
  readonly previewAfter: StackRun;
  readonly checks: readonly TourCheck[];
  /** What to do next, as sentences with commands. */
  readonly next: readonly string[];
}
