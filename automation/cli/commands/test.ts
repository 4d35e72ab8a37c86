/** `test`: does every service take the credentials that consumers read? With `--deep`, does it work as it should, too? */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { definedOnly } from "../../environment";
import { usageError } from "../../errors";
import {
  buildIntegrationTestReport,
  integrationTestExitCode,
  integrationTestFileName,
  type IntegrationTestReport,
} from "../../reports/integration-test";
import { renderIntegrationTest } from "../../reports/integration-test-text";
import { type Session } from "../../session";
import { variablesOf } from "../../../services/select";
import { type Service } from "../../../services/service";
import { selectServices, type CommandContext, type CommandResult } from "../command";
import { ESC_TOKEN } from "../../settings";

/** Where the values come from. */
export const SOURCES = ["esc", "env-file", "process"] as const;

/** Forms of the report. */
export const FORMATS = ["text", "json", "junit"] as const;

/** Options of `test`. */
export interface TestOptions {
  /** By name; none or `all` means every service that consumers read, and those that a controlling token is there for. */
  readonly services: readonly string[];
  readonly source: (typeof SOURCES)[number];
  readonly envFile: string;
  /** @default false */
  readonly deep?: boolean;
  /** @default text */
  readonly format?: (typeof FORMATS)[number];
  /** A path, `-` for standard output, `none`. @default a file named by the time, where the format is text */
  readonly output?: string;
}

/** Runs the integration test, shows its report and keeps it. */
export async function runTest(options: TestOptions, context: CommandContext): Promise<CommandResult> {
  const { now } = context.dependencies;
  const named = selectServices(options.services, () => true);
  // A controlling token that a chosen service is probed with is missing in that probe, not here.
  const session = context.session(options.source === "esc" ? ESC_TOKEN : []);
  const values = { ...(await readValues(options, context)), ...session.controlValues() };
  const isEach = options.services.length === 0 || options.services.includes("all");
  const selected = isEach ? named.filter((service) => isReady(service, values)) : named;
  const left = named.filter((service) => !selected.includes(service)).map(({ name }) => name);
  if (left.length > 0) context.output.talk(`Left out: ${left.join(", ")}, for want of a controlling token.`);
  const report = await integrationTest(session, selected, values, { now, deep: options.deep ?? false });
  await deliver(report, options, context);
  return integrationTestExitCode(report);
}

/** Probes the services at once with the given values. */
export async function integrationTest(
  session: Session,
  selected: readonly Service[],
  values: Readonly<Record<string, string>>,
  { now, deep = false }: { readonly now: () => number; readonly deep?: boolean },
): Promise<IntegrationTestReport> {
  const startedAt = now();
  const all = { ...values, ...session.controlValues() };
  const results = await Promise.all(selected.map((service) => session.probe(service, all, { deep })));
  return buildIntegrationTestReport(results, { startedAt, durationMs: now() - startedAt, stack: session.stackName });
}

/** A service that consumers read is always tested; a platform only where somebody who steers it asks. */
export function isReady(service: Service, values: Readonly<Record<string, string>>): boolean {
  const variables = variablesOf(service);
  return variables.some(({ destinations }) => destinations.length > 0) || variables.every(({ name }) => values[name]);
}

/** Text is shown and the JSON kept in a file; any other format is the report itself, shown or in the file that was named. */
async function deliver(report: IntegrationTestReport, options: TestOptions, context: CommandContext): Promise<void> {
  const { output, dependencies, colour, width } = context;
  const { redactor, directory } = dependencies;
  const format = output.isJson ? "json" : (options.format ?? "text");
  const file = options.output ?? (format === "text" ? integrationTestFileName(Date.parse(report.timestamp)) : "-");
  const document = redactor.redactDeep(report);
  const written =
    format === "junit"
      ? (await import("../../reports/integration-test-junit.js")).integrationTestJunit(document)
      : `${JSON.stringify(document, null, 2)}\n`;
  const isFile = file !== "-" && file !== "none";
  if (isFile) await save(resolve(directory, file), file, written);
  if (output.isJson || isFile || format === "text")
    output.result(report, renderIntegrationTest(report, { colour, width }));
  else output.raw(written);
  if (isFile) output.talk(`Saved in ${file}`);
}

async function save(path: string, shown: string, text: string): Promise<void> {
  const { writeReport } = await import("../../env-file/private-file.js");
  const hint = "Name another file with --output, or --output none.";
  await writeReport({ path, shown, code: "test.unwritable", hint }, text);
}

async function readValues(options: TestOptions, context: CommandContext): Promise<Readonly<Record<string, string>>> {
  const { directory, environment, redactor } = context.dependencies;
  if (options.source === "esc") return (await context.session().openPublished()).environmentVariables;
  const values =
    options.source === "process" ? definedOnly(environment) : await readEnvFile(options.envFile, directory);
  for (const service of selectServices([], () => true)) {
    for (const [name, { secret }] of Object.entries(service.variables)) if (secret) redactor.add(values[name]);
  }
  return values;
}

async function readEnvFile(path: string, directory: string): Promise<Readonly<Record<string, string>>> {
  const { parseEnvFile } = await import("../../env-file/parse.js");
  const content = await readFile(resolve(directory, path)).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code ?? "unknown";
    throw usageError("test.unreadable", `${path} cannot be read (${reason}).`, "Name the file with --env-file.");
  });
  return parseEnvFile(content, path).values;
}
