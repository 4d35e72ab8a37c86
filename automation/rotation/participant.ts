/** What does one service go through in a rotation? Its record, its credential's values, its steps and its outcome. */
import { type Credential, type Service, type SlotName, type Usage } from "../../services/service";
import { credentialVariables, materialOf, strategyNameOf, variablesOf } from "../../services/select";
import { type TornWindow } from "../destinations";
import { type ServiceIntake } from "../esc/intake";
import { type ProbeOutcome, type ProbeResult } from "../probes/result";
import { endsOf, type Phase, type RotationRecord } from "./record";
import {
  type DeedName,
  type DeedReport,
  type RotationOutcome,
  type ServiceRotation,
  type StepName,
  type StepReport,
} from "./report";
import { type DueDate } from "./schedule";
import { rotationCredentials } from "./strategies";
import { type UsageFinding } from "./usage";
import { type PublishedValues, type RotationContext } from "./world";

/** Outcomes after which the same command is to be run again, even where nothing is under way. */
const UNFINISHED: readonly RotationOutcome[] = ["manual_pending", "stopped", "failed"];

/** One service in one run. */
export class Participant {
  record: RotationRecord;
  /** What a person handed over, already probed. */
  material: Readonly<Record<string, string>> | undefined;
  verified: ProbeOutcome | undefined;
  confirmed: ProbeOutcome | undefined;
  /** What consumers were told where their log-in was rejected at the confirmation. */
  refusal: ProbeResult | undefined;
  /** Whether the old credential was still used when it was to go. */
  usage: UsageFinding | undefined;
  /** How long each destination held a pair that does not belong together. */
  tornWindows: readonly TornWindow[] = [];
  /** The old credential, read before it went: its own material, and all values with which a consumer logged in. */
  retired: { readonly material: Readonly<Record<string, string>>; readonly values: Readonly<Record<string, string>> } =
    {
      material: {},
      values: {},
    };
  /** The old credential's material was not made here: it was handed over or imported, and nothing here can end it at the service. */
  readonly isImported: boolean;
  /** The names of the variables that change: get another value, appear or disappear. */
  readonly variables: readonly string[];
  /** By the strategy of the new slot; {@link Participant.former} by that of the old one, which may be another. */
  private readonly credential: Credential;
  private readonly former: Credential;
  private readonly steps: StepReport[] = [];
  private readonly deeds: DeedReport[] = [];
  private instructions: readonly string[] = [];
  /** What a person handed over does not log in; nothing of it was stored. */
  private isToBeHandedOverAgain = false;
  private outcome: { readonly outcome: RotationOutcome; readonly summary: string } | undefined;
  private alive: { from?: string; until?: string } = {};
  private stepStarted: string;
  private readonly ends: { readonly from: SlotName; readonly to: SlotName };

  constructor(
    readonly service: Service,
    record: RotationRecord,
    intake: ServiceIntake,
    private readonly context: RotationContext,
  ) {
    this.record = record;
    this.stepStarted = context.timestamp();
    this.ends = endsOf(record);
    const old = this.ends.from;
    const { former, next, variables } = rotationCredentials(service, record, context);
    this.former = former;
    this.credential = next;
    this.variables = variables;
    // A retiring slot's material is in the intake whoever made it, for a run after a crash; its mark tells.
    const given = intake.slots[old];
    this.isImported =
      record.phase === "retiring"
        ? record.slots[old]?.imported === true
        : materialOf(this.former).every((name) => given?.[name]);
  }

  get name(): string {
    return this.service.name;
  }

  /** A person makes this credential; no API does. */
  get isProvided(): boolean {
    return this.credential.kind === "provided";
  }

  get isSettled(): boolean {
    return this.outcome !== undefined;
  }

  /** The slot that consumers read before the promotion. */
  get from() {
    return this.slotState(this.ends.from);
  }

  /** The slot that they read after it. */
  get to() {
    return this.slotState(this.ends.to);
  }

