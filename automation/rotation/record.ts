/** Where does a rotation stand? The record that lives in the intake environment, and the slots that follow from it. */
import { z } from "zod";
import { type SlotName } from "../../services/service";

/**
 * - `idle`: nothing is going on.
 * - `staged`: the unused slot has a new generation; consumers still read the current one.
 * - `promoted`: `current` points to the new slot; the old one is alive.
 * - `draining`: the promotion was confirmed; the old credential waits for `retireAfter`.
 * - `retiring`: the old slot is marked retired and is being removed.
 * - `withdrawing`: the promotion was given up; `current` is the old slot again. The new credential, which somebody may have read,
 *   waits for `retireAfter`; that is missing until consumers are pointed back.
 * - `reverting`: the new credential was refused or given up; `current` is the old slot, the new one is marked retired and is being removed.
 */
export const phaseSchema = z.enum(["idle", "staged", "promoted", "draining", "retiring", "withdrawing", "reverting"]);

/** A step of the rotation as the record keeps it. */
export type Phase = z.infer<typeof phaseSchema>;

const slotSchema = z.object({
  generation: z.number().int().min(1),
  strategy: z.string().optional(),
  retired: z.boolean().optional(),
  imported: z.boolean().optional(),
  empty: z.boolean().optional(),
});
const isoTime = z.string().refine((text) => !Number.isNaN(Date.parse(text)), "must be an ISO time");
const variableDates = z.record(z.string(), z.object({ rotatedAt: isoTime }));

/** Schema of one service's record; unknown keys are kept in the environment and ignored here. */
export const recordSchema = z
  .object({
    current: z.enum(["a", "b"]),
    slots: z.object({ a: slotSchema.optional(), b: slotSchema.optional() }),
    phase: phaseSchema,
    rotatedAt: isoTime.optional(),
    rotatedAtSource: z.string().optional(),
    retireAfter: isoTime.optional(),
    destinationsBefore: z.array(z.object({ place: z.string(), name: z.string(), updatedAt: z.string() })).optional(),
    run: z
      .object({ id: z.string(), owner: z.string(), machine: z.string().optional(), heartbeatAt: isoTime })
      .optional(),
    variables: variableDates.optional(),
    datesBefore: z
      .object({
        rotatedAt: isoTime.optional(),
        rotatedAtSource: z.string().optional(),
        variables: variableDates.optional(),
      })
      .optional(),
  })
  // Otherwise the program would take the credential that consumers read away from every destination.
  .refine(({ current, slots }) => slots[current] && !slots[current].retired, {
    path: ["current"],
    message: "must be a slot that is alive",
  });

/**
 * A service's rotation record. Times are ISO 8601 in UTC. `rotatedAt` is when the credential in use was confirmed at every place;
 * with `rotatedAtSource` it is what that file of other tools says.
 * `destinationsBefore` is what GitHub and Vercel listed before the promotion: a later run too can tell from it whether a write arrived.
 * `datesBefore` are the dates that count again when the promotion is given up. A retired slot is `imported` when its material was not made here:
 * then nothing here could delete it at the service; it is `empty` when it never had any, so that there is nothing to prove dead. `strategy` is the one by which a slot's material is made, as chosen when it was staged: a
 * setting that changes later changes nothing until the next rotation. Slots without one are of the service's first strategy.
 */
export type RotationRecord = z.infer<typeof recordSchema>;

/** What holds for a service that was never rotated: slot `a`, first generation. */
export const FIRST_RECORD: RotationRecord = { current: "a", slots: { a: { generation: 1 } }, phase: "idle" };

/** Both slots, in order. */
export const SLOTS: readonly SlotName[] = ["a", "b"];

/** The slot that consumers do not read. */
export function otherSlot(slot: SlotName): SlotName {
  return slot === "a" ? "b" : "a";
}

/** The old slot and the new one of the rotation that is under way, or of the next: before the promotion `current` is the old one, after it the new. */
export function endsOf({ phase, current }: RotationRecord): { readonly from: SlotName; readonly to: SlotName } {
  const isPromoted = phase === "promoted" || phase === "draining" || phase === "retiring";
  return isPromoted ? { from: otherSlot(current), to: current } : { from: current, to: otherSlot(current) };
}

/** A slot whose material exists, or is to exist after the next `up`. */
export interface LiveSlotState {
  readonly slot: SlotName;
  readonly generation: number;
  /** By which strategy its material is made; left out for the service's first one. */
  readonly strategy?: string;
}

/** The slots whose material exists, or is to exist after the next `up`. */
export function liveSlots(record: RotationRecord): LiveSlotState[] {
  return SLOTS.flatMap((slot) => {
    const state = record.slots[slot];
    if (!state || state.retired) return [];
    const { generation, strategy } = state;
    return [{ slot, generation, ...(strategy === undefined ? {} : { strategy }) }];
  });
}
