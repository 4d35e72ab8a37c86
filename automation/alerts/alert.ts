/** What is told to people who do not look by themselves? One message about the state of one stack, made of what a command found. */
import { createHash } from "node:crypto";

/** Which command found it. */
export type AlertSource = "audit" | "access" | "usage" | "rotate" | "test";

/** One thing that is wrong. No field holds a value of a secret. */
export interface AlertFinding {
  /** Stable word: `rotation-overdue`, `probe-rejected`. */
  readonly rule: string;
  readonly level: "error" | "warning";
  /** What it is about; with the rule it says whether this is the same trouble as yesterday's. */
  readonly subject: string;
  /** One sentence. */
  readonly message: string;
  /** What to run next. */
  readonly command?: string;
}

/** The message, and what plain JSON receivers get. */
export interface Alert {
  readonly schema: "sophia-secrets/alert";
  readonly version: 1;
  readonly source: AlertSource;
  readonly organization: string;
  readonly stack: string;
  /** ISO 8601. */
  readonly timestamp: string;
  /** `recovered`: what was told before is no longer there. */
  readonly state: "failing" | "recovered";
  /** The same for the same troubles, whatever their words and order. */
  readonly fingerprint: string;
  readonly findings: readonly AlertFinding[];
}

/** Puts a message together; without findings all is well. */
export function makeAlert(
  origin: Pick<Alert, "source" | "organization" | "stack" | "timestamp">,
  findings: readonly AlertFinding[],
): Alert {
  return {
    ...{ schema: "sophia-secrets/alert", version: 1, ...origin },
    ...{ state: findings.length === 0 ? "recovered" : "failing", fingerprint: fingerprintOf(findings), findings },
  };
}

/** Of rules and subjects only: messages count days. */
export function fingerprintOf(findings: readonly AlertFinding[]): string {
  const keys = [...new Set(findings.map(({ rule, subject }) => JSON.stringify([rule, subject])))].sort();
  return createHash("sha256").update(keys.join("\n")).digest("hex").slice(0, 32);
}

/** The message in one line. */
export function titleOf({ source, organization, stack, state, findings }: Alert): string {
  const where = `stack ${stack} of ${organization}`;
  if (state === "recovered") return `${source}: ${where} is well again`;
  const errors = findings.filter(({ level }) => level === "error").length;
  const warnings = findings.length - errors;
  const words = [
    ...(errors > 0 ? [`${errors} ${errors === 1 ? "error" : "errors"}`] : []),
    ...(warnings > 0 ? [`${warnings} ${warnings === 1 ? "warning" : "warnings"}`] : []),
  ];
  return `${source}: ${words.join(", ")} on ${where}`;
}
