/** How does Prometheus read metrics? Its text format: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
import { labelName, prometheusName, type Metric } from "./metric";

/** Metrics as text; what has no point is left out, so that nobody takes "not known" for a number. */
export function prometheusText(metrics: readonly Metric[]): string {
  return metrics
    .filter(({ points }) => points.length > 0)
    .map((metric) => {
      const name = prometheusName(metric);
      const head = [`# HELP ${name} ${escapeHelp(metric.description)}`, `# TYPE ${name} ${metric.kind}`];
      const lines = metric.points.map(({ attributes, value }) => `${name}${labels(attributes)} ${value}`);
      return [...head, ...lines].map((line) => `${line}\n`).join("");
    })
    .join("");
}

function labels(attributes: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(attributes).map(([name, value]) => `${labelName(name)}="${escapeValue(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** Half of a surrogate pair has no place in UTF-8, which the format is written in. */
function escapeValue(value: string): string {
  return value
    .replace(/\p{Cs}/gu, "\uFFFD")
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
