/** What is a metric? Names and units after OpenTelemetry's conventions, from which Prometheus' own follow by its rules. */

/** One measured number. */
export interface MetricPoint {
  readonly attributes: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric with its points; one without any is left out everywhere. */
export interface Metric {
  /** Dotted, without the unit: `sophia.secrets.credential.age`. */
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  /** `s`, or an annotation in braces for what is counted. https://ucum.org/ucum#section-Annotations */
  readonly unit: string;
  readonly kind: "gauge" | "counter";
  readonly points: readonly MetricPoint[];
}

const UNITS: Readonly<Record<string, string>> = { s: "_seconds" };

/**
 * The name in Prometheus: underscores, the unit in full behind it, and `_total` for what only grows.
 * https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#otlp-metric-points-to-prometheus
 */
export function prometheusName({ name, unit, kind }: Pick<Metric, "name" | "unit" | "kind">): string {
  return `${name.replace(/[^A-Za-z0-9_]/g, "_")}${UNITS[unit] ?? ""}${kind === "counter" ? "_total" : ""}`;
}

/** The name of an attribute as Prometheus takes it for a label. */
export function labelName(attribute: string): string {
  return attribute.replace(/[^A-Za-z0-9_]/g, "_");
}
