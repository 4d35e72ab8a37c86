/** What is a measured case? One file in `cases/` that exports `benchCase`; whatever lies there is run. */
import { type Traffic } from "./stand-ins/traffic";
import { type Worlds } from "./worlds";

/** What one command cost: the process and everything that it started. */
export interface Cost {
  /** Milliseconds from the start of the process to its end. */
  readonly wallMs: number;
  /** Milliseconds of processor time, of every process that has ended by then. */
  readonly cpuMs: number;
  /** Largest memory of all its processes together, shared pages counted once, in MB of 10^6 bytes; measured in the warm-up only. */
  readonly peakMb?: number;
}

/** One run: its cost, what it asked of the stand-ins, and what was wrong with its effect; a row with a wrong effect is void. */
export interface Run extends Cost, Traffic {
  readonly wrong?: string;
}

/** One who does the work: ours, or what somebody would take instead. */
export interface Contender {
  /** As the table names it: `ours`, `gh`. */
  readonly name: string;
  /** Why it is not measured here: what is missing, or what it would cost. */
  readonly notRun?: string;
  /** Does the work once from a clean start and tells the cost of each step by its name. Throws when the bench itself cannot work. */
  readonly round?: (probe: Probe) => Promise<Readonly<Record<string, Run>>>;
}

/** Thrown by a round whose contender was stopped by the service: a result, and no failure of the bench. */
export class Stopped extends Error {}

/** Measures one command. */
export type Probe = (command: MeasuredCommand) => Promise<Run & { readonly stdout: string }>;

/** A command to measure. */
export interface MeasuredCommand {
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Exit codes that are no failure. @default [0] */
  readonly expect?: readonly number[];
}

/** Work that several contenders do one after the other, again and again. */
export interface Comparison {
  /** Stable word for JSON and the plot: `sync-100x1`. */
  readonly id: string;
  /** As the table names it. */
  readonly title: string;
  /** Milliseconds that each call takes on top of the stand-in's own time. */
  readonly latencyMs: number;
  /** Which series it belongs to, and how much of that work it is, where something is measured at several sizes. */
  readonly growth?: { readonly series: string; readonly work: number };
  readonly contenders: readonly Contender[];
}

/** One line of the table: one step of one contender. */
export interface Row {
  readonly comparison: string;
  readonly title: string;
  readonly latencyMs: number;
  readonly growth?: Comparison["growth"];
  readonly step: string;
  readonly contender: string;
  readonly notRun?: string;
  /** It was run, and failed: `notRun` says how. */
  readonly failed?: true;
  /** It was run, and the service stopped it, as it would anybody who asks so much: `notRun` says how. */
  readonly stopped?: true;
  readonly peakMb?: number;
  readonly runs: readonly Run[];
}

/** What a case gets to work with. */
export interface BenchContext {
  /** One run of less work: shows that the bench itself works. */
  readonly quick: boolean;
  readonly worlds: Worlds;
  /** Runs a comparison, unless nobody has asked for it. */
  readonly compare: (comparison: Comparison) => Promise<void>;
}

/** A case. `run` leaves nothing behind. */
export interface BenchCase {
  /** How the ids of its comparisons begin: `--only` leaves out a case, with its set-up, of which none is asked for. */
  readonly ids: readonly string[];
  readonly run: (context: BenchContext) => Promise<void>;
}
