/** How does a person in a browser read an access audit? One self-contained page, everything from the places escaped. */
import { type AccessPlace } from "../audit/access/place";
import { nameOf } from "../audit/access/review";
import { sentenceOf, verdict, whyNot, type AccessReport } from "./access";
import { html, type Html } from "./html";
import { renderDocument } from "./page/document";
import { mark, section, table } from "./page/parts";
import { day, moment } from "./page/words";

/** Makes the page, a whole HTML document. */
export function accessPage({ audit, signed, unexpected }: AccessReport): string {
  const { organization, stack, timestamp, places } = audit;
  const changes = unexpected.map((one) => html`<li>${mark("bad", one.change)} ${sentenceOf(one)}</li> `);
  const ids = places.map(({ place }, index) => [`place-${index + 1}`, place] as const);
  return renderDocument({
    title: `Who may read what: ${stack}`,
    header: html`<p class="eyebrow">sophia-secrets audit --access</p>
      <h1>Who may read what: stack ${stack} of ${organization}</h1>
      <p class="lead">${moment(timestamp)}. ${verdict(signed, unexpected)}</p>`,
    contents: ids,
    main: html`${
      changes.length > 0 &&
      html`<ul>
        ${changes}
      </ul>`
    }
    ${places.map((place, index) => placeSection(place, ids[index]?.[0] ?? ""))}`,
    footer: html`Made by <code>sophia-secrets audit --access --format html</code>. It has names and rights, never a
      value.`,
  });
}

function placeSection(place: AccessPlace, id: string): Html {
  const { place: title, state, accessors, notes } = place;
  const rows = accessors.map((one) => [
    nameOf(one),
    one.kind,
    one.how,
    one.since === undefined ? "not known" : day(one.since),
  ]);
  const columns = ["Who", "What", "May", "Since"];
  const list = rows.length === 0 ? html`<p>Nobody.</p>` : table({ caption: title, columns, groups: [{ rows }] });
  return section(
    id,
    title,
    state === "read" ? list : html`<p>${mark("unknown", state)} ${whyNot(place)}</p>`,
    notes.map((note) => html`<p>${note}</p>`),
  );
}
