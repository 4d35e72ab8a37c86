/** `metrics`: the state of a stack as numbers, for Prometheus and OpenTelemetry. */
import { resolve } from "node:path";
import { services } from "../../../services";
import { ApiReader } from "../../api-reader";
import { audit } from "../../audit";
import { writeReport } from "../../env-file/private-file";
import { type ExitCode } from "../../errors";
import { collectMetrics } from "../../metrics/collect";
import { type Metric, prometheusName } from "../../metrics/metric";
import { otlpRequest } from "../../metrics/otlp";
import { phasesSince } from "../../metrics/phase-since";
import { prometheusText } from "../../metrics/prometheus";
import { pushMetrics, pushTarget } from "../../metrics/push";
import { readTestResults } from "../../metrics/test-results";
import { type CommandContext, type CommandResult } from "../command";
import { readPackage } from "../package";
import { AUDIT_TOKENS, exitCode } from "./audit";

/** Options of `metrics`. */
export interface MetricsOptions {
  readonly format: "prometheus" | "otlp-json";
  /** A file instead of standard output, put into place in one step; readable by all, since another user's exporter reads it. */
  readonly output?: string;
  /** The collector's address; `true` means OpenTelemetry's variables name it. */
  readonly push?: string | true;
  /** A report of `test --output`. @default the newest in the working directory */
  readonly testResults?: string;
}

/** Measures the stack and hands the numbers on. Exit code as an audit's: 1 where a part could not be read, 6 where nothing is set up. */
export async function runMetrics(options: MetricsOptions, context: CommandContext): Promise<CommandResult> {
  const { dependencies, output } = context;
  const { http, signal, now, directory, environment, redactor } = dependencies;
  const target =
    options.push === undefined ? undefined : pushTarget(options.push === true ? undefined : options.push, environment);
  redactor.addAll(Object.values(target?.headers ?? {}));
  redactor.addPathOf(target?.url);
  const tests = await readTestResults(directory, options.testResults);
  const session = context.session(AUDIT_TOKENS);
  const audited = await audit(session, services, now(), { api: new ApiReader(http, signal) });
  const phases = Object.fromEntries(audited.services.map(({ service, phase }) => [service, phase]));
  const { version } = readPackage();
  const sources = { audit: audited, phasesSince: await phasesSince(session, phases), tests, version };
  const metrics = redactor.redactDeep(collectMetrics(sources));
  const { organization, stack } = audited;
  const request = otlpRequest(metrics, { organization, stack, version, now: Date.parse(audited.timestamp) });
  const text = options.format === "prometheus" ? prometheusText(metrics) : `${JSON.stringify(request)}\n`;
  if (options.output !== undefined) await save(options.output, text, context);
  if (target) {
    await pushMetrics(request, target, http, signal);
    output.talk(`Pushed to ${new URL(target.url).origin}`);
  }
  if (output.isJson || (options.output === undefined && !target))
    output.result(metricsDocument(metrics, audited), text);
  return exitCode(audited, []) satisfies ExitCode;
}

function metricsDocument(metrics: readonly Metric[], { stack, timestamp }: { stack: string; timestamp: string }) {
  return {
    ...{ schema: "sophia-secrets/metrics", version: 1, stack, timestamp },
    metrics: metrics.map((metric) => ({ ...metric, prometheus: prometheusName(metric) })),
  };
}

async function save(file: string, text: string, { dependencies, output }: CommandContext): Promise<void> {
  const hint = "Name another file with --output.";
  const path = resolve(dependencies.directory, file);
  await writeReport({ path, shown: file, code: "metrics.unwritable", hint, mode: 0o644 }, text);
  output.talk(`Saved in ${file}`);
}
