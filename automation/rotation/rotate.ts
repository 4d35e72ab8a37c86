/** How is a credential rotated? The driver: stage, verify, promote, confirm, drain, retire, for several services in one `up` a step. */
import { type Service, type SlotName } from "../../services/service";
import { type DestinationEntry } from "../destinations";
import { type IntakeEdit } from "../esc/intake";
import { type Redeployment } from "../redeploy";
import { confirmPromotion, confirmRetirement, noteDeeds } from "./confirmation";
import { Crew, eachOf, instructionsOf, summaryOf } from "./crew";
import { type Decide, Journal } from "./journal";
import { HEARTBEAT_EVERY_MS } from "./lock";
import { Participant } from "./participant";
import { otherSlot } from "./record";
import { type RotationReport, type StepName } from "./report";
import { deployedAtVercel, settleUnlessDeployed } from "./redeployment";
import {
  keepFromDeadEnds,
  keepLastAlive,
  keepStrangers,
  keepUnlessPointedBack,
  keepUsed,
  LONGEST_WAIT_MS,
} from "./safeguards";
import { dueDate } from "./schedule";
import * as transitions from "./transitions";
import { Ups } from "./ups";
import { type PublishedValues, type RotationContext } from "./world";

/** What to rotate and how. */
export interface RotateOptions {
  readonly services: readonly Service[];
  /** How long the credential that is no longer in use lives on. Milliseconds. */
  readonly graceMs: number;
  /** Retire the old credential although it is still in use. @default false */
  readonly force?: boolean;
  /** Leave alone what is not due yet. @default false */
  readonly dueOnly?: boolean;
  /** Go on with what is under way, begin nothing. */
  readonly resumeOnly?: boolean;
  /** Give up what is under way, begin nothing: consumers go back to the old credential, the new one goes. */
  readonly abort?: boolean;
  /** Build what runs at Vercel again once it is to read the new credential. @default false */
  readonly redeploy?: boolean;
  /** The other run that holds the record is dead. */
  readonly takeOver?: boolean;
}

/** Rotates the services. Running it again after an interruption goes on where it stopped: everything is derived from the intake and Pulumi's state. */
export async function rotate(options: RotateOptions, context: RotationContext): Promise<RotationReport> {
  const { report, error } = await tryToRotate(options, context);
  if (error !== undefined) throw error;
  return report;
}

/** Like {@link rotate}, for a caller who needs the report also of a run that an error has ended: that comes beside it. */
export async function tryToRotate(
  options: RotateOptions,
  context: RotationContext,
): Promise<{ readonly report: RotationReport; readonly error?: Error }> {
  const run = new RotationRun(options, context);
  let ended: { readonly error?: Error } = {};
  try {
    await run.stage();
    await run.verify();
    await run.promote();
    await run.confirm();
    await run.redeploy();
    await run.drain();
    await run.retire();
  } catch (error) {
    if (!run.failedBy(error)) {
      run.endedBy(error);
      ended = { error: error as Error };
    }
  }
  await run.release();
  return { report: run.report(), ...ended };
}

class RotationRun {
  private crew = new Crew([]);
  private readonly ups: Ups;
  private redeployments: readonly Redeployment[] | undefined;
  private readonly startedAt: string;
  private readonly journal: Journal;

  constructor(
    private readonly options: RotateOptions,
    private readonly context: RotationContext,
  ) {
    this.startedAt = context.timestamp();
    this.journal = new Journal(context, options.takeOver ?? false);
    this.ups = new Ups(context);
  }