  /** Where the service says when the old credential was last used, if it does. */
  get usageSource(): Usage | undefined {
    return this.former.usage;
  }

  /** How the record is to note where the old credential came from, once it is remembered. */
  get retirementMark(): "imported" | "empty" | undefined {
    if (!this.hadCredential) return "empty";
    return this.isImported ? "imported" : undefined;
  }

  /** There was a credential before this one. Known once it is remembered. */
  get hadCredential(): boolean {
    return materialOf(this.former).some((name) => this.retired.material[name] !== undefined);
  }

  /** Settles where the new slot must be left alone, before anything is changed. */
  async lookAhead(): Promise<void> {
    const { service, credential } = this;
    const obstacle = await this.context.findObstacle({ service, credential, slot: this.to.slot });
    if (obstacle !== undefined) this.settle("stopped", obstacle);
  }

  /** Settles where what is in the slot at the service is not ours any more: taking it away would lock out whoever uses it. */
  async lookBeforeRemoval(side: "from" | "to"): Promise<void> {
    const { service } = this;
    const credential = side === "from" ? this.former : this.credential;
    const obstacle = await this.context.findObstacle({ service, credential, slot: this[side].slot });
    if (obstacle !== undefined) this.settle(side === "from" ? "retire_pending" : "stopped", obstacle);
  }

  /** Removes what an interrupted run left at the service under the name of the new credential. */
  async clearLeftovers(): Promise<void> {
    const { service, credential } = this;
    const { slot, generation } = this.to;
    const interrupted = { service, credential, slot, generation, inUse: this.former };
    for (const found of await this.context.clearLeftovers(interrupted)) this.step("stage", found);
  }

  /** How the record is to name the strategy of the new slot. */
  get strategy(): string | undefined {
    return strategyNameOf(this.service, this.credential);
  }

  /** Those that have a value after the promotion. */
  get newVariables(): readonly string[] {
    return credentialVariables(this.service, this.credential);
  }

  /** Gets the new credential from a person and logs in with it before it is stored anywhere. */
  async askForMaterial(): Promise<void> {
    const given = await this.context.assistant.provide(this.service, this.credential);
    const how = this.credential.kind === "provided" ? this.credential.steps : [];
    if (!given) return this.settle("manual_pending", "a person has to make the new credential and hand it over", how);
    // Whatever else is in a file would count for more than what consumers are set to: an address, say.
    const names = materialOf(this.credential);
    const material = Object.fromEntries(names.map((name) => [name, given[name] ?? ""]));
    const missing = names.filter((name) => !material[name]);
    if (missing.length > 0) return this.settle("manual_pending", `what was handed over lacks ${missing.join(", ")}`);
    const published = await this.context.openPublished();
    const present = published.environmentVariables;
    // It would be deleted as the old one in the end.
    if (names.every((name) => material[name] === present[name]))
      return this.settle("manual_pending", "what was handed over is the credential that is in use already");
    const values = this.withTwins({ ...present, ...material });
    const probe = await this.context.probe(this.service, values, { retryRejected: 0 });
    if (probe.outcome === "passed") this.material = material;
    else {
      this.isToBeHandedOverAgain = true;
      this.settle(
        probe.outcome === "rejected" ? "aborted" : "stopped",
        `what was handed over was not stored: ${probe.reason}`,
      );
    }
  }

  /** The new slot's material is in ESC. */
  hasMaterial(published: PublishedValues): boolean {
    const material = slotMaterial(published, this.name, this.to.slot);
    return materialOf(this.credential).every((name) => material[name]);
  }

  /** Where the new credential comes from. */
  get origin(): string {
    const { slot, generation } = this.to;
    return `slot ${slot}, generation ${generation}, ${this.isProvided ? "handed over by a person" : "made by pulumi up"}`;
  }

