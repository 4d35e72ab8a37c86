/** May this process work on a rotation? The run in the record is the lock; a dead or silent owner is taken over. */
import { isDeepStrictEqual } from "node:util";
import { AutomationError, EXIT } from "../errors";
import { type RotationRecord } from "./record";
import { type Run } from "./transitions";

/** Without a sign of life for this long another process may go on. Milliseconds. */
export const HEARTBEAT_LIMIT_MS = 15 * 60_000;

/** How often a run shows during a long `up` that it is alive. Milliseconds. */
export const HEARTBEAT_EVERY_MS = HEARTBEAT_LIMIT_MS / 5;

/** What the decision depends on. */
export interface LockView {
  readonly run: Run;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Whether a run is known to have ended: its process was one of this very machine and is no more. */
  readonly hasEnded: (run: Run) => boolean;
  /** The user has said that the other run is dead. */
  readonly takeOver: boolean;
}

/** Throws exit 10 when another live run holds the record. */
export function requireFree(service: string, record: RotationRecord, view: LockView): void {
  const held = record.run;
  if (!held || held.id === view.run.id || view.takeOver || view.hasEnded(held)) return;
  const silentMs = view.now - Date.parse(held.heartbeatAt);
  if (silentMs > HEARTBEAT_LIMIT_MS) return;
  throw new AutomationError({
    code: "rotation.locked",
    exitCode: EXIT.locked,
    message: `${service} is being rotated by ${held.owner} (run ${held.id}, last sign of life ${held.heartbeatAt}); nothing was changed.`,
    hint: "Wait for it to end. If it is dead, run the same command with --take-over.",
    service,
  });
}

/** Throws exit 10 when another run has rotated since the record was read: while a person was asked, say. */
export function requireUnchanged(service: string, read: RotationRecord, found: RotationRecord): void {
  const essence = ({ current, slots, phase }: RotationRecord) => ({ current, slots, phase });
  if (isDeepStrictEqual(essence(read), essence(found))) return;
  throw new AutomationError({
    code: "rotation.changed",
    exitCode: EXIT.locked,
    message: `Another run has changed the rotation of ${service} since this one began (it is ${found.phase} now); nothing was changed.`,
    hint: "Run the same command again.",
    service,
  });
}

/** Throws exit 10 when the record is no longer in the hands of this run: another one has taken over. */
export function requireHeld(service: string, record: RotationRecord, run: Run): void {
  if (record.run?.id === run.id) return;
  throw new AutomationError({
    code: "rotation.fenced",
    exitCode: EXIT.locked,
    message: `Another run has taken over the rotation of ${service} (${record.run?.owner ?? "it has ended"}); this one stops and changes nothing more.`,
    hint: "See where it stands with: npx sophia-secrets status",
    service,
  });
}
