/** Which credential is due when? From each service's period and its record; nothing but the intake is asked. */
import { type Service } from "../../services/service";
import { rotationStatus, URGENCY, type RotationStatus } from "../audit/ages";
import { type Intake } from "../esc/intake";
import { type Phase, type RotationRecord } from "./record";

/** When one service's credential is due. Times are ISO 8601 in UTC. */
export interface DueDate {
  readonly status: RotationStatus;
  /** Missing where no rotation was proved: nobody knows how old it is, so it is due. */
  readonly dueAt?: string;
  /** Days until then; negative when overdue. */
  readonly dueInDays?: number;
  /** A rotation is to begin, or to go on, now. */
  readonly isDue: boolean;
}

/** One line of the schedule. */
export interface ScheduledService extends DueDate {
  readonly service: string;
  readonly everyDays: number;
  readonly rotatedAt?: string;
  /** The file of other tools that says so; nothing proves it, so that the date keeps nothing from being due. */
  readonly claimedBy?: string;
  readonly phase: Phase;
  /** When the credential that is no longer in use goes. */
  readonly retireAfter?: string;
  /** The next thing to happen, in words; with the command where one is needed. */
  readonly next: string;
}

const DAY_MS = 86_400_000;

/** When the service's credential is due; `now` is milliseconds since 1970. What is under way is due unless it waits for late readers. */
export function dueDate({ rotation }: Service, record: RotationRecord, now: number): DueDate {
  const { everyDays = 0 } = rotation ?? {};
  const { phase, retireAfter } = record;
  const rotatedAt = provenDate(record, everyDays, now);
  const { status, dueInDays } = rotationStatus(everyDays, rotatedAt, now);
  const dueAt = rotatedAt === undefined ? undefined : Date.parse(rotatedAt) + everyDays * DAY_MS;
  const isWaiting = phase === "draining" || phase === "withdrawing";
  const isDue =
    phase === "idle"
      ? dueAt === undefined || dueAt <= now
      : !isWaiting || retireAfter === undefined || Date.parse(retireAfter) <= now;
  return {
    status,
    ...(dueAt === undefined ? {} : { dueAt: new Date(dueAt).toISOString() }),
    ...(dueInDays === undefined ? {} : { dueInDays }),
    isDue,
  };
}

/** When it was rotated. As in the audit, a date that is only claimed can make things worse, never better. */
function provenDate({ rotatedAt, rotatedAtSource }: RotationRecord, everyDays: number, now: number) {
  if (rotatedAtSource === undefined) return rotatedAt;
  const { status } = rotationStatus(everyDays, rotatedAt, now);
  return URGENCY.indexOf(status) < URGENCY.indexOf("NEVER") ? rotatedAt : undefined;
}

/** The schedule of the services, in their order. */
export function rotationSchedule(
  services: readonly Service[],
  intake: Intake,
  { now, stack }: { readonly now: number; readonly stack: string },
): ScheduledService[] {
  return services.map((service) => {
    const record = intake.rotation(service.name);
    const { rotatedAt, rotatedAtSource: claimedBy, phase, retireAfter } = record;
    const due = dueDate(service, record, now);
    return {
      service: service.name,
      everyDays: service.rotation?.everyDays ?? 0,
      ...due,
      phase,
      ...(rotatedAt === undefined ? {} : { rotatedAt }),
      ...(claimedBy === undefined ? {} : { claimedBy }),
      ...(retireAfter === undefined ? {} : { retireAfter }),
      next: nextThing(service.name, record, due, stack),
    };
  });
}

function nextThing(service: string, { phase, retireAfter }: RotationRecord, due: DueDate, stack: string): string {
  const command = `npx sophia-secrets rotate --service ${service}`;
  if (phase !== "idle") {
    return due.isDue ? `${command} --resume --stack ${stack}` : `wait until ${retireAfter ?? "it has drained"}`;
  }
  return due.isDue ? `${command} --stack ${stack}` : `wait until ${due.dueAt ?? "it is due"}`;
}
