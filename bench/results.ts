/** What does a run of the bench leave? Everything that the page is made from. */
import { type Row } from "./case";

/** Where it ran. */
export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGb: number;
  readonly system: string;
  /** Mean number of processes that wanted a core in the last minute, at the end of the run. */
  readonly load: number;
  /** Version by tool. */
  readonly versions: Readonly<Record<string, string>>;
}

/** `docs/performance.json`. */
export interface Results {
  readonly schema: "sophia-secrets/bench";
  readonly version: 2;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly rows: readonly Row[];
}
