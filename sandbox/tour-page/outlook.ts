/** What is left to do? The audit, a preview after everything, and the next steps for the reader. */
import { html, type Html } from "../../automation/reports/html";
import { type RotationStatus, type ServiceAudit } from "../../automation/audit";
import { type TourReport } from "../tour-report";
import { mark, note, section, sentence, sentences, table, type State } from "../../automation/reports/page/parts";
import { groupResources } from "./resources";
import { duration, list, moment, plainWords, plural, serviceTitle } from "../../automation/reports/page/words";

const STATUS_STATES: Readonly<Record<RotationStatus, State>> = {
  OK: "good",
  "DUE SOON": "warn",
  "DUE TODAY": "warn",
  NEVER: "bad",
  OVERDUE: "bad",
};

/** The audit of the stack after the rotation. */
export function auditSection({ audit }: TourReport): Html {
  const { services, missingAtDestinations: missing, recommendations } = audit;
  const columns = ["Service", "Rotation", "Last rotated", "Due", "Phase", "Missing variables"];
  return section(
    "audit",
    "Audit",
    table({ caption: "Audit of the stack", columns, groups: [{ rows: services.map(auditRow) }], width: "wide" }),
    missing.length === 0
      ? note("Every destination holds every name that it should.")
      : table({
          caption: "Names that a destination lacks",
          showCaption: true,
          columns: ["Place", "Name"],
          groups: [{ rows: missing.map(({ place, name }) => [place, html`<code>${name}</code>`]) }],
        }),
    recommendations.length > 0 &&
      html`<h3>The audit recommends</h3>
        ${sentences(recommendations)}`,
  );
}

function auditRow({ service, status, rotatedAt, dueInDays, phase, missing }: ServiceAudit) {
  return [
    serviceTitle(service),
    mark(STATUS_STATES[status] ?? "warn", status === "OK" ? status : plainWords(status)),
    rotatedAt === undefined ? "never" : moment(rotatedAt),
    dueInDays === undefined ? "unknown" : dueWords(dueInDays),
    plainWords(phase),
    missing.length === 0 ? "none" : list(missing),
  ];
}

function dueWords(days: number): string {
  if (days === 0) return "today";
  return days > 0 ? `in ${plural(days, "day")}` : `${plural(-days, "day")} ago`;
}

/** What Pulumi would still change. */
export function previewSection({ previewAfter }: TourReport): Html {
  const { changes, unchanged, durationMs } = previewAfter;
  const clean = changes.length === 0;
  const word = clean ? "Nothing is left to change" : `${plural(changes.length, "resource")} would change`;
  return section(
    "preview",
    "A preview after all of this",
    html`<p>
      ${mark(clean ? "good" : "bad", word)}; ${plural(unchanged, "resource")} as they are, found in
      ${duration(durationMs)}.
    </p>`,
    !clean &&
      table({
        caption: "What a preview would change",
        columns: ["Kind", "Operation", "Names in the program"],
        groups: groupResources(changes, (op) => op),
        width: "wide",
      }),
  );
}

/** What the reader can do now. */
export function nextSection({ next }: TourReport): Html | false {
  return (
    next.length > 0 &&
    section(
      "next",
      "What to do next",
      html`<ol class="steps">
        ${next.map((step) => html`<li>${sentence(step)}</li> `)}
      </ol>`,
    )
  );
}
