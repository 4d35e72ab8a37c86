/** What is old, missing or not where it should be? Findings of one stack, each with the command that mends it. */
import { type Service } from "../services/service";
import { variablesFor, variablesOf } from "../services/select";
import { type DestinationEntry } from "./destinations";
import { type Intake } from "./esc/intake";
import { type Settings } from "./settings";
import { withDestinations } from "./sync/desired";
import { type Session } from "./session";

/** How urgent a rotation is; DUE SOON is within 7 days. */
export type RotationStatus = "OVERDUE" | "DUE TODAY" | "DUE SOON" | "OK" | "NEVER";

/** One service's part. Times are ISO 8601. */
export interface ServiceAudit {
  readonly service: string;
  readonly status: RotationStatus;
  readonly rotatedAt?: string;
  /** Days until it is due; negative when overdue. */
  readonly dueInDays?: number;
  readonly phase: string;
  /** Required variables that consumers cannot read. */
  readonly missing: readonly string[];
}

/** A name that a destination does not hold though it should. */
export interface MissingAtDestination {
  readonly place: string;
  readonly name: string;
}

/** The audit's report. */
export interface AuditReport {
  readonly schema: "sophia-secrets/audit";
  readonly version: 1;
  readonly stack: string;
  readonly timestamp: string;
  readonly services: readonly ServiceAudit[];
  readonly missingAtDestinations: readonly MissingAtDestination[];
  /** Most urgent first; each ends with the command to run. */
  readonly recommendations: readonly string[];
}

const DAY_MS = 86_400_000;
const URGENCY: readonly RotationStatus[] = ["OVERDUE", "DUE TODAY", "NEVER", "DUE SOON", "OK"];

/** Audits a stack from ESC, GitHub and Vercel themselves. */
export async function audit(session: Session, catalogue: readonly Service[], now: number): Promise<AuditReport> {
  const [{ intake }, published, entries] = await Promise.all([
    session.intake.require(),
    session.openPublished(),
    session.destinations().list(),
  ]);
  const services = catalogue
    .filter(({ rotation }) => rotation !== undefined)
    .map((service) => auditService(service, intake, Object.keys(published.environmentVariables), now));
  const missingAtDestinations = missingEntries(
    withDestinations(session.settings, intake.github),
    Object.keys(published.environmentVariables),
    entries,
  );
  const { stackName: stack } = session;
  const sorted = [...services].sort((left, right) => URGENCY.indexOf(left.status) - URGENCY.indexOf(right.status));
  return {
    schema: "sophia-secrets/audit",
    version: 1,
    stack,
    timestamp: new Date(now).toISOString(),
    services,
    missingAtDestinations,
    recommendations: [
      ...sorted
        .filter(({ phase }) => phase !== "idle")
        .map(
          ({ service }) =>
            `Finish the rotation of ${service}: sophia-secrets rotate --service ${service} --resume --stack ${stack}`,
        ),
      ...sorted
        .filter(({ missing }) => missing.length > 0)
        .map(
          ({ service, missing }) =>
            `Configure missing ${service} variables: ${missing.join(", ")}: sophia-secrets import-env --stack ${stack}`,
        ),
      ...sorted
        .filter(({ status, phase }) => status !== "OK" && phase === "idle")
        .map(
          ({ service, status }) =>
            `Rotate ${service} (${status}): sophia-secrets rotate --service ${service} --stack ${stack}`,
        ),
      ...(missingAtDestinations.length > 0
        ? [`Write what is missing at ${missingAtDestinations.length} places: sophia-secrets up --stack ${stack}`]
        : []),
    ],
  };
}

/** How a rotation period and the last rotation make a status; both in the units of the arguments' names. */
export function rotationStatus(
  everyDays: number,
  rotatedAt: string | undefined,
  now: number,
): { status: RotationStatus; dueInDays?: number } {
  if (rotatedAt === undefined) return { status: "NEVER" };
  // Adding 0 makes a plain 0 of -0.
  const dueInDays = Math.ceil((Date.parse(rotatedAt) + everyDays * DAY_MS - now) / DAY_MS) + 0;
  if (dueInDays < 0) return { status: "OVERDUE", dueInDays };
  if (dueInDays === 0) return { status: "DUE TODAY", dueInDays };
  return { status: dueInDays <= 7 ? "DUE SOON" : "OK", dueInDays };
}

function auditService(service: Service, intake: Intake, published: readonly string[], now: number): ServiceAudit {
  const { rotatedAt, phase } = intake.rotation(service.name);
  const missing = variablesOf(service).filter((variable) => !variable.optional && !published.includes(variable.name));
  return {
    service: service.name,
    ...rotationStatus(service.rotation?.everyDays ?? 90, rotatedAt, now),
    ...(rotatedAt === undefined ? {} : { rotatedAt }),
    phase,
    missing: missing.map(({ name }) => name),
  };
}

function missingEntries(
  settings: Settings,
  published: readonly string[],
  entries: readonly DestinationEntry[],
): MissingAtDestination[] {
  const { github, vercel } = settings;
  const places = [
    ...github.repositories.map((name) => ({ place: `github ${github.owner}/${name}`, destination: "github" as const })),
    ...(github.organizationSecrets
      ? [{ place: `github organization ${github.owner}`, destination: "github" as const }]
      : []),
    { place: `vercel ${vercel.project}`, destination: "vercel" as const },
  ];
  return places.flatMap(({ place, destination }) =>
    variablesFor(destination)
      .filter(
        ({ name }) =>
          published.includes(name) && !entries.some((entry) => entry.place === place && entry.name === name),
      )
      .map(({ name }) => ({ place, name })),
  );
}