  /** The values with which a consumer would log in if the slot were current. */
  slotValues(published: PublishedValues, slot: SlotName): Readonly<Record<string, string>> {
    const own = slotMaterial(published, this.name, slot);
    const others = Object.entries(published.environmentVariables).filter(([name]) => !this.variables.includes(name));
    return this.withTwins({ ...Object.fromEntries(others), ...own });
  }

  /** Remembers the old credential: once its slot is retired, the program no longer keeps it. */
  rememberRetired(published: PublishedValues): void {
    const { slot } = this.from;
    this.retired = {
      material: slotMaterial(published, this.name, slot),
      values: this.slotValues(published, slot),
    };
  }

  /** Logs in with the retired credential, which must be refused now. Settles unless that is proven. */
  async proveRetired(): Promise<void> {
    if (!this.hadCredential) return this.settleUntried();
    if (this.isProvided && !(await this.context.assistant.retire(this.service, this.retired.values))) {
      this.step("retire", "nothing reads the old credential any more; a person has to delete it at the service");
    }
    const probe = await this.context.probe(this.service, this.retired.values, { retryRejected: 0 });
    const isAlive = probe.outcome === "passed";
    const found = isAlive ? "the old credential is still accepted" : probe.reason;
    this.step("retire", probe.credentialRefused ? "the old credential is refused" : found, probe);
    if (probe.credentialRefused) {
      this.alive.until = this.context.timestamp();
      return;
    }
    const reason = isAlive ? found : "it is not proven that the old credential is refused";
    const byHand = this.isImported ? (this.service.rotation?.retirement ?? []) : [];
    if (isAlive && byHand.length > 0)
      return this.settle("manual_pending", `${reason}: a person has to delete it at ${this.service.title}`, byHand);
    this.settle("retire_pending", `${reason}; rotate --resume checks again`);
  }

  /** What was never there needs no proof; what has vanished from the intake may still be alive. */
  private settleUntried(): void {
    const { slot } = this.from;
    if (this.record.slots[slot]?.empty) return this.step("retire", "there was no old credential");
    const path = `rotation.${this.name}.slots.${slot}.empty`;
    this.settle("retire_pending", "the old credential's values are gone from the intake, so it cannot be tried", [
      `Put services.${this.name}.slots.${slot} back from an earlier revision of ${this.context.intake.fullName}.`,
      `Or delete the old credential at ${this.service.title} and note it:`,
      `pulumi env set ${this.context.intake.fullName} ${path} true`,
    ]);
  }

  /** The new credential was accepted: from now on both are alive. */
  bothAliveFrom(probe: ProbeResult): void {
    if (probe.outcome === "passed") this.alive.from = this.context.timestamp();
  }

  /** Notes a step that has just ended. */
  step(step: StepName, detail: string, probe?: ProbeResult): void {
    const endedAt = this.context.timestamp();
    const report: StepReport = { step, startedAt: this.stepStarted, endedAt, detail, ...(probe ? { probe } : {}) };
    this.steps.push(report);
    this.stepStarted = endedAt;
    this.context.tell(this.name, report);
  }

  /** Notes something that is done. */
  deed(deed: DeedName, detail: string): void {
    const report: DeedReport = { deed, at: this.context.timestamp(), detail };
    this.deeds.push(report);
    this.context.tellDeed(this.name, report);
  }

  /** Decides what came of it; the later steps leave this service alone. `instructions` are for a person. */
  settle(outcome: RotationOutcome, summary: string, instructions: readonly string[] = []): void {
    if (this.outcome) return;
    this.outcome = { outcome, summary };
    this.instructions = instructions;
  }

  /** The credential that is no longer in use has time to live until `until` (ISO). */
  settleDraining(until: string): void {
    const isWithdrawn = this.record.phase === "withdrawing";
    const lives = `the ${isWithdrawn ? "new" : "old"} credential lives on until ${until}`;
    this.step("drain", lives);
    if (isWithdrawn)
      return this.settle(
        "aborted",
        `consumers read the old credential again, ${lives}; rotate --resume retires it then`,
      );
    this.settle("draining", `${lives}; rotate --resume retires it then`);
  }

