/** Does each place hold what it should? One cell for each place and variable, judged from what the place says and what the ledger says. */
import { type EntryKind } from "../sync/limits";
import { isWrittenSince } from "../written-since";
import { type LedgerEntry } from "./ledger";

/**
 * How a variable stands at a place:
 * - `in step`: what consumers of ESC read, as we wrote it.
 * - `behind`: what we wrote, but ESC says something else by now.
 * - `edited outside`: somebody else wrote over it.
 * - `missing`: it should be there.
 * - `shadowed`: it is right, but a nearer place hides it with something else: an environment's entry hides the repository's, a repository's the organization's.
 * - `foreign`: it is there, but this stack did not write it.
 * - `unknown`: the place could not be read.
 */
export type CellStatus = "in step" | "behind" | "edited outside" | "missing" | "shadowed" | "foreign" | "unknown";

/** One variable at one place. Times are ISO 8601 in UTC. */
export interface Cell {
  readonly variable: string;
  readonly status: CellStatus;
  /** When we wrote it last, by Pulumi's state. */
  readonly writtenAt?: string;
  /** When the place says it was written last. */
  readonly updatedAt?: string;
  /** What the status rests on, in a few words. */
  readonly evidence: string;
}

/** An entry as a place lists it. */
export interface ListedEntry {
  readonly name: string;
  /** Undefined where the place knows one kind only. */
  readonly kind?: EntryKind;
  /** ISO 8601. */
  readonly updatedAt?: string;
  /** Digest of the value, where the place shows it to whoever may read the place. */
  readonly digest?: string;
  /** Whoever may read the place can read the value. */
  readonly readable?: boolean;
}

/** Everything about one variable at one place. */
export interface CellFacts {
  readonly variable: string;
  /** Secrets and plain variables have different entries at GitHub. */
  readonly kind: EntryKind;
  /** Digest of what consumers of ESC read; undefined where there is no value; null where ESC was not asked. */
  readonly expected: string | undefined | null;
  /** What the place lists under the name; undefined where the place could not be read. */
  readonly listed: readonly ListedEntry[] | undefined;
  readonly written: LedgerEntry | undefined;
}

/** Judges one cell; undefined where the variable neither is there nor should be. */
export function judgeCell(facts: CellFacts): Cell | undefined {
  const { variable, kind, expected, listed, written } = facts;
  const times = timesOf(facts);
  const cell = (status: CellStatus, evidence: string): Cell => ({ variable, status, ...times, evidence });
  if (!listed) {
    return typeof expected !== "string" && !written
      ? undefined
      : cell("unknown", "the place or the state was not read");
  }
  const entry = listed.find((one) => one.kind === undefined || one.kind === kind) ?? listed[0];
  if (!entry) {
    if (written) return cell("missing", "written by us, not there any more");
    return typeof expected === "string" ? cell("missing", "never written") : undefined;
  }
  if (!written) return cell("foreign", "not written by this stack");
  if (entry.kind !== undefined && entry.kind !== kind)
    return cell("edited outside", `there as one of its ${entry.kind}`);
  const foreign = foreignWrite(entry, written);
  if (foreign !== undefined) return cell("edited outside", foreign);
  if (expected === null) return cell("in step", "as we wrote it; ESC was not asked");
  if (expected === undefined) return cell("behind", "has no value any more");
  if (
    entry.digest !== undefined ? entry.digest === expected : written.digest === undefined || written.digest === expected
  )
    return cell(
      "in step",
      entry.digest === undefined ? "written last by us, with the value of now" : "the values are equal",
    );
  return cell("behind", "ESC has another value since we wrote it");
}

/** The cells of a place with those `shadowed` that are right and hidden by something else at a nearer place. */
export function shadowed(
  cells: readonly Cell[],
  nearer: readonly { readonly place: string; readonly cells: readonly Cell[] }[],
): Cell[] {
  return cells.map((cell) => {
    if (cell.status !== "in step") return cell;
    const hiding = nearer.filter((one) =>
      one.cells.some(({ variable, status }) => variable === cell.variable && HIDING.includes(status)),
    );
    if (hiding.length === 0) return cell;
    return { ...cell, status: "shadowed", evidence: `hidden by ${hiding.map(({ place }) => place).join(", ")}` };
  });
}

/** An entry that is there and in step has the same value: it hides nothing that anybody would miss. */
const HIDING: readonly CellStatus[] = ["behind", "edited outside", "foreign"];

/** Why the entry is not what we wrote, where there is proof. */
function foreignWrite(entry: ListedEntry, written: LedgerEntry): string | undefined {
  if (entry.digest !== undefined && written.digest !== undefined) {
    return entry.digest === written.digest ? undefined : "another value than we wrote";
  }
  return isWrittenSince(entry.updatedAt, written) ? "written after our last write" : undefined;
}

function timesOf({ listed, written }: CellFacts): Pick<Cell, "writtenAt" | "updatedAt"> {
  const writtenAt = written?.updatedAt ?? written?.modifiedAt;
  const updatedAt = listed
    ?.flatMap((entry) => entry.updatedAt ?? [])
    .sort()
    .at(-1);
  return { ...(writtenAt === undefined ? {} : { writtenAt }), ...(updatedAt === undefined ? {} : { updatedAt }) };
}
