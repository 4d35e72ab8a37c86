/** What does a person read after the sandbox's tour? One self-contained page made of the report's data. */
import { html, renderPage, type Html } from "../automation/reports/html";
import { SHAPES } from "./tour-page/parts";
import { auditSection, nextSection, previewSection } from "./tour-page/outlook";
import { placesSection, retiredSection } from "./tour-page/places";
import { probesSection } from "./tour-page/probes";
import { resourcesSection } from "./tour-page/resources";
import { consumerSection, rotationSection } from "./tour-page/rotation";
import { STYLE } from "./tour-page/style";
import { toolsSection } from "./tour-page/tools";
import { checksSection, hasPassed, pageHeader } from "./tour-page/verdict";
import { moment } from "./tour-page/words";
import { type TourReport } from "./tour-report";

const CONTENTS = [
  ["checks", "Checks"],
  ["tools", "What ran"],
  ["resources", "What was created"],
  ["probes", "Probes"],
  ["rotation", "Rotation"],
  ["consumer", "Consumer"],
  ["places", "Where each secret went"],
  ["retired", "Old credentials"],
  ["audit", "Audit"],
  ["preview", "Preview"],
  ["next", "What to do next"],
] as const;

/**
 * The page as text of a whole HTML document: no scripts, no loads, everything from the report escaped. The same report makes the same page on
 * every machine. It shows what the report holds, so the report must hold no value.
 */
export function renderTourPage(report: TourReport): string {
  const body = html`${SHAPES} ${pageHeader(report)} ${contents(report)}
    <main>
      ${checksSection(report)} ${toolsSection(report)} ${resourcesSection(report)} ${probesSection(report)}
      ${rotationSection(report)} ${consumerSection(report)} ${placesSection(report)} ${retiredSection(report)}
      ${auditSection(report)} ${previewSection(report)} ${nextSection(report)}
    </main>
    <footer>
      <p>
        Made from <code>report.json</code> beside this page (${report.schema}, version ${report.version}), finished
        ${moment(report.endedAt)}.
      </p>
    </footer>`;
  const verdict = hasPassed(report) ? "passed" : "failed";
  return renderPage({ title: `Sandbox report: ${verdict} (${report.stack})`, style: STYLE, body });
}

function contents({ next }: TourReport): Html {
  const shown = CONTENTS.filter(([id]) => id !== "next" || next.length > 0);
  return html`<nav aria-label="Contents">
    <ul>
      ${shown.map(([id, title]) => html`<li><a href="${`#${id}`}">${title}</a></li> `)}
    </ul>
  </nav> `;
}
