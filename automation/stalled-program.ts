/**
 * Does a run of the engine end when its program has failed? With an inline program not always: a resource that could not be registered never gets
 * a URN, whoever depends on it waits for that, and the SDK waits for them (`rpcKeepAlive` and `resolveURN` of
 * https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/runtime/resource.ts). The plain CLI ends the process of the program; here the lock would
 * be held for ever. So once something has failed, nothing is in progress and nothing is heard for a while, the run is ended.
 */
import { type EngineEvent, type StepEventMetadata } from "@pulumi/pulumi/automation";

/** Silence after which a program that has failed does not go on any more. Milliseconds. */
const SILENCE_MS = 15_000;

/** What looks for the end of one run. */
export class StalledProgram {
  /** Errors of the program that nobody has caught. */
  readonly errors: Error[] = [];
  /** Whether the run was ended for that. */
  isEnded = false;

  private readonly working = new Set<string>();
  private readonly end = new AbortController();
  private hasFailed = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly silenceMs = SILENCE_MS) {}

  /** Aborted when the run is to end. */
  get signal(): AbortSignal {
    return this.end.signal;
  }

  /** Listens while `run` runs. The SDK has a listener of its own then, so that no error ends the process. */
  async during<T>(run: () => Promise<T>): Promise<T> {
    const listen = (reason: unknown) => this.fail(reason);
    process.on("unhandledRejection", listen);
    try {
      return await run();
    } finally {
      process.off("unhandledRejection", listen);
      clearTimeout(this.timer);
    }
  }

  /** Takes every event of the engine, in order. */
  take({ resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent }: EngineEvent): void {
    if (resourcePreEvent && isAtService(resourcePreEvent.metadata)) this.working.add(resourcePreEvent.metadata.urn);
    const done = resOutputsEvent ?? resOpFailedEvent;
    if (done) this.working.delete(done.metadata.urn);
    if (resOpFailedEvent || diagnosticEvent?.severity === "error") this.hasFailed = true;
    this.wait();
  }

  private fail(reason: unknown): void {
    if (reason instanceof Error) this.errors.push(reason);
    this.hasFailed = true;
    this.wait();
  }

  private wait(): void {
    clearTimeout(this.timer);
    if (!this.hasFailed || this.working.size > 0) return;
    this.timer = setTimeout(() => {
      this.isEnded = true;
      this.end.abort();
    }, this.silenceMs);
  }
}

/** Components and the stack are in progress until the program has said their outputs, which is what never comes. */
function isAtService({ new: after, old: before }: StepEventMetadata): boolean {
  return (after ?? before)?.custom === true;
}
