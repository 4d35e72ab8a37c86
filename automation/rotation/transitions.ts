/** How does a rotation's record go from phase to phase? Pure functions: a record in, a record out, and the edits that write it. */
import { type SlotName } from "../../services/service";
import { AutomationError, EXIT } from "../errors";
import { type IntakeEdit } from "../esc/intake";
import { otherSlot, type Phase, type RotationRecord } from "./record";

/** The process that works on a record: the lock and the fence. `owner` is `host:pid`, `machine` a mark of the host, `heartbeatAt` ISO time. */
export type Run = NonNullable<RotationRecord["run"]>;

/** What the destinations listed before a promotion. */
export type Listed = NonNullable<RotationRecord["destinationsBefore"]>;

/**
 * The unused slot gets its next generation: new material, which no consumer reads yet. `strategy` is the one by which it is made, where the
 * service has several.
 */
export function stage(record: RotationRecord, run: Run, strategy?: string): RotationRecord {
  requirePhase(record, "idle");
  const slot = otherSlot(record.current);
  const generation = (record.slots[slot]?.generation ?? 0) + 1;
  const state = { generation, ...(strategy === undefined ? {} : { strategy }) };
  return { ...withoutInterim(record), phase: "staged", run, slots: { ...record.slots, [slot]: state } };
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

/**
 * The promotion was refused or is given up: back to the old slot, which is still alive. The new credential stays until consumers are pointed back:
 * one `up` that did both could take it away first, since where a user has two keys, removing one is a change of the user that everything hangs on.
 */
export function withdraw(record: RotationRecord): RotationRecord {
  requirePhase(record, "promoted", "draining");
  return { ...withFormerDates(record), phase: "withdrawing", current: otherSlot(record.current) };
}

/** Consumers are pointed back; the withdrawn credential lives on until `retireAfter` (ISO time). */
export function drainWithdrawn(record: RotationRecord, retireAfter: string): RotationRecord {
  requirePhase(record, "withdrawing");
  return { ...record, retireAfter };
}

/** Nobody uses the withdrawn credential any more: it is to go. */
export function endWithdrawal(record: RotationRecord): RotationRecord {
  requirePhase(record, "withdrawing");
  return { ...withoutInterim(record), phase: "reverting", slots: retired(record, otherSlot(record.current)) };
}

/**
 * The user gives the rotation up: back to the old credential, from every phase in which it is alive. Where consumers may have read the new one,
 * it goes in a later step.
 */
export function giveUp(record: RotationRecord): RotationRecord {
  if (record.phase === "reverting" || record.phase === "withdrawing") return record;
  if (record.phase === "staged") return abort(record);
  return withdraw(record);
}

/** The refused credential is gone everywhere. */
export function reverted(record: RotationRecord): RotationRecord {
  requirePhase(record, "reverting");
  return { ...released(record), phase: "idle" };
}

/** When a promotion was confirmed, for which variables, and how long the old credential lives on. ISO times. */
export interface Confirmation {
  readonly rotatedAt: string;
  readonly variables: readonly string[];
  readonly retireAfter: string;
}

/** The promotion is confirmed, so that the credential counts as rotated; the old one lives on until `retireAfter`. */
export function drain(record: RotationRecord, { rotatedAt, variables, retireAfter }: Confirmation): RotationRecord {
  requirePhase(record, "promoted");
  const dated = Object.fromEntries(variables.map((name) => [name, { rotatedAt }]));
  const datesBefore = {
    ...(record.rotatedAt === undefined ? {} : { rotatedAt: record.rotatedAt }),
    ...(record.rotatedAtSource === undefined ? {} : { rotatedAtSource: record.rotatedAtSource }),
    ...(record.variables ? { variables: record.variables } : {}),
  };
  const { rotatedAtSource: _source, ...rest } = withoutInterim(record);
  return {
    ...rest,
    phase: "draining",
    retireAfter,
    rotatedAt,
    variables: { ...record.variables, ...dated },
    datesBefore,
  };
}

/** The old slot is to go; `imported` when its material was not made here, `empty` when it never had any. */
export function retire(record: RotationRecord, mark: "imported" | "empty" | undefined): RotationRecord {
  requirePhase(record, "draining");
  const slot = otherSlot(record.current);
  const slots = retired(record, slot);
  const state = slots[slot];
  return {
    ...record,
    phase: "retiring",
    slots: state && mark ? { ...slots, [slot]: { ...state, [mark]: true } } : slots,
  };
}

/** All is done. */
export function finish(record: RotationRecord): RotationRecord {
  requirePhase(record, "retiring");
  const slot = otherSlot(record.current);
  const { imported: _imported, empty: _empty, ...state } = record.slots[slot] ?? { generation: 1 };
  return { ...withoutInterim(released(record)), phase: "idle", slots: { ...record.slots, [slot]: state } };
}

/** The record without a process that works on it. */
export function released(record: RotationRecord): RotationRecord {
  const { run: _run, ...rest } = record;
  return rest;
}

/** The edits that write the record; keys that are not ours stay. */
export function recordEdits(service: string, record: RotationRecord): IntakeEdit[] {
  const fields = [
    ...(["current", "slots", "phase", "rotatedAt", "rotatedAtSource", "retireAfter"] as const),
    ...(["destinationsBefore", "datesBefore", "run", "variables"] as const),
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

/** The record without what counts only while a rotation is under way. */
function withoutInterim(record: RotationRecord): RotationRecord {
  const { retireAfter: _retireAfter, destinationsBefore: _destinations, datesBefore: _dates, ...rest } = record;
  return rest;
}

/** The old credential is the current one again, and as old as it was. */
function withFormerDates(record: RotationRecord): RotationRecord {
  if (!record.datesBefore) return withoutInterim(record);
  const { rotatedAt: _rotatedAt, rotatedAtSource: _source, variables: _variables, ...rest } = withoutInterim(record);
  return { ...rest, ...record.datesBefore };
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
