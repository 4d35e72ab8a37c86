/** What did the runs of `pulumi up` of a rotation come to? Their changes, the outputs of the last one, and the failure that ended the run. */
import { AutomationError, EXIT } from "../errors";
import { type StackOutputs } from "../stack-outputs";
import { type RotationReport, type StepName } from "./report";
import { type RotationContext } from "./world";

/** Runs `pulumi up` and remembers what came of it. */
export class Ups {
  readonly done: RotationReport["ups"][number][] = [];
  /** What the program said at the end of the last one. */
  outputs: StackOutputs | undefined;
  private failed: { readonly step: StepName; readonly error: AutomationError } | undefined;

  constructor(private readonly context: Pick<RotationContext, "up">) {}

  /** Brings about what the intake says now. Throws what the engine's driver throws. */
  async run(step: StepName): Promise<void> {
    try {
      const { durationMs, changes, outputs } = await this.context.up(step);
      this.done.push({ step, durationMs, changes });
      this.outputs = outputs;
    } catch (error) {
      if (error instanceof AutomationError && error.exitCode !== EXIT.cancelled) this.failed = { step, error };
      throw error;
    }
  }

  /** The failure, if the error is that of an `up`; one that the user has cancelled has not failed. */
  failureOf(error: unknown): RotationReport["failure"] {
    return this.failed?.error === error ? this.failure : undefined;
  }

  /** The `up` that failed, for the report. */
  get failure(): RotationReport["failure"] {
    if (!this.failed) return undefined;
    const { step, error } = this.failed;
    const { code, exitCode, message, hint } = error;
    return { step, code, exitCode, message, ...(hint === undefined ? {} : { hint }) };
  }
}
