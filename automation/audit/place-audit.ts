/** Who reads what, and is it right? One matrix of places and variables, with what to do about each place. */
import { type Service } from "../../services/service";
import { variablesFor, variablesOf, type DeclaredVariable } from "../../services/select";
import { isSameName } from "../sync/desired";
import { type EntryKind } from "../sync/limits";
import { type Place } from "../sync/questions";
import { valueDigest } from "../value-digest";
import { deleteCommand, inTurn, ours, syncCommand } from "./commands";
import { valueOf, type AuditEvidence } from "./evidence";
import { finding, type Finding } from "./findings";
import { writtenAt, type LedgerEntry } from "./ledger";
import { type PlaceListing } from "./place-listing";
import { missingVariables } from "./services";
import { judgeCell, shadowed, type Cell, type CellStatus, type ListedEntry } from "./places";

/** One place with its variables. */
export interface PlaceAudit {
  /** `esc payready/sophia/development`, `github payready/sophia`, `vercel prj_…`. */
  readonly place: string;
  readonly destination: string;
  readonly state: "read" | "unreadable" | "not asked";
  readonly reason?: string;
  /** Which repositories read the organization's secrets. */
  readonly visibility?: string;
  /** When anything of ours was written there last; ISO. */
  readonly lastWrite?: string;
  readonly variables: readonly Cell[];
  /** Names of what others have put there; never touched. */
  readonly others: readonly string[];
}

/** A place at GitHub or Vercel, with what the commands need to know of it. */
export interface OuterPlaceAudit extends PlaceAudit {
  readonly where: Place;
  /** A person has named it only as a reader of the organization's secrets. */
  readonly isReader: boolean;
  readonly kinds: ReadonlyMap<string, EntryKind>;
}

/** Judges every place outside of ESC; what a nearer place hides is `shadowed`. */
export function auditPlaces(catalogue: readonly Service[], evidence: AuditEvidence): OuterPlaceAudit[] {
  const judged = evidence.places.map((listing) => auditPlace(listing, catalogue, evidence));
  return judged.map((one) => {
    const nearer = judged
      .filter((other) => isNearer(other.where, one.where))
      .map(({ place, variables: cells }) => ({ place, cells }));
    return { ...one, variables: shadowed(one.variables, nearer) };
  });
}

function auditPlace(listing: PlaceListing, catalogue: readonly Service[], evidence: AuditEvidence): OuterPlaceAudit {
  const { where, place, destination, entries, failure, isReader = false } = listing;
  const written = writtenBy(listing, evidence);
  const declared = variablesFor(destination, catalogue);
  const kindOf = kindsOf(listing, catalogue);
  const names = [...new Set([...declared.map(({ name }) => name), ...(written?.keys() ?? [])])];
  const cells = names.flatMap((variable) => {
    const kind = kindOf(variable);
    const wanted = declared.some(({ name }) => name === variable) && !isReader;
    const facts = { variable, kind, expected: wanted ? expectedDigest(variable, evidence) : undefined };
    const writtenEntry = written?.get(variable);
    return (
      judgeAll({ ...facts, written: writtenEntry }, written && entries?.filter(({ name }) => name === variable)) ?? []
    );
  });
  const times = [...(written?.values() ?? [])]
    .flatMap(({ updatedAt, modifiedAt }) => updatedAt ?? modifiedAt ?? [])
    .sort();
  const others = new Set((entries ?? []).map(({ name }) => name).filter((name) => !names.includes(name)));
  return {
    ...{ where, place, destination, isReader },
    state: entries ? "read" : failure ? "unreadable" : "not asked",
    ...(failure ? { reason: failure.reason } : {}),
    ...(where.kind === "organization" ? { visibility: where.visibility } : {}),
    ...(times.length === 0 ? {} : { lastWrite: times.at(-1) as string }),
    variables: cells,
    others: [...others].sort(),
    kinds: new Map(names.map((name) => [name, kindOf(name)])),
  };
}

