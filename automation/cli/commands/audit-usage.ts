/** `audit --usage`: is a credential used in a way that it never was before? */
import { resolve } from "node:path";
import { services } from "../../../services";
import { ApiReader } from "../../api-reader";
import { auditUsage, type UsageAudit } from "../../audit/usage/usage";
import { writeReport } from "../../env-file/private-file";
import { EXIT, usageError, type ExitCode } from "../../errors";
import { usageDocument, usageText } from "../../reports/usage";
import { type CommandContext } from "../command";
import { AUDIT_TOKENS } from "./audit";

/** Options of `audit --usage`. */
export interface UsageOptions {
  /** `unusual`, or nothing. */
  readonly failOn: readonly string[];
  /** @default table */
  readonly format?: "table" | "json" | "html" | "sarif";
  /** Where the report goes; `none`, as everywhere, means no file. @default standard output */
  readonly output?: string;
}

/** What came of it: the audit, and the exit code as long as nothing else goes wrong. */
export interface UsageRun {
  readonly audit: UsageAudit;
  readonly code: ExitCode;
}

/** Reads the logs and shows what is unusual. */
export async function runUsage(options: UsageOptions, context: CommandContext): Promise<UsageRun> {
  const { failOn, format = "table", output: file } = options;
  const strange = failOn.filter((word) => word !== "unusual");
  if (strange.length > 0)
    throw usageError(
      "cli.unknown_finding",
      `audit --usage finds no ${strange.join(", ")}; nothing was looked at.`,
      "Choose from: unusual.",
    );
  if (format !== "table" && format !== "json")
    throw usageError("cli.no_such_format", `audit --usage has no format ${format}.`, "Choose from: table, json.");
  const { dependencies, output, colour, width } = context;
  const { http, signal, now, redactor, directory } = dependencies;
  const audit = await auditUsage(context.session(AUDIT_TOKENS), services, new ApiReader(http, signal), now());
  const document = usageDocument(audit);
  const isJson = output.isJson || format === "json";
  const text = isJson ? `${JSON.stringify(document, null, 2)}\n` : usageText(audit, colour, width);
  const isFile = file !== undefined && file !== "-" && file !== "none";
  if (isFile) {
    const hint = "Name another file with --output.";
    await writeReport(
      { path: resolve(directory, file), shown: file, code: "audit.unwritable", hint },
      redactor.redact(text),
    );
  }
  if (output.isJson || !isFile) output.result(document, text);
  return { audit, code: codeOf(audit, failOn.length > 0) };
}

/** What an edition does not give is said, and no failure; a log that did not answer is one. */
function codeOf({ sources, lastUses, findings }: UsageAudit, isFailing: boolean): ExitCode {
  const isUnread = [...sources, ...lastUses].some(({ state }) => state === "unreadable");
  return isUnread || (isFailing && findings.length > 0) ? EXIT.attention : EXIT.done;
}
