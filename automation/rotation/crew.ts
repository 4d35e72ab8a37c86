/** Which services take part in a run, and which of them are still undecided? */
import { AutomationError } from "../errors";
import { type Participant } from "./participant";
import { type Phase } from "./record";

/** The services of one run. */
export class Crew {
  constructor(readonly all: readonly Participant[]) {}

  /** Those that this run has settled nothing of yet. */
  get undecided(): Participant[] {
    return this.all.filter((one) => !one.isSettled);
  }

  /** The undecided ones in any of the phases. */
  inPhase(...phases: readonly Phase[]): Participant[] {
    return this.undecided.filter((one) => phases.includes(one.record.phase));
  }
}

/** Does something for each; an unforeseen error in one service's probe, or of the person who helps, stops that service and not the others. */
export async function eachOf(
  participants: readonly Participant[],
  act: (one: Participant) => Promise<void>,
): Promise<void> {
  await Promise.all(
    participants.map((one) =>
      act(one).catch((error: unknown) => one.settle("stopped", summaryOf(error), instructionsOf(error))),
    ),
  );
}

/** What an error says that ended a run, in one sentence. */
export function summaryOf(error: unknown): string {
  if (error instanceof AutomationError) return error.message.replace(/\.$/, "");
  if (error instanceof Error && error.name === "AbortError") return "it was interrupted";
  return `it failed in an unforeseen way: ${error instanceof Error ? error.message : "no reason"}`;
}

/** What a person can do about an error that ended a run. */
export function instructionsOf(error: unknown): string[] {
  return error instanceof AutomationError && error.hint !== undefined ? [error.hint] : [];
}
