/** `report`: how does the stack stand, on one page? */
import { resolve } from "node:path";
import { services } from "../../../services";
import { type Service } from "../../../services/service";
import { type Audit } from "../../audit";
import { requireReportPath, writeReport } from "../../env-file/private-file";
import { stackHistory, stackReport, type StackReport } from "../../report";
import { newestTest, testOfNow, type NewestTest } from "../../report/saved-test";
import { reportPage } from "../../reports/report-page";
import { type CommandContext, type CommandResult } from "../command";
import { auditStack, AUDIT_TOKENS, exitCode } from "./audit";
import { integrationTest, isReady } from "./test";

/** Options of `report`. */
export interface ReportCommandOptions {
  /** A path, or `-` for standard output. @default report.html; no file with --json */
  readonly output?: string;
  /** Test now instead of showing the newest saved test. */
  readonly test: boolean;
  /** Days by service, `all`, `sync` and `import`. @default the catalogue's */
  readonly maxAges: Readonly<Record<string, number>>;
}

/** Writes the page. What is wrong on the stack is what the page says, and no failure of this command; the exit codes are those of `audit`. */
export async function runReport(options: ReportCommandOptions, context: CommandContext): Promise<CommandResult> {
  const { output, dependencies } = context;
  const { output: file = output.isJson ? undefined : "report.html" } = options;
  const target =
    file === undefined || file === "-"
      ? undefined
      : {
          ...{ path: resolve(dependencies.directory, file), shown: file },
          ...{ code: "report.unwritable", hint: "Name another file with --output." },
        };
  if (target) await requireReportPath(target);
  const audited = await auditStack({ maxAges: options.maxAges }, context);
  const session = context.session(AUDIT_TOKENS);
  const [history, test] = await Promise.all([
    stackHistory(session, services),
    findTest(audited, options.test, context),
  ]);
  // Before the page is made: there a value would stand in escaped form.
  const report = dependencies.redactor.redactDeep(stackReport(services, audited, history, test));
  const page = reportPage(report);
  if (target) await writeReport(target, page);
  if (file === "-" && !output.isJson) output.raw(page);
  else output.result(report, summaryOf(report));
  if (target) output.talk(`Saved in ${target.shown}`);
  return exitCode(audited, []);
}

/** Where nothing is set up there is nothing to log in with. */
async function findTest({ isSetUp }: Audit, isToRun: boolean, context: CommandContext): Promise<NewestTest> {
  const { directory, now } = context.dependencies;
  if (!isToRun) return newestTest(directory, context.stackName);
  if (!isSetUp) return { state: "none" };
  const session = context.session(AUDIT_TOKENS);
  const values = { ...(await session.openPublished()).environmentVariables, ...session.controlValues() };
  const ready = (services as readonly Service[]).filter((service) => isReady(service, values));
  return testOfNow(await integrationTest(session, ready, values, { now }));
}

/** The verdict, and what is behind it; the page has the commands. */
function summaryOf({ verdict, toDos }: StackReport): string {
  const grave = toDos.filter(({ level }) => level !== "note");
  return [verdict.sentence, ...grave.map(({ level, message }) => `  ${level.padEnd(8)} ${message}`)].join("\n");
}
