/** Does a service work in depth? The log-in as ever, then the checks that the service declares, and one verdict on both. */
import { type Service } from "../../services/service";
import { checkHttp, resultOf } from "./deep-http";
import { checkSnowflake } from "./deep-snowflake";
import { judge } from "./remedies";
import { type CheckResult, type ProbeResult } from "./result";
import { deadlineMsOf, redactorOf, runProbe, type ProbeContext } from "./run";

/**
 * Runs the probe and, unless nobody answered or the credential itself was refused, the deeper checks. What they find makes a service that lets
 * us in `rejected` or `unknown`; warnings leave it as it is. Never throws.
 */
export async function runDeepProbe(
  service: Service,
  values: Readonly<Record<string, string>>,
  context: ProbeContext,
): Promise<ProbeResult> {
  const startedAt = context.now();
  const logIn = await runProbe(service, values, context);
  const tells = logIn.outcome === "passed" || (logIn.outcome === "rejected" && !logIn.credentialRefused);
  const checks = tells && !context.signal?.aborted ? await runChecks(service, values, context) : [];
  const redactor = redactorOf(service, values);
  const shown = checks.map(({ reason, remedy, ...check }) => ({
    ...check,
    reason: redactor.redact(reason),
    ...(remedy === undefined ? {} : { remedy: redactor.redact(remedy) }),
  }));
  const durationMs = Math.max(0, Math.round(context.now() - startedAt));
  const own = resultOf("log in", { finding: logIn, worthRetrying: false });
  return { ...withVerdict(logIn, shown), durationMs, checks: [own, ...shown] };
}

async function runChecks(
  service: Service,
  values: Readonly<Record<string, string>>,
  context: ProbeContext,
): Promise<CheckResult[]> {
  const { probe } = service;
  const { endpoints, http, now, signal, attempts = 3 } = context;
  const deadlineAt = now() + deadlineMsOf(service, context);
  const shared = { service, values, remainingMs: () => deadlineAt - now(), ...(signal ? { signal } : {}) };
  try {
    return probe.kind === "http"
      ? await checkHttp(probe.deep ?? [], { ...shared, endpoints, http, now, unknown: attempts - 1 })
      : await checkSnowflake({ ...shared, probe, accessUrl: endpoints.snowflake });
  } catch (error) {
    const code = error instanceof Error ? error.name : typeof error;
    return [
      { name: "checks", status: "unknown", reason: judge("defect", { service, names: [], code }).finding.reason },
    ];
  }
}

/** The first failed check decides, then the first that nobody knows of. */
function withVerdict(logIn: ProbeResult, checks: readonly CheckResult[]): ProbeResult {
  const worst = checks.find(({ status }) => status === "failed") ?? checks.find(({ status }) => status === "unknown");
  if (logIn.outcome !== "passed" || !worst) return logIn;
  return {
    ...logIn,
    outcome: worst.status === "failed" ? "rejected" : "unknown",
    ...(worst.class ? { class: worst.class } : {}),
    reason: worst.reason,
    ...(worst.remedy === undefined ? {} : { remedy: worst.remedy }),
  };
}
