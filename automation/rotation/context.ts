/** How does a session become the world that a rotation acts on? */
import { randomUUID } from "node:crypto";
import { ownerHasEnded, processOwner, type Session } from "../session";
import { type ResourceChange } from "../stack";
import { type Assistant, type RotationContext } from "./participant";
import { type StepName, type StepReport } from "./report";

/** What the caller adds to the session. */
export interface RotationExtras {
  readonly assistant: Assistant;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly tell: (service: string, step: StepReport) => void;
  /** An `up` of a step begins, and each resource that it changes. */
  readonly tellUp?: (step: StepName) => void;
  readonly tellChange?: (change: ResourceChange) => void;
}

/** The context of one run, with an id of its own. */
export function createRotationContext(session: Session, extras: RotationExtras): RotationContext {
  const id = randomUUID();
  const owner = processOwner();
  const stack = session.stack(extras.tellChange);
  const timestamp = () => new Date(extras.now()).toISOString();
  return {
    stackName: session.stackName,
    intake: session.intake,
    destinations: session.destinations(),
    assistant: extras.assistant,
    credentialOf: (service) => session.credentialOf(service),
    up: async (step) => {
      // The engine would not notice a signal that came before it was started.
      session.throwIfInterrupted();
      extras.tellUp?.(step);
      return stack.up();
    },
    openPublished: () => session.openPublished(),
    probe: (service, values, options) => session.probe(service, values, options),
    run: () => ({ id, owner, heartbeatAt: timestamp() }),
    hasEnded: ownerHasEnded,
    now: extras.now,
    timestamp,
    sleep: extras.sleep,
    tell: extras.tell,
  };
}
