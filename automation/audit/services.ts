/** How old are the credentials, and what is missing? The services' part of the audit. */
import { type Credential, type Service, type SlotName } from "../../services/service";
import { isRequired, materialOf, variablesOf, type DeclaredVariable } from "../../services/select";
import { FIRST_RECORD, type RotationRecord } from "../rotation/record";
import { credentialInUse } from "../rotation/strategies";
import { credentialAge, variableAges, type Age, type AgeSources, type RotationStatus } from "./ages";
import { ours } from "./commands";
import { isUnseen, valueOf, type AuditEvidence } from "./evidence";
import { finding, type Finding, type RuleId } from "./findings";
import { materialOfSlot, slotsWithMaterial, type Ledger } from "./ledger";

/** One variable of a service. */
export interface VariableAudit {
  readonly name: string;
  readonly secret: boolean;
  /** Consumers can read a value of it. */
  readonly present: boolean;
  /** Programs need it and it has no value. */
  readonly missing: boolean;
  /** Keyed fingerprint of its value at the last `up`. */
  readonly fingerprint?: string;
  /** Of a variable that rotates. */
  readonly age?: Age;
}

/** One service's part. */
export interface ServiceFindings extends Omit<Age, "status"> {
  readonly service: string;
  readonly title: string;
  readonly owner: string;
  readonly status: RotationStatus;
  /** When the rotation's record says that it was rotated; ISO. */
  readonly rotatedAt?: string;
  /** Who said so, where it was not a rotation of ours. */
  readonly claimedBy?: string;
  readonly everyDays: number;
  readonly phase: string;
  /** How many rotations were begun, given-up ones included; left out where the intake was not read. */
  readonly rotationsBegun?: number;
  /** When the replaced credential may go, while a rotation drains; ISO. */
  readonly retireAfter?: string;
  /** Required variables that consumers cannot read. */
  readonly missing: readonly string[];
  readonly variables: readonly VariableAudit[];
  /** What is not known, since nothing that says it could be read: then the fields about it say nothing. */
  readonly unknown: readonly ("rotation" | "missing")[];
}

