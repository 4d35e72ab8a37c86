/** Where did each secret go? A matrix of variables and places, and the credentials that nobody takes any more. */
import { html, type Html } from "../../automation/reports/html";
import { type PlacedVariable, type TourReport } from "../tour-report";
import { mark, note, section, table, type State } from "../../automation/reports/page/parts";
import { count, distinct, ownEntry, plural, serviceTitle } from "../../automation/reports/page/words";

type Found = PlacedVariable["places"][string];

const FOUND_STATES: Readonly<Record<Found, State>> = {
  same: "same",
  different: "different",
  absent: "absent",
  "not sent": "none",
};

/** The matrix: a row a variable, a column a place. */
export function placesSection({ variables }: TourReport): Html {
  const places = distinct(variables.flatMap((variable) => Object.keys(variable.places)));
  const groups = distinct(variables.map(({ service }) => service)).map((service) => ({
    title: serviceTitle(service),
    rows: variables.filter((variable) => variable.service === service).map((variable) => variableRow(variable, places)),
  }));
  return section(
    "places",
    "Where each secret went",
    html`<p>${summary(variables)}</p>`,
    variables.length > 0 &&
      table({
        caption: "Variables and the places that hold them",
        columns: ["Variable", "Kind", "Fingerprint", ...places],
        groups,
        width: "wide",
      }),
    note(
      "A fingerprint is keyed: equal values of this run have equal ones, and it does not give the value away. ",
      html`“same” means that the place was opened and holds byte for byte what ESC publishes; “not sent” that the
      variable does not go there.`,
    ),
  );
}

function variableRow({ name, secret, fingerprint, places }: PlacedVariable, columns: readonly string[]) {
  return [
    html`<code>${name}</code>`,
    secret ? "secret" : "plain",
    html`<code>${fingerprint}</code>`,
    ...columns.map((place) => {
      const found = ownEntry(places, place);
      return found === undefined ? mark("none", "not checked") : mark(FOUND_STATES[found] ?? "warn", found);
    }),
  ];
}

function summary(variables: readonly PlacedVariable[]): string {
  const found = variables.flatMap(({ places }) => Object.values(places));
  const tally = (word: Found): number => found.filter((one) => one === word).length;
  const copies = found.length - tally("not sent");
  const parts = (["same", "different", "absent"] as const).map((word) => `${count(tally(word))} ${word}`);
  return `${plural(variables.length, "variable")} in ${plural(copies, "copy", "copies")}: ${parts.join(", ")}.`;
}

/** The credentials from before the rotation. */
export function retiredSection({ retired }: TourReport): Html {
  const rows = retired.map(({ service, refused }) => [
    serviceTitle(service),
    refused ? mark("good", "refused") : mark("bad", "not refused"),
  ]);
  return section(
    "retired",
    "Old credentials",
    html`<p>After the rotation each service was asked with the credential that was in use before it.</p>`,
    rows.length === 0
      ? note("None was tried.")
      : table({ caption: "Credentials from before the rotation", columns: ["Service", "Now"], groups: [{ rows }] }),
  );
}
