/** How is a credential rotated? The driver: stage, verify, promote, confirm, drain, retire, for several services in one `up` a step. */
import { type Service } from "../../services/service";
import { unchangedPlaces, type DestinationEntry } from "../destinations";
import { type IntakeEdit } from "../esc/intake";
import { type IntakeState } from "../esc/store";
import { requireFree, requireHeld } from "./lock";
import { Participant, type RotationContext } from "./participant";
import { otherSlot, type Phase, type RotationRecord } from "./record";
import { type RotationReport, type StepName } from "./report";
import * as transitions from "./transitions";

/** What to rotate and how. */
export interface RotateOptions {
  readonly services: readonly Service[];
  /** How long the old credential lives on after the promotion. Milliseconds. */
  readonly graceMs: number;
  /** Go on with what is under way, begin nothing. */
  readonly resumeOnly?: boolean;
  /** The other run that holds the record is dead. */
  readonly takeOver?: boolean;
}

/** A remaining grace period up to this long is waited for; a longer one is left to a later run. Milliseconds. */
const LONGEST_WAIT_MS = 60_000;

/** Rotates the services. Running it again after an interruption goes on where it stopped: everything is derived from the intake and Pulumi's state. */
export async function rotate(options: RotateOptions, context: RotationContext): Promise<RotationReport> {
  const run = new RotationRun(options, context);
  try {
    await run.stage();
    await run.verify();
    await run.promote();
    await run.confirm();
    await run.drain();
    await run.retire();
  } finally {
    await run.release();
  }
  return run.report();
}

class RotationRun {
  private participants: Participant[] = [];
  private readonly ups: RotationReport["ups"][number][] = [];
  private readonly startedAt: string;
  /** What the destinations held before the promotion: only a change of it shows that a write arrived. */
  private before: readonly DestinationEntry[] = [];

  constructor(
    private readonly options: RotateOptions,
    private readonly context: RotationContext,
  ) {
    this.startedAt = context.timestamp();
  }

  /** Takes the lock; services at rest get a new generation in the unused slot, those under way go on. One write, one `up`. */
  async stage(): Promise<void> {
    const state = await this.context.intake.require();
    this.participants = this.options.services.map(
      (service) => new Participant(service, state.intake.rotation(service.name), this.context),
    );
    for (const participant of this.participants) requireFree(participant.name, participant.record, this.lockView());
    const beginners = this.inPhase("idle");
    if (this.options.resumeOnly) for (const one of beginners) one.settle("nothing_due", "nothing is under way");
    else await Promise.all(beginners.filter((one) => one.isProvided).map((one) => one.askForMaterial()));

    const active = this.undecided();
    await this.write(active, (participant, record) => {
      requireFree(participant.name, record, this.lockView());
      const run = this.context.run();
      if (record.phase !== "idle") return { record: transitions.takeOver(record, run), edits: [] };
      const staged = transitions.stage(record, run);
      return {
        record: staged,
        edits: transitions.providedEdits(participant.name, otherSlot(record.current), participant.material),
      };
    });
    const staged = this.inPhase("staged");
    if (staged.length === 0) return;
    await this.up("stage");
    for (const one of staged)
      one.step("stage", `slot ${one.to.slot}, generation ${one.to.generation}, exists and is registered`);
  }

  /** Logs in with each pending credential: a fresh connection, a few tries, because a new one takes a moment to be known everywhere. */
  async verify(): Promise<void> {
    const staged = this.inPhase("staged");
    if (staged.length === 0) return;
    const published = await this.context.openPublished();
    await Promise.all(
      staged.map(async (one) => {
        const probe = await this.context.probe(one.service, one.slotValues(published, one.to.slot), {
          retryRejected: 2,
        });
        one.step("verify", probe.reason, probe);
        one.bothAliveFrom(probe);
        one.verified = probe.outcome;
        if (probe.outcome === "unknown")
          one.settle("stopped", `the pending credential could not be judged (${probe.reason})`);
      }),
    );
  }

  /** Points consumers to what passed and retires what was refused. One write, one `up`. */
  async promote(): Promise<void> {
    const decided = this.inPhase("staged").filter((one) => !one.isSettled);
    const interrupted = this.inPhase("promoted");
    if (decided.length + interrupted.length === 0) return;
    this.before = await this.context.destinations.list();
    await this.write(decided, (one, record) => ({
      record: one.verified === "passed" ? transitions.promote(record) : transitions.abort(record),
      edits: one.verified === "passed" ? [] : this.dropProvided(one, one.to.slot),
    }));
    await this.up("promote");
    for (const one of decided) {
      if (one.verified === "passed")
        one.step("promote", `consumers are pointed to slot ${one.to.slot} in ESC and at every destination`);
      else one.settle("aborted", "the pending credential was refused; consumers never saw it");
    }
  }

  /** Opens what consumers open, logs in with it, and checks at each destination that the write arrived. */
  async confirm(): Promise<void> {
    const promoted = this.inPhase("promoted");
    if (promoted.length === 0) return;
    const [published, after] = await Promise.all([this.context.openPublished(), this.context.destinations.list()]);
    await Promise.all(promoted.map((one) => this.confirmOne(one, published.environmentVariables, after)));
    const refused = promoted.filter((one) => one.confirmed === "rejected");
    const passed = promoted.filter((one) => one.confirmed === "passed");
    const due = new Date(this.context.now() + this.options.graceMs).toISOString();
    await this.write([...refused, ...passed], (one, record) =>
      one.confirmed === "passed"
        ? { record: transitions.drain(record, due), edits: [] }
        : { record: transitions.pointBack(record), edits: this.dropProvided(one, one.to.slot) },
    );
    if (refused.length === 0) return;
    await this.up("confirm");
    for (const one of refused)
      one.settle("pointed_back", "what consumers read was refused; they read the old credential again");
  }

