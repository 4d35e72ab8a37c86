/** Is an answer as it should be? Judges the rows of JSON by declared rules; pure. */
import { type Complaint, type HttpCheck, type Path, type Rule } from "../../services/deep";
import { type Reference } from "../../services/service";
import { type CheckResult, type CheckStatus } from "./result";

/** What rules may refer to. */
export interface RuleContext {
  /** The text of a reference; undefined where there is none. Never a secret's. */
  readonly resolve: (reference: Reference) => string | undefined;
  /** Values of plain variables and captured texts by name, for the sentences. */
  readonly text: (name: string) => string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

type RowsCheck = Extract<HttpCheck, { kind: "rows" }>;
type NewestCheck = Extract<HttpCheck, { kind: "newest" }>;
type Words = Readonly<Record<string, string>>;

const HOUR_MS = 3_600_000;
/** Rows that are named one by one; what is said of many is no longer read. */
const NAMED = 3;
const SEVERITY: readonly CheckStatus[] = ["passed", "warning", "unknown", "failed"];

/** The values to which the keys lead, through every element of an array on the way and at the end; without those that are not there. */
export function valuesAt(json: unknown, path: Path): unknown[] {
  if (Array.isArray(json)) return json.flatMap((item) => valuesAt(item, path));
  const [key, ...rest] = path;
  if (json === undefined || json === null) return [];
  if (key === undefined) return [json];
  return typeof json === "object" ? valuesAt((json as Record<string, unknown>)[key], rest) : [];
}

/** Those of an answer's rows that a check is about. */
export function rowsOf(json: unknown, { rows = [], where }: Pick<RowsCheck, "rows" | "where">): unknown[] {
  const all = valuesAt(json, rows);
  return where ? all.filter((row) => valuesAt(row, where.at).includes(where.is)) : all;
}

/** Judges every row by the rules; the worst decides. */
export function judgeRows(check: RowsCheck, rows: readonly unknown[], context: RuleContext): CheckResult {
  const { name, rules, empty } = check;
  if (rows.length === 0 && empty) return summarize(name, [complain(empty, {}, context)]);
  const found = rows.flatMap((row) => {
    const words = { label: labelOf(row, check.label) };
    for (const rule of rules) {
      const broken = brokenValue(rule, row, context);
      if (broken !== undefined) return [complain(rule.otherwise, { ...words, value: broken }, context)];
    }
    return [];
  });
  if (found.length > 0) return summarize(name, found);
  const labels = check.label ? rows.map((row) => shown(labelOf(row, check.label))) : [];
  const reason = labels.length > 0 && labels.length <= NAMED ? `${labels.join(", ")}.` : `${rows.length} found.`;
  return { name, status: "passed", reason: rows.length === 1 && !check.label ? "As it should be." : reason };
}

/** Looks for the newest time of each label. A label without any has moved nothing in the whole time that was asked for. */
export function judgeNewest(
  check: NewestCheck,
  json: unknown,
  labels: readonly string[],
  context: RuleContext,
): CheckResult {
  const rows = rowsOf(json, check);
  const newest = labels.map((label) => {
    const own = rows.filter((row) => labelOf(row, check.label) === label);
    const times = own.flatMap((row) => check.times.flatMap((path) => valuesAt(row, path).map(timeOf)));
    return { label, at: Math.max(...times.filter((time) => time !== undefined), -Infinity) };
  });
  const old = newest.filter(({ at }) => context.now - at > check.hours * HOUR_MS);
  if (old.length === 0) {
    const ages = newest.map(({ at }) => context.now - at).sort((one, other) => one - other);
    const range = [ages[0], ages.at(-1)].map((age) => describeAge(age ?? 0));
    return { name: check.name, status: "passed", reason: `${[...new Set(range)].join(" to ")} old.` };
  }
  const found = old.map(({ label, at }) =>
    complain(check.otherwise, { label, value: at === -Infinity ? "30 days or more" : describeTime(at) }, context),
  );
  return summarize(check.name, found);
}

/** How many requests are left, where the headers say so. */
export function judgeAllowance(
  check: Extract<HttpCheck, { kind: "allowance" }>,
  headers: Headers,
  title: string,
): CheckResult {
  const { name, published } = check;
  const [remaining, limit] = [check.remaining, check.limit].map((header) => headers.get(header) ?? "");
  if (!/^\d+$/.test(remaining ?? "")) {
    const reason = `No request was refused; ${title} does not say how many are left of its limit (${published}).`;
    return { name, status: "passed", reason };
  }
  const isLow = /^\d+$/.test(limit ?? "") && Number(remaining) < Number(limit) / 10;
  const reason = `${remaining} requests left${limit === "" ? "" : ` of ${limit}`}.`;
  if (!isLow) return { name, status: "passed", reason };
  const remedy = `Find what else uses these credentials, and let it ask less often: ${published}`;
  return { name, status: "warning", class: "rate-limit", reason, remedy };
}

/** What a rule finds instead, in words; undefined where it holds. */
function brokenValue(rule: Rule, row: unknown, { resolve }: RuleContext): string | undefined {
  const [value] = valuesAt(row, rule.at);
  switch (rule.kind) {
    case "one-of":
      return rule.words.includes(textOf(value)) ? undefined : textOf(value);
    case "same": {
      // What was not captured has had its own complaint.
      const wanted = resolve(rule.as);
      return wanted === undefined || textOf(value) === wanted ? undefined : textOf(value);
    }
    case "not-after": {
      const [time, limit] = [timeOf(value), timeOf(resolve({ captured: rule.captured }))];
      return time !== undefined && limit !== undefined && time > limit ? describeTime(time) : undefined;
    }
  }
}

function complain({ level, class: group, reason, remedy }: Complaint, words: Words, context: RuleContext): Said {
  const fill = (sentence: string): string =>
    sentence.replaceAll(/\{([A-Za-z_]+)\}/g, (_, name: string) => shown(words[name] ?? context.text(name)));
  return { status: level, class: group, reason: fill(reason), remedy: fill(remedy) };
}

type Said = Omit<CheckResult, "name" | "remedy"> & { readonly remedy: string };

/** One result of all that was said: the worst first, the rest counted. */
function summarize(name: string, found: readonly Said[]): CheckResult {
  const sorted = [...found].sort((one, other) => SEVERITY.indexOf(other.status) - SEVERITY.indexOf(one.status));
  const [worst] = sorted;
  if (!worst) return { name, status: "passed", reason: "As it should be." };
  const more = sorted.length > NAMED ? [`And ${sorted.length - NAMED} more.`] : [];
  const remedies = [...new Set(sorted.slice(0, NAMED).map(({ remedy }) => remedy))];
  return {
    name,
    status: worst.status,
    ...(worst.class ? { class: worst.class } : {}),
    reason: [...sorted.slice(0, NAMED).map(({ reason }) => reason), ...more].join(" "),
    remedy: remedies.join(" · "),
  };
}

function labelOf(row: unknown, path: Path | undefined): string {
  return path ? textOf(valuesAt(row, path)[0]) : "";
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : "nothing";
}

/** Milliseconds since 1970, of ISO text or of milliseconds, as number or text. */
function timeOf(value: unknown): number | undefined {
  const text = textOf(value);
  const time = /^\d{11,}$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

function describeTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function describeAge(milliseconds: number): string {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000));
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** A vendor's text stands in sentences and in commands that people copy: only what names, addresses and times are made of. */
function shown(text: string | undefined): string {
  return text !== undefined && /^[\p{L}\p{N}][\p{L}\p{N} ./:@+_-]{0,199}$/u.test(text) ? text : "…";
}
