/** What may the driver ask of a run of the program, besides what settings and intake say? */
import { type GitHubIntake } from "./esc/intake-destinations";
import { type WriteOrder } from "./github/entries";
import { type RotationRecord } from "./rotation/record";

/** Nothing of it is written anywhere: the next run without it does what settings and intake say. */
export interface ProgramRequest {
  /** Stands for the intake's own GitHub section, in a preview of what is not written yet. */
  readonly requested?: GitHubIntake;
  /** Stand for the intake's rotation records likewise, by service. */
  readonly records?: Readonly<Record<string, RotationRecord>>;
  /** Of places at GitHub that are written by one resource each. */
  readonly order?: WriteOrder;
  /** The stack comes back to one resource a variable. */
  readonly importVariables?: boolean;
}
