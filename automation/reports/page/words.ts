/** How does the page say numbers, times and names? The same words on every machine: no locale, no time zone, no clock. */
import { findService } from "../../../services/select";

const MONTHS = [
  ...["January", "February", "March", "April", "May", "June"],
  ...["July", "August", "September", "October", "November", "December"],
];

const DAY_MS = 86_400_000;

/** `1,204`. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 check`, `3 checks`; words that do not just take an s are given in full. */
export function plural(value: number, word: string, several = `${word}s`): string {
  return `${count(value)} ${value === 1 ? word : several}`;
}

/** Keeps a number and its unit on one line. */
export const NO_BREAK = "\u00a0";

/** `340 ms`, `9.2 s`, `1 min 12 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return "unknown";
  if (milliseconds < 1000) return `${Math.round(milliseconds)}${NO_BREAK}ms`;
  if (milliseconds < 59_950) return seconds(milliseconds / 1000);
  const whole = Math.round(milliseconds / 1000);
  const inTwo = (unit: number, word: string, lesser: number, lesserWord: string): string =>
    `${Math.floor(whole / unit)}${NO_BREAK}${word} ${Math.floor((whole % unit) / lesser)}${NO_BREAK}${lesserWord}`;
  if (whole < 3600) return inTwo(60, "min", 1, "s");
  return whole < 86_400 ? inTwo(3600, "h", 60, "min") : inTwo(86_400, "d", 3600, "h");
}

/** Seconds since the start of something: `9.2 s`. */
export function seconds(value: number): string {
  return `${value.toFixed(1)}${NO_BREAK}s`;
}

/** An ISO 8601 time as `23 November 2026, 09:00:05 UTC`; a text that is none comes back as it is. */
export function moment(iso: string): string {
  const date = new Date(iso);
  return isTime(date) ? `${dayOf(date)}, ${date.toISOString().slice(11, 19)}${NO_BREAK}UTC` : iso;
}

/** Its day alone, `23 November 2026`. */
export function day(iso: string): string {
  const date = new Date(iso);
  return isTime(date) ? dayOf(date) : iso;
}

/** A moment on an axis whose lines are so many milliseconds apart: `Nov 2026`, `23 Nov`, `09:00` or `09:00:05`. */
export function tickWords(at: Date, apartMs: number): string {
  const month = (MONTHS[at.getUTCMonth()] ?? "").slice(0, 3);
  if (apartMs > 27 * DAY_MS) return `${month} ${at.getUTCFullYear()}`;
  return apartMs >= DAY_MS ? `${at.getUTCDate()} ${month}` : at.toISOString().slice(11, apartMs < 60_000 ? 19 : 16);
}

function dayOf(date: Date): string {
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

function isTime(date: Date): boolean {
  return !Number.isNaN(date.getTime());
}

/** Milliseconds from one ISO time to another; NaN where one of them is none. */
export function between(from: string, to: string): number {
  return Date.parse(to) - Date.parse(from);
}

/** The service's own spelling, or the word that the report has for it. */
export function serviceTitle(name: string): string {
  return findService(name)?.title ?? name;
}

/** `DUE_SOON` and `retire_pending` as words. */
export function plainWords(identifier: string): string {
  return identifier.replaceAll("_", " ").toLowerCase();
}

/** `ActionsSecret` as `Actions secret`. */
export function kindWords(typeName: string): string {
  return typeName.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** `a, b and c`. */
export function list(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** The names in the order in which they first appear. */
export function distinct(names: Iterable<string>): string[] {
  return [...new Set(names)];
}

/** A record's own entry: a name such as `constructor` is no entry of an object that has none. */
export function ownEntry<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
