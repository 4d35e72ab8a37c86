/** How does a person at a terminal read an audit? Tables that it has room for, and what to do below them. */
import Table from "cli-table3";
import { createColors } from "picocolors";
import { type Audit } from "../audit";
import { type RotationStatus } from "../audit/ages";
import { type FindingLevel } from "../audit/findings";
import { type CellStatus } from "../audit/places";
import { describeAge } from "../audit/services";
import { visible as clean } from "../visible";
import { fitColumns, WIDTH } from "./text";

/** How the text looks. */
export interface AuditTextOptions {
  /** @default false */
  readonly colour?: boolean;
  /** Columns of a line. @default 100 */
  readonly width?: number;
}

type Paint = (text: string) => string;
type Colours = ReturnType<typeof createColors>;
/** How all parts of the text look. */
interface Looks {
  readonly colours: Colours;
  readonly width: number;
}

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
/** What a name of a variable is left in a table of places. */
const NAME_COLUMNS = 40;

/** The audit as text. Names from outside come out without control characters. */
export function renderAudit(audit: Audit, options: AuditTextOptions = {}): string {
  const looks = { colours: createColors(options.colour ?? false), width: options.width ?? WIDTH };
  const sections = [
    heading(audit, looks),
    rotationTable(audit, looks),
    placesSection(audit, looks),
    tokenLines(audit, looks),
    freshnessLines(audit, looks),
    findingLines(audit, looks),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function heading({ organization, stack, timestamp, offline, findings }: Audit, { colours, width }: Looks): string {
  const { bold, green } = colours;
  const time = `${timestamp.slice(0, 16).replace("T", " ")} UTC`;
  const count = (level: FindingLevel) => findings.filter((one) => one.level === level).length;
  const words = (["error", "warning", "note"] as const).flatMap((level) => {
    const number = count(level);
    return number === 0 ? [] : [`${number} ${level}${number === 1 ? "" : "s"}`];
  });
  const verdict = words.length === 0 ? green("Nothing to do.") : `${words.join(", ")}.`;
  const scope = offline ? "\nOffline: Pulumi's state only; GitHub, Vercel and ESC were not asked." : "";
  const title = wrap(clean(`Audit of stack ${stack} of ${organization}, ${time}`), "  ", width).join("\n");
  return `${bold(title)}\n${verdict}${scope}`;
}

function rotationTable({ services }: Audit, { colours, width }: Looks): string {
  const rows = services.map((service) => {
    const { status, phase, dueAt, dueInDays, missing, unknown } = service;
    const due = dueAt === undefined || dueInDays === undefined ? "" : `${dueAt.slice(0, 10)} (${dueInDays} d)`;
    const state = unknown.includes("rotation") ? "unknown" : phase === "idle" ? status : `${status}, ${phase}`;
    const lacking = missing.map(clean).join("\n") || (unknown.includes("missing") ? "unknown" : "none");
    return { status, cells: [clean(service.service), state, clean(describeAge(service)), due, lacking] as const };
  });
  const head = ["Service", "Rotation", "Age", "Due", "Missing"];
  const cells = rows.map((row) => row.cells);
  const table = newTable(head, fitColumns([11, 13, 26, 21, 23], [head, ...cells], width));
  for (const {
    status,
    cells: [service, state, ...rest],
  } of rows)
    table.push([service, paintOf(status, colours)(state), ...rest]);
  return table.toString();
}

function paintOf(status: RotationStatus, { green, yellow, red }: Colours): Paint {
  return status === "OK" ? green : status === "OVERDUE" ? red : yellow;
}

/** Variables down, places across: each place has a number, which is explained above. */
function placesSection({ places, importers }: Audit, looks: Looks): string {
  const { colours, width } = looks;
  const legend = places.map(({ place, state, reason, visibility, others }, index) => {
    const notes = [
      visibility === undefined ? "" : `visibility: ${visibility}`,
      state === "read" ? "" : state === "unreadable" ? `not read: ${reason ?? "no answer"}` : "not asked",
      others.length === 0 ? "" : `${others.length} of others`,
    ].filter(Boolean);
    return clean(`  ${index + 1}  ${place}${notes.length === 0 ? "" : ` (${notes.join("; ")})`}`);
  });
  const tables = [];
  const atOnce = Math.floor((width - NAME_COLUMNS) / 5);
  for (let first = 0; first < places.length; first += atOnce)
    tables.push(matrix(places, first, Math.min(first + atOnce, places.length), looks));
  const signs = Object.entries(SIGNS).map(([status, sign]) => `${sign} ${status}`);
  const readers =
    importers.length === 0 ? [] : wrap(clean(`ESC environments that import it: ${importers.join(", ")}`), "  ", width);
  return [
    colours.bold("Who reads what"),
    ...legend.flatMap((line) => wrap(line, "     ", width)),
    ...tables,
    ...wrap(signs.join("   "), "", width),
    ...readers,
  ].join("\n");
}

function matrix(places: Audit["places"], first: number, end: number, { colours, width }: Looks): string {
  const shown = places.slice(first, end);
  const names = [...new Set(shown.flatMap(({ variables }) => variables.map(({ variable }) => variable)))];
  const longest = Math.max("Variable".length, ...names.map((name) => clean(name).length)) + 2;
  const widths = [Math.min(longest, width - 2 - shown.length * 5), ...shown.map(() => 4)];
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

function tokenLines({ tokens }: Audit, { width }: Looks): string {
  const lines = tokens.map(({ token, createdAt, expires, expiresAt, daysLeft }) => {
    const since = createdAt === undefined ? "" : `, made on ${createdAt.slice(0, 10)}`;
    if (expires === "at") return clean(`  ${token}: until ${expiresAt?.slice(0, 10)} (${daysLeft} d)${since}`);
    return clean(`  ${token}: ${expires === "no end" ? "does not expire" : "expiry not known"}${since}`);
  });
  return lines.length === 0 ? "" : ["Tokens", ...lines.flatMap((line) => wrap(line, "    ", width))].join("\n");
}

function freshnessLines({ freshness, places }: Audit, { width }: Looks): string {
  const hasOrganization = places.some(({ visibility }) => visibility !== undefined);
  const line = (what: string, { last, days }: Audit["freshness"]["intake"]) =>
    `  ${what}: ${days === undefined ? clean(last) : `${clean(last.slice(0, 10))} (${days} d ago)`}`;
  const lines = [
    line("the intake, by an import or a rotation", freshness.intake),
    line("GitHub repositories and environments", freshness.repositories),
    ...(hasOrganization ? [line("the GitHub organization", freshness.organization)] : []),
  ];
  return ["Last written", ...lines.flatMap((text) => wrap(text, "    ", width))].join("\n");
}

function findingLines({ findings }: Audit, { colours, width }: Looks): string {
  const { bold, red, yellow, dim } = colours;
  if (findings.length === 0) return "";
  const paint: Readonly<Record<FindingLevel, Paint>> = { error: red, warning: yellow, note: dim };
  const lines = findings.flatMap(({ level, message, command }, index) => {
    const head = `${index + 1}. ${level}: `;
    const [first = "", ...rest] = wrap(clean(`${head}${message}`), "   ", width);
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
function wrap(text: string, indent: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const at = rest.lastIndexOf(" ", width);
    const end = at > indent.length + 8 ? at : width;
    lines.push(rest.slice(0, end));
    rest = indent + rest.slice(end).trimStart();
  }
  return [...lines, rest];
}
