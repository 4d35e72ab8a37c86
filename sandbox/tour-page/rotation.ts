/** How did the rotation go? The time line, the same as a table, Pulumi's runs in it, and the consumer that worked all the while. */
import { html, type Html } from "../../automation/reports/html";
import { describeTornWindow } from "../../automation/reports/rotation";
import { type RotationOutcome, type RotationReport, type ServiceRotation } from "../../automation/rotation/report";
import { type ConsumerReport, type TourReport } from "../tour-report";
import { mark, note, scrollBox, section, sentence, table, type State } from "../../automation/reports/page/parts";
import { operationWord } from "./resources";
import { timelineDrawing } from "./timeline";
import {
  between,
  count,
  distinct,
  duration,
  list,
  moment,
  plainWords,
  plural,
  seconds,
  serviceTitle,
} from "../../automation/reports/page/words";

const OUTCOME_STATES: Readonly<Record<RotationOutcome, State>> = {
  rotated: "good",
  draining: "good",
  nothing_due: "none",
  aborted: "bad",
  pointed_back: "bad",
  failed: "bad",
  manual_pending: "warn",
  retire_pending: "warn",
  stopped: "warn",
};

/** The rotation. */
export function rotationSection({ rotation }: TourReport): Html {
  const services = plural(rotation.services.length, "service");
  const took = duration(between(rotation.startedAt, rotation.endedAt));
  return section(
    "rotation",
    "The rotation",
    html`<p>
      ${services} in one run of ${took}, from ${moment(rotation.startedAt)}. A new credential is made beside the old one
      and proven; only then consumers are pointed to it; only when they are proven to read it is the old one taken away.
    </p>`,
    outcomes(rotation),
    rotation.services.length > 0 &&
      html`<figure>
        ${scrollBox("Time line of the rotation", timelineDrawing(rotation))}
        <figcaption>
          Seconds since the start of the rotation. A bar with a point goes on after it. The dashed line is the
          promotion: from then on consumers read the new credential.
        </figcaption>
      </figure>`,
    steps(rotation),
    pulumiRuns(rotation),
  );
}

function outcomes({ services }: RotationReport): Html {
  const rows = services.map((one) => [
    serviceTitle(one.service),
    mark(OUTCOME_STATES[one.outcome] ?? "warn", plainWords(one.outcome)),
    html`${sentence(one.summary)}<small>${list(one.variables)}</small>${one.tornWindows.map(
      (window) => html`<small>${sentence(describeTornWindow(window))}</small>`,
    )}`,
    bothAlive(one),
  ]);
  const columns = ["Service", "Outcome", "What happened", "Both accepted"];
  return table({ caption: "Outcome of each rotation", columns, groups: [{ rows }] });
}

function bothAlive({ bothAlive: span, outcome }: ServiceRotation): string {
  if (!span) return "at no time";
  if (outcome === "pointed_back") return "until pointed back";
  return span.until === undefined ? "still" : duration(between(span.from, span.until));
}

/** What the drawing shows, in words and figures. */
function steps({ startedAt, services }: RotationReport): Html | false {
  const since = (iso: string): string => {
    const milliseconds = between(startedAt, iso);
    return Number.isNaN(milliseconds) ? "unknown" : seconds(milliseconds / 1000);
  };
  const groups = services
    .filter((one) => one.steps.length > 0)
    .map((one) => ({
      title: html`${serviceTitle(one.service)}${one.bothAlive && html`<small>${overlap(one, since)}</small>`}`,
      rows: one.steps.map(({ step, startedAt: from, endedAt: until, detail }) => [
        step,
        since(from),
        since(until),
        sentence(detail),
      ]),
    }));
  return (
    groups.length > 0 &&
    table({
      caption: "The steps of each service, in seconds since the start",
      showCaption: true,
      columns: ["Step", "From", "To", "What happened"],
      groups,
    })
  );
}

function overlap({ from, to, bothAlive: span, outcome }: ServiceRotation, since: (iso: string) => string): string {
  const open = outcome === "pointed_back" ? "until it was pointed back" : "on";
  const ends = span?.until === undefined ? open : `to ${since(span.until)}`;
  return (
    `Slot ${from.slot} (generation ${from.generation}) and slot ${to.slot} (generation ${to.generation}) ` +
    `were both accepted from ${since(span?.from ?? "")} ${ends}.`
  );
}

function pulumiRuns({ ups }: RotationReport): Html | false {
  const rows = ups.map(({ step, durationMs, changes }) => [step, duration(durationMs), changesInWords(changes)]);
  return (
    rows.length > 0 &&
    table({
      caption: "Runs of pulumi up in the rotation",
      showCaption: true,
      columns: ["Step", "Took", "Changes"],
      groups: [{ rows }],
    })
  );
}

function changesInWords(changes: RotationReport["ups"][number]["changes"]): string {
  const operations = distinct(changes.map(({ op }) => op));
  if (operations.length === 0) return "none";
  return list(operations.map((op) => `${changes.filter((change) => change.op === op).length} ${operationWord(op)}`));
}

/** The program that used every service all the while. */
export function consumerSection({ consumer }: TourReport): Html {
  const refusals = consumer.reduce((sum, one) => sum + one.refusals, 0);
  const verdict = refusals === 0 ? "It was never refused." : `It was refused ${plural(refusals, "time")}.`;
  return section(
    "consumer",
    "A consumer that never stopped",
    html`<p>
      During the rotation another program went on opening the published environment and using every service with what it
      read there. ${consumer.length === 0 ? "It reported nothing." : verdict}
    </p>`,
    consumer.length > 0 &&
      table({
        caption: "What the consumer met",
        columns: ["Service", "Uses", "Refused", "No clear answer"],
        groups: [{ rows: consumer.map(consumerRow) }],
      }),
    note("No clear answer means a time-out or an overloaded service: it says nothing about the credential."),
  );
}

function consumerRow({ service, uses, refusals, unknown }: ConsumerReport) {
  const word = refusals === 0 ? "never" : plural(refusals, "time");
  const state = refusals > 0 ? "bad" : uses > 0 ? "good" : "warn";
  return [serviceTitle(service), count(uses), mark(state, word), count(unknown)];
}
