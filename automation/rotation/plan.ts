/** What would a rotation do? The same decisions as the driver's, as data: nothing is asked of a person and nothing is changed. */
import { type Credential, type Service, type SlotName } from "../../services/service";
import { credentialVariables, strategyNameOf } from "../../services/select";
import { type Intake } from "../esc/intake";
import { type ResourceChange } from "../stack-events";
import { endsOf, type Phase, type RotationRecord } from "./record";
import { type StepName } from "./report";
import { dueDate } from "./schedule";
import { rotationCredentials } from "./strategies";
import * as transitions from "./transitions";

/** A step that is still to come. */
export interface PlannedStep {
  readonly step: StepName;
  /** One sentence. */
  readonly what: string;
  /** What `pulumi preview` says of the step's `up`; a resource that an earlier step changes already is named there only. */
  readonly resources: readonly ResourceChange[];
}

/** A variable that changes with the credential. */
export interface PlannedVariable {
  readonly name: string;
  /** Keyed fingerprint of the present value; missing before the first `up`. */
  readonly fingerprint?: string;
  /** Where it is written. */
  readonly places: readonly string[];
}

/** What a rotation would do with one service. */
export interface ServicePlan {
  readonly service: string;
  readonly intent: "begin" | "go on" | "give up" | "nothing";
  /** Why there is nothing to do. */
  readonly reason?: string;
  /** Where the rotation stands now. */
  readonly phase: Phase;
  /** The process that holds the record, `host:pid`. */
  readonly heldBy?: string;
  readonly from: { readonly slot: SlotName; readonly generation: number };
  readonly to: { readonly slot: SlotName; readonly generation: number };
  readonly variables: readonly PlannedVariable[];
  readonly steps: readonly PlannedStep[];
  /** What a person has to do, a sentence each. */
  readonly instructions: readonly string[];
}

/** What the plan depends on. */
export interface PlanInput {
  readonly services: readonly Service[];
  readonly intake: Intake;
  readonly credentialOf: (service: Service) => Credential;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly graceMs: number;
  readonly resumeOnly: boolean;
  readonly abort: boolean;
  readonly dueOnly: boolean;
  readonly fingerprints: Readonly<Record<string, string>>;
  /** The places that a variable of these destinations is written to. */
  readonly placesOf: (variable: string) => readonly string[];
}

/** A service's plan, and its record after the next `up` and at the end: what a preview is to assume. None where a preview could not know the material. */
export interface Planned {
  readonly plan: ServicePlan;
  readonly next?: RotationRecord;
  readonly ended?: RotationRecord;
}

const NOBODY = { id: "dry-run", owner: "dry-run", heartbeatAt: "1970-01-01T00:00:00.000Z" };

const STEPS_FROM: Readonly<Record<Phase, readonly StepName[]>> = {
  idle: ["stage", "verify", "promote", "confirm", "drain", "retire"],
  staged: ["stage", "verify", "promote", "confirm", "drain", "retire"],
  promoted: ["promote", "confirm", "drain", "retire"],
  draining: ["drain", "confirm", "retire"],
  retiring: ["retire"],
  withdrawing: ["promote", "drain", "confirm", "retire"],
  reverting: ["promote"],
};

/** Plans each service; `resources` of the steps are empty until {@link withResources} fills them in. */
export function planRotation(input: PlanInput): Planned[] {
  return input.services.map((service) => planService(service, input));
}

/** The steps with what two previews say: the first assumes that the next `up` is done, the second that all of them are. */
export function withResources(
  planned: readonly Planned[],
  first: readonly ResourceChange[],
  all: readonly ResourceChange[],
): ServicePlan[] {
  const plans = planned.map(({ plan }) => plan);
  const rest = all.filter(({ op, name }) => !first.some((change) => change.op === op && change.name === name));
  return planned.map(({ plan, ended }) => {
    const changes = ended ? resourcesBySteps(plan.steps, first, rest) : {};
    const ofService = (step: StepName) => (changes[step] ?? []).filter((change) => concerns(change, plan, plans));
    return { ...plan, steps: plan.steps.map((one) => ({ ...one, resources: ofService(one.step) })) };
  });
}

/** Which `up` makes which change: what begins with the stage promotes before it removes, everything else has one or two. */
function resourcesBySteps(
  steps: readonly PlannedStep[],
  first: readonly ResourceChange[],
  rest: readonly ResourceChange[],
): Partial<Record<StepName, readonly ResourceChange[]>> {
  const names = steps.map(({ step }) => step);
  if (names.includes("stage")) {
    const isRemoval = ({ op }: ResourceChange) => op === "delete";
    return { stage: first, promote: rest.filter((one) => !isRemoval(one)), retire: rest.filter(isRemoval) };
  }
  if (names.includes("promote") && names.includes("retire")) return { promote: first, retire: rest };
  return { [names.includes("retire") ? "retire" : "promote"]: [...first, ...rest] };
}

