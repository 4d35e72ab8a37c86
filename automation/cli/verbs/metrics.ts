/** Which options does `metrics` have? */
import { Option } from "commander";
import { type Shared, type Verbs } from "./verb";

type MetricsFlags = { format: "prometheus" | "otlp-json"; output?: string; push?: string | true; testResults?: string };

/** Declares them. */
export function addMetricsVerb({ verb, act }: Verbs): void {
  verb(
    "metrics",
    "measure the stack for Prometheus or OpenTelemetry",
    "metrics",
    "metrics --output sophia.prom",
    "metrics --push https://collector.example.com/v1/metrics",
  )
    .addOption(
      new Option("--format <format>", "of the text").choices(["prometheus", "otlp-json"]).default("prometheus"),
    )
    .option("--output <file>", "a file instead of standard output, replaced in one step")
    .option("--push [url]", "send OTLP over HTTP (default: $OTEL_EXPORTER_OTLP_ENDPOINT)")
    .option("--test-results <file>", "of test --output (default: the newest in the working directory)")
    .action((o: Shared & MetricsFlags) =>
      act(o, async (c) => (await import("../commands/metrics.js")).runMetrics(o, c)),
    );
}
