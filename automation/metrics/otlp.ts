/**
 * How do OpenTelemetry collectors read metrics? The JSON form of OTLP, as protobuf's JSON mapping makes it of
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto
 */
import { type Metric } from "./metric";

/** Of what the metrics tell. */
export interface MetricsOrigin {
  readonly organization: string;
  readonly stack: string;
  /** Of this program. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** OTLP's number for sums that are counted from the beginning. */
const CUMULATIVE = 2;

/** The request of one export. 64-bit integers are texts in protobuf's JSON. */
export function otlpRequest(metrics: readonly Metric[], { organization, stack, version, now }: MetricsOrigin): object {
  const timeUnixNano = `${BigInt(Math.trunc(now)) * 1_000_000n}`;
  const resource = {
    ...{ "service.name": "sophia-secrets", "service.version": version, "service.namespace": organization },
    "sophia.stack": stack,
  };
  const scope = { name: "sophia-secrets", version };
  const exported = metrics
    .filter(({ points }) => points.length > 0)
    .map(({ name, description, unit, kind, points }) => {
      const dataPoints = points.map(({ attributes, value }) => ({
        attributes: attributesOf(attributes),
        timeUnixNano,
        asDouble: value,
      }));
      const data =
        kind === "counter"
          ? { sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints } }
          : { gauge: { dataPoints } };
      return { name, description, unit, ...data };
    });
  return {
    resourceMetrics: [
      { resource: { attributes: attributesOf(resource) }, scopeMetrics: [{ scope, metrics: exported }] },
    ],
  };
}

function attributesOf(attributes: Readonly<Record<string, string>>): object[] {
  return Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}
