/** `audit --access`: who may read what, and has anybody agreed to it? */
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { services } from "../../../services";
import { ApiReader } from "../../api-reader";
import { auditAccess, type AccessAudit } from "../../audit/access/access";
import {
  isReviewFile,
  parseReview,
  quarterOf,
  reviewFileName,
  reviewText,
  type Review,
} from "../../audit/access/review";
import { findUnexpected } from "../../audit/access/unexpected";
import { writeReport } from "../../env-file/private-file";
import { EXIT, usageError, type ExitCode } from "../../errors";
import { accessDocument, accessText, type AccessReport } from "../../reports/access";
import { accessPage } from "../../reports/access-html";
import { type CommandContext } from "../command";
import { AUDIT_TOKENS } from "./audit";

/** Options of `audit --access`. */
export interface AccessOptions {
  /** `unexpected`, or nothing. */
  readonly failOn: readonly string[];
  /** @default table */
  readonly format?: "table" | "json" | "html" | "sarif";
  /** Where the report goes; `none`, as everywhere, means no file. @default standard output */
  readonly output?: string;
  /** Where the file to sign off goes, `none` for none. @default access_review_QUARTER_STACK.md here */
  readonly review?: string;
}

/** What came of it: the report, and the exit code as long as nothing else goes wrong. */
export interface AccessRun {
  readonly report: AccessReport;
  readonly code: ExitCode;
}

/** Lists who may read, writes the file to sign off, and compares with the newest signed one. */
export async function runAccess(options: AccessOptions, context: CommandContext): Promise<AccessRun> {
  const { http, signal, now, directory } = context.dependencies;
  if (options.format === "sarif")
    throw usageError("cli.no_such_format", "audit --access has no format sarif.", "Choose from: table, json, html.");
  const session = context.session(AUDIT_TOKENS);
  const isFailing = requireWord(options.failOn);
  const audit = await auditAccess(session, services, new ApiReader(http, signal), now());
  const signed = await newestSigned(directory, session.stackName);
  const unexpected = signed ? findUnexpected(audit.places, signed.review) : [];
  const report = { audit, signed: signed?.shown, unexpected };
  await deliver(report, options, context);
  await leaveReview(audit, options.review, context);
  const isUnread = audit.places.some(({ state }) => state === "unreadable");
  const isUnagreed = isFailing && (!signed || unexpected.length > 0);
  return { report, code: isUnread || isUnagreed ? EXIT.attention : EXIT.done };
}

function requireWord(failOn: readonly string[]): boolean {
  const unknown = failOn.filter((word) => word !== "unexpected");
  if (unknown.length === 0) return failOn.length > 0;
  throw usageError(
    "cli.unknown_finding",
    `audit --access finds no ${unknown.join(", ")}; nothing was looked at.`,
    "Choose from: unexpected.",
  );
}

/** That of the newest quarter; of one that nobody has signed nothing follows. */
async function newestSigned(directory: string, stack: string) {
  const names = (await readdir(directory))
    .filter((name) => isReviewFile(name, stack))
    .sort()
    .reverse();
  for (const file of names) {
    const review = await readReview(join(directory, file));
    if (review?.signature && review.stack === stack) return { review, shown: { file, ...review.signature } };
  }
  return undefined;
}

async function readReview(path: string): Promise<Review | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text === undefined ? undefined : parseReview(text);
}

/** A file in which somebody has written anything is left as it is. */
async function leaveReview(audit: AccessAudit, review: string | undefined, context: CommandContext): Promise<void> {
  if (review === "none") return;
  const { dependencies, output } = context;
  const shown = review ?? reviewFileName(quarterOf(audit.timestamp), audit.stack);
  const path = resolve(dependencies.directory, shown);
  if ((await readReview(path))?.isTouched)
    return output.talk(`${shown} is being filled in, or signed; it was left as it is.`);
  await save(path, shown, dependencies.redactor.redact(reviewText(audit)));
  output.talk(`To be signed off: ${shown}`);
}

async function deliver(report: AccessReport, options: AccessOptions, context: CommandContext): Promise<void> {
  const { output, dependencies } = context;
  const document = accessDocument(report);
  const text = render(report, output.isJson ? "json" : (options.format ?? "table"), context);
  const { output: file = "-" } = options;
  if (file === "-" || file === "none") return output.result(document, text);
  await save(resolve(dependencies.directory, file), file, dependencies.redactor.redact(text));
  if (output.isJson) output.result(document, text);
}

function render(
  report: AccessReport,
  format: "table" | "json" | "html" | "sarif",
  { colour, width }: CommandContext,
): string {
  if (format === "table") return accessText(report, colour, width);
  if (format === "html") return accessPage(report);
  return `${JSON.stringify(accessDocument(report), null, 2)}\n`;
}

async function save(path: string, shown: string, text: string): Promise<void> {
  await writeReport(
    { path, shown, code: "audit.unwritable", hint: "Name another file with --output or --review." },
    text,
  );
}