/** What we wrote there; undefined where nobody knows, which is not the same as nothing. */
function writtenBy(
  { component, isReader }: PlaceListing,
  { ledger }: AuditEvidence,
): ReadonlyMap<string, LedgerEntry> | undefined {
  if (ledger.state === "unreadable") return undefined;
  const state = valueOf(ledger);
  return state && !isReader ? writtenAt(state, component) : new Map();
}

/** Vercel may list a name several times, for different targets: the one that is wrong counts. */
function judgeAll(
  facts: Omit<Parameters<typeof judgeCell>[0], "listed">,
  listed: readonly ListedEntry[] | undefined,
): Cell | undefined {
  const own = listed?.filter(({ kind }) => kind === undefined || kind === facts.kind) ?? [];
  if (own.length < 2) return judgeCell({ ...facts, listed });
  const cells = own.flatMap((entry) => judgeCell({ ...facts, listed: [entry] }) ?? []);
  return cells.find(({ status }) => status !== "in step") ?? cells[0];
}

function expectedDigest(variable: string, { published }: AuditEvidence): string | undefined | null {
  if (published.state === "not asked" || published.state === "unreadable") return null;
  const value = valueOf(published)?.environmentVariables[variable];
  return value ? valueDigest(value) : undefined;
}

function kindsOf({ destination }: PlaceListing, catalogue: readonly Service[]): (variable: string) => EntryKind {
  const secrets = new Set(catalogue.flatMap(variablesOf).flatMap(({ name, secret }) => (secret ? [name] : [])));
  return (variable) => (destination === "github" && secrets.has(variable) ? "secrets" : "variables");
}

/** GitHub's order: an environment's entry wins over the repository's, a repository's over the organization's. */
function isNearer(near: Place, far: Place): boolean {
  if (far.kind === "organization") return near.kind === "repository" || near.kind === "environment";
  if (far.kind !== "repository" || near.kind !== "environment") return false;
  return isSameName(near.repository, far.repository);
}

/** The published environment as a place: every other one gets its values from there. */
export function auditPublished(catalogue: readonly Service[], evidence: AuditEvidence, name: string): PlaceAudit {
  const { published, definitions, ledger } = evidence;
  const known = valueOf(ledger)?.destinations.esc;
  const values = valueOf(published)?.environmentVariables ?? {};
  const updatedAt = valueOf(definitions.published)?.writtenAt;
  const required = new Set(catalogue.flatMap((service) => missingVariables(service, evidence)));
  const cellOf = ({ name: variable }: DeclaredVariable): Cell[] => {
    const time = updatedAt === undefined ? {} : { updatedAt };
    if (published.state === "unreadable" || published.state === "not asked")
      return known?.includes(variable) === false ? [] : [{ variable, status: "unknown", evidence: "ESC was not read" }];
    if (values[variable]) return [{ variable, status: "in step", ...time, evidence: "what consumers read" }];
    return required.has(variable) ? [{ variable, status: "missing", evidence: "no value" }] : [];
  };
  const declared = variablesFor("esc", catalogue);
  const others = Object.keys(values).filter((key) => !declared.some((variable) => variable.name === key));
  return {
    place: `esc ${name}`,
    destination: "esc",
    state: published.state === "unreadable" ? "unreadable" : published.state === "not asked" ? "not asked" : "read",
    ...(published.state === "unreadable" ? { reason: published.reason } : {}),
    ...(updatedAt === undefined ? {} : { lastWrite: updatedAt }),
    variables: declared.flatMap(cellOf),
    others: others.sort(),
  };
}

