/** How did it go? The verdict in one line, what failed, the run in eight figures, and every check. */
import { html, type Html } from "../../automation/reports/html";
import { rotationExitCode } from "../../automation/rotation/report";
import { type TourCheck, type TourReport } from "../tour-report";
import { glance, ratio, type Figure } from "../../automation/reports/page/glance";
import { mark, section, sentence, table, type State } from "../../automation/reports/page/parts";
import { between, count, duration, list, moment, plural } from "../../automation/reports/page/words";

/** So many failed checks are named in the one line; the list below it has them all. */
const NAMED_IN_VERDICT = 3;

/** True only where the tour says so and no check says otherwise: the page never looks better than its worst check. */
export function hasPassed({ result, checks }: TourReport): boolean {
  return result === "passed" && checks.every(({ passed }) => passed);
}

/** The verdict in one line. */
export function verdict(report: TourReport): string {
  const failed = report.checks.filter(({ passed }) => !passed);
  if (failed.length > 0) {
    const named = failed.slice(0, NAMED_IN_VERDICT).map(({ name }) => `“${name}”`);
    const others = failed.length > named.length ? [`${failed.length - named.length} more`] : [];
    return `${count(failed.length)} of ${plural(report.checks.length, "check")} failed: ${list([...named, ...others])}.`;
  }
  if (!hasPassed(report)) return "The tour failed, though none of its checks says why.";
  return report.checks.length === 1 ? "The one check passed." : `All ${count(report.checks.length)} checks passed.`;
}

/** The top of the page. */
export function pageHeader(report: TourReport): Html {
  const took = duration(between(report.startedAt, report.endedAt));
  return html`<p class="eyebrow">sophia-secrets sandbox report</p>
    <h1>${mark(hasPassed(report) ? "good" : "bad", verdict(report))}</h1>
    <p class="lead">
      Stack ${html`<code>${report.stack}</code>`}, ${moment(report.startedAt)}, took ${took}. Everything ran on this
      machine, against stand-ins of the services; this page has names, times and fingerprints, never a value.
    </p>
    ${failures(report.checks.filter(({ passed }) => !passed))} ${glance(figuresOf(report))} `;
}

function failures(failed: readonly TourCheck[]): Html | false {
  return (
    failed.length > 0 &&
    html`<div class="alert" role="group" aria-labelledby="failed-title">
      <h2 id="failed-title">What failed</h2>
      <ul>
        ${failed.map(({ name, detail }) => html`<li><strong>${name}</strong>: ${sentence(detail)}</li> `)}
      </ul>
    </div>`
  );
}

function figuresOf(report: TourReport): Figure[] {
  return [...figuresOfState(report), ...figuresOfRotation(report)];
}

function fine(isFine: boolean): State {
  return isFine ? "good" : "bad";
}

function figuresOfState({ checks, up, testAfter, variables, previewAfter }: TourReport): Figure[] {
  const passed = checks.filter((check) => check.passed).length;
  const services = Object.values(testAfter.services);
  const connected = services.filter(({ outcome }) => outcome === "passed").length;
  const copies = variables.flatMap(({ places }) => Object.values(places)).filter((found) => found !== "not sent");
  const same = copies.filter((found) => found === "same").length;
  const created = up.changes.filter(({ op }) => op === "create").length;
  const changes = previewAfter.changes.length;
  return [
    ratio("Checks", passed, checks.length, "passed", "some failed"),
    {
      name: "Resources created",
      value: count(created),
      state: fine(created > 0),
      word: `in ${duration(up.durationMs)}`,
    },
    ratio("Services connected", connected, services.length, "after the rotation"),
    ratio("Copies that agree", same, copies.length, "byte for byte"),
    {
      name: "Changes still to make",
      value: count(changes),
      state: fine(changes === 0),
      word: changes === 0 ? "a preview is clean" : "a preview is not clean",
    },
  ];
}

function figuresOfRotation({ rotation, consumer, retired }: TourReport): Figure[] {
  const rotated = rotation.services.filter(({ outcome }) => outcome === "rotated").length;
  const refusals = consumer.reduce((sum, one) => sum + one.refusals, 0);
  const uses = consumer.reduce((sum, one) => sum + one.uses, 0);
  const refused = retired.filter((one) => one.refused).length;
  return [
    {
      ...ratio("Credentials rotated", rotated, rotation.services.length, "while in use"),
      state: fine(rotationExitCode(rotation) === 0),
    },
    {
      name: "Refusals a consumer met",
      value: count(refusals),
      state: fine(refusals === 0 && uses > 0),
      word: `in ${plural(uses, "use")}`,
    },
    ratio("Old credentials refused", refused, retired.length, "as they should be"),
  ];
}

/** Every check, those that failed first. */
export function checksSection({ checks }: TourReport): Html {
  const ordered = [...checks.filter(({ passed }) => !passed), ...checks.filter(({ passed }) => passed)];
  const rows = ordered.map(({ name, passed, detail }) => [
    name,
    passed ? mark("good", "passed") : mark("bad", "failed"),
    sentence(detail),
  ]);
  return section(
    "checks",
    "Checks",
    table({ caption: "Every check of the tour", columns: ["Check", "Result", "What was found"], groups: [{ rows }] }),
  );
}
