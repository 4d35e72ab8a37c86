/** What of a command's report is worth telling? Each report's own findings in one form. */
import { AutomationError } from "../errors";
import { sentenceOf, type accessDocument } from "../reports/access";
import { type AuditDocument } from "../reports/audit-json";
import { type IntegrationTestReport } from "../reports/integration-test";
import { type usageDocument } from "../reports/usage";
import { type RotationReport } from "../rotation/report";
import { type AlertFinding, type AlertSource } from "./alert";

type Of<Name extends string, Report> = Report & { readonly schema: `sophia-secrets/${Name}` };
type Reported =
  | Of<"audit", AuditDocument>
  | Of<"access", ReturnType<typeof accessDocument>>
  | Of<"usage", ReturnType<typeof usageDocument>>
  | RotationReport
  | IntegrationTestReport;

/** Outcomes of a rotation that nobody has to be told of. */
const FINE = ["rotated", "draining", "nothing_due"];
/** Findings whose words name who or what is new: another one is another trouble. */
const NAMED = ["new-user", "new-address", "new-client", "leaked"];

/**
 * The findings of what a command has shown; its exit code is one where the report has none that says why. Notes are not worth an alert.
 */
export function alertFindings(source: AlertSource, shown: object | undefined, exitCode: number): AlertFinding[] {
  const found = shown === undefined ? [] : findingsOf(shown as Reported);
  if (found.length > 0 || exitCode === 0) return found;
  const message = `${source} ended with exit code ${exitCode}`;
  return [{ rule: `exit-${exitCode}`, level: "error", subject: source, message }];
}

/** The finding of a command that ended by an error. Of an unforeseen one only that there was one: its words may hold anything. */
export function errorFinding(source: AlertSource, error: unknown): AlertFinding {
  if (!(error instanceof AutomationError))
    return {
      rule: "internal",
      level: "error",
      subject: source,
      message: `${source} ended by a defect of sophia-secrets`,
    };
  const { code, message, hint } = error;
  return { rule: code, level: "error", subject: source, message, ...(hint === undefined ? {} : { command: hint }) };
}

/** What did not answer is a trouble of its own: nobody may take it for well. What an edition does not show at all is none. */
function unread(subject: string, { state, reason = "no reason given" }: { state: string; reason?: string }) {
  const message = `${subject} was not read: ${reason}`;
  return state === "unreadable" ? [{ rule: "unreadable", level: "warning", subject, message } as const] : [];
}

function findingsOf(report: Reported): AlertFinding[] {
  switch (report.schema) {
    case "sophia-secrets/audit":
      return report.findings.flatMap(({ rule, level, location, service = "", variables = [], message, command }) =>
        level === "note"
          ? []
          : [{ rule, level, subject: [location, service, ...variables].join(" "), message, command }],
      );
    case "sophia-secrets/access":
      return [
        ...report.unexpected.map((one): AlertFinding => ({
          ...{ rule: `access-${one.change.replaceAll(" ", "-")}`, level: "warning" },
          ...{ subject: [one.place, one.kind, one.who, one.how].join(" "), message: sentenceOf(one) },
        })),
        ...report.places.flatMap(({ place, ...rest }) => unread(place, rest)),
      ];
    case "sophia-secrets/usage":
      return [
        ...report.findings.map(({ rule, subject, message }): AlertFinding => ({
          ...{ rule, level: rule === "leaked" ? "error" : "warning", message },
          subject: NAMED.includes(rule) ? message : subject,
        })),
        ...report.sources.flatMap(({ source, ...rest }) => unread(source, rest)),
        ...report.lastUses.flatMap(({ service, ...rest }) => unread(`last use of ${service}`, rest)),
      ];
    case "sophia-secrets/rotation":
      return report.services.flatMap(({ service: subject, outcome, summary: message, next: command }) =>
        FINE.includes(outcome)
          ? []
          : [{ rule: `rotation-${outcome}`, level: "error", subject, message, ...(command ? { command } : {}) }],
      );
    case "sophia-secrets/integration-test":
      return Object.entries(report.services).flatMap(
        ([service, { outcome, class: group = "", error, recommendations }]) =>
          outcome === "passed"
            ? []
            : [
                {
                  ...{ rule: `probe-${outcome}`, level: outcome === "rejected" ? "error" : "warning" },
                  ...{ subject: `${service} ${group}`.trim(), message: `${service}: ${error ?? "no reason given"}` },
                  ...(recommendations[0] ? { command: recommendations[0] } : {}),
                },
              ],
      );
    default:
      // A plan or a schedule: nothing has happened.
      return [];
  }
}
