/** Does each place hold what it should? Variables and places as one matrix; what is not in step says why. */
import { findOwner } from "../../../services/select";
import { type PlaceAudit } from "../../audit/place-audit";
import { type Cell, type CellStatus } from "../../audit/places";
import { html, type Html } from "../html";
import { mark, section, sentences, table, type State } from "../page/parts";
import { count, distinct, list, moment, plural } from "../page/words";

/** How each status looks. */
export const CELL_STATES: Readonly<Record<CellStatus, State>> = {
  "in step": "same",
  behind: "behind",
  "edited outside": "different",
  missing: "absent",
  shadowed: "hidden",
  foreign: "foreign",
  unknown: "unknown",
};

const MEANINGS: Readonly<Record<CellStatus, string>> = {
  "in step": "what programs read in ESC, as we wrote it",
  behind: "what we wrote, but ESC says something else by now",
  "edited outside": "somebody else wrote over it",
  missing: "it should be there",
  shadowed: "right, but a nearer entry hides it",
  foreign: "there, but not written by this stack",
  unknown: "the place could not be read",
};

/** What the matrix is made of. */
export interface Matrix {
  readonly places: readonly PlaceAudit[];
  /** ESC environments that import the published one. */
  readonly importers: readonly string[];
}

/** How many copies there are of each status. */
export function tallyOf(places: readonly PlaceAudit[]): ReadonlyMap<CellStatus, number> {
  const statuses = places.flatMap(({ variables }) => variables.map(({ status }) => status));
  const known = Object.keys(CELL_STATES) as CellStatus[];
  return new Map(known.map((status) => [status, statuses.filter((one) => one === status).length]));
}

/** The matrix, with what each place says of itself. */
export function matrixSection({ places, importers }: Matrix): Html {
  const variables = distinct(places.flatMap((place) => place.variables.map(({ variable }) => variable)));
  const owners = distinct(variables.map(ownerOf));
  const groups = owners.map((owner) => ({
    title: owner,
    rows: variables.filter((name) => ownerOf(name) === owner).map((name) => variableRow(name, places)),
  }));
  const columns = ["Variable", ...places.map(({ place }) => place)];
  return section(
    "places",
    "Where each variable is",
    html`<p>${summaryOf(places)}</p>`,
    variables.length > 0 &&
      table({ caption: "Variables and the places that hold them", columns, groups, width: "wide" }),
    legend(places),
    sentences([...places.flatMap(remarks), ...readers(importers)]),
  );
}

function ownerOf(variable: string): string {
  return findOwner(variable)?.title ?? "Of no service";
}

function variableRow(name: string, places: readonly PlaceAudit[]) {
  return [
    html`<code>${name}</code>`,
    ...places.map(({ state, variables }) => {
      const cells = variables.filter(({ variable }) => variable === name);
      if (cells.length === 0) return state === "read" ? mark("none", "not sent") : mark("unknown", "unknown");
      return cells.map(cellContent);
    }),
  ];
}

function cellContent({ status, evidence, updatedAt }: Cell): Html {
  const when = updatedAt === undefined ? "" : `, written ${moment(updatedAt)}`;
  return html`${mark(CELL_STATES[status], status)}${status !== "in step" && html`<small>${evidence}${when}</small>`}`;
}

/** `43 of 47 copies are in step, 2 edited outside, 2 missing.` */
export function summaryOf(places: readonly PlaceAudit[]): string {
  const tally = tallyOf(places);
  const all = [...tally.values()].reduce((sum, one) => sum + one, 0);
  const parts = [...tally]
    .filter(([status, number]) => status !== "in step" && number > 0)
    .map(([status, number]) => `${count(number)} ${status}`);
  const inStep = `${count(tally.get("in step") ?? 0)} of ${plural(all, "copy", "copies")} are in step`;
  return `${list([inStep, ...parts])}.`;
}

/** Only the words that the matrix has. */
function legend(places: readonly PlaceAudit[]): Html {
  const shown = [...tallyOf(places)].filter(([, number]) => number > 0);
  return html`<dl class="legend">
    ${shown.map(
      ([status]) =>
        html`<div>
          <dt>${mark(CELL_STATES[status], status)}</dt>
          <dd>${MEANINGS[status]}</dd>
        </div> `,
    )}
  </dl>`;
}

function remarks({ place, state, reason, visibility, lastWrite, others }: PlaceAudit): string[] {
  const said = [
    state === "unreadable" ? `not read: ${reason ?? "no answer"}` : state === "not asked" ? "not asked" : "",
    visibility === undefined ? "" : `visibility: ${visibility}`,
    lastWrite === undefined ? "" : `written last by us ${moment(lastWrite)}`,
    others.length === 0 ? "" : `of others, never touched: ${others.join(", ")}`,
  ].filter(Boolean);
  return said.length === 0 ? [] : [`${place}: ${said.join("; ")}`];
}

function readers(importers: readonly string[]): string[] {
  return importers.length === 0 ? [] : [`ESC environments that import it: ${importers.join(", ")}`];
}