  /** Lets late readers (a queued GitHub run, a running Vercel deployment) end before the old credential goes. */
  async drain(): Promise<void> {
    for (const one of this.inPhase("draining")) {
      const due = Math.min(
        Date.parse(one.record.retireAfter ?? this.startedAt),
        this.context.now() + this.options.graceMs,
      );
      const wait = due - this.context.now();
      if (wait > LONGEST_WAIT_MS) {
        one.step("drain", `the old credential lives on until ${new Date(due).toISOString()}`);
        one.settle(
          "draining",
          `the old credential lives on until ${new Date(due).toISOString()}; rotate --resume retires it then`,
        );
        continue;
      }
      if (wait > 0) await this.context.sleep(wait);
      one.step("drain", wait > 0 ? `waited ${Math.ceil(wait / 1000)} s for late readers` : "the grace period is over");
    }
  }

  /** Removes the old credential and shows that it is refused now. */
  async retire(): Promise<void> {
    const due = [...this.inPhase("draining"), ...this.inPhase("retiring")];
    if (due.length === 0) return;
    const published = await this.context.openPublished();
    for (const one of due) one.retiredValues = one.slotValues(published, one.from.slot);
    await this.write(this.inPhase("draining"), (_, record) => ({ record: transitions.retire(record), edits: [] }));
    await this.up("retire");
    await Promise.all(due.map((one) => one.proveRetired()));
    const proven = due.filter((one) => !one.isSettled);
    await this.write(proven, (one, record) => ({
      record: transitions.finish(record, one.variables, this.context.timestamp()),
      edits: this.dropProvided(one, one.from.slot),
    }));
    for (const one of proven) one.settle("rotated", "the new credential is in use and proven, the old one is refused");
  }

  /** Gives the lock back where this run stops; a killed process leaves it to the heartbeat limit. Never hides another error. */
  async release(): Promise<void> {
    const held = this.participants.filter((one) => one.record.run?.id === this.context.run().id);
    if (held.length === 0) return;
    await this.write(held, (_, record) => ({ record: transitions.released(record), edits: [] })).catch(() => undefined);
  }

  report(): RotationReport {
    return {
      schema: "sophia-secrets/rotation",
      version: 1,
      stack: this.context.stackName,
      runId: this.context.run().id,
      startedAt: this.startedAt,
      endedAt: this.context.timestamp(),
      services: this.participants.map((one) => one.report()),
      ups: this.ups,
    };
  }

  private async confirmOne(
    one: Participant,
    values: Readonly<Record<string, string>>,
    after: readonly DestinationEntry[],
  ): Promise<void> {
    const probe = await this.context.probe(one.service, values, { retryRejected: 2 });
    one.confirmed = probe.outcome;
    const behind = this.ups.some(({ step }) => step === "promote")
      ? one.variables
          .filter((name) => one.service.variables[name]?.secret)
          .flatMap((name) => unchangedPlaces(name, this.before, after).map((place) => `${name} at ${place}`))
      : [];
    if (probe.outcome === "passed" && behind.length > 0) one.confirmed = "unknown";
    const detail = behind.length > 0 ? `these writes did not arrive: ${behind.join(", ")}` : probe.reason;
    one.step("confirm", detail, probe);
    if (one.confirmed === "unknown") one.settle("stopped", `the promotion is not confirmed (${detail})`);
  }

  private lockView() {
    const { now, hasEnded } = this.context;
    return { run: this.context.run(), now: now(), hasEnded, takeOver: this.options.takeOver ?? false };
  }

  /** Takes what a person provided for the slot out of the intake. */
  private dropProvided(one: Participant, slot: "a" | "b"): IntakeEdit[] {
    return transitions.providedEdits(one.name, slot, undefined);
  }

  /** One compare-and-set for several services; the fence: a record that another run has taken over stops this one. */
  private async write(
    participants: readonly Participant[],
    change: (one: Participant, record: RotationRecord) => { record: RotationRecord; edits: readonly IntakeEdit[] },
  ): Promise<void> {
    if (participants.length === 0) return;
    const next = new Map<Participant, RotationRecord>();
    await this.context.intake.change((state: IntakeState) =>
      participants.flatMap((one) => {
        const record = state.intake.rotation(one.name);
        if (one.record.run?.id === this.context.run().id) requireHeld(one.name, record, this.context.run());
        const changed = change(one, record);
        const beating = changed.record.run ? { ...changed.record, run: this.context.run() } : changed.record;
        next.set(one, beating);
        return [...transitions.recordEdits(one.name, beating), ...changed.edits];
      }),
    );
    for (const [one, record] of next) one.record = record;
  }

  private async up(step: StepName): Promise<void> {
    const run = await this.context.up(step);
    this.ups.push({ step, durationMs: run.durationMs, changes: run.changes });
  }

  private undecided(): Participant[] {
    return this.participants.filter((one) => !one.isSettled);
  }

  private inPhase(phase: Phase): Participant[] {
    return this.undecided().filter((one) => one.record.phase === phase);
  }
}
