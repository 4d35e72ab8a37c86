/** Does a service's credential work? Runs declared probes with a deadline, bounded retries and one verdict each. */
import { type EndpointName, type Service } from "../../services/service";
import { type HttpDependencies } from "../http";
import { Redactor } from "../redact";
import { attemptHttp } from "./http";
import { requiredByHttp } from "./http-request";
import { attemptPatiently } from "./patience";
import { judge, type Subject } from "./remedies";
import { type Attempt, type Finding, type ProbeResult } from "./result";
import { attemptSnowflake, requiredBySnowflake } from "./snowflake";
import { findExpired, findMistakenAddress } from "./evidence";
import { missingVariables } from "./values";

/** The outside world of a probe. */
export interface ProbeContext {
  /** Addresses without a slash at the end; empty for Snowflake means the account's own. */
  readonly endpoints: Readonly<Record<EndpointName, string>>;
  readonly http: HttpDependencies;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** For everything, waits included. @default 30000, Snowflake 60000 */
  readonly deadlineMs?: number;
  /** Attempts in all while the outcome is unknown. @default 3 */
  readonly attempts?: number;
  /** Further attempts after a refusal: a credential that was just made takes a moment to be known everywhere. @default 0 */
  readonly retryRejected?: number;
  readonly signal?: AbortSignal;
}

const DEADLINE_MS = { http: 30_000, snowflake: 60_000 } as const;

/** Snowflake locks a user after five refused log-ins in a row: one probe makes at most three. https://docs.snowflake.com/en/user-guide/admin-user-management */
const MOST_REFUSALS = { http: 20, snowflake: 2 } as const;

/** Runs one service's probe with the given values. Never throws: what goes wrong is the result. */
export async function runProbe(
  service: Service,
  values: Readonly<Record<string, string>>,
  context: ProbeContext,
): Promise<ProbeResult> {
  const startedAt = context.now();
  const progress: Progress = { attempts: 0 };
  const finding = await attemptUntilSettled(service, values, context, progress).catch(
    (error: unknown) => defect(service, error).finding,
  );
  return {
    service: service.name,
    ...redactTexts(finding, service, values),
    durationMs: Math.max(0, Math.round(context.now() - startedAt)),
    attempts: progress.attempts,
  };
}

/** Runs the probes of several services at once, in the order given; one that fails does not stop the others. */
export async function runProbes(
  services: readonly Service[],
  values: Readonly<Record<string, string>>,
  context: ProbeContext,
): Promise<ProbeResult[]> {
  return Promise.all(services.map((service) => runProbe(service, values, context)));
}

interface Progress {
  attempts: number;
}

async function attemptUntilSettled(
  service: Service,
  values: Readonly<Record<string, string>>,
  context: ProbeContext,
  progress: Progress,
): Promise<Finding> {
  const { kind } = service.probe;
  const deadlineAt = context.now() + deadlineMsOf(service, context);
  const remainingMs = (): number => deadlineAt - context.now();
  const missing = missingVariables(service, values, requiredVariables(service, values));
  if (missing.length > 0) {
    const empty = missing.filter((name) => values[name] === "").join(", ");
    return judge("missing-variables", { service, names: missing, code: empty }).finding;
  }
  const mistaken = findMistakenAddress(service, values);
  if (mistaken) return judge("wrong-address", mistaken).finding;
  const once = async (): Promise<Attempt> => {
    const attempt = await attemptOnce(service, values, context, remainingMs);
    if (!attempt.notSent) progress.attempts += 1;
    return attempt;
  };
  const attempt = await attemptPatiently(once, {
    http: context.http,
    remainingMs,
    unknown: (context.attempts ?? 3) - 1,
    rejected: Math.min(context.retryRejected ?? 0, MOST_REFUSALS[kind]),
    ...(context.signal ? { signal: context.signal } : {}),
  });
  if (!attempt) return judge("cancelled", { service, names: [] }).finding;
  const expired = attempt.finding.credentialRefused ? findExpired(service, values, context.now()) : undefined;
  return expired ? judge("expired", expired).finding : attempt.finding;
}

/** A second line of defence for the texts only: the outcome and the class are words of ours, which a short secret may happen to equal. */
function redactTexts(finding: Finding, service: Service, values: Readonly<Record<string, string>>): Finding {
  const redactor = redactorOf(service, values);
  return {
    ...finding,
    reason: redactor.redact(finding.reason),
    ...(finding.remedy === undefined ? {} : { remedy: redactor.redact(finding.remedy) }),
    details: redactor.redactDeep(finding.details),
  };
}

/** Knows the service's secrets. */
export function redactorOf(service: Service, values: Readonly<Record<string, string>>): Redactor {
  const redactor = new Redactor();
  for (const [name, { secret }] of Object.entries(service.variables)) if (secret) redactor.add(values[name]);
  return redactor;
}

/** Milliseconds for everything, waits included. */
export function deadlineMsOf({ probe }: Service, { deadlineMs }: Pick<ProbeContext, "deadlineMs">): number {
  return deadlineMs ?? DEADLINE_MS[probe.kind];
}

function requiredVariables(service: Service, values: Readonly<Record<string, string>>): string[] {
  const { probe } = service;
  return probe.kind === "http" ? requiredByHttp(service, probe.steps) : requiredBySnowflake(service, probe, values);
}

async function attemptOnce(
  service: Service,
  values: Readonly<Record<string, string>>,
  context: ProbeContext,
  remainingMs: () => number,
): Promise<Attempt> {
  const { probe } = service;
  const shared = { service, values, remainingMs, ...(context.signal ? { signal: context.signal } : {}) };
  return probe.kind === "http"
    ? attemptHttp({ ...shared, steps: probe.steps, endpoints: context.endpoints, http: context.http, now: context.now })
    : attemptSnowflake({ ...shared, probe, accessUrl: context.endpoints.snowflake });
}

/** An error that nobody foresaw: its name only, because its message may hold anything. */
function defect(service: Service, error: unknown): Attempt {
  const subject: Subject = { service, names: [], code: error instanceof Error ? error.name : typeof error };
  return judge("defect", subject);
}
