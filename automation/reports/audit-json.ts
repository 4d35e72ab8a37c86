/** How does a program read an audit? The keys of the tool that this one replaces, with what we know besides. */
import { type Audit } from "../audit";
import { type RotationStatus } from "../audit/ages";
import { type Freshness } from "../audit/freshness";

/** The JSON document; its shape is `docs/schemas/audit.json`. Times are ISO 8601 in UTC. */
export type AuditDocument = ReturnType<typeof auditDocument>;

/** Statuses that the original calls `needs_rotation`. */
const NEEDS_ROTATION: readonly RotationStatus[] = ["OVERDUE", "DUE TODAY", "NEVER"];

/** Makes the document. `services`, `rotation_status`, `sync_status` and `recommendations` have the original's keys and words. */
export function auditDocument(audit: Audit) {
  const { organization, stack, timestamp, offline, isSetUp, services, findings, recommendations } = audit;
  const { places, importers, tokens, envFiles, missingAtDestinations } = audit;
  return {
    ...{ schema: "sophia-secrets/audit", version: 2, timestamp, organization, stack, offline, isSetUp },
    services: Object.fromEntries(services.map((service) => [service.service, serviceEntry(service)])),
    rotation_status: Object.fromEntries(services.map((service) => [service.service, rotationEntry(service)])),
    sync_status: syncStatus(audit),
    ...{ recommendations, findings, missingAtDestinations, places, importers, tokens, envFiles },
  } as const;
}

/** The name under which the audit is kept by default, in UTC: `secrets_audit_20261123_090000.json`. `now` is in milliseconds since 1970. */
export function auditFileName(now: number): string {
  const [day, time] = new Date(now).toISOString().replace(/[-:]/g, "").split(/[T.]/);
  return `secrets_audit_${day}_${time}.json`;
}

function serviceEntry({ title, owner, phase, retireAfter, missing, variables, unknown }: Audit["services"][number]) {
  return {
    variables_count: variables.filter(({ present }) => present).length,
    missing_variables: missing,
    status: unknown.includes("missing") ? "unknown" : missing.length === 0 ? "complete" : "incomplete",
    ...{ title, owner, phase },
    ...(retireAfter === undefined ? {} : { retireAfter }),
    variables,
  } as const;
}

function rotationEntry(service: Audit["services"][number]) {
  const isUnknown = service.unknown.includes("rotation");
  const { status: urgency, basis, since, ageDays, everyDays, dueAt, dueInDays, claimedBy } = service;
  return {
    last_rotation: service.rotatedAt ?? (isUnknown ? "unknown" : "never"),
    days_since_rotation: service.rotatedAt === undefined || ageDays === undefined ? "N/A" : ageDays,
    status: isUnknown ? "unknown" : NEEDS_ROTATION.includes(urgency) ? "needs_rotation" : "ok",
    ...{ urgency: isUnknown ? "UNKNOWN" : urgency, basis, everyDays },
    ...(since === undefined ? {} : { since }),
    ...(ageDays === undefined ? {} : { ageDays }),
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(dueInDays === undefined ? {} : { dueInDays }),
    ...(claimedBy === undefined ? {} : { claimedBy }),
  } as const;
}

/** Exports leave no trace in any store, so nothing is said of them. */
function syncStatus({ freshness, places }: Audit) {
  const hasOrganization = places.some(({ visibility }) => visibility !== undefined);
  const sync = ({ last, days, isOld }: Freshness, isUsed: boolean) => ({
    last_sync: last,
    days_since_sync: days ?? "N/A",
    status: !isUsed ? "not_used" : isOld ? "needs_sync" : last === "unknown" ? "unknown" : "ok",
  });
  const { last, days, isOld } = freshness.intake;
  const imported = isOld ? "needs_import" : last === "unknown" ? "unknown" : "ok";
  return {
    github_repo: sync(freshness.repositories, true),
    github_org: sync(freshness.organization, hasOrganization),
    pulumi_import: { last_import: last, days_since_import: days ?? "N/A", status: imported },
    pulumi_export: { last_export: "not_tracked", days_since_export: "N/A", status: "not_tracked" },
    export_status: "not_tracked",
  } as const;
}
