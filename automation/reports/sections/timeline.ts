/** When was which credential alive? The drawing by service and slot, and every rotation as a row of a table with the same times. */
import { findService } from "../../../services/select";
import { type SlotName } from "../../../services/service";
import { type ServiceFindings } from "../../audit/services";
import { type StackReport } from "../../report";
import {
  type CredentialLife,
  type CredentialRole,
  type PastRotation,
  type ServiceHistory,
} from "../../rotation/history";
import { html, type Html } from "../html";
import { laneDrawing, type LaneGroup } from "../page/lanes";
import { mark, note, section, table, type State } from "../page/parts";
import { duration, moment } from "../page/words";

const SLOTS: readonly SlotName[] = ["a", "b"];

const ROLE_WORDS: Readonly<Record<CredentialRole, string>> = {
  pending: "made, not read yet",
  current: "in use",
  previous: "old one, still alive",
  withdrawn: "given up, on its way out",
};

const OUTCOME_STATES: Readonly<Record<PastRotation["outcome"], State>> = {
  rotated: "good",
  "given up": "bad",
  "under way": "warn",
};

/** The time line. */
export function timelineSection({ history, credentials, timestamp }: StackReport): Html {
  const title = "Rotations over time";
  if (history.state === "unreadable")
    return section("timeline", title, html`<p>${mark("unknown", "Not known")}: ${history.reason}</p>`);
  const since = new Map(credentials.map((one) => [one.service, one]));
  const services = history.services.map((one) => withKnownBeginning(one, since.get(one.service)));
  const rows = services
    .flatMap(({ service, rotations }) => rotations.map((one) => ({ service, one, at: beginOf(one) })))
    .sort((left, right) => right.at.localeCompare(left.at))
    .map(({ service, one }) => rotationRow(service, one));
  return section(
    "timeline",
    title,
    html`<p>
      Two slots a service: a new credential is made in the unused one and proven, programs are pointed to it, and the
      old one goes when nobody needs it any more. In between, both are alive.
    </p>`,
    services.length > 0 &&
      html`<figure>
        ${laneDrawing(services.map(laneGroup), Date.parse(timestamp))}
        <figcaption>${legend()}</figcaption>
      </figure>`,
    rows.length > 0 &&
      table({
        caption: "Every rotation, the newest first",
        showCaption: true,
        columns: ["Service", "Outcome", "Made", "Programs read it", "Old one retired", "Both alive"],
        groups: [{ rows }],
      }),
    note(
      rows.length === 0 && "No rotation yet. ",
      history.since === undefined
        ? "There is no intake yet."
        : `Made from the revisions of the intake since ${moment(history.since)}${history.isCut ? "; older ones were not read" : ""}.`,
    ),
  );
}

/** Of a credential that was there before the oldest revision, the audit may know since when. */
function withKnownBeginning(history: ServiceHistory, known: ServiceFindings | undefined): ServiceHistory {
  const lives = history.lives.map((life) =>
    life.from === undefined && life.until === undefined && life.role === "current" && known?.since !== undefined
      ? { ...life, from: known.since }
      : life,
  );
  return { ...history, lives };
}

function laneGroup({ service, lives, rotations }: ServiceHistory): LaneGroup {
  const moments = rotations.flatMap(({ promotedAt }) => (promotedAt === undefined ? [] : [Date.parse(promotedAt)]));
  const lanes = SLOTS.map((slot) => {
    const own = lives.filter((life) => life.slot === slot);
    return {
      label: `slot ${slot}`,
      description: own.length === 0 ? "empty" : own.map(describeLife).join("; "),
      bars: own.map(({ from, until, role }) => ({
        look: role,
        ...(from === undefined ? {} : { from: Date.parse(from) }),
        ...(until === undefined ? {} : { until: Date.parse(until) }),
      })),
      moments,
    };
  });
  return { title: titleOf(service), lanes };
}

function describeLife({ generation, role, from, until }: CredentialLife): string {
  const begin = from === undefined ? "from earlier on" : `from ${moment(from)}`;
  return `generation ${generation} ${ROLE_WORDS[role]} ${begin} ${until === undefined ? "until now" : `to ${moment(until)}`}`;
}

function titleOf(service: string): string {
  return findService(service)?.title ?? service;
}

function rotationRow(service: string, one: PastRotation) {
  const { outcome, from, to, stagedAt, promotedAt, retiredAt, endedAt } = one;
  const slots = `slot ${from.slot} (generation ${from.generation}) → slot ${to.slot} (generation ${to.generation})`;
  return [
    html`${titleOf(service)}<small>${slots}</small>`,
    mark(OUTCOME_STATES[outcome], outcome),
    when(stagedAt, outcome),
    when(promotedAt, outcome),
    when(endedAt ?? retiredAt, outcome),
    bothAlive(stagedAt, endedAt),
  ];
}

function beginOf({ stagedAt, promotedAt, confirmedAt, retiredAt, endedAt = "" }: PastRotation): string {
  return stagedAt ?? promotedAt ?? confirmedAt ?? retiredAt ?? endedAt;
}

function when(time: string | undefined, outcome: PastRotation["outcome"]): string {
  if (time !== undefined) return moment(time);
  return outcome === "under way" ? "not yet" : "never, or not known";
}

function bothAlive(from: string | undefined, until: string | undefined): string {
  if (from === undefined) return "not known";
  return until === undefined ? "still" : duration(Date.parse(until) - Date.parse(from));
}

function legend(): Html {
  const roles = Object.keys(ROLE_WORDS) as CredentialRole[];
  return html`<ul class="keys">
    ${roles.map(
      (role) =>
        html`<li>
          <svg class="lane-key" width="28" height="14" aria-hidden="true" focusable="false">
            <rect x="1" y="1" width="26" height="12" class="${role}" /></svg
          >${ROLE_WORDS[role]}
        </li> `,
    )}
    <li>
      <svg class="lane-key" width="28" height="14" aria-hidden="true" focusable="false">
        <line x1="14" y1="0" x2="14" y2="14" class="moment" /></svg
      >programs are pointed to the other slot (what is too short to be seen is drawn wider)
    </li>
  </ul>`;
}
