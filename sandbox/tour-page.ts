/** What does a person read after the sandbox's tour? One self-contained page made of the report's data. */
import { html } from "../automation/reports/html";
import { renderDocument } from "../automation/reports/page/document";
import { auditSection, nextSection, previewSection } from "./tour-page/outlook";
import { placesSection, retiredSection } from "./tour-page/places";
import { probesSection } from "./tour-page/probes";
import { resourcesSection } from "./tour-page/resources";
import { consumerSection, rotationSection } from "./tour-page/rotation";
import { toolsSection } from "./tour-page/tools";
import { checksSection, hasPassed, pageHeader } from "./tour-page/verdict";
import { moment } from "../automation/reports/page/words";
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
  return renderDocument({
    title: `Sandbox report: ${hasPassed(report) ? "passed" : "failed"} (${report.stack})`,
    header: pageHeader(report),
    contents: CONTENTS.filter(([id]) => id !== "next" || report.next.length > 0),
    main: html`${checksSection(report)} ${toolsSection(report)} ${resourcesSection(report)} ${probesSection(report)}
    ${rotationSection(report)} ${consumerSection(report)} ${placesSection(report)} ${retiredSection(report)}
    ${auditSection(report)} ${previewSection(report)} ${nextSection(report)}`,
    footer: html`Made from <code>report.json</code> beside this page (${report.schema}, version ${report.version}),
      finished ${moment(report.endedAt)}.`,
  });
}
