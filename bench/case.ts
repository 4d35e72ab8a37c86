/** What is a measured case? One file in `cases/` that exports `benchCase`; whatever lies there is run. */

/** What one run of the command line cost. */
export interface Measurement {
  /** Milliseconds from the start of the process to its end. */
  readonly wallMs: number;
  /** Milliseconds within that in which a stand-in was at work on at least one request: the service's own answer time. */
  readonly serviceMs: number;
  /** Milliseconds of processor time, of this process only. */
  readonly cpuMs: number;
  /** Largest resident set of the process, in MB of 10^6 bytes. */
  readonly peakMb: number;
  /** Requests that it sent. */
  readonly calls: number;
}

/** One run, and what was wrong with its effect; a row with a wrong effect is void. */
export interface Run extends Measurement {
  readonly wrong?: string;
}

/** What must hold for the medians. */
export interface Limits {
  /** Milliseconds beyond the service's own answer time. */
  readonly ownMs?: number;
  readonly peakMb?: number;
  /** Exactly so many requests. */
  readonly calls?: number;
}

/** One line of the table: the same work done several times. */
export interface Row {
  readonly name: string;
  readonly limits: Limits;
  readonly runs: readonly Run[];
}

/** What a case gets to work with. */
export interface BenchContext {
  /** How often each row is measured. */
  readonly runs: number;
  /** Less work and no limits: shows that the bench itself works. */
  readonly quick: boolean;
  /** Says what is going on, on standard error. */
  readonly log: (line: string) => void;
}

/** A case. `run` leaves nothing behind; it throws when the bench itself cannot work. */
export interface BenchCase {
  readonly name: string;
  readonly title: string;
  readonly run: (context: BenchContext) => Promise<readonly Row[]>;
}
