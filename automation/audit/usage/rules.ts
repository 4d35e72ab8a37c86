/**
 * Which uses of a credential are unusual? The last day against the days before it, by rules that a person can check with the list in hand.
 * Nothing here is learnt or weighed: each rule is a median and a factor, or a set and what is not in it.
 */

/** One use, or attempt to use. */
export interface UseEvent {
  /** ISO 8601. */
  readonly at: string;
  /** What was used: a Snowflake user, an ESC environment. */
  readonly subject: string;
  readonly ok: boolean;
  /** Where the log says these. */
  readonly who?: string;
  readonly address?: string;
  readonly client?: string;
}

/**
 * - `failed`: at least 3 failures, and more than 3 times the median of the days before.
 * - `new-user`, `new-address`, `new-client`: successful, and never seen on the days before.
 * - `hour`: successful, and more than 2 hours from every hour (UTC) of the days before.
 * - `volume`: at least 20 uses more than the median of the days before, and more than 3 times as many.
 */
export type UseRule = "failed" | "new-user" | "new-address" | "new-client" | "hour" | "volume";

/** One finding. */
export interface UseFinding {
  readonly rule: UseRule;
  readonly subject: string;
  /** One sentence without a full stop, with the numbers. */
  readonly message: string;
}

/** What is known of one subject. */
export interface SubjectUse {
  readonly subject: string;
  /** Of the last day. */
  readonly uses: number;
  readonly failures: number;
  /** Successful uses of the days before, and on how many of them there were any. */
  readonly baselineUses: number;
  readonly baselineDays: number;
  /** ISO; of the newest successful use that was seen. */
  readonly lastUsed?: string;
  /** Rules that need more of a past than there is: nobody knows what is usual. */
  readonly unknown: readonly UseRule[];
}

/** The past that counts. Both in milliseconds since 1970. */
export interface UseWindow {
  readonly now: number;
  /** From when on the log is whole; what lies before it is not looked at. */
  readonly from: number;
}

/** The numbers of the rules, to be shown beside findings. */
export const LIMITS = {
  factor: 3,
  leastFailures: 3,
  leastMoreUses: 20,
  hoursApart: 2,
  /** A baseline: so many successful uses, on so many days. */
  baselineUses: 10,
  baselineDays: 3,
} as const;

const DAY_MS = 86_400_000;
const SEEN = [
  ["new-user", "who", "user"],
  ["new-address", "address", "address"],
  ["new-client", "client", "client"],
] as const;

/** Judges every subject of the events by itself; the order of the events does not count. */
export function judgeUse(
  events: readonly UseEvent[],
  window: UseWindow,
): { readonly findings: UseFinding[]; readonly subjects: SubjectUse[] } {
  const subjects = [...new Set(events.map(({ subject }) => subject))].sort();
  const judged = subjects.map((subject) =>
    judgeSubject(
      subject,
      events.filter((one) => one.subject === subject),
      window,
    ),
  );
  return { findings: judged.flatMap(({ findings }) => findings), subjects: judged.map(({ use }) => use) };
}

function judgeSubject(subject: string, events: readonly UseEvent[], { now, from }: UseWindow) {
  const dayOf = ({ at }: UseEvent) => Math.floor((now - Date.parse(at)) / DAY_MS);
  const days = Math.floor((now - from) / DAY_MS);
  const recent = events.filter((one) => dayOf(one) === 0 && Date.parse(one.at) <= now);
  const before = events.filter((one) => dayOf(one) >= 1 && dayOf(one) < days);
  const usual = before.filter(({ ok }) => ok);
  const baselineDays = new Set(usual.map(dayOf)).size;
  const isKnown = usual.length >= LIMITS.baselineUses && baselineDays >= LIMITS.baselineDays;
  const perDay = (counted: readonly UseEvent[]) =>
    Array.from(
      { length: Math.max(0, days - 1) },
      (_, index) => counted.filter((one) => dayOf(one) === index + 1).length,
    );
  const uses = recent.filter(({ ok }) => ok);
  const failures = recent.length - uses.length;
  const find = (rule: UseRule, message: string): UseFinding => ({ rule, subject, message: `${subject}: ${message}` });
  const usualFailures = median(perDay(before.filter(({ ok }) => !ok)));
  const usualUses = median(perDay(usual));
  const findings = [
    ...(failures >= LIMITS.leastFailures && failures > LIMITS.factor * usualFailures
      ? [find("failed", `${failures} failed attempts on the last day, ${usualFailures} on a usual one`)]
      : []),
    ...(isKnown ? SEEN.flatMap(([rule, key, word]) => unseen(rule, key, word)) : []),
    ...(isKnown ? oddHours() : []),
    ...(isKnown && uses.length >= usualUses + LIMITS.leastMoreUses && uses.length > LIMITS.factor * usualUses
      ? [find("volume", `${uses.length} uses on the last day, ${usualUses} on a usual one`)]
      : []),
  ];
  const lastUsed = [...usual, ...uses]
    .map(({ at }) => at)
    .sort()
    .at(-1);
  const use: SubjectUse = {
    ...{ subject, uses: uses.length, failures, baselineUses: usual.length, baselineDays },
    ...(lastUsed === undefined ? {} : { lastUsed }),
    unknown: isKnown ? [] : ["new-user", "new-address", "new-client", "hour", "volume"],
  };
  return { findings, use };

  function unseen(rule: UseRule, key: "who" | "address" | "client", word: string): UseFinding[] {
    const seen = new Set(usual.map((one) => one[key]));
    const fresh = [...new Set(uses.flatMap((one) => one[key] ?? []))].filter((value) => !seen.has(value)).sort();
    return fresh.length === 0 ? [] : [find(rule, `${listed(fresh)}, ${word} not seen before`)];
  }

  function oddHours(): UseFinding[] {
    const hours = new Set(usual.map(hourOf));
    const odd = uses.map(hourOf).filter((hour) => [...hours].every((one) => apart(hour, one) > LIMITS.hoursApart));
    const shown = [...new Set(odd)]
      .sort((left, right) => left - right)
      .map((hour) => `${String(hour).padStart(2, "0")}:00 UTC`);
    return shown.length === 0 ? [] : [find("hour", `${odd.length} uses at unusual hours (${listed(shown)})`)];
  }
}

function hourOf({ at }: UseEvent): number {
  return new Date(at).getUTCHours();
}

/** Hours between two of a clock. */
function apart(left: number, right: number): number {
  const distance = Math.abs(left - right);
  return Math.min(distance, 24 - distance);
}

/** The middle of the numbers; between two of them where there is no one in the middle. 0 for none. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function listed(words: readonly string[]): string {
  const shown = words.slice(0, 5).join(", ");
  return words.length > 5 ? `${shown} and ${words.length - 5} more` : shown;
}