function planService(service: Service, input: PlanInput): Planned {
  const { intake, fingerprints, placesOf } = input;
  const record = intake.rotation(service.name);
  const { former, next: credential, variables } = rotationCredentials(service, record, input);
  const { intent, reason } = intentOf(service, record, input);
  const next = recordAhead(record, intent, strategyNameOf(service, credential));
  const slots = slotsOf(next);
  const isByHand = credential.kind === "provided" && record.phase === "idle";
  const plan: ServicePlan = {
    service: service.name,
    intent,
    ...(reason === undefined ? {} : { reason }),
    phase: record.phase,
    ...(record.run ? { heldBy: record.run.owner } : {}),
    ...slots,
    variables: variables.map((name) => ({
      name,
      ...(fingerprints[name] === undefined ? {} : { fingerprint: fingerprints[name] }),
      places: placesOf(name),
    })),
    steps:
      intent === "nothing"
        ? []
        : STEPS_FROM[intent === "begin" ? "idle" : next.phase].map((step) => ({
            step,
            what: describeStep(step, { service, former, credential, record: next, input, ...slots }),
            resources: [],
          })),
    instructions: intent === "nothing" ? [] : instructionsFor(service, credential, next, input),
  };
  // What a person has not handed over yet, no preview can know.
  if (intent === "nothing" || isByHand) return { plan };
  return { plan, next, ended: endOf(next) };
}

function intentOf(
  service: Service,
  record: RotationRecord,
  { abort, resumeOnly, dueOnly, now }: PlanInput,
): Pick<ServicePlan, "intent" | "reason"> {
  const due = dueDate(service, record, now);
  if (dueOnly && !due.isDue)
    return { intent: "nothing", reason: `not due until ${due.dueAt ?? record.retireAfter ?? "later"}` };
  if (record.phase === "idle")
    return resumeOnly || abort ? { intent: "nothing", reason: "nothing is under way" } : { intent: "begin" };
  if (!abort) return { intent: "go on" };
  return record.phase === "retiring"
    ? { intent: "nothing", reason: "the old credential is going already" }
    : { intent: "give up" };
}

/** The record after the first write of such a run. */
function recordAhead(record: RotationRecord, intent: ServicePlan["intent"], strategy: string | undefined) {
  if (intent === "begin") return transitions.stage(record, NOBODY, strategy);
  if (intent !== "give up") return record;
  return transitions.giveUp(record);
}

/** The record when the run, and the later one that retires, have done all that is to come. */
function endOf(record: RotationRecord): RotationRecord {
  const dates = { rotatedAt: NOBODY.heartbeatAt, variables: [], retireAfter: NOBODY.heartbeatAt };
  switch (record.phase) {
    case "staged":
      return endOf(transitions.promote(record, []));
    case "promoted":
      return endOf(transitions.drain(record, dates));
    case "draining":
      return transitions.retire(record, undefined);
    case "withdrawing":
      return transitions.endWithdrawal(record);
    case "idle":
    case "retiring":
    case "reverting":
      return record;
  }
}

function slotsOf(record: RotationRecord): Pick<ServicePlan, "from" | "to"> {
  const { from, to } = endsOf(record);
  const state = (slot: SlotName) => ({ slot, generation: record.slots[slot]?.generation ?? 0 });
  return { from: state(from), to: state(to) };
}

interface StepView extends Pick<ServicePlan, "from" | "to"> {
  readonly service: Service;
  readonly former: Credential;
  readonly credential: Credential;
  readonly record: RotationRecord;
  readonly input: PlanInput;
}

function describeStep(step: StepName, { service, former, credential, record, input, from, to }: StepView): string {
  const isBack = record.phase === "withdrawing" || record.phase === "reverting";
  const [kept, gone] = isBack ? [from, to] : [to, from];
  const until = record.retireAfter ?? new Date(input.now + input.graceMs).toISOString();
  const made = credential.kind === "provided" ? "is handed over by a person" : "is made and registered by pulumi up";
  switch (step) {
    case "stage":
      return `slot ${to.slot}, generation ${to.generation}, ${made}; no program reads it yet`;
    case "verify":
      return `log in to ${service.title} with it; if it is refused, it goes again`;
    case "promote":
      return `programs read slot ${kept.slot} at every place: ${credentialVariables(service, isBack ? former : credential).join(", ")}`;
    case "confirm":
      return `log in with what programs read${isBack || record.phase === "draining" ? "" : "; every place must list a new time"}`;
    case "drain":
      return `slot ${gone.slot}, generation ${gone.generation}, lives on until ${until} for late readers`;
    case "retire":
      return `slot ${gone.slot}, generation ${gone.generation}, goes${isBack ? "" : " and must be refused, and programs must be let in"}`;
  }
}

function instructionsFor(service: Service, credential: Credential, record: RotationRecord, { intake }: PlanInput) {
  const isByHand = credential.kind === "provided";
  const { from } = slotsOf(record);
  const isImported = Object.keys(intake.service(service.name).slots[from.slot] ?? {}).length > 0;
  const making = isByHand && record.phase === "staged" && record.run === NOBODY ? credential.steps : [];
  return [...making, ...(isByHand || isImported ? (service.rotation?.retirement ?? []) : [])];
}

/** Whether a resource belongs to the service; what belongs to no single one, as the ESC environments do, concerns all. */
function concerns({ name }: ResourceChange, own: ServicePlan, plans: readonly ServicePlan[]): boolean {
  const owner =
    plans.find(({ variables }) => variables.some((variable) => name.endsWith(`-${variable.name}`))) ??
    plans.find(({ service }) => name === service || name.startsWith(`${service}-`));
  return owner === undefined || owner.service === own.service;
}