  /** Takes the lock; services at rest get a new generation in the unused slot, those under way go on. One write, one `up`. */
  async stage(): Promise<void> {
    const found = await this.context.intake.require();
    const { intake } = found;
    this.crew = new Crew(
      this.options.services.map(
        (service) =>
          new Participant(service, intake.rotation(service.name), intake.service(service.name), this.context),
      ),
    );
    for (const one of this.crew.all) this.journal.requireFree(one, one.record);
    await this.chooseBeginners();
    const { abort } = this.options;
    if (abort) await keepStrangers(this.crew.inPhase("staged"), "to");
    const earlier = this.crew.inPhase("staged");
    const interrupted = this.crew.inPhase("staged", "reverting");
    const begin: Decide = (one, record) => {
      const run = this.context.run();
      if (record.phase !== "idle") {
        const next = abort ? transitions.giveUp(record) : record;
        return { record: transitions.takeOver(next, run) };
      }
      const edits = transitions.materialEdits(one.name, otherSlot(record.current), one.material);
      return { record: transitions.stage(record, run, one.strategy), edits };
    };
    await this.journal.claim(this.crew.undecided, begin, found);
    await eachOf(interrupted, (one) => one.clearLeftovers());
    const staged = this.crew.inPhase("staged");
    if (staged.length === 0) return;
    await this.up("stage");
    for (const one of staged) {
      const origin = earlier.includes(one) ? "of an earlier run " : "";
      one.step("stage", `slot ${one.to.slot}, generation ${one.to.generation}, ${origin}exists and is registered`);
    }
  }

  /** Logs in with each pending credential: a fresh connection, a few tries, because a new one takes a moment to be known everywhere. */
  async verify(): Promise<void> {
    const staged = this.crew.inPhase("staged");
    if (staged.length === 0) return;
    const published = await this.context.openPublished();
    await eachOf(staged, async (one) => {
      if (one.hasMaterial(published)) one.deed("generate", one.origin);
      const probe = await this.context.probe(one.service, one.slotValues(published, one.to.slot), { retryRejected: 2 });
      one.step("verify", probe.reason, probe);
      one.bothAliveFrom(probe);
      one.verified = probe.outcome;
      if (probe.outcome === "unknown")
        one.settle("stopped", `the pending credential could not be judged (${probe.reason})`);
    });
  }

  /** Points consumers to what passed and retires what was refused. One write, one `up`. */
  async promote(): Promise<void> {
    await keepStrangers(
      this.crew.inPhase("staged").filter(({ verified }) => verified !== "passed"),
      "to",
    );
    const decided = this.crew.inPhase("staged");
    const withdrawn = this.crew.inPhase("withdrawing").filter(({ record }) => record.retireAfter === undefined);
    const interrupted = [...withdrawn, ...this.crew.inPhase("promoted", "reverting")];
    if (decided.length + interrupted.length === 0) return;
    const isAnyPromoted = decided.some(({ verified }) => verified === "passed");
    const found = isAnyPromoted ? await this.context.intake.require() : undefined;
    const before = found ? await this.context.destinations.list(found.intake) : [];
    const placesOf = (one: Participant) => before.filter(({ name }) => one.variables.includes(name));
    const decide: Decide = (one, record) => ({
      record: one.verified === "passed" ? transitions.promote(record, placesOf(one)) : transitions.abort(record),
    });
    await this.journal.write(decided, decide, found);
    await this.up("promote");
    for (const one of this.crew.inPhase("promoted"))
      one.step("promote", `consumers are pointed to slot ${one.to.slot} in ESC and at every destination`);
    for (const one of withdrawn)
      one.step("promote", `consumers are pointed back to slot ${one.from.slot} in ESC and at every destination`);
    const retireAfter = this.later(this.options.graceMs);
    await this.journal.write(withdrawn, (_, record) => ({ record: transitions.drainWithdrawn(record, retireAfter) }));
    await this.endReverted();
  }

  /** Opens what consumers open, logs in with it, and checks at each destination that the write arrived. */
  async confirm(): Promise<void> {
    const promoted = this.crew.inPhase("promoted");
    if (promoted.length === 0) return;
    const found = await this.context.intake.require();
    const after = await this.context.destinations.list(found.intake);
    const published = await this.confirmAll(promoted, after);
    const passed = promoted.filter((one) => one.confirmed === "passed");
    const { environment = "", publishedRevision = 0 } = this.ups.outputs ?? {};
    for (const one of passed) noteDeeds(one, published, after, `${environment}, revision ${publishedRevision}`);
    const rotatedAt = this.context.timestamp();
    const retireAfter = this.later(this.options.graceMs);
    const drain: Decide = (one, record) => ({
      record: transitions.drain(record, { rotatedAt, variables: one.newVariables, retireAfter }),
    });
    await this.journal.write(passed, drain, found);
    for (const one of passed) one.deed("timestamp", rotatedAt);
  }

