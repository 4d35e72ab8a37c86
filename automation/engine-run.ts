/** How does one run of the engine go? Its events collected, ended where it would never end, its failure turned into one of our errors. */
import { type EngineEvent } from "@pulumi/pulumi/automation";
import { DiskRoom } from "./disk-room";
import { type EventCollector } from "./stack-events";
import { stackFailure } from "./stack-failures";
import { StalledProgram } from "./stalled-program";

/** Without `showSecrets: false` the SDK asks for the history with every secret of the configuration, which also rewrites the stack's settings file. */
const QUIET = { color: "never", suppressOutputs: true, suppressProgress: true, showSecrets: false } as const;

/** Options that every verb of the Automation API takes. */
export type EngineOptions = typeof QUIET & {
  readonly onEvent: (event: EngineEvent) => void;
  readonly signal: AbortSignal;
};

/** One run. */
export interface EngineRun {
  readonly stack: string;
  readonly verb: "up" | "preview" | "refresh" | "destroy";
  /** What the CLI finds in its environment: where the state is. */
  readonly environment: NodeJS.ProcessEnv;
  readonly events: EventCollector;
  readonly signal?: AbortSignal | undefined;
}

/** Runs it; `act` calls the Automation API. Throws an {@link AutomationError} where it fails. */
export async function runEngine(
  { stack, verb, environment, events, signal }: EngineRun,
  act: (options: EngineOptions) => Promise<unknown>,
): Promise<void> {
  const stalled = new StalledProgram();
  const room = new DiskRoom(environment, stack);
  const options: EngineOptions = {
    ...QUIET,
    onEvent: (event) => {
      // What the engine says of being ended would hide why.
      if (!stalled.isEnded) events.take(event);
      stalled.take(event);
    },
    // A signal of its own for each run: the SDK listens to what it is given for ever.
    signal: AbortSignal.any([stalled.signal, room.signal, ...(signal ? [signal] : [])]),
  };
  const run = () => stalled.during(() => act(options));
  try {
    // A preview writes no state.
    await (verb === "preview" ? run() : room.during(run));
  } catch (error) {
    const isInterrupted = signal?.aborted ?? false;
    if (!stalled.isEnded) throw stackFailure({ stack, verb, isInterrupted }, error, events);
    for (const { message } of stalled.errors) events.takeError(message);
    throw stackFailure({ stack, verb }, new Error("the program waited for what had failed", { cause: error }), events);
  }
}
