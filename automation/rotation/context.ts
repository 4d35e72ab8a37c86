/** How does a session become the world that a rotation acts on? */
import { randomInt, randomUUID } from "node:crypto";
import { AutomationError } from "../errors";
import { processOwner, runHasEnded, thisMachine } from "../process-owner";
import { type Session } from "../session";
import { type ResourceChange } from "../stack";
import { findObstacle } from "./obstacles";
import { findOutsideEdits } from "./outside-edits";
import { type DeedReport, type StepName, type StepReport } from "./report";
import { type Assistant, type RotationContext } from "./world";

/** What the caller adds to the session. */
export interface RotationExtras {
  readonly assistant: Assistant;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** The user has said that the other run is dead. @default false */
  readonly takeOver?: boolean;
  readonly tell: (service: string, step: StepReport) => void;
  readonly tellDeed?: (service: string, deed: DeedReport) => void;
  /** Another run holds Pulumi's own lock; this one waits for it up to so many milliseconds. */
  readonly tellWait?: (milliseconds: number) => void;
  /** An `up` of a step begins, and each resource that it changes. */
  readonly tellUp?: (step: StepName) => void;
  readonly tellChange?: (change: ResourceChange) => void;
  /** How far a resource is that takes long, in words. */
  readonly tellProgress?: (line: string) => void;
}

/** The context of one run, with an id of its own. */
export function createRotationContext(session: Session, extras: RotationExtras): RotationContext {
  const id = randomUUID();
  const holder = { id, owner: processOwner(), machine: thisMachine() };
  const { tellChange: onChange, tellProgress: onProgress, takeOver } = extras;
  const stack = session.stack({ onChange, onProgress, takeOver });
  const timestamp = () => new Date(extras.now()).toISOString();
  return {
    stackName: session.stackName,
    intake: session.intake,
    destinations: session.destinations(),
    assistant: extras.assistant,
    credentialOf: (service) => session.credentialOf(service),
    findObstacle: (ahead) => findObstacle(ahead, session),
    clearLeftovers: async (interrupted) => {
      const resources = await stack.resources();
      // An empty state would make everything that is alive look lost; the `up` that follows says so.
      return resources ? session.clearLeftovers(interrupted, resources) : [];
    },
    up: async (step) => {
      // The engine would not notice a signal that came before it was started.
      session.throwIfInterrupted();
      extras.tellUp?.(step);
      try {
        return await whenUnlocked(() => stack.up(), extras);
      } catch (error) {
        // What ctrl-C has ended did not fail, however the engine words it.
        session.throwIfInterrupted();
        throw error;
      }
    },
    openPublished: () => session.openPublished(),
    probe: (service, values, options) => session.probe(service, values, options),
    lastUses: (usage, question) => session.lastUses(usage, question),
    redeploy: () => session.redeploy(extras.sleep),
    findOutsideEdits: async (variables) => findOutsideEdits(variables, session, (await stack.resources()) ?? []),
    run: () => ({ ...holder, heartbeatAt: timestamp() }),
    hasEnded: runHasEnded,
    now: extras.now,
    timestamp,
    sleep: extras.sleep,
    tell: extras.tell,
    tellDeed: (service, deed) => extras.tellDeed?.(service, deed),
  };
}

/** How long a run waits for Pulumi's lock, which another run of the same stack holds during an `up`. Milliseconds. */
const LOCK_PATIENCE_MS = 120_000;

/** Tries again while another run holds Pulumi's lock: rotations of different services of one stack meet there. Nothing was done so far. */
export async function whenUnlocked<T>(
  act: () => Promise<T>,
  { now, sleep, tellWait }: Pick<RotationExtras, "now" | "sleep" | "tellWait">,
): Promise<T> {
  const until = now() + LOCK_PATIENCE_MS;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await act();
    } catch (error) {
      const isLocked = error instanceof AutomationError && error.code === "stack.locked";
      if (!isLocked || now() >= until) throw error;
      if (isFirst) tellWait?.(LOCK_PATIENCE_MS);
      // Two runs that see each other's lock both step back, so they must not come again at the same moment.
      await sleep(1000 + randomInt(2000));
    }
  }
}
