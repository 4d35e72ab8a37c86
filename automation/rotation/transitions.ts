/** How does a rotation's record go from phase to phase? Pure functions: a record in, a record out, and the edits that write it. */
import { type SlotName } from "../../services/service";
import { type IntakeEdit } from "../esc/intake";
import { otherSlot, type RotationRecord } from "./record";

/** The process that works on a record: the lock and the fence. `heartbeatAt` is ISO time. */
export type Run = NonNullable<RotationRecord["run"]>;

/** The unused slot gets its next generation: new material, which no consumer reads yet. */
export function stage(record: RotationRecord, run: Run): RotationRecord {
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
  return { ...released(record), phase: "idle", slots: retired(record, otherSlot(record.current)) };
}

/** Consumers are to read the other slot. */
export function promote(record: RotationRecord): RotationRecord {
  return { ...record, phase: "promoted", current: otherSlot(record.current) };
}

/** What consumers read after the promotion was refused: back to the old slot, which is still alive. */
export function pointBack(record: RotationRecord): RotationRecord {
  return {
    ...released(record),
    phase: "idle",
    current: otherSlot(record.current),
    slots: retired(record, record.current),
  };
}

/** The promotion is confirmed; the old credential lives on until `retireAfter` (ISO time). No process works on it meanwhile. */
export function drain(record: RotationRecord, retireAfter: string): RotationRecord {
  return { ...record, phase: "draining", retireAfter };
}

/** The old slot is to go. */
export function retire(record: RotationRecord): RotationRecord {
  return { ...record, phase: "retiring", slots: retired(record, otherSlot(record.current)) };
}

/** All is done; `variables` are those that changed, `now` is ISO time. */
export function finish(record: RotationRecord, variables: readonly string[], now: string): RotationRecord {
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
  const fields = ["current", "slots", "phase", "rotatedAt", "retireAfter", "run", "variables"] as const;
  return fields.map((field): IntakeEdit => {
    const path = ["rotation", service, field];
    return record[field] === undefined ? { path, remove: true } : { path, plain: record[field] };
  });
}

/** The edits that put the material which a person provided into a slot, or (undefined) take out what is there. */
export function providedEdits(
  service: string,
  slot: SlotName,
  values: Readonly<Record<string, string>> | undefined,
): IntakeEdit[] {
  const path = ["services", service, "slots", slot];
  const clear: IntakeEdit = { path, remove: true };
  return [clear, ...Object.entries(values ?? {}).map(([name, secret]) => ({ path: [...path, name], secret }))];
}

function withoutDates(record: RotationRecord): RotationRecord {
  const { retireAfter: _retireAfter, ...rest } = record;
  return rest;
}

function retired(record: RotationRecord, slot: SlotName): RotationRecord["slots"] {
  const state = record.slots[slot];
  return state ? { ...record.slots, [slot]: { ...state, retired: true } } : record.slots;
}
