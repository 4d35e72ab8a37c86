/** How is an access audit read: by programs, at a terminal, in a browser? */
import Table from "cli-table3";
import { createColors } from "picocolors";
import { type AccessAudit } from "../audit/access/access";
import { type AccessPlace } from "../audit/access/place";
import { nameOf, quarterOf } from "../audit/access/review";
import { type Unexpected } from "../audit/access/unexpected";
import { AUDIT_STYLE } from "./audit-style";
import { html, renderPage, type Html } from "./html";
import { visible } from "../visible";
import { hanging } from "./text";

/** The newest signed review. */
export interface SignedReview {
  readonly file: string;
  readonly by: string;
  readonly date: string;
}

/** The audit with what it is compared with. */
export interface AccessReport {
  readonly audit: AccessAudit;
  /** Undefined where none is signed. */
  readonly signed: SignedReview | undefined;
  readonly unexpected: readonly Unexpected[];
}

/** The JSON document; its shape is `docs/schemas/access.json`. */
export function accessDocument({ audit, signed, unexpected }: AccessReport) {
  const { organization, stack, timestamp, places } = audit;
  return {
    ...{ schema: "sophia-secrets/access", version: 1, organization, stack, timestamp, quarter: quarterOf(timestamp) },
    ...{ places, ...(signed ? { signed } : {}), unexpected },
  } as const;
}

const WIDTHS = [28, 12, 43, 12];

/** The audit as tables of at most 100 columns. */
export function accessText({ audit, signed, unexpected }: AccessReport, colour = false): string {
  const { bold } = createColors(colour);
  const { organization, stack, timestamp, places } = audit;
  const title = `Who may read what: stack ${stack} of ${organization}, ${timestamp.slice(0, 16).replace("T", " ")} UTC`;
  const parts = places.flatMap((place) => [bold(visible(place.place)), placeText(place), ""]);
  const changes = unexpected.map((one) => hanging(`  ${one.change}: `, visible(sentenceOf(one))));
  return [bold(visible(title)), visible(verdict(signed, unexpected)), ...changes, "", ...parts].join("\n");
}

function verdict(signed: SignedReview | undefined, unexpected: readonly Unexpected[]): string {
  if (!signed) return "No signed review to compare with.";
  const since = `the review that ${signed.by} signed on ${signed.date}`;
  return unexpected.length === 0 ? `Nobody new since ${since}.` : `${unexpected.length} against ${since}:`;
}

/** One change in words. */
export function sentenceOf({ place, who, how, was }: Unexpected): string {
  const subject = who === "" ? how : `${who}, ${how}`;
  return `${place}: ${subject}${was === undefined ? "" : ` (was: ${was})`}`;
}

function placeText(place: AccessPlace): string {
  const { state, accessors, notes } = place;
  if (state !== "read") return hanging(`  ${state}: `, visible(whyNot(place)));
  const style = { head: [], border: [], compact: true };
  const table = new Table({
    head: ["Who", "What", "May", "Since"],
    colWidths: WIDTHS,
    style,
    wordWrap: true,
    wrapOnWordBoundary: false,
  });
  for (const one of accessors)
    table.push([visible(nameOf(one)), one.kind, visible(one.how), one.since?.slice(0, 10) ?? "not known"]);
  const list = accessors.length === 0 ? "  Nobody." : table.toString();
  return [list, ...notes.map((note) => hanging("  - ", visible(note)))].join("\n");
}

function whyNot({ reason = "no reason given", hint = "" }: AccessPlace): string {
  return `${reason}. ${hint}`.trim();
}

/** The audit as a page that loads nothing. */
export function accessPage({ audit, signed, unexpected }: AccessReport): string {
  const { organization, stack, timestamp, places } = audit;
  const body = html`<header>
      <p class="quiet">sophia-secrets</p>
      <h1>Who may read what: stack ${stack} of ${organization}</h1>
      <p>
        <time datetime="${timestamp}">${timestamp.slice(0, 16).replace("T", " ")} UTC</time>.
        ${verdict(signed, unexpected)}
      </p>
    </header>
    <main>
      ${
        unexpected.length > 0 &&
        html`<ul>
          ${unexpected.map((one) => html`<li><span class="badge error">${one.change}</span> ${sentenceOf(one)}</li> `)}
        </ul>`
      }
      ${places.map(placeSection)}
    </main>`;
  return renderPage({ title: `Who may read what: ${stack}`, style: AUDIT_STYLE, body });
}

function placeSection(place: AccessPlace): Html {
  const { state, accessors, notes } = place;
  const rows = accessors.map(
    (one) =>
      html`<tr>
        <th scope="row">${nameOf(one)}</th>
        <td>${one.kind}</td>
        <td>${one.how}</td>
        <td>${one.since?.slice(0, 10) ?? "not known"}</td>
      </tr> `,
  );
  const table = html`<div class="box" role="region" aria-label="${place.place}" tabindex="0">
    <table>
      <thead>
        <tr>
          <th scope="col">Who</th>
          <th scope="col">What</th>
          <th scope="col">May</th>
          <th scope="col">Since</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
  return html`<section>
    <h2>${place.place}</h2>
    ${state === "read" ? (accessors.length === 0 ? html`<p>Nobody.</p>` : table) : html`<p><span class="badge warning">${state}</span> ${whyNot(place)}</p>`}
    ${notes.map((note) => html`<p class="quiet">${note}</p>`)}
  </section> `;
}
