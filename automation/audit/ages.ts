/** How old is a credential, and when is it due? Ages of services and of their variables, each with what the age rests on. */
import { type Credential, type Service } from "../../services/service";
import { credentialVariables, variablesOf } from "../../services/select";
import { type RotationRecord } from "../rotation/record";
import { materialOfSlot, type Ledger } from "./ledger";

/** How urgent a rotation is; DUE SOON is within 7 days. */
export type RotationStatus = "OVERDUE" | "DUE TODAY" | "DUE SOON" | "OK" | "NEVER";

/**
 * What an age rests on:
 * - `rotated`: a rotation of ours that was proved by log-ins.
 * - `generated`: the program made the credential; Pulumi's state says when.
 * - `claimed`: `secrets_config.json` of the Python tools said so, and nothing proves it.
 * - `imported`: a person put it in; its age is not known, `since` is the time from which on it is at least that old.
 * - `unknown`: nothing says anything.
 */
export type AgeBasis = "rotated" | "generated" | "claimed" | "imported" | "unknown";

/** The age of one credential or variable. Times are ISO 8601 in UTC. */
export interface Age {
  readonly status: RotationStatus;
  readonly basis: AgeBasis;
  readonly since?: string;
  /** Whole days since `since`. */
  readonly ageDays?: number;
  readonly dueAt?: string;
  /** Days until it is due; negative when overdue. */
  readonly dueInDays?: number;
}

/** What is known of one service's credential. */
export interface AgeSources {
  readonly record: RotationRecord;
  readonly ledger: Ledger | undefined;
  /** A person has put the current slot's material in. */
  readonly isProvided: boolean;
  /** When the intake was written last, ISO; what is in it is at least that old. */
  readonly intakeWrittenAt: string | undefined;
}

const DAY_MS = 86_400_000;
const SOON_DAYS = 7;

/** The most urgent first. */
export const URGENCY: readonly RotationStatus[] = ["OVERDUE", "DUE TODAY", "NEVER", "DUE SOON", "OK"];

/** How a rotation period (days) and the last rotation (ISO) make a status at `now` (milliseconds since 1970). */
export function rotationStatus(
  everyDays: number,
  rotatedAt: string | undefined,
  now: number,
): { status: RotationStatus; dueInDays?: number } {
  const since = Date.parse(rotatedAt ?? "");
  if (Number.isNaN(since)) return { status: "NEVER" };
  // Adding 0 makes a plain 0 of -0.
  const dueInDays = Math.ceil((since + everyDays * DAY_MS - now) / DAY_MS) + 0;
  if (dueInDays < 0) return { status: "OVERDUE", dueInDays };
  if (dueInDays === 0) return { status: "DUE TODAY", dueInDays };
  return { status: dueInDays <= SOON_DAYS ? "DUE SOON" : "OK", dueInDays };
}

/** Whole days from an ISO time to `now`; never negative, so that a clock which runs ahead makes no nonsense. Undefined for no time. */
export function daysSince(time: string | undefined, now: number): number | undefined {
  const since = Date.parse(time ?? "");
  return Number.isNaN(since) ? undefined : Math.max(0, Math.floor((now - since) / DAY_MS));
}

/** The age of the credential that a service's consumers read, due every `everyDays` days. */
export function credentialAge(service: Service, sources: AgeSources, everyDays: number, now: number): Age {
  const { record, ledger, isProvided, intakeWrittenAt } = sources;
  if (record.rotatedAt !== undefined && record.rotatedAtSource !== undefined)
    return claimedAge(record.rotatedAt, everyDays, now);
  if (record.rotatedAt !== undefined) return ageOf("rotated", record.rotatedAt, everyDays, now);
  if (isProvided) return undated("imported", intakeWrittenAt, now);
  const made = ledger && materialOfSlot(ledger, service.name, record.current);
  return made?.createdAt === undefined
    ? { status: "NEVER", basis: "unknown" }
    : ageOf("generated", made.createdAt, everyDays, now);
}

/** The ages of a service's variables that rotate, by name: as the service's own, or later where the record has a time for the variable. */
export function variableAges(
  service: Service,
  credential: Credential,
  { record }: AgeSources,
  { age, everyDays, now }: { readonly age: Age; readonly everyDays: number; readonly now: number },
): Readonly<Record<string, Age>> {
  const twins = new Map(variablesOf(service).map(({ name, sameAs }) => [name, sameAs ?? name]));
  const entries = credentialVariables(service, credential).map((name) => {
    const own = record.variables?.[name]?.rotatedAt ?? record.variables?.[twins.get(name) ?? name]?.rotatedAt;
    if (own === undefined || age.basis !== "rotated") return [name, age] as const;
    return [name, ageOf("rotated", own, everyDays, now)] as const;
  });
  return Object.fromEntries(entries);
}

function ageOf(basis: AgeBasis, since: string, everyDays: number, now: number): Age {
  const { status, dueInDays } = rotationStatus(everyDays, since, now);
  return {
    ...undated(basis, since, now),
    status,
    ...(dueInDays === undefined
      ? {}
      : { dueInDays, dueAt: new Date(Date.parse(since) + everyDays * DAY_MS).toISOString() }),
  };
}

/** A claim can make things worse, never better: the tools that wrote it recorded rotations that had not happened. */
function claimedAge(rotatedAt: string, everyDays: number, now: number): Age {
  const age = ageOf("claimed", rotatedAt, everyDays, now);
  return URGENCY.indexOf(age.status) < URGENCY.indexOf("NEVER") ? age : { ...age, status: "NEVER" };
}

function undated(basis: AgeBasis, since: string | undefined, now: number): Age {
  const ageDays = daysSince(since, now);
  return { status: "NEVER", basis, ...(since === undefined || ageDays === undefined ? {} : { since, ageDays }) };
}
