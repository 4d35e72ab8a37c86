/** How does a run write its records? Compare-and-set with the lock and the fence on every write, and signs of life in between. */
import { type IntakeEdit } from "../esc/intake";
import { type IntakeState } from "../esc/store";
import { requireFree, requireHeld, requireUnchanged } from "./lock";
import { type Participant } from "./participant";
import { type RotationRecord } from "./record";
import { recordEdits, released, type Run } from "./transitions";
import { type RotationContext } from "./world";

/** What becomes of one record, and what else of its service is written with it. */
export interface Change {
  readonly record: RotationRecord;
  readonly edits?: readonly IntakeEdit[];
}

/** What becomes of a record that was read just now. Asked again after a conflict, so it changes nothing itself. */
export type Decide = (one: Participant, record: RotationRecord) => Change;

/**
 * The records of one run. Every write is one compare-and-set for all of the given services. `known` is the intake as this run has read it just
 * now, which saves reading it again: where it has changed since, the write is refused, and what is there then is read and decided upon.
 */
export class Journal {
  /** What may be in the hands of this run: what it has written, also where it never learnt that the write had arrived. */
  private readonly held = new Set<Participant>();

  constructor(
    private readonly context: Pick<RotationContext, "intake" | "run" | "now" | "hasEnded">,
    private readonly takeOver: boolean,
  ) {}

  /** Throws exit 10 when another live run holds the record. */
  requireFree({ name }: Participant, record: RotationRecord): void {
    const { run, now, hasEnded } = this.context;
    requireFree(name, record, { run: run(), now: now(), hasEnded, takeOver: this.takeOver });
  }

  /** The first write: takes records that are free and still as they were read. */
  async claim(participants: readonly Participant[], decide: Decide, known?: IntakeState): Promise<void> {
    await this.change(
      participants,
      (one, record) => {
        this.requireFree(one, record);
        requireUnchanged(one.name, one.record, record);
        return decide(one, record);
      },
      known,
    );
  }

  /** Every later write, and the fence: a record that another run has taken over stops this one. */
  async write(participants: readonly Participant[], decide: Decide, known?: IntakeState): Promise<void> {
    await this.change(
      participants,
      (one, record) => {
        requireHeld(one.name, record, this.run);
        return decide(one, record);
      },
      known,
    );
  }

  /** Shows that the run is alive. A failure of this says nothing: the next write will tell. */
  async beat(participants: readonly Participant[]): Promise<void> {
    await this.changeHeld(participants, ({ name }) => [{ path: ["rotation", name, "run"], plain: this.run }]);
  }

  /**
   * Gives back what this run may hold; a killed process leaves it to the heartbeat limit.
   * Hides no error of the run: its own are of no consequence.
   */
  async release(): Promise<void> {
    if (this.held.size === 0) return;
    await this.changeHeld([...this.held], ({ name }, record) => recordEdits(name, released(record)));
  }

  private get run(): Run {
    return this.context.run();
  }

  private async change(participants: readonly Participant[], decide: Decide, known?: IntakeState): Promise<void> {
    if (participants.length === 0) return;
    for (const one of participants) this.held.add(one);
    const next = new Map<Participant, RotationRecord>();
    const editsOf = ({ intake }: IntakeState) =>
      participants.flatMap((one) => {
        const { record, edits = [] } = decide(one, intake.rotation(one.name));
        const beating = record.run ? { ...record, run: this.run } : record;
        next.set(one, beating);
        return [...recordEdits(one.name, beating), ...edits];
      });
    await this.context.intake.write(editsOf, known);
    for (const [one, record] of next) {
      one.record = record;
      if (!record.run) this.held.delete(one);
    }
  }

  private async changeHeld(
    participants: readonly Participant[],
    editsOf: (one: Participant, record: RotationRecord) => IntakeEdit[],
  ): Promise<void> {
    const decide = ({ intake }: IntakeState) =>
      participants.flatMap((one) => {
        const record = intake.rotation(one.name);
        return record.run?.id === this.run.id ? editsOf(one, record) : [];
      });
    await this.context.intake.write(decide).catch(() => undefined);
  }
}
