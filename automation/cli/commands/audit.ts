/** `audit`: what is old, missing or not where it should be? */
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { services } from "../../../services";
import { ApiReader } from "../../api-reader";
import { audit, type Audit } from "../../audit";
import { FAILURES, hasFailure, type FailureWord } from "../../audit/findings";
import { AutomationError, EXIT, usageError, type ExitCode } from "../../errors";
import { auditDocument, auditFileName } from "../../reports/audit-json";
import { Session } from "../../session";
import { ESC_TOKEN, type NeededTokens } from "../../settings";
import { findProjectDirectory } from "../../stack-file";
import { chooseFrom } from "../choices";
import { selectServices, type CommandContext, type CommandResult } from "../command";
import { readPackage } from "../package";

/** Options of `audit`. */
export interface AuditCommandOptions {
  /** Findings that make the exit code 1, drift alone 7. */
  readonly failOn: readonly string[];
  /** Days by service, `all`, `sync` and `import`. @default the catalogue's */
  readonly maxAges?: Readonly<Record<string, number>>;
  /** @default table */
  readonly format?: "table" | "json" | "sarif" | "html";
  /** A path, `-` for standard output, `none`. @default a file named by the time, where the format is a table */
  readonly output?: string;
  /** @default false */
  readonly offline?: boolean;
}

/** What is read outside of ESC; who audits need not hold an administrator's password. */
export const AUDIT_TOKENS: NeededTokens = ["pulumi", "github", "vercel"];

/** Audits the stack, prints the report and keeps it in a file. */
export async function runAudit(options: AuditCommandOptions, context: CommandContext): Promise<CommandResult> {
  const { failOn, maxAges = {}, offline = false } = options;
  const words = requireWords(failOn);
  const audited = await auditStack({ maxAges, offline }, context);
  await deliver(audited, options, context);
  return exitCode(audited, words);
}

/** Audits the stack of the command line. Throws a usage error for an age of an unknown service, and as {@link audit} does. */
export async function auditStack(
  { maxAges = {}, offline = false }: Pick<AuditCommandOptions, "maxAges" | "offline">,
  context: CommandContext,
): Promise<Audit> {
  requireAges(maxAges);
  const { http, signal, now, directory, environment } = context.dependencies;
  return audit(context.session(offline ? [] : AUDIT_TOKENS), services, now(), {
    offline,
    maxAges,
    api: new ApiReader(http, signal),
    siblings: offline ? [] : siblingSessions(context),
    workingDirectory: { path: directory, environment },
  });
}

/** 6 where nothing is set up, 1 on what `--fail-on` names, 7 on drift alone, 1 where a part could not be read. */
export function exitCode({ findings }: Pick<Audit, "findings">, words: readonly FailureWord[]): ExitCode {
  if (findings.some(({ rule }) => rule === "not-set-up")) return EXIT.notFound;
  const met = words.filter((word) => hasFailure(word, findings));
  if (met.some((word) => word !== "drift")) return EXIT.attention;
  if (met.length > 0) return EXIT.unexpectedChange;
  return findings.some(({ rule }) => rule === "unreadable") ? EXIT.attention : EXIT.done;
}

function requireWords(failOn: readonly string[]): FailureWord[] {
  const isWord = (word: string): word is FailureWord => Object.hasOwn(FAILURES, word);
  const unknown = failOn.filter((word) => !isWord(word));
  if (unknown.length === 0) return failOn.filter(isWord);
  throw usageError(
    "cli.unknown_finding",
    `The audit finds no ${unknown.join(", ")}; nothing was looked at.`,
    `${chooseFrom(Object.keys(FAILURES), unknown[0])} With --access: unexpected. With --usage: unusual.`,
  );
}

function requireAges(maxAges: Readonly<Record<string, number>>): void {
  const words = Object.keys(maxAges).filter((word) => word !== "sync" && word !== "import");
  selectServices(words, ({ rotation }) => rotation !== undefined);
}

/** The other stacks of the project, to find what two of them share; one that is not set up properly is nothing to compare with. */
function siblingSessions({ stackName, dependencies }: CommandContext): Session[] {
  // It names the settings file of this stack.
  const { PULUMI_OPTION_CONFIG_FILE: _, ...environment } = dependencies.environment;
  const files = readdirSync(findProjectDirectory(dependencies.directory)).sort();
  const names = files.flatMap((file) => /^Pulumi\.([A-Za-z0-9_.-]+)\.yaml$/.exec(file)?.[1] ?? []);
  return names
    .filter((name) => name !== stackName)
    .flatMap((name) => {
      try {
        return [new Session(name, { ...dependencies, environment }, ESC_TOKEN)];
      } catch (error) {
        if (error instanceof AutomationError) return [];
        throw error;
      }
    });
}

/** A table is shown and the JSON kept in a file; any other format is the report itself, shown or in the file that was named. */
async function deliver(audited: Audit, options: AuditCommandOptions, context: CommandContext): Promise<void> {
  const { output, dependencies } = context;
  const { redactor, now } = dependencies;
  const format = output.isJson ? "json" : (options.format ?? "table");
  const document = auditDocument(audited);
  const json = `${JSON.stringify(redactor.redactDeep(document), null, 2)}\n`;
  const isTable = format === "table";
  const file = options.output ?? (isTable ? auditFileName(now()) : "-");
  const report = isTable ? json : redactor.redact(await render(audited, format, json));
  const isFile = file !== "-" && file !== "none";
  if (isFile) await save(resolve(dependencies.directory, file), file, report);
  // Already redacted. With --json the object itself is the result, whether it is kept or not.
  if (output.isJson) output.result(document, json);
  else if (isTable && file !== "-") output.result(document, await renderTable(audited, context));
  else if (!isFile) output.raw(report);
  if (isFile) output.talk(`Saved in ${file}`);
}

async function render(audited: Audit, format: "json" | "sarif" | "html", json: string): Promise<string> {
  if (format === "json") return json;
  if (format === "html") return (await import("../../reports/audit-html.js")).auditPage(audited);
  const { auditSarif } = await import("../../reports/audit-sarif.js");
  return `${JSON.stringify(auditSarif(audited, readPackage().version), null, 2)}\n`;
}

async function renderTable(audited: Audit, { colour, width }: CommandContext): Promise<string> {
  return (await import("../../reports/audit-text.js")).renderAudit(audited, { colour, width });
}

async function save(path: string, shown: string, text: string): Promise<void> {
  const { writeReport } = await import("../../env-file/private-file.js");
  const hint = "Name another file with --output, or --output none.";
  await writeReport({ path, shown, code: "audit.unwritable", hint }, text);
}
