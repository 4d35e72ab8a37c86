/** How does a rotation's record go from phase to phase? Pure functions: a record in, a record out, and the edits that write it. */
import { type SlotName } from "../../services/service";
import { AutomationError, EXIT } from "../errors";
import { type IntakeEdit } from "../esc/intake";
import { otherSlot, type Phase, type RotationRecord } from "./record";

/** The process that works on a record: the lock and the fence. `heartbeatAt` is ISO time. */
export type Run = NonNullable<RotationRecord["run"]>;

/** What the destinations listed before a promotion. */
export type Listed = NonNullable<RotationRecord["destinationsBefore"]>;

/** The unused slot gets its next generation: new material, which no consumer reads yet. */
export function stage(record: RotationRecord, run: Run): RotationRecord {
  requirePhase(record, "idle");
  const slot = otherSlot(record.current);
  const generation = (record.slots[slot]?.generation ?? 0) + 1;
  return { ...withoutDates(record), phase: "staged", run, slots: { ...record.slots, [slot]: { generation } } };
}

/** The same record in the hands of another run. */
export function takeOver(record: RotationRecord, run: Run): RotationRecord {
  return { ...record, run };
}

/** The pending credential was refused: its slot is retired, consumers never saw it. */
export function abort(record: RotationRecord): RotationRecord {
  requirePhase(record, "staged");
  return { ...record, phase: "reverting", slots: retired(record, otherSlot(record.current)) };
}

/** Consumers are to read the other slot; `before` is what the destinations list until then. */
export function promote(record: RotationRecord, before: Listed): RotationRecord {
  requirePhase(record, "staged");
  return { ...record, phase: "promoted", current: otherSlot(record.current), destinationsBefore: before };
}

/** What consumers read after the promotion was refused: back to the old slot, which is still alive. */
export function pointBack(record: RotationRecord): RotationRecord {
  requirePhase(record, "promoted", "draining");
  return {
    ...withoutDates(record),
    phase: "reverting",
    current: otherSlot(record.current),
    slots: retired(record, record.current),
  };
}

/** The user gives the rotation up: back to the old credential, from every phase in which it is alive. */
export function giveUp(record: RotationRecord): RotationRecord {
  if (record.phase === "reverting") return record;
  return record.phase === "staged" ? abort(record) : pointBack(record);
}

/** The refused credential is gone everywhere. */
export function reverted(record: RotationRecord): RotationRecord {
  requirePhase(record, "reverting");
  return { ...released(record), phase: "idle" };
}

/** The promotion is confirmed; the old credential lives on until `retireAfter` (ISO time). */
export function drain(record: RotationRecord, retireAfter: string): RotationRecord {
  requirePhase(record, "promoted");
  return { ...withoutDates(record), phase: "draining", retireAfter };
}

/** The old slot is to go. */
export function retire(record: RotationRecord): RotationRecord {
  requirePhase(record, "draining");
  return { ...record, phase: "retiring", slots: retired(record, otherSlot(record.current)) };
}

/** All is done; `variables` are those that changed, `now` is ISO time. */
export function finish(record: RotationRecord, variables: readonly string[], now: string): RotationRecord {
  requirePhase(record, "retiring");
  const changed = Object.fromEntries(variables.map((name) => [name, { rotatedAt: now }]));
  const rest = withoutDates(released(record));
  return { ...rest, phase: "idle", rotatedAt: now, variables: { ...record.variables, ...changed } };
}

/** The record without a process that works on it. */
export function released(record: RotationRecord): RotationRecord {
  const { run: _run, ...rest } = record;
  return rest;
}

/** The edits that write the record; keys that are not ours stay. */
export function recordEdits(service: string, record: RotationRecord): IntakeEdit[] {
  const fields = [
    ...(["current", "slots", "phase", "rotatedAt", "retireAfter"] as const),
    ...(["destinationsBefore", "run", "variables"] as const),
  ];
  return fields.map((field): IntakeEdit => {
    const path = ["rotation", service, field];
    return record[field] === undefined ? { path, remove: true } : { path, plain: record[field] };
  });
}

/** The edits that keep a slot's material in the intake, or (undefined) take out what is there. */
export function materialEdits(
  service: string,
  slot: SlotName,
  values: Readonly<Record<string, string>> | undefined,
): IntakeEdit[] {
  const path = ["services", service, "slots", slot];
  const clear: IntakeEdit = { path, remove: true };
  return [clear, ...Object.entries(values ?? {}).map(([name, secret]) => ({ path: [...path, name], secret }))];
}

function withoutDates(record: RotationRecord): RotationRecord {
  const { retireAfter: _retireAfter, destinationsBefore: _before, ...rest } = record;
  return rest;
}

function retired(record: RotationRecord, slot: SlotName): RotationRecord["slots"] {
  const state = record.slots[slot];
  return state ? { ...record.slots, [slot]: { ...state, retired: true } } : record.slots;
}

/** Somebody who edits a record by hand while a run works on it must not make the run point consumers anywhere. */
function requirePhase({ phase }: RotationRecord, ...allowed: readonly Phase[]): void {
  if (allowed.includes(phase)) return;
  throw new AutomationError({
    code: "rotation.unexpected_phase",
    exitCode: EXIT.locked,
    message: `A rotation record is ${phase} where it should be ${allowed.join(" or ")}: somebody has changed it meanwhile; this run changes nothing more.`,
    hint: "See where it stands with: npx sophia-secrets status",
  });
}
