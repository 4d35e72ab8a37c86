/** How does a person in a browser read an audit? One self-contained page: no scripts, no loads, everything from the stores escaped. */
import { type Audit } from "../audit";
import { RULES } from "../audit/findings";
import { describeAge } from "../audit/services";
import { AUDIT_STYLE } from "./audit-style";
import { html, renderPage, type Html, type HtmlContent } from "./html";

/** Makes the page, a whole HTML document. The same audit makes the same page on every machine. */
export function auditPage(audit: Audit): string {
  const { stack, organization, timestamp, offline, findings } = audit;
  const count = (level: string) => findings.filter((one) => one.level === level).length;
  const body = html`<header>
      <p class="quiet">sophia-secrets</p>
      <h1>Audit of stack ${stack} of ${organization}</h1>
      <p>
        ${moment(timestamp)}. ${count("error")} errors, ${count("warning")} warnings, ${count("note")} notes.
        ${offline && "Offline: nothing but Pulumi's state was looked at."}
      </p>
    </header>
    <main>
      ${findingsSection(audit)} ${rotationSection(audit)} ${placesSection(audit)} ${tokensSection(audit)}
      ${freshnessSection(audit)}
    </main>`;
  return renderPage({ title: `Audit of ${stack}: ${findings.length} findings`, style: AUDIT_STYLE, body });
}

function findingsSection({ findings }: Audit): Html {
  return section(
    "findings",
    "What to do",
    findings.length === 0
      ? html`<p>Nothing.</p>`
      : html`<ol class="findings">
          ${findings.map(
            ({ rule, level, message, command }) =>
              html`<li>
                <p>${badge(level, level)} ${message}. <span class="quiet">${RULES[rule].title}</span></p>
                <pre tabindex="0"><code>${command}</code></pre>
              </li> `,
          )}
        </ol>`,
  );
}

function rotationSection({ services }: Audit): Html {
  const rows = services.map((service) => [
    service.title,
    service.unknown.includes("rotation")
      ? badge("warning", "unknown")
      : badge(service.status === "OK" ? "ok" : service.status === "OVERDUE" ? "error" : "warning", service.status),
    describeAge(service),
    service.dueAt === undefined ? "unknown" : `${service.dueAt.slice(0, 10)} (${service.dueInDays ?? 0} days)`,
    service.phase,
    service.missing.join(", ") || (service.unknown.includes("missing") ? "unknown" : "none"),
    service.owner,
  ]);
  const columns = ["Service", "Rotation", "Age", "Due", "Phase", "Missing variables", "Owner"];
  return section("rotation", "Rotation", table("Rotation by service", columns, rows));
}

function placesSection({ places, importers }: Audit): Html {
  const parts = places.map(({ place, state, reason, visibility, variables, others }) => {
    const notes = [
      visibility === undefined ? "" : `Visible to ${visibility}.`,
      state === "read" ? "" : state === "unreadable" ? `Not read: ${reason ?? "no answer"}.` : "Not asked.",
      others.length === 0 ? "" : `Of others, never touched: ${others.join(", ")}.`,
    ].filter(Boolean);
    const rows = variables.map(({ variable, status, writtenAt, updatedAt, evidence }) => [
      html`<code>${variable}</code>`,
      badge(status === "in step" ? "ok" : status === "unknown" || status === "foreign" ? "warning" : "error", status),
      writtenAt === undefined ? "" : moment(writtenAt),
      updatedAt === undefined ? "" : moment(updatedAt),
      evidence,
    ]);
    const columns = ["Variable", "Status", "Written by us", "Written last, as the place says", "Evidence"];
    return html`<h3>${place}</h3>
      ${notes.length > 0 && html`<p>${notes.join(" ")}</p>`}
      ${rows.length > 0 && table(`Variables at ${place}`, columns, rows)}`;
  });
  const readers = importers.length > 0 && html`<p>ESC environments that import it: ${importers.join(", ")}.</p>`;
  return section("places", "Who reads what", readers, parts);
}

function tokensSection({ tokens }: Audit): Html | false {
  const rows = tokens.map(({ token, expires, expiresAt, daysLeft, state }) => [
    html`<code>${token}</code>`,
    badge(state === "ok" ? "ok" : state === "unknown" ? "warning" : "error", state),
    expires === "at" ? `${expiresAt?.slice(0, 10) ?? ""} (${daysLeft ?? 0} days)` : expires,
  ]);
  return (
    tokens.length > 0 && section("tokens", "Tokens", table("Tokens and their ends", ["Token", "State", "Ends"], rows))
  );
}

function freshnessSection({ freshness, places }: Audit): Html {
  const hasOrganization = places.some(({ visibility }) => visibility !== undefined);
  const rows = [
    ["The intake, by an import or a rotation", freshness.intake] as const,
    ["GitHub repositories and environments", freshness.repositories] as const,
    ...(hasOrganization ? [["The GitHub organization", freshness.organization] as const] : []),
  ].map(([what, { last, days }]) => [
    what,
    days === undefined ? last : moment(last),
    days === undefined ? "" : `${days} days ago`,
  ]);
  return section("written", "Last written", table("When anything was written last", ["Where", "When", "Age"], rows));
}

function section(id: string, title: string, ...content: readonly HtmlContent[]): Html {
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${content}
  </section> `;
}

/** Scrolls inside its own box, by the keyboard too; the first cell of a row is its header. */
function table(caption: string, columns: readonly string[], rows: readonly (readonly HtmlContent[])[]): Html {
  return html`<div class="box" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map((column) => html`<th scope="col">${column}</th> `)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([first, ...rest]) =>
            html`<tr>
              <th scope="row">${first}</th>
              ${rest.map((cell) => html`<td>${cell}</td> `)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div> `;
}

/** The word says it; the colour is for those who see it. */
function badge(kind: "ok" | "note" | "warning" | "error", word: string): Html {
  return html`<span class="badge ${kind}">${word}</span>`;
}

function moment(time: string): Html {
  return html`<time datetime="${time}">${time.slice(0, 16).replace("T", " ")} UTC</time>`;
}
