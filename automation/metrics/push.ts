/** How do metrics get to a collector? One OTLP request over HTTP: https://opentelemetry.io/docs/specs/otlp/#otlphttp */
import { AutomationError, EXIT, usageError } from "../errors";
import { NoAnswerError, sendRequest, type HttpDependencies } from "../http";
import { isSafeAddress } from "../settings";

/** Where metrics go, with the headers that open it. Never print the headers, nor the address: both may carry a token. */
export interface PushTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The target: the address that was given as it stands, else that of OpenTelemetry's own variables.
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 * Throws a usage error where there is none, and for anything but https (http on loopback).
 */
export function pushTarget(given: string | undefined, environment: NodeJS.ProcessEnv): PushTarget {
  const { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: own, OTEL_EXPORTER_OTLP_ENDPOINT: base } = environment;
  const url = given ?? (own || (base ? `${base.replace(/\/+$/, "")}/v1/metrics` : undefined));
  const hint = "Name it with --push URL, or set OTEL_EXPORTER_OTLP_ENDPOINT.";
  if (url === undefined) throw usageError("metrics.no_collector", "No address of a collector is known.", hint);
  if (!isSafeAddress(url))
    throw usageError(
      "metrics.unsafe_collector",
      "The collector's address must be https:// (http:// on loopback).",
      hint,
    );
  const { OTEL_EXPORTER_OTLP_METRICS_HEADERS: ownHeaders, OTEL_EXPORTER_OTLP_HEADERS: headers } = environment;
  return { url, headers: parseHeaders(ownHeaders || headers || "") };
}

/** `key=value,key2=value2`, values percent-encoded as in W3C Baggage. Throws a usage error that shows none of it. */
function parseHeaders(text: string): Record<string, string> {
  const pairs = text.split(",").filter((pair) => pair.trim() !== "");
  try {
    return Object.fromEntries(
      pairs.map((pair) => {
        const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
        if (name === undefined || value === undefined) throw new TypeError("no pair");
        return [name.toLowerCase(), decodeURIComponent(value)];
      }),
    );
  } catch {
    throw usageError(
      "metrics.malformed_headers",
      "OTEL_EXPORTER_OTLP_HEADERS is malformed.",
      "It must look like: authorization=Basic%20abc,x-scope=b",
    );
  }
}

/** Sends the request, three times at most. Throws an error (exit 1) where the collector did not take all of it. */
export async function pushMetrics(
  request: object,
  { url, headers }: PushTarget,
  http: HttpDependencies,
  signal?: AbortSignal,
): Promise<void> {
  const { origin } = new URL(url);
  try {
    const { status, text } = await sendRequest(
      {
        ...{ method: "POST", url, attempts: 3, timeoutMs: 10_000, body: JSON.stringify(request) },
        headers: { ...headers, "content-type": "application/json", "user-agent": "sophia-secrets" },
        ...(signal ? { signal } : {}),
      },
      http,
    );
    if (status < 200 || status > 299) throw failure(origin, `status ${status}`);
    const rejected = rejectedPoints(text);
    if (rejected > 0) throw failure(origin, `${rejected} points were rejected`);
  } catch (error) {
    throw error instanceof NoAnswerError ? failure(origin, error.reason) : error;
  }
}

/** A collector may take a part and say of how many points it took nothing. */
function rejectedPoints(text: string): number {
  try {
    const { partialSuccess } = JSON.parse(text) as { partialSuccess?: { rejectedDataPoints?: string | number } };
    return Number(partialSuccess?.rejectedDataPoints ?? 0);
  } catch {
    // The status has said it; an empty answer and protobuf are answers too.
    return 0;
  }
}

function failure(origin: string, why: string): AutomationError {
  return new AutomationError({
    ...{ code: "metrics.push_failed", exitCode: EXIT.attention },
    message: `The collector at ${origin} did not take the metrics (${why}).`,
    hint: "Check its address and OTEL_EXPORTER_OTLP_HEADERS, then run the same command again.",
  });
}
