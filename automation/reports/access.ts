/** How is an access audit read: by programs, at a terminal, in a browser? */
import Table from "cli-table3";
import { createColors } from "picocolors";
import { type AccessAudit } from "../audit/access/access";
import { type AccessPlace } from "../audit/access/place";
import { nameOf, quarterOf } from "../audit/access/review";
import { type Unexpected } from "../audit/access/unexpected";
import { visible } from "../visible";
import { fitColumns, hanging, WIDTH } from "./text";

/** The newest signed review. */
export interface SignedReview {
  readonly file: string;
  readonly by: string;
  readonly date: string;
}

/** The audit with what it is compared with. */
export interface AccessReport {
  readonly audit: AccessAudit;
  /** Undefined where none is signed. */
  readonly signed: SignedReview | undefined;
  readonly unexpected: readonly Unexpected[];
}

/** The JSON document; its shape is `docs/schemas/access.json`. */
export function accessDocument({ audit, signed, unexpected }: AccessReport) {
  const { organization, stack, timestamp, places } = audit;
  return {
    ...{ schema: "sophia-secrets/access", version: 1, organization, stack, timestamp, quarter: quarterOf(timestamp) },
    ...{ places, ...(signed ? { signed } : {}), unexpected },
  } as const;
}

const WIDTHS = [28, 12, 43, 12];

/** The audit as tables of at most `width` columns. */
export function accessText({ audit, signed, unexpected }: AccessReport, colour = false, width = WIDTH): string {
  const { bold } = createColors(colour);
  const { organization, stack, timestamp, places } = audit;
  const title = `Who may read what: stack ${stack} of ${organization}, ${timestamp.slice(0, 16).replace("T", " ")} UTC`;
  const parts = places.flatMap((place) => [bold(visible(place.place)), placeText(place, width), ""]);
  const changes = unexpected.map((one) => hanging(`  ${one.change}: `, visible(sentenceOf(one)), width));
  return [bold(visible(title)), visible(verdict(signed, unexpected)), ...changes, "", ...parts].join("\n");
}

/** What the comparison came to, in a sentence. */
export function verdict(signed: SignedReview | undefined, unexpected: readonly Unexpected[]): string {
  if (!signed) return "No signed review to compare with.";
  const since = `the review that ${signed.by} signed on ${signed.date}`;
  return unexpected.length === 0 ? `Nobody new since ${since}.` : `${unexpected.length} against ${since}:`;
}

/** One change in words. */
export function sentenceOf({ place, who, how, was }: Unexpected): string {
  const subject = who === "" ? how : `${who}, ${how}`;
  return `${place}: ${subject}${was === undefined ? "" : ` (was: ${was})`}`;
}

function placeText(place: AccessPlace, width: number): string {
  const { state, accessors, notes } = place;
  if (state !== "read") return hanging(`  ${state}: `, visible(whyNot(place)), width);
  const style = { head: [], border: [], compact: true };
  const head = ["Who", "What", "May", "Since"];
  const rows = accessors.map((one) => [
    ...[visible(nameOf(one)), one.kind, visible(one.how)],
    one.since?.slice(0, 10) ?? "not known",
  ]);
  const colWidths = fitColumns(WIDTHS, [head, ...rows], width);
  const table = new Table({ head, colWidths, style, wordWrap: true, wrapOnWordBoundary: false });
  table.push(...rows);
  const list = accessors.length === 0 ? "  Nobody." : table.toString();
  return [list, ...notes.map((note) => hanging("  - ", visible(note), width))].join("\n");
}

/** Why a place was not read, and what would help. */
export function whyNot({ reason = "no reason given", hint = "" }: AccessPlace): string {
  return `${reason}. ${hint}`.trim();
}
