/** What does one service go through in a rotation? Its record, its credential's values, its steps and its outcome. */
import { type Credential, type Service, type SlotName } from "../../services/service";
import { credentialVariables, materialOf, variablesOf } from "../../services/select";
import { type DestinationReader, type TornWindow } from "../destinations";
import { type IntakeStore } from "../esc/store";
import { type ProbeOutcome, type ProbeResult } from "../probes/result";
import { type UpRun } from "../stack";
import { otherSlot, type RotationRecord } from "./record";
import { type RotationOutcome, type ServiceRotation, type StepName, type StepReport } from "./report";
import { type Run } from "./transitions";

/** What a consumer sees on opening the published environment, and the slots of the environments that it imports. Values: never print. */
export interface PublishedValues {
  readonly environmentVariables: Readonly<Record<string, string>>;
  /** Service → slot → variable → value. */
  readonly slots: Readonly<Record<string, Readonly<Partial<Record<SlotName, Readonly<Record<string, string>>>>>>>;
}

/** The person (or the sandbox's admin) who makes credentials that no API makes. */
export interface Assistant {
  /** The new credential's values, or undefined when nobody hands them over now. */
  provide(service: Service, credential: Credential): Promise<Readonly<Record<string, string>> | undefined>;
  /** Ends the old credential at the service; false when a person still has to. */
  retire(service: Service, values: Readonly<Record<string, string>>): Promise<boolean>;
}

/** The world that a rotation acts on. */
export interface RotationContext {
  readonly stackName: string;
  readonly intake: IntakeStore;
  readonly destinations: DestinationReader;
  readonly assistant: Assistant;
  /** The credential that the stack's settings choose for the service. */
  readonly credentialOf: (service: Service) => Credential;
  readonly up: (step: StepName) => Promise<UpRun>;
  readonly openPublished: () => Promise<PublishedValues>;
  readonly probe: (
    service: Service,
    values: Readonly<Record<string, string>>,
    options: { readonly retryRejected: number },
  ) => Promise<ProbeResult>;
  /** This process, with the time of the present heartbeat. */
  readonly run: () => Run;
  readonly hasEnded: (owner: string) => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Now as ISO time. */
  readonly timestamp: () => string;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Tells the user of a step that ended. */
  readonly tell: (service: string, step: StepReport) => void;
}

/** One service in one run. */
export class Participant {
  record: RotationRecord;
  /** What a person handed over, already probed. */
  material: Readonly<Record<string, string>> | undefined;
  verified: ProbeOutcome | undefined;
  confirmed: ProbeOutcome | undefined;
  /** How long each destination held a pair that does not belong together. */
  tornWindows: readonly TornWindow[] = [];
  /** The old credential, read before it went: its own material, and all values with which a consumer logged in. */
  retired: { readonly material: Readonly<Record<string, string>>; readonly values: Readonly<Record<string, string>> } =
    {
      material: {},
      values: {},
    };
  private readonly credential: Credential;
  private readonly steps: StepReport[] = [];
  private outcome: { readonly outcome: RotationOutcome; readonly summary: string } | undefined;
  private alive: { from?: string; until?: string } = {};
  private stepStarted: string;
  private readonly ends: { readonly from: SlotName; readonly to: SlotName };

  constructor(
    readonly service: Service,
    record: RotationRecord,
    private readonly context: RotationContext,
  ) {
    this.record = record;
    this.credential = context.credentialOf(service);
    this.stepStarted = context.timestamp();
    // Before the promotion `current` is the old slot, after it the new one.
    const promoted = record.phase === "promoted" || record.phase === "draining" || record.phase === "retiring";
    const old = promoted ? otherSlot(record.current) : record.current;
    this.ends = { from: old, to: otherSlot(old) };
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

  /** There was a credential before this one. Known once it is remembered. */
  get hadCredential(): boolean {
    return materialOf(this.credential).some((name) => this.retired.material[name] !== undefined);
  }

  /** The names of the variables that change. */
  get variables(): readonly string[] {
    return credentialVariables(this.service, this.credential);
  }

  /** Gets the new credential from a person and logs in with it before it is stored anywhere. */
  async askForMaterial(): Promise<void> {
    const material = await this.context.assistant.provide(this.service, this.credential);
    if (!material) return this.settle("manual_pending", "a person has to make the new credential and hand it over");
    const missing = materialOf(this.credential).filter((name) => !material[name]);
    if (missing.length > 0) return this.settle("manual_pending", `what was handed over lacks ${missing.join(", ")}`);
    const published = await this.context.openPublished();
    const present = published.environmentVariables;
    // It would be deleted as the old one in the end.
    if (materialOf(this.credential).every((name) => material[name] === present[name]))
      return this.settle("manual_pending", "what was handed over is the credential that is in use already");
    const values = this.withTwins({ ...present, ...material });
    const probe = await this.context.probe(this.service, values, { retryRejected: 0 });
    if (probe.outcome === "passed") this.material = material;
    else
      this.settle(
        probe.outcome === "rejected" ? "aborted" : "stopped",
        `what was handed over was not stored: ${probe.reason}`,
      );
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
    if (!this.hadCredential) return this.step("retire", "there was no old credential");
    if (this.isProvided && !(await this.context.assistant.retire(this.service, this.retired.values))) {
      this.step("retire", "nothing reads the old credential any more; a person has to delete it at the service");
    }
    const probe = await this.context.probe(this.service, this.retired.values, { retryRejected: 0 });
    this.step("retire", probe.credentialRefused ? "the old credential is refused" : probe.reason, probe);
    if (probe.credentialRefused) {
      this.alive.until = this.context.timestamp();
      return;
    }
    const still =
      probe.outcome === "passed"
        ? "the old credential is still accepted"
        : "it is not proven that the old credential is refused";
    const outcome = this.isProvided && probe.outcome === "passed" ? "manual_pending" : "retire_pending";
    this.settle(outcome, `${still}; rotate --resume checks again`);
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

  /** Decides what came of it; the later steps leave this service alone. */
  settle(outcome: RotationOutcome, summary: string): void {
    this.outcome ??= { outcome, summary };
  }

  /** The new credential is gone again; why, follows from what this run saw. */
  settleReverted(isAskedFor: boolean): void {
    if (this.confirmed === "rejected")
      return this.settle("pointed_back", "what consumers read was refused; they read the old credential again");
    const reason =
      this.verified === "rejected"
        ? "the pending credential was refused; consumers never saw it"
        : isAskedFor
          ? "given up as asked; consumers read the old credential"
          : "an earlier run found the new credential refused; consumers read the old one";
    this.settle("aborted", reason);
  }

  report(): ServiceRotation {
    const { from, until } = this.alive;
    return {
      service: this.name,
      ...(this.outcome ?? { outcome: "stopped", summary: "the run ended before an outcome" }),
      from: this.from,
      to: this.to,
      steps: this.steps,
      variables: this.variables,
      tornWindows: this.tornWindows,
      ...(from === undefined ? {} : { bothAlive: { from, ...(until === undefined ? {} : { until }) } }),
    };
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
