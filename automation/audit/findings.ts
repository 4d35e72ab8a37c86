/** What is a finding? Every rule of the audit with its weight, and the order in which findings are told. */

/** How grave a finding is; SARIF's own words. */
export type FindingLevel = "error" | "warning" | "note";

/** What a rule says in general. */
export interface Rule {
  readonly level: FindingLevel;
  /** One sentence. */
  readonly title: string;
}

/** The rules, the most urgent first: recommendations come in this order. */
export const RULES = {
  "not-set-up": { level: "error", title: "The stack has no ESC environments yet." },
  unreadable: {
    level: "error",
    title: "A part of the evidence could not be read, so it is not known how things are there.",
  },
  "rotation-unfinished": { level: "error", title: "A rotation was begun and has not ended." },
  "plaintext-secret": { level: "error", title: "A secret stands in clear where others can read it." },
  "env-file-tracked": { level: "error", title: "Git tracks a file with secrets." },
  "token-expired": { level: "error", title: "A token has expired." },
  "shared-value": { level: "error", title: "Two stacks share one secret." },
  "published-edited": {
    level: "error",
    title: "An ESC environment that the program owns was edited by somebody else.",
  },
  "variable-missing": { level: "error", title: "Programs need a variable that has no value." },
  "rotation-overdue": { level: "error", title: "A credential is older than it may be." },
  "rotation-due-today": { level: "warning", title: "A credential reaches its greatest age today." },
  "destination-edited": { level: "error", title: "Somebody else wrote over what this stack had written." },
  "destination-missing": { level: "error", title: "A place lacks a variable." },
  "destination-behind": { level: "error", title: "A place has an older value than ESC." },
  "destination-shadowed": { level: "warning", title: "A nearer entry hides what this stack has written." },
  "rotation-never": { level: "warning", title: "A credential was never rotated, and its age is not known." },
  "token-expiring": { level: "warning", title: "A token expires soon." },
  "env-file-mode": { level: "warning", title: "Others can read a file with secrets." },
  "visible-to-all": {
    level: "warning",
    title: "Every repository of the organization reads the organization's secrets.",
  },
  "retired-material": { level: "warning", title: "A retired slot still holds material." },
  "destination-foreign": { level: "warning", title: "An entry of our name was made by somebody else." },
  "password-user": { level: "warning", title: "A service user logs in with a password, which its vendor is ending." },
  "rotation-due-soon": { level: "note", title: "A credential is due within a week." },
  "sync-old": { level: "note", title: "Nothing was written there for a long time, and not all is in step." },
  "unused-key": { level: "note", title: "The intake holds a key that no service declares." },
} as const satisfies Readonly<Record<string, Rule>>;

/** The identifier of a rule. */
export type RuleId = keyof typeof RULES;

/** One finding. No field holds a value of a secret. */
export interface Finding {
  readonly rule: RuleId;
  readonly level: FindingLevel;
  readonly service?: string;
  /** Place at GitHub or Vercel. */
  readonly place?: string;
  readonly variables?: readonly string[];
  /** Where it is, as an address of ours: `esc/payready/sophia/development-intake`, `github/payready/sophia`, `.env`. */
  readonly location: string;
  /** One sentence without a full stop. */
  readonly message: string;
  /** What mends it, to be run as it stands; a page of the vendor where only a person can. */
  readonly command: string;
}

/** Makes a finding with its rule's level. */
export function finding(rule: RuleId, rest: Omit<Finding, "rule" | "level">): Finding {
  return { rule, level: RULES[rule].level, ...rest };
}

const ORDER = Object.keys(RULES);

/** The most urgent first; within one rule in the order given. */
export function byUrgency(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((left, right) => ORDER.indexOf(left.rule) - ORDER.indexOf(right.rule));
}

/** What a person is told to do: the finding and the command. */
export function recommendation({ message, command }: Finding): string {
  return `${message}: ${command}`;
}

/** What `--fail-on` can name. */
export const FAILURES = {
  overdue: ["rotation-overdue", "rotation-due-today"],
  never: ["rotation-never"],
  missing: ["variable-missing", "destination-missing", "not-set-up"],
  drift: [
    "destination-missing",
    "destination-edited",
    "destination-behind",
    "destination-shadowed",
    "published-edited",
  ],
} as const satisfies Readonly<Record<string, readonly RuleId[]>>;

/** A word of `--fail-on`. */
export type FailureWord = keyof typeof FAILURES;

/** Whether one of the findings is what the word names. */
export function hasFailure(word: FailureWord, findings: readonly Finding[]): boolean {
  const rules: readonly RuleId[] = FAILURES[word];
  return findings.some(({ rule }) => rules.includes(rule));
}