/** What to do about the places: one finding for each place and kind of trouble. */
export function placeFindings(places: readonly OuterPlaceAudit[], { settings, ledger }: AuditEvidence): Finding[] {
  const real = places.filter(({ isReader }) => !isReader);
  // Before the first `up` everything is missing everywhere, and one finding says so.
  if (ledger.state === "absent") return real.flatMap((place) => foreignFindings(place, settings));
  return real.flatMap((place) => [
    ...missingFindings(place, settings),
    ...editedFindings(place, settings),
    ...behindFindings(place, settings.stack),
    ...shadowedFindings(place, places, settings),
    ...foreignFindings(place, settings),
  ]);
}

type Settings = AuditEvidence["settings"];

function missingFindings(place: OuterPlaceAudit, settings: Settings): Finding[] {
  const variables = having(place, "missing");
  if (variables.length === 0) return [];
  const message = `${place.place} lacks ${variables.join(", ")}`;
  return [
    finding("destination-missing", {
      ...subjectOf(place, variables),
      message,
      command: syncCommand(settings, place.where),
    }),
  ];
}

/** A sync writes anew what has a later time than the state says, which nobody can read, and sees for itself what can be read. */
function editedFindings(place: OuterPlaceAudit, settings: Settings): Finding[] {
  const variables = having(place, "edited outside");
  if (variables.length === 0) return [];
  const message = `${place.place} was edited outside: ${variables.join(", ")}`;
  const command = syncCommand(settings, place.where);
  return [finding("destination-edited", { ...subjectOf(place, variables), message, command })];
}

function behindFindings(place: OuterPlaceAudit, stack: string): Finding[] {
  const variables = having(place, "behind");
  if (variables.length === 0) return [];
  const message = `${place.place} is behind with ${variables.join(", ")}`;
  return [finding("destination-behind", { ...subjectOf(place, variables), message, command: ours(stack, "up") })];
}

/** What an entry of our own hides, which somebody edited or which is behind, is mended there; only what others made has to go. */
function shadowedFindings(place: OuterPlaceAudit, places: readonly OuterPlaceAudit[], settings: Settings): Finding[] {
  const hiding = places
    .filter((other) => isNearer(other.where, place.where))
    .map(({ where, variables: cells }) => ({ where, foreign: foreignAmong(cells) }));
  const variables = having(place, "shadowed").filter((name) => hiding.some(({ foreign }) => foreign.includes(name)));
  if (variables.length === 0) return [];
  const removals = hiding.flatMap(({ where, foreign }) =>
    variables
      .filter((name) => foreign.includes(name))
      .map((name) => deleteCommand(settings, where, name, place.kinds.get(name) ?? "secrets")),
  );
  const message = `${place.place} is hidden by nearer entries: ${variables.join(", ")}`;
  return [finding("destination-shadowed", { ...subjectOf(place, variables), message, command: inTurn(...removals) })];
}

function foreignAmong(cells: readonly Cell[]): string[] {
  return cells.filter(({ status }) => status === "foreign").map(({ variable }) => variable);
}

/** GitHub lets a secret be put over another one; a variable, and anything at Vercel, has to go first. */
function foreignFindings(place: OuterPlaceAudit, settings: Settings): Finding[] {
  const variables = having(place, "foreign");
  if (variables.length === 0) return [];
  const removals = variables
    .filter((name) => place.where.kind === "vercel" || place.kinds.get(name) !== "secrets")
    .map((name) => deleteCommand(settings, place.where, name, place.kinds.get(name) ?? "secrets"));
  const adopt = removals.length < variables.length ? ["--adopt"] : [];
  const message = `${place.place} has entries of others under our names: ${variables.join(", ")}`;
  const command = inTurn(...removals, syncCommand(settings, place.where, ...adopt));
  return [finding("destination-foreign", { ...subjectOf(place, variables), message, command })];
}

function subjectOf({ place }: OuterPlaceAudit, variables: readonly string[]) {
  return { place, variables, location: place.replaceAll(" ", "/") };
}

function having(place: OuterPlaceAudit, status: CellStatus): string[] {
  return place.variables.filter((cell) => cell.status === status).map(({ variable }) => variable);
}
