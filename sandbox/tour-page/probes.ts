/** Does every service work? Its probe before the rotation and after it, and what to do about those that do not. */
import { html, link, type Html } from "../../automation/reports/html";
import { type IntegrationTestReport, type ServiceReport } from "../../automation/reports/integration-test";
import { findService } from "../../services/select";
import { type TourReport } from "../tour-report";
import { mark, note, section, sentences, table, type State } from "../../automation/reports/page/parts";
import { distinct, duration, ownEntry, plural, serviceTitle } from "../../automation/reports/page/words";

/** What the probes' outcomes look like. */
export const OUTCOME_STATES: Readonly<Record<ServiceReport["outcome"], State>> = {
  passed: "good",
  rejected: "bad",
  unknown: "warn",
};

/** Both tests side by side. */
export function probesSection({ testBefore, testAfter }: TourReport): Html {
  const tested = distinct([...Object.keys(testBefore.services), ...Object.keys(testAfter.services)]);
  const rows = tested.map((name) => [
    serviceName(name),
    probeCell(ownEntry(testBefore.services, name)),
    probeCell(ownEntry(testAfter.services, name)),
  ]);
  const advice = [...adviceOf("before", testBefore), ...adviceOf("after", testAfter)];
  return section(
    "probes",
    "Each service before and after",
    html`<p>
      A probe opens the published environment as a program would, logs in to the service with what it finds there, and
      makes a small request by the service's own protocol.
    </p>`,
    table({
      caption: "Probes before and after the rotation",
      columns: ["Service", "Before the rotation", "After the rotation"],
      groups: [{ rows }],
    }),
    advice.length > 0 &&
      html`<h3>What to do about it</h3>
        ${sentences(advice)}`,
    note(`The test took ${duration(testBefore.durationMs)} before and ${duration(testAfter.durationMs)} after.`),
  );
}

function serviceName(name: string): Html {
  const service = findService(name);
  return service ? html`${service.title}<small>${link(service.docs, "documentation")}</small>` : html`${name}`;
}

function probeCell(result: ServiceReport | undefined): Html {
  if (!result) return mark("none", "not tested");
  const facts = Object.entries(result.details).map(([name, value]) => `${name} ${value}`);
  const tries = `${duration(result.durationMs)}, ${plural(result.attempts, "attempt")}`;
  return html`${mark(OUTCOME_STATES[result.outcome] ?? "warn", result.outcome)}<small>${tries}</small>
    ${result.error !== null && html`<small>${result.error}</small>`}
    ${facts.length > 0 && html`<small>${facts.join(", ")}</small>`}`;
}

function adviceOf(when: "before" | "after", { services }: IntegrationTestReport): string[] {
  return Object.entries(services).flatMap(([name, { recommendations }]) =>
    recommendations.map((text) => `${serviceTitle(name)}, ${when} the rotation: ${text}`),
  );
}