/** What the services' part is judged by. */
export interface ServiceJudgement {
  readonly evidence: AuditEvidence;
  /** Days, by service; `all` for those that are not named. The catalogue's where there is none. */
  readonly maxAges: Readonly<Record<string, number>>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Judges a service that rotates. */
export function auditService(service: Service, judgement: ServiceJudgement): ServiceFindings {
  const { evidence, maxAges, now } = judgement;
  const { name, title, owner, rotation } = service;
  const everyDays = maxAges[name] ?? maxAges.all ?? rotation?.everyDays ?? 90;
  const record = recordOf(service, evidence);
  const credential = credentialInUse(service, record);
  const sources = ageSources(service, credential, record, evidence);
  const unknown = unknownParts(evidence);
  const isUnknown = unknown.includes("rotation");
  const age: Age = isUnknown ? { status: "NEVER", basis: "unknown" } : credentialAge(service, sources, everyDays, now);
  const ages = credential ? variableAges(service, credential, sources, { age, everyDays, now }) : {};
  const { rotatedAtSource: claimedBy } = record;
  const missing = missingVariables(service, evidence);
  const fingerprints = valueOf(evidence.ledger)?.fingerprints ?? {};
  return {
    service: name,
    title,
    owner,
    everyDays,
    ...age,
    ...(record.rotatedAt === undefined ? {} : { rotatedAt: record.rotatedAt }),
    ...(claimedBy === undefined ? {} : { claimedBy }),
    phase: isUnknown ? "unknown" : record.phase,
    ...(evidence.intake.state === "read" ? { rotationsBegun: rotationsBegun(record) } : {}),
    ...(record.retireAfter === undefined ? {} : { retireAfter: record.retireAfter }),
    ...{ missing, unknown },
    // What consumers read is published, and the state says what was: without both there is nothing to list.
    variables: (unknown.includes("missing") && isUnseen(evidence.ledger) ? [] : published(service)).map((variable) => ({
      name: variable.name,
      secret: variable.secret,
      present: isPresent(variable.name, evidence),
      missing: missing.includes(variable.name),
      ...(fingerprints[variable.name] === undefined ? {} : { fingerprint: fingerprints[variable.name] as string }),
      ...(ages[variable.name] === undefined ? {} : { age: ages[variable.name] as Age }),
    })),
  };
}

/** Rotations stand in the intake, and as far as the program made the credentials in Pulumi's state. */
function unknownParts({ intake, published: values, ledger }: AuditEvidence): ServiceFindings["unknown"] {
  const isMissingUnknown = values.state === "unreadable" || (values.state === "not asked" && isUnseen(ledger));
  return [
    ...(isUnseen(intake) && isUnseen(ledger) ? (["rotation"] as const) : []),
    ...(isMissingUnknown ? (["missing"] as const) : []),
  ];
}

/** Required variables of a service that consumers cannot read; none where that is not known. */
export function missingVariables(service: Service, evidence: AuditEvidence): string[] {
  const { published: values, ledger } = evidence;
  const credential = service.rotation && credentialInUse(service, recordOf(service, evidence));
  const names = published(service)
    .filter((variable) => isRequired(service, variable, credential))
    .map(({ name }) => name);
  if (values.state === "unreadable") return [];
  if (values.state === "not asked") return names.filter((name) => valueOf(ledger)?.missing.includes(name));
  return names.filter((name) => !valueOf(values)?.environmentVariables[name]);
}

/** By what consumers read; offline, by what the last `up` published. */
function isPresent(name: string, { published: values, ledger }: AuditEvidence): boolean {
  if (values.state === "not asked") return valueOf(ledger)?.destinations.esc?.includes(name) ?? false;
  return Boolean(valueOf(values)?.environmentVariables[name]);
}

/** What to do about one service, at most one thing about its rotation and one about what is missing. */
export function serviceFindings(service: ServiceFindings, stack: string, now: number): Finding[] {
  const { service: name, missing } = service;
  const subject = { service: name, location: `services/${name}.ts` };
  const absent = finding("variable-missing", {
    ...subject,
    variables: missing,
    message: `Configure missing ${name} variables ${missing.join(", ")}`,
    command: ours(stack, "import-env", "--env-file", ".env"),
  });
  return [...rotationFindings(service, stack, now), ...(missing.length > 0 ? [absent] : [])];
}

function rotationFindings(service: ServiceFindings, stack: string, now: number): Finding[] {
  const { service: name, status, phase, retireAfter } = service;
  const subject = { service: name, location: `services/${name}.ts` };
  // Until then both credentials live, as they should: somebody may still use the old one.
  const isWaiting = retireAfter !== undefined && Date.parse(retireAfter) > now;
  if (phase !== "idle" && !isWaiting) {
    const command = ours(stack, "rotate", "--service", name, "--resume");
    return [
      finding("rotation-unfinished", { ...subject, message: `Finish the rotation of ${name} (${phase})`, command }),
    ];
  }
  const rule = phase === "idle" ? RULE_OF[status] : undefined;
  if (rule === undefined) return [];
  const message = `Rotate ${name} (${status}; ${describeAge(service)})`;
  return [finding(rule, { ...subject, message, command: ours(stack, "rotate", "--service", name) })];
}

const RULE_OF: Readonly<Record<RotationStatus, RuleId | undefined>> = {
  OVERDUE: "rotation-overdue",
  "DUE TODAY": "rotation-due-today",
  "DUE SOON": "rotation-due-soon",
  NEVER: "rotation-never",
  OK: undefined,
};

/** What is known of an age, in words. */
export function describeAge(age: Pick<ServiceFindings, "basis" | "since" | "ageDays" | "claimedBy">): string {
  const { basis, since, ageDays = 0, claimedBy = "somebody" } = age;
  const days = `${ageDays} ${ageDays === 1 ? "day" : "days"}`;
  const ago = ageDays === 0 ? "today" : `${days} ago`;
  switch (basis) {
    case "rotated":
      return `rotated ${ago}`;
    case "generated":
      return `made ${ago}`;
    case "claimed":
      return `rotated ${since?.slice(0, 10) ?? ""} as said by ${claimedBy}, not proved`;
    case "imported":
      return ageDays === 0 ? "imported, age not known" : `imported at least ${days} ago`;
    case "unknown":
      return "age not known";
  }
}

/** Each one gives a slot its next generation; the very first credential was no rotation. */
function rotationsBegun({ slots }: RotationRecord): number {
  return (slots.a?.generation ?? 0) + (slots.b?.generation ?? 0) - 1;
}

/** The variables that consumers are to read. */
function published(service: Service): DeclaredVariable[] {
  return variablesOf(service).filter(({ destinations }) => destinations.includes("esc"));
}

/** The record of a service, as far as anybody knows it. */
export function recordOf(service: Service, { intake, ledger }: AuditEvidence): RotationRecord {
  return valueOf(intake)?.rotation(service.name) ?? offlineRecord(valueOf(ledger), service);
}

function ageSources(
  { name }: Service,
  credential: Credential | undefined,
  record: RotationRecord,
  { intake, ledger, definitions }: AuditEvidence,
): AgeSources {
  const slot = valueOf(intake)?.service(name).slots[record.current] ?? {};
  const isProvided =
    credential?.kind === "provided" || (credential !== undefined && materialOf(credential).every((one) => slot[one]));
  return { record, ledger: valueOf(ledger), isProvided, intakeWrittenAt: valueOf(definitions.intake)?.writtenAt };
}

/** Without the intake nobody knows which slot is read: the older one makes the older age, so it is not called younger than it is. */
function offlineRecord(ledger: Ledger | undefined, { name }: Service): RotationRecord {
  const made = ledger ? slotsWithMaterial(ledger, name) : [];
  const ageOf = (slot: SlotName) => (ledger && materialOfSlot(ledger, name, slot)?.createdAt) ?? "";
  const current = [...made].sort((left, right) => ageOf(left).localeCompare(ageOf(right)))[0];
  return current === undefined ? FIRST_RECORD : { current, slots: { [current]: { generation: 1 } }, phase: "idle" };
}