  /** Leaves alone what was asked for only in case it is due. */
  settleUnlessDue({ isDue, dueAt, dueInDays }: DueDate): void {
    if (isDue) return;
    const { phase, retireAfter } = this.record;
    this.settle(
      "nothing_due",
      phase === "idle"
        ? `not due until ${dueAt ?? "later"} (in ${dueInDays ?? 0} days)`
        : `${phase}: the credential that is no longer in use lives on until ${retireAfter ?? "later"}`,
    );
  }

  /** A `pulumi up` failed: what is true now, follows from the phase. */
  settleFailed(step: StepName): void {
    const consumers: Readonly<Record<Phase, string>> = {
      idle: "consumers read one credential, which is alive",
      staged: "consumers read the old credential; to give the new one up: rotate --abort",
      promoted: "consumers may read the old or the new credential, both are alive; to go back: rotate --abort",
      draining: "consumers read the new credential, the old one is alive",
      retiring: "consumers read the new credential, the old one is being removed",
      withdrawing: "consumers may read the old or the new credential, both are alive",
      reverting: "consumers read the old credential, or will when this has gone on; it is alive",
    };
    this.settle("failed", `pulumi up (${step}) failed; ${consumers[this.record.phase]}`);
  }

  /** The new credential is gone again; why, follows from what this run saw. `elsewhere` ends the sentence on what consumers read. */
  settleReverted(isAskedFor: boolean, elsewhere: string): void {
    // What a person has made, only a person can delete.
    const byHand = this.isProvided ? (this.service.rotation?.retirement ?? []) : [];
    if (this.confirmed === "rejected")
      return this.settle("pointed_back", "what consumers read was refused; they read the old credential again", byHand);
    const reason =
      this.verified === "rejected"
        ? "the pending credential was refused; consumers never saw it"
        : isAskedFor
          ? `given up as asked; consumers read the old credential${elsewhere}`
          : "an earlier run found the new credential refused; consumers read the old one";
    this.settle("aborted", reason, byHand);
  }

  report(): ServiceRotation {
    const { from, until } = this.alive;
    const { outcome, summary } = this.outcome ?? { outcome: "stopped", summary: "the run ended before an outcome" };
    const next = this.nextCommand(outcome);
    return {
      service: this.name,
      outcome,
      summary,
      from: this.from,
      to: this.to,
      steps: this.steps,
      deeds: this.deeds,
      instructions: this.instructions,
      ...(this.usage ? { usage: this.usage } : {}),
      ...(next === undefined ? {} : { next }),
      variables: this.variables,
      tornWindows: this.tornWindows,
      ...(from === undefined ? {} : { bothAlive: { from, ...(until === undefined ? {} : { until }) } }),
    };
  }

  private nextCommand(outcome: RotationOutcome): string | undefined {
    const isUnderWay = this.record.phase !== "idle";
    if (!isUnderWay && !UNFINISHED.includes(outcome) && !this.isToBeHandedOverAgain) return undefined;
    const resume = isUnderWay ? " --resume" : "";
    return `npx sophia-secrets rotate --service ${this.name}${resume} --stack ${this.context.stackName}`;
  }

  private slotState(slot: SlotName): { slot: SlotName; generation: number } {
    return { slot, generation: this.record.slots[slot]?.generation ?? 0 };
  }

  /** Fills in the variables that always have the value of another one. */
  private withTwins(values: Readonly<Record<string, string>>): Record<string, string> {
    const twins = variablesOf(this.service).flatMap(({ name, sameAs }) => {
      const value = sameAs === undefined ? undefined : values[sameAs];
      return value === undefined ? [] : [[name, value] as const];
    });
    return { ...values, ...Object.fromEntries(twins) };
  }
}

function slotMaterial({ slots }: PublishedValues, service: string, slot: SlotName): Readonly<Record<string, string>> {
  return slots[service]?.[slot] ?? {};
}
