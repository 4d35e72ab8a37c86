/** How does a person sign the access review off, and what does a signed one say? A Markdown file, written for the eye and read back by us. */
import { type Accessor, type AccessPlace } from "./place";
import { visible } from "../../visible";
import { type AccessAudit } from "./access";

/** A row of a review with the person's decision. */
export interface ReviewedRow {
  readonly place: string;
  readonly who: string;
  readonly kind: string;
  readonly how: string;
  readonly decision: "keep" | "revoke" | undefined;
}

/** A review as it lies in a file. */
export interface Review {
  readonly stack: string;
  /** `2026Q4`. */
  readonly quarter: string;
  readonly rows: readonly ReviewedRow[];
  /** Places that could be read then. */
  readonly places: readonly string[];
  /** Who signed, and the day that he wrote; undefined while it is not signed. */
  readonly signature?: { readonly by: string; readonly date: string };
  /** Somebody has begun to fill it in. */
  readonly isTouched: boolean;
}

/** `2026Q4` of an ISO time in UTC. */
export function quarterOf(timestamp: string): string {
  const date = new Date(timestamp);
  return `${date.getUTCFullYear()}Q${Math.floor(date.getUTCMonth() / 3) + 1}`;
}

/** `access_review_2026Q4_development.md` */
export function reviewFileName(quarter: string, stack: string): string {
  return `access_review_${quarter}_${stack}.md`;
}

/** The names of {@link reviewFileName} for one stack. */
export function isReviewFile(name: string, stack: string): boolean {
  return /^access_review_\d{4}Q[1-4]_/.test(name) && name.endsWith(`Q${name.slice(19, 20)}_${stack}.md`);
}

const MARK = /^<!-- sophia-secrets access-review 1 (\S+) (\d{4}Q[1-4]) -->$/m;
const HEAD = "| keep | revoke | who | what | may | since | last used |";

/** The file to fill in. Names and rights, never a value of a secret. */
export function reviewText({ stack, organization, timestamp, places }: AccessAudit): string {
  const quarter = quarterOf(timestamp);
  return [
    `<!-- sophia-secrets access-review 1 ${stack} ${quarter} -->`,
    `# Access review ${quarter}: stack ${clean(stack)} of ${clean(organization)}`,
    "",
    `As found on ${timestamp.slice(0, 16).replace("T", " ")} UTC. For each line put an \`x\` between the brackets of keep or revoke; revoke at the service itself,`,
    "which this file does not do. Then sign below, and commit the file: `audit --access --fail-on unexpected` compares with the newest signed one.",
    "",
    ...places.flatMap(placeLines),
    "## Sign-off",
    "",
    "Reviewed by:",
    "",
    "Date (YYYY-MM-DD):",
    "",
  ].join("\n");
}

function placeLines({ place, state, reason = "", hint = "", accessors, notes }: AccessPlace): string[] {
  const title = `## ${clean(place)}`;
  if (state !== "read")
    return [title, "", `Not read (${clean(reason)}). ${clean(hint)}`, "", "Looked at by hand: [ ]", ""];
  return [
    title,
    "",
    ...(accessors.length === 0 ? ["Nobody."] : [HEAD, "|---|---|---|---|---|---|---|", ...accessors.map(rowLine)]),
    "",
    ...notes.flatMap((note) => [`- ${clean(note)}`]),
    ...(notes.length > 0 ? [""] : []),
  ];
}

function rowLine(accessor: Accessor): string {
  const { kind, how, since, lastUsed } = accessor;
  const cells = ["[ ]", "[ ]", nameOf(accessor), kind, how, since?.slice(0, 10) ?? "", lastUsed?.slice(0, 10) ?? ""];
  return `| ${cells.map((cell) => clean(cell).replaceAll("|", "\\|")).join(" | ")} |`;
}

/** How somebody is named in tables and files. */
export function nameOf({ who, via }: Pick<Accessor, "who" | "via">): string {
  return via === undefined ? who : `${who} (${via})`;
}

/** A name must not begin a line, a comment or a cell of its own. */
function clean(text: string): string {
  return visible(text).replaceAll("<!--", "<!\u2013").trim();
}

/** A row as it stands in a file, for comparing with one that was read back. */
export function rowOf(place: string, accessor: Accessor): Omit<ReviewedRow, "decision"> {
  const { kind, how } = accessor;
  return { place: clean(place), who: clean(nameOf(accessor)), kind, how: clean(how) };
}

/** Reads a review back; undefined for any other file. */
export function parseReview(text: string): Review | undefined {
  const [, stack, quarter] = MARK.exec(text) ?? [];
  if (stack === undefined || quarter === undefined) return undefined;
  const rows: ReviewedRow[] = [];
  const places: string[] = [];
  let place = "";
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("## ")) place = line.slice(3).trim();
    else if (line.trim() === HEAD || line.trim() === "Nobody.") places.push(place);
    else if (line.startsWith("| [")) rows.push(parseRow(line, place));
  }
  const by = /^Reviewed by:[ \t]*(\S.*)$/m.exec(text)?.[1]?.trim();
  const date = /^Date \(YYYY-MM-DD\):[ \t]*(\d{4}-\d{2}-\d{2})[ \t]*$/m.exec(text)?.[1];
  const isTouched = by !== undefined || date !== undefined || /\[\s*[xX]\s*\]/.test(text);
  return {
    ...{ stack, quarter, rows, places, isTouched },
    ...(by === undefined || date === undefined ? {} : { signature: { by, date } }),
  };
}

function parseRow(line: string, place: string): ReviewedRow {
  const cells = line
    .trim()
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
  const [keep = "", revoke = "", who = "", kind = "", how = ""] = cells;
  const isMarked = (cell: string) => /^\[\s*[xX]\s*\]$/.test(cell);
  // Both, like neither, is no decision.
  const decision = isMarked(keep) === isMarked(revoke) ? undefined : isMarked(keep) ? "keep" : "revoke";
  return { place, who, kind, how, decision };
}
