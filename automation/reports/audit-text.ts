/** How does a person at a terminal read an audit? Tables of at most 100 columns, and what to do below them. */
import Table from "cli-table3";
import { createColors } from "picocolors";
import { type Audit } from "../audit";
import { type RotationStatus } from "../audit/ages";
import { type FindingLevel } from "../audit/findings";
import { type CellStatus } from "../audit/places";
import { describeAge } from "../audit/services";
import { visible as clean } from "../visible";

/** How the text looks. */
export interface AuditTextOptions {
  /** @default false */
  readonly colour?: boolean;
}

type Paint = (text: string) => string;
type Colours = ReturnType<typeof createColors>;

const WIDTH = 100;
/** What stands in a cell of the matrix: never a colour alone. */
const SIGNS: Readonly<Record<CellStatus, string>> = {
  "in step": "=",
  behind: "<",
  "edited outside": "!",
  missing: "-",
  shadowed: "s",
  foreign: "f",
  unknown: "?",
};
const PLACES_A_TABLE = 12;

/** The audit as text. Names from outside come out without control characters. */
export function renderAudit(audit: Audit, options: AuditTextOptions = {}): string {
  const colours = createColors(options.colour ?? false);
  const sections = [
    heading(audit, colours),
    rotationTable(audit, colours),
    placesSection(audit, colours),
    tokenLines(audit),
    freshnessLines(audit),
    findingLines(audit, colours),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function heading({ organization, stack, timestamp, offline, findings }: Audit, { bold, green }: Colours): string {
  const time = `${timestamp.slice(0, 16).replace("T", " ")} UTC`;
  const count = (level: FindingLevel) => findings.filter((one) => one.level === level).length;
  const words = (["error", "warning", "note"] as const).flatMap((level) => {
    const number = count(level);
    return number === 0 ? [] : [`${number} ${level}${number === 1 ? "" : "s"}`];
  });
  const verdict = words.length === 0 ? green("Nothing to do.") : `${words.join(", ")}.`;
  const scope = offline ? "\nOffline: Pulumi's state only; GitHub, Vercel and ESC were not asked." : "";
  const title = wrap(clean(`Audit of stack ${stack} of ${organization}, ${time}`), "  ").join("\n");
  return `${bold(title)}\n${verdict}${scope}`;
}

function rotationTable({ services }: Audit, colours: Colours): string {
  const table = newTable(["Service", "Rotation", "Age", "Due", "Missing"], [11, 13, 26, 21, 23]);
  for (const service of services) {
    const { status, phase, dueAt, dueInDays, missing, unknown } = service;
    const due = dueAt === undefined || dueInDays === undefined ? "" : `${dueAt.slice(0, 10)} (${dueInDays} d)`;
    const state = unknown.includes("rotation") ? "unknown" : phase === "idle" ? status : `${status}, ${phase}`;
    table.push([
      clean(service.service),
      paintOf(status, colours)(state),
      clean(describeAge(service)),
      due,
      missing.map(clean).join("\n") || (unknown.includes("missing") ? "unknown" : "none"),
    ]);
  }
  return table.toString();
}

function paintOf(status: RotationStatus, { green, yellow, red }: Colours): Paint {
  return status === "OK" ? green : status === "OVERDUE" ? red : yellow;
}

/** Variables down, places across: each place has a number, which is explained above. */
function placesSection({ places, importers }: Audit, colours: Colours): string {
  const legend = places.map(({ place, state, reason, visibility, others }, index) => {
    const notes = [
      visibility === undefined ? "" : `visible to ${visibility}`,
      state === "read" ? "" : state === "unreadable" ? `not read: ${reason ?? "no answer"}` : "not asked",
      others.length === 0 ? "" : `${others.length} of others`,
    ].filter(Boolean);
    return clean(`  ${index + 1}  ${place}${notes.length === 0 ? "" : ` (${notes.join("; ")})`}`);
  });
  const tables = [];
  for (let first = 0; first < places.length; first += PLACES_A_TABLE)
    tables.push(matrix(places, first, Math.min(first + PLACES_A_TABLE, places.length), colours));
  const signs = Object.entries(SIGNS).map(([status, sign]) => `${sign} ${status}`);
  const readers =
    importers.length === 0 ? [] : wrap(clean(`ESC environments that import it: ${importers.join(", ")}`), "  ");
  return [
    colours.bold("Who reads what"),
    ...legend.flatMap((line) => wrap(line, "     ")),
    ...tables,
    signs.join("   "),
    ...readers,
  ].join("\n");
}

function matrix(places: Audit["places"], first: number, end: number, colours: Colours): string {
  const shown = places.slice(first, end);
  const names = [...new Set(shown.flatMap(({ variables }) => variables.map(({ variable }) => variable)))];
  const longest = Math.max("Variable".length, ...names.map((name) => clean(name).length)) + 2;
  const widths = [Math.min(longest, WIDTH - 2 - shown.length * 5), ...shown.map(() => 4)];
  const table = newTable(["Variable", ...shown.map((_, index) => String(first + index + 1))], widths);
  for (const name of names) {
    const cells = shown.map(({ variables }) => {
      const status = variables.find(({ variable }) => variable === name)?.status;
      if (status === undefined) return "";
      return status === "in step" ? colours.green(SIGNS[status]) : colours.red(SIGNS[status]);
    });
    table.push([clean(name), ...cells]);
  }
  return names.length === 0 ? "No variable is anywhere yet." : table.toString();
}

function tokenLines({ tokens }: Audit): string {
  const lines = tokens.map(({ token, createdAt, expires, expiresAt, daysLeft }) => {
    const since = createdAt === undefined ? "" : `, made on ${createdAt.slice(0, 10)}`;
    if (expires === "at") return clean(`  ${token}: until ${expiresAt?.slice(0, 10)} (${daysLeft} d)${since}`);
    return clean(`  ${token}: ${expires === "no end" ? "does not expire" : "expiry not known"}${since}`);
  });
  return lines.length === 0 ? "" : ["Tokens", ...lines.flatMap((line) => wrap(line, "    "))].join("\n");
}

function freshnessLines({ freshness, places }: Audit): string {
  const hasOrganization = places.some(({ visibility }) => visibility !== undefined);
  const line = (what: string, { last, days }: Audit["freshness"]["intake"]) =>
    `  ${what}: ${days === undefined ? clean(last) : `${clean(last.slice(0, 10))} (${days} d ago)`}`;
  const lines = [
    line("the intake, by an import or a rotation", freshness.intake),
    line("GitHub repositories and environments", freshness.repositories),
    ...(hasOrganization ? [line("the GitHub organization", freshness.organization)] : []),
  ];
  return ["Last written", ...lines.flatMap((text) => wrap(text, "    "))].join("\n");
}

function findingLines({ findings }: Audit, { bold, red, yellow, dim }: Colours): string {
  if (findings.length === 0) return "";
  const paint: Readonly<Record<FindingLevel, Paint>> = { error: red, warning: yellow, note: dim };
  const lines = findings.flatMap(({ level, message, command }, index) => {
    const head = `${index + 1}. ${level}: `;
    const [first = "", ...rest] = wrap(clean(`${head}${message}`), "   ");
    // A command is never broken: it is there to be copied.
    return [first.replace(head, `${index + 1}. ${paint[level](`${level}:`)} `), ...rest, `   ${clean(command)}`];
  });
  return [bold("What to do, the most urgent first"), ...lines].join("\n");
}

function newTable(head: string[], colWidths?: number[]) {
  const style = { head: [], border: [], compact: true };
  return new Table({ head, style, wordWrap: true, ...(colWidths ? { colWidths } : {}) });
}

/** Breaks at blanks, lines after the first begin with `indent`; a word that is longer than the line is cut. */
function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > WIDTH) {
    const at = rest.lastIndexOf(" ", WIDTH);
    const end = at > indent.length + 8 ? at : WIDTH;
    lines.push(rest.slice(0, end));
    rest = indent + rest.slice(end).trimStart();
  }
  return [...lines, rest];
}
