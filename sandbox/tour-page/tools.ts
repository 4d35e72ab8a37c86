/** Which programs ran? Each with its version and where it came from; stand-in plugins are plainly called that. */
import { html, type Html } from "../../automation/reports/html";
import { type ToolReport, type TourReport } from "../tour-report";
import { mark, note, section, table } from "../../automation/reports/page/parts";

const SOURCES: Readonly<Record<ToolReport["source"], string>> = {
  present: "was on this machine already",
  download: "official download",
  "go-modules": "built here from the upstream source, by Go modules",
  "stand-in": "stand-in plugin of this project",
};

/** The programs, and a plain word about every stand-in among them. */
export function toolsSection({ tools }: TourReport): Html {
  const standIns = tools.filter(({ source }) => source === "stand-in");
  const rows = tools.map(({ name, version, source }) => [
    html`<code>${name}</code>`,
    version,
    source === "stand-in" ? mark("warn", SOURCES[source]) : (SOURCES[source] ?? source),
  ]);
  return section(
    "tools",
    "What ran",
    html`<p>
      The Pulumi engine and the plugins below did the work. The services that they talked to (Pulumi ESC, GitHub,
      Vercel, Snowflake, Gong, Estuary) were stand-ins on this machine, which refuse wrong and retired credentials as
      the real ones do.
    </p>`,
    standInNotice(standIns),
    table({ caption: "Programs and plugins", columns: ["Program", "Version", "Source"], groups: [{ rows }] }),
  );
}

function standInNotice(standIns: readonly ToolReport[]): Html {
  if (standIns.length === 0) return note("None of the plugins is a stand-in.");
  return html`<div class="aside">
    <ul>
      ${standIns.map(
        ({ name, version }) =>
          html`<li>
            <strong>${name} ${version}</strong>: stand-in plugin of this project, the official one could not be had
          </li> `,
      )}
    </ul>
  </div>`;
}
