/** What is old, missing or not where it should be? Judges a stack by what the stores themselves say, and names the command that mends each finding. */
import { type Service } from "../services/service";
import { type RotationStatus, URGENCY } from "./audit/ages";
import { gatherEvidence, isUnseen, type EvidenceOptions, type AuditEvidence } from "./audit/evidence";
import { byUrgency, finding, recommendation, type Finding } from "./audit/findings";
import { auditFreshness, type FreshnessAudit } from "./audit/freshness";
import { auditPlaces, auditPublished, placeFindings, type OuterPlaceAudit, type PlaceAudit } from "./audit/place-audit";
import { auditService, missingVariables, serviceFindings, type ServiceFindings } from "./audit/services";
import { ours, syncCommand } from "./audit/commands";
import { storageFindings } from "./audit/storage";
import { type TokenAudit } from "./audit/tokens";
import { type EnvFileAudit } from "./audit/working-directory";
import { type Session } from "./session";

export { rotationStatus, type RotationStatus } from "./audit/ages";

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

/** The audit in short. */
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

/** The whole audit: what every report of it is made of. No field holds a value of a secret. */
export interface Audit extends Omit<AuditReport, "schema" | "version" | "services"> {
  readonly organization: string;
  /** Nothing but Pulumi's state was looked at. */
  readonly offline: boolean;
  /** False where there are no environments, where nothing was ever brought up, and where nobody knows: a finding says which. */
  readonly isSetUp: boolean;
  readonly services: readonly ServiceFindings[];
  /** The published environment first, then every place outside. */
  readonly places: readonly PlaceAudit[];
  /** ESC environments that import the published one, as `project/environment`. */
  readonly importers: readonly string[];
  readonly tokens: readonly TokenAudit[];
  readonly envFiles: readonly EnvFileAudit[];
  readonly freshness: FreshnessAudit;
  /** Most urgent first. */
  readonly findings: readonly Finding[];
}

/** Options of an audit. */
export interface AuditOptions extends EvidenceOptions {
  /** Greatest ages in days: by service, `all`, `sync` and `import`. */
  readonly maxAges?: Readonly<Record<string, number>>;
}

/**
 * Audits a stack from ESC, GitHub, Vercel and Pulumi's state themselves; changes nothing. `now` is in milliseconds since 1970.
 * Throws only where nothing at all could be said: unusable settings, an ESC that refuses the token or does not answer.
 */
export async function audit(
  session: Session,
  catalogue: readonly Service[],
  now: number,
  options: AuditOptions = {},
): Promise<Audit> {
  const evidence = await gatherEvidence(session, catalogue, options, now);
  const { maxAges = {} } = options;
  const { stackName: stack } = session;
  const judgement = { evidence, maxAges, now };
  const services = catalogue
    .filter(({ rotation }) => rotation !== undefined)
    .map((one) => auditService(one, judgement));
  const outside = auditPlaces(catalogue, evidence);
  const freshness = auditFreshness(evidence, outside, maxAges, now);
  const sorted = [...services].sort((left, right) => URGENCY.indexOf(left.status) - URGENCY.indexOf(right.status));
  const basis = [evidence.definitions.intake, evidence.ledger];
  const isSetUp = basis.every(({ state }) => state !== "absent") && !basis.every(isUnseen);
  const findings = byUrgency([
    // What was never brought up has nothing to rotate, and the first `up` makes most of what is missing.
    ...(isSetUp ? sorted.flatMap((service) => serviceFindings(service, stack, now)) : []),
    ...(isSetUp ? unrotatedFindings(catalogue, evidence, stack) : []),
    ...placeFindings(outside, evidence),
    ...storageFindings({ session, catalogue, evidence, places: outside }),
    ...oldSyncs(outside, freshness, evidence),
  ]);
  return {
    organization: session.settings.organization,
    stack,
    timestamp: new Date(now).toISOString(),
    offline: options.offline ?? false,
    isSetUp,
    services,
    missingAtDestinations: missingAt(outside),
    places: [
      auditPublished(catalogue, evidence, session.esc.fullName(session.settings.environments.published)),
      ...outside.map(withoutInternals),
    ],
    importers: evidence.importers.state === "read" ? evidence.importers.value : [],
    tokens: evidence.tokens,
    envFiles: evidence.envFiles,
    freshness,
    findings,
    recommendations: findings.map(recommendation),
  };
}

/** The audit in short, without what only its own reports show. */
export function auditSummary({
  stack,
  timestamp,
  services,
  missingAtDestinations,
  recommendations,
}: Audit): AuditReport {
  return {
    schema: "sophia-secrets/audit",
    version: 1,
    stack,
    timestamp,
    services: services.map(({ service, status, rotatedAt, dueInDays, phase, missing }) => ({
      service,
      status,
      ...(rotatedAt === undefined ? {} : { rotatedAt }),
      ...(dueInDays === undefined ? {} : { dueInDays }),
      phase,
      missing,
    })),
    missingAtDestinations,
    recommendations,
  };
}

/** A service without a credential that rotates can lack variables all the same. */
function unrotatedFindings(catalogue: readonly Service[], evidence: AuditEvidence, stack: string): Finding[] {
  return catalogue
    .filter(({ rotation }) => rotation === undefined)
    .flatMap((service) => {
      const variables = missingVariables(service, evidence);
      if (variables.length === 0) return [];
      const message = `Configure missing ${service.name} variables ${variables.join(", ")}`;
      const command = ours(stack, "import-env", "--env-file", ".env");
      const location = `services/${service.name}.ts`;
      return [finding("variable-missing", { service: service.name, variables, location, message, command })];
    });
}

function oldSyncs(
  places: readonly OuterPlaceAudit[],
  { repositories, organization }: FreshnessAudit,
  { settings }: AuditEvidence,
): Finding[] {
  return places.flatMap(({ where, place, isReader }) => {
    if (where.kind === "vercel" || isReader) return [];
    const { isOld, last, days } = where.kind === "organization" ? organization : repositories;
    if (!isOld || days === undefined) return [];
    const message = `Nothing was written to ${place} since ${last.slice(0, 10)} (${days} days), and not all is in step`;
    return [
      finding("sync-old", {
        place,
        location: place.replaceAll(" ", "/"),
        message,
        command: syncCommand(settings, where),
      }),
    ];
  });
}

function missingAt(places: readonly OuterPlaceAudit[]): MissingAtDestination[] {
  return places.flatMap(({ place, variables }) =>
    variables.filter(({ status }) => status === "missing").map(({ variable: name }) => ({ place, name })),
  );
}

function withoutInternals({ where: _where, kinds: _kinds, isReader: _isReader, ...rest }: OuterPlaceAudit): PlaceAudit {
  return rest;
}