  /** Gives the new values to what runs at Vercel, which keeps those that it was built with. */
  async redeploy(): Promise<void> {
    const read = deployedAtVercel(this.crew.inPhase("draining", "withdrawing"));
    if (!this.options.redeploy || read.length === 0) return;
    this.redeployments = await this.whileBeating(() => this.context.redeploy());
    settleUnlessDeployed(read, this.redeployments);
  }

  /** Lets late readers (a queued GitHub run, a running Vercel deployment) end before the credential goes that is no longer in use. */
  async drain(): Promise<void> {
    for (const one of this.crew.inPhase("draining", "withdrawing")) {
      const due = Math.min(
        Date.parse(one.record.retireAfter ?? this.startedAt),
        this.context.now() + this.options.graceMs,
      );
      const wait = due - this.context.now();
      if (wait > LONGEST_WAIT_MS) {
        one.settleDraining(new Date(due).toISOString());
        continue;
      }
      if (wait > 0) await this.context.sleep(wait);
      one.step("drain", wait > 0 ? `waited ${Math.ceil(wait / 1000)} s for late readers` : "the grace period is over");
    }
  }

  /** Removes the old credential and shows that it is refused now. */
  async retire(): Promise<void> {
    // What was confirmed a day ago may have been revoked since: the old credential would be the last one alive.
    const unconfirmed = this.crew.inPhase("draining").filter(({ confirmed }) => confirmed !== "passed");
    if (unconfirmed.length > 0) await this.confirmAll(unconfirmed, []);
    await keepUnlessPointedBack(this.crew.inPhase("withdrawing"), this.context);
    await keepStrangers(this.crew.inPhase("withdrawing"), "to");
    if (this.crew.inPhase("draining", "retiring", "withdrawing").length === 0) return;
    const published = await this.context.openPublished();
    if (!this.options.force) await keepUsed(this.crew.inPhase("draining"), published, this.context);
    await keepStrangers(this.crew.inPhase("draining"), "from");
    const draining = this.crew.inPhase("draining");
    const withdrawing = this.crew.inPhase("withdrawing");
    const due = [...draining, ...this.crew.inPhase("retiring")];
    if (due.length + withdrawing.length === 0) return;
    for (const one of due) one.rememberRetired(published);
    // The old material stays in the intake until it is proven dead: a run after a crash must be able to try it.
    await this.journal.write([...draining, ...withdrawing], (one, record) =>
      record.phase === "withdrawing"
        ? { record: transitions.endWithdrawal(record) }
        : {
            record: transitions.retire(record, one.retirementMark),
            edits: transitions.materialEdits(one.name, one.from.slot, one.retired.material),
          },
    );
    await this.up("retire");
    await this.endReverted();
    await eachOf(due, (one) => one.proveRetired());
    await this.confirmRetired(due.filter((one) => !one.isSettled));
    const proven = due.filter((one) => !one.isSettled);
    await this.journal.write(proven, (one, record) => ({
      record: transitions.finish(record),
      edits: dropMaterial(one, one.from.slot),
    }));
    for (const one of proven) {
      const old = one.hadCredential ? "the old one is refused" : "there was no old one";
      one.settle("rotated", `the new credential is in use and proven, ${old}`);
    }
  }

  private async confirmRetired(retired: readonly Participant[]): Promise<void> {
    if (retired.length === 0) return;
    const published = await this.context.openPublished();
    await eachOf(retired, (one) => confirmRetirement(one, published, this.context));
  }

  /** Gives the lock back where this run stops. Never throws. */
  async release(): Promise<void> {
    await this.journal.release();
  }

  report(): RotationReport {
    return {
      schema: "sophia-secrets/rotation",
      version: 1,
      stack: this.context.stackName,
      runId: this.context.run().id,
      startedAt: this.startedAt,
      endedAt: this.context.timestamp(),
      services: this.crew.all.map((one) => one.report()),
      ups: this.ups.done,
      ...(this.redeployments ? { redeployments: this.redeployments } : {}),
      ...(this.ups.failure ? { failure: this.ups.failure } : {}),
    };
  }

