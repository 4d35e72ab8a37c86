/** What became of a service's credentials over time? Made of the records that the intake's revisions hold: nothing else has to be kept. */
import { type SlotName } from "../../services/service";
import { endsOf, FIRST_RECORD, otherSlot, type RotationRecord } from "./record";

/** The records of all services as one revision of the intake has them. `at` is ISO 8601. */
export interface RecordRevision {
  readonly at: string;
  readonly records: Readonly<Record<string, RotationRecord>>;
}

/**
 * What a credential is to those who use it:
 * - `pending`: it exists, nobody reads it yet.
 * - `current`: consumers read it.
 * - `previous`: consumers read another one; it is alive for late readers.
 * - `withdrawn`: consumers were pointed back, or it was refused before they read it; it is on its way out.
 */
export type CredentialRole = "pending" | "current" | "previous" | "withdrawn";

/** One generation of a slot. */
export interface SlotGeneration {
  readonly slot: SlotName;
  readonly generation: number;
}

/** A stretch of time in which a credential had one role. Times are ISO 8601. */
export interface CredentialLife extends SlotGeneration {
  readonly role: CredentialRole;
  /** Missing where it had it before the oldest revision. */
  readonly from?: string;
  /** Missing where it still has it. */
  readonly until?: string;
}

/** One rotation. Times are ISO 8601, missing where it never came to that or where no revision tells. */
export interface PastRotation {
  readonly from: SlotGeneration;
  readonly to: SlotGeneration;
  readonly outcome: "rotated" | "given up" | "under way";
  /** The new credential was ordered; it exists a little later. */
  readonly stagedAt?: string;
  /** Consumers were pointed to it. */
  readonly promotedAt?: string;
  /** What consumers read was proven. */
  readonly confirmedAt?: string;
  /** The one that nobody reads any more was ordered to go. */
  readonly retiredAt?: string;
  readonly endedAt?: string;
}

/** One service's history, oldest first. */
export interface ServiceHistory {
  readonly service: string;
  readonly lives: readonly CredentialLife[];
  readonly rotations: readonly PastRotation[];
}

/** The history of a service. `revisions` are in the order in which they were written. */
export function historyOf(service: string, revisions: readonly RecordRevision[]): ServiceHistory {
  const states = revisions.map(({ at, records }) => ({ at, record: records[service] ?? FIRST_RECORD }));
  return { service, lives: livesOf(states), rotations: rotationsOf(states) };
}

interface State {
  readonly at: string;
  readonly record: RotationRecord;
}

function livesOf(states: readonly State[]): CredentialLife[] {
  const ended: CredentialLife[] = [];
  let open: CredentialLife[] = [];
  states.forEach(({ at, record }, index) => {
    const roles = rolesOf(record);
    const isSame = (one: CredentialLife) => roles.some((role) => keyOf(role) === keyOf(one));
    ended.push(...open.filter((one) => !isSame(one)).map((one) => ({ ...one, until: at })));
    const fresh = roles.filter((role) => !open.some((one) => keyOf(one) === keyOf(role)));
    open = [...open.filter(isSame), ...fresh.map((role) => ({ ...role, ...(index === 0 ? {} : { from: at }) }))];
  });
  const order = ({ from = "", slot }: CredentialLife) => `${from} ${slot}`;
  return [...ended, ...open].sort((left, right) => order(left).localeCompare(order(right)));
}

function keyOf({ slot, generation, role }: CredentialLife): string {
  return `${slot}${generation}${role}`;
}

/** The credentials that are alive under a record. One that is being removed counts as alive until that is proven. */
function rolesOf(record: RotationRecord): CredentialLife[] {
  const { current, phase, slots } = record;
  const other = otherSlot(current);
  const life = (slot: SlotName, role: CredentialRole) => ({ slot, generation: slots[slot]?.generation ?? 1, role });
  const now = life(current, "current");
  if (!slots[other]) return [now];
  switch (phase) {
    case "idle":
      return slots[other].retired ? [now] : [now, life(other, "previous")];
    case "staged":
      return [now, life(other, "pending")];
    case "promoted":
    case "draining":
    case "retiring":
      return [now, life(other, "previous")];
    case "withdrawing":
    case "reverting":
      return [now, life(other, "withdrawn")];
  }
}

type Draft = { -readonly [Key in keyof PastRotation]: PastRotation[Key] };

function rotationsOf(states: readonly State[]): PastRotation[] {
  const done: Draft[] = [];
  let draft: Draft | undefined;
  states.forEach(({ at, record }, index) => {
    const isIdle = record.phase === "idle";
    if (!draft && isIdle) return;
    if (!draft) done.push((draft = begin(record)));
    // What the oldest revision shows began earlier, nobody knows when.
    if (index > 0) note(draft, record, at);
    if (isIdle) draft = undefined;
  });
  return done;
}

function begin(record: RotationRecord): Draft {
  const { from, to } = endsOf(record);
  const generation = (slot: SlotName) => ({ slot, generation: record.slots[slot]?.generation ?? 1 });
  return { from: generation(from), to: generation(to), outcome: "under way" };
}

function note(draft: Draft, { phase, current }: RotationRecord, at: string): void {
  switch (phase) {
    case "staged":
      draft.stagedAt ??= at;
      return;
    case "promoted":
      draft.promotedAt ??= at;
      return;
    case "draining":
      draft.confirmedAt ??= at;
      return;
    case "retiring":
    case "reverting":
      draft.retiredAt ??= at;
      return;
    case "withdrawing":
      return;
    case "idle":
      draft.endedAt = at;
      draft.outcome = current === draft.to.slot ? "rotated" : "given up";
  }
}
