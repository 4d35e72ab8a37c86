/** How are many stacks worked on at once without one harming the others? A few at a time, each with an outcome of its own; the worker is handed in. */
import { EXIT } from "../errors";

/** What came of one stack. */
export interface StackOutcome {
  readonly stack: string;
  /** That of its command; missing where it was never begun, because the user ended the run. */
  readonly exitCode?: number;
  /** What its command printed with `--json`. */
  readonly report?: object;
  /** The error that its command ended with. */
  readonly error?: StackError;
  readonly durationMs: number;
}

/** An error as the envelope of `--json` has it. */
export interface StackError {
  readonly code: string;
  readonly severity: "error";
  readonly message: string;
  readonly exitCode: number;
  readonly service?: string;
  readonly stack?: string;
  readonly suggestions: readonly string[];
}

/** Works on one stack to its end. It ends early by itself when `signal` is aborted. */
export type StackWorker = (stack: string, signal: AbortSignal) => Promise<Omit<StackOutcome, "stack" | "durationMs">>;

/** How a fan-out goes. */
export interface FanOut {
  readonly stacks: readonly string[];
  /** Stacks at once, 1 or more. */
  readonly parallel: number;
  readonly worker: StackWorker;
  readonly signal: AbortSignal;
  /** Milliseconds since any moment. */
  readonly now: () => number;
  readonly onBegin?: (stack: string) => void;
  readonly onEnd?: (outcome: StackOutcome, ended: number) => void;
}

/** One outcome a stack, in the order of `stacks`. Never throws: what a worker throws is the outcome of its stack. Once aborted it begins no more. */
export async function fanOut({ stacks, parallel, worker, signal, now, ...told }: FanOut): Promise<StackOutcome[]> {
  const outcomes = new Map<string, StackOutcome>();
  const waiting = [...stacks];
  const work = async () => {
    for (let stack = waiting.shift(); stack !== undefined; stack = waiting.shift()) {
      if (signal.aborted) {
        outcomes.set(stack, { stack, durationMs: 0 });
        continue;
      }
      const started = now();
      told.onBegin?.(stack);
      const result = await worker(stack, signal).catch((error: unknown) => unexpected(stack, error));
      const outcome = { stack, ...result, durationMs: Math.round(now() - started) };
      outcomes.set(stack, outcome);
      told.onEnd?.(outcome, outcomes.size);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, stacks.length) }, work));
  return stacks.flatMap((stack) => outcomes.get(stack) ?? []);
}

function unexpected(stack: string, error: unknown): Pick<StackOutcome, "exitCode" | "error"> {
  const message = `The run of stack ${stack} broke: ${error instanceof Error ? error.message : String(error)}`;
  const exitCode = EXIT.internal;
  return { exitCode, error: { code: "internal", severity: "error", message, exitCode, stack, suggestions: [] } };
}

/** Cancelled where the user ended it; that of all stacks where they agree; else 1: part of it is done. */
export function fleetExitCode(outcomes: readonly StackOutcome[], isInterrupted: boolean): number {
  if (isInterrupted) return EXIT.cancelled;
  const codes = new Set(outcomes.map(({ exitCode }) => exitCode));
  const [only = EXIT.done] = codes;
  return codes.size <= 1 ? only : EXIT.attention;
}