  /** Whether the error is that of an `up`: then every service that has no outcome yet has failed with it. */
  failedBy(error: unknown): boolean {
    const failure = this.ups.failureOf(error);
    if (failure) for (const one of this.crew.undecided) one.settleFailed(failure.step);
    return failure !== undefined;
  }

  /** The error has ended the run: every service that has no outcome yet stays where it is. */
  endedBy(error: unknown): void {
    for (const one of this.crew.undecided) one.settle("stopped", summaryOf(error), instructionsOf(error));
  }

  /** Settles what this run leaves alone and asks for the material that a person makes. */
  private async chooseBeginners(): Promise<void> {
    const { resumeOnly, abort, dueOnly } = this.options;
    if (dueOnly)
      for (const one of this.crew.all) one.settleUnlessDue(dueDate(one.service, one.record, this.context.now()));
    const beginners = this.crew.inPhase("idle");
    if (abort) await keepFromDeadEnds(this.crew.undecided, this.context);
    if (resumeOnly || abort) for (const one of beginners) one.settle("nothing_due", "nothing is under way");
    else await eachOf(this.crew.inPhase("idle"), (one) => one.lookAhead());
    // One question at a time, and before anything is changed: an error here ends the run as if it had never been.
    for (const one of this.crew.inPhase("idle").filter(({ isProvided }) => isProvided)) await one.askForMaterial();
  }

  /**
   * Logs in as consumers do. Where they are refused, they are pointed back to the old credential, unless that is seen to be dead; only then does the
   * new one go, for which there is nothing to wait.
   */
  private async confirmAll(
    participants: readonly Participant[],
    after: readonly DestinationEntry[],
  ): Promise<PublishedValues> {
    const published = await this.context.openPublished();
    await eachOf(participants, (one) => confirmPromotion(one, published, after, this.context));
    await keepLastAlive(participants, published, this.context);
    const refused = participants.filter((one) => one.refusal && !one.isSettled);
    if (refused.length === 0) return published;
    await this.journal.write(refused, (_, record) => ({ record: transitions.withdraw(record) }));
    await this.up("confirm");
    await keepStrangers(refused, "to");
    const removable = refused.filter((one) => !one.isSettled);
    await this.journal.write(removable, (_, record) => ({ record: transitions.endWithdrawal(record) }));
    if (removable.length > 0) await this.up("retire");
    await this.endReverted();
    return published;
  }

  /** After the `up` that took the refused credential away everywhere; until then an interrupted run has it to do again. */
  private async endReverted(): Promise<void> {
    const reverting = this.crew.inPhase("reverting");
    await this.journal.write(reverting, (one, record) => ({
      record: transitions.reverted(record),
      edits: dropMaterial(one, one.to.slot),
    }));
    const isAskedFor = this.options.abort ?? false;
    await eachOf(reverting, async (one) => one.settleReverted(isAskedFor, isAskedFor ? await this.editsOf(one) : ""));
  }

  /** What others have written where the service's consumers read, as the end of a sentence; empty where nobody has. */
  private async editsOf({ variables }: Participant): Promise<string> {
    try {
      const edits = await this.context.findOutsideEdits(variables);
      return edits.length === 0 ? "" : ` in ESC, but somebody else has written ${edits.join(", ")}`;
    } catch (error) {
      return ` in ESC; what the other places hold could not be seen (${summaryOf(error)})`;
    }
  }

  private up(step: StepName): Promise<void> {
    return this.whileBeating(() => this.ups.run(step));
  }

  /** Shows signs of life while something takes long. */
  private async whileBeating<T>(act: () => Promise<T>): Promise<T> {
    const heart = setInterval(() => void this.journal.beat(this.crew.undecided), HEARTBEAT_EVERY_MS);
    try {
      return await act();
    } finally {
      clearInterval(heart);
    }
  }

  /** ISO time, so many milliseconds from now. */
  private later(milliseconds: number): string {
    return new Date(this.context.now() + milliseconds).toISOString();
  }
}

/** Takes a slot's material out of the intake. */
function dropMaterial({ name }: Participant, slot: SlotName): IntakeEdit[] {
  return transitions.materialEdits(name, slot, undefined);
}
