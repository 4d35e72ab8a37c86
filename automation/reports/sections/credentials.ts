/** How old is each credential against its limit? A bar for the eye, and the same in figures. */
import { type RotationStatus } from "../../audit/ages";
import { describeAge, type ServiceFindings } from "../../audit/services";
import { html, type Html } from "../html";
import { ageAxis, ageBar, ageScale } from "../page/age-bar";
import { mark, section, table, type State } from "../page/parts";
import { day, plainWords, plural } from "../page/words";

/** How each status looks. */
export const ROTATION_STATES: Readonly<Record<RotationStatus, State>> = {
  OK: "good",
  "DUE SOON": "warn",
  "DUE TODAY": "warn",
  NEVER: "warn",
  OVERDUE: "bad",
};

/** Whether a rotation is in time, in a shape and words. */
export function rotationMark({ status, unknown }: Pick<ServiceFindings, "status" | "unknown">): Html {
  if (unknown.includes("rotation")) return mark("unknown", "unknown");
  return mark(ROTATION_STATES[status], status === "OK" ? "in time" : plainWords(status));
}

/** The credentials that rotate. */
export function credentialsSection(services: readonly ServiceFindings[]): Html {
  const scale = ageScale(services);
  const rows = services.map((service) => [
    html`${service.title}<small>${service.owner}</small>`,
    rotationMark(service),
    html`${ageBar(service, scale)}<small>${ageWords(service)}</small>`,
    dueWords(service),
    html`${service.unknown.includes("rotation") ? "unknown" : plainWords(service.phase)}${
      service.retireAfter !== undefined && html`<small>the other one goes after ${day(service.retireAfter)}</small>`
    }`,
    service.missing.join(", ") || (service.unknown.includes("missing") ? "unknown" : "none"),
  ]);
  return section(
    "ages",
    "Ages against their limits",
    services.length === 0
      ? html`<p>No service with a credential that rotates.</p>`
      : table({
          caption: "Age of each credential and when it is due",
          columns: [
            "Service",
            "Rotation",
            { label: "Age and limit, days", below: ageAxis(scale) },
            "Due",
            "Phase",
            "Missing variables",
          ],
          groups: [{ rows }],
        }),
    html`<p class="note">
      The bar is the age in days, the upright line the limit; what is beyond the limit is hatched. Where nobody has
      proved an age, there is no bar.
    </p>`,
  );
}

function ageWords(service: ServiceFindings): string {
  const limit = `limit ${plural(service.everyDays, "day")}`;
  return `${service.unknown.includes("rotation") ? "unknown" : describeAge(service)}; ${limit}`;
}

function dueWords({ dueAt, dueInDays = 0 }: ServiceFindings): Html {
  if (dueAt === undefined) return html`unknown`;
  const days = plural(Math.abs(dueInDays), "day");
  const when = dueInDays === 0 ? "today" : dueInDays > 0 ? `in ${days}` : `${days} ago`;
  return html`${when}<small>${day(dueAt)}</small>`;
}
