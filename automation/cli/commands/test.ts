/** `test`: does every service take the credentials that consumers read? */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { definedOnly } from "../../environment";
import { usageError } from "../../errors";
import {
  buildIntegrationTestReport,
  integrationTestExitCode,
  renderIntegrationTest,
} from "../../reports/integration-test";
import { type Session } from "../../session";
import { type Service } from "../../../services/service";
import { selectServices, type CommandContext, type CommandResult } from "../command";
import { ESC_TOKEN } from "../../settings";

/** Where the values come from. */
export const SOURCES = ["esc", "env-file", "process"] as const;

/** Options of `test`. */
export interface TestOptions {
  readonly services: readonly string[];
  readonly source: (typeof SOURCES)[number];
  readonly envFile: string;
  /** A file that gets the JSON report as well. */
  readonly output?: string;
}

/** Runs the integration test. */
export async function runTest(options: TestOptions, context: CommandContext): Promise<CommandResult> {
  const { dependencies, output } = context;
  const selected = selectServices(options.services, () => true);
  // A controlling token that a chosen service is probed with is missing in that probe, not here.
  const session = context.session(options.source === "esc" ? ESC_TOKEN : []);
  const report = await integrationTest(session, selected, await readValues(options, context), dependencies.now);
  if (options.output !== undefined) {
    const { writeReport } = await import("../../env-file/private-file.js");
    const hint = "Name another file with --output.";
    await writeReport(
      { path: resolve(dependencies.directory, options.output), shown: options.output, code: "test.unwritable", hint },
      `${JSON.stringify(dependencies.redactor.redactDeep(report), null, 2)}\n`,
    );
  }
  output.result(report, renderIntegrationTest(report, { colour: context.colour }));
  return integrationTestExitCode(report);
}

/** Probes the services at once with the given values. */
export async function integrationTest(
  session: Session,
  selected: readonly Service[],
  values: Readonly<Record<string, string>>,
  now: () => number,
) {
  const startedAt = now();
  const all = { ...values, ...session.controlValues() };
  const results = await Promise.all(selected.map((service) => session.probe(service, all)));
  return buildIntegrationTestReport(results, { startedAt, durationMs: now() - startedAt });
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
