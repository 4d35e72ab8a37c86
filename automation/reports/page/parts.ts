/** Of what is every section of the page made? Headings, tables in boxes of their own, marks that say their state in a shape and a word. */
import { html, type Html, type HtmlContent } from "../html";

/** How something stands; each has a shape and a colour, and never stands without a word. */
export type State =
  ("good" | "bad" | "warn" | "none") | ("same" | "different" | "absent" | "behind" | "hidden" | "foreign" | "unknown");

/** The page's shapes, drawn once in the colour of the text around them and used by reference; and the hatching of its plots. */
export const SHAPES: Html = html`<svg class="shapes" width="0" height="0" aria-hidden="true" focusable="false">
  <symbol id="mark-good" viewBox="0 0 16 16">
    <circle cx="8" cy="8" r="7" class="line" />
    <path d="M4.5 8.3l2.4 2.4 4.6-5" class="line" />
  </symbol>
  <symbol id="mark-bad" viewBox="0 0 16 16">
    <rect x="1.2" y="1.2" width="13.6" height="13.6" class="solid" />
    <path d="M5 5l6 6M11 5l-6 6" class="cut" />
  </symbol>
  <symbol id="mark-warn" viewBox="0 0 16 16">
    <path d="M8 1.8L15 14.4H1z" class="line" />
    <path d="M8 6v4M8 11.6v1.2" class="line" />
  </symbol>
  <symbol id="mark-none" viewBox="0 0 16 16"><path d="M4 8h8" class="line" /></symbol>
  <symbol id="mark-same" viewBox="0 0 16 16"><circle cx="8" cy="8" r="5" class="solid" /></symbol>
  <symbol id="mark-different" viewBox="0 0 16 16">
    <path d="M8 .8L15.2 8 8 15.2.8 8z" class="solid" />
    <path d="M5 6.5h6M5 9.5h6M9.8 4.5l-3.6 7" class="cut" />
  </symbol>
  <symbol id="mark-absent" viewBox="0 0 16 16"><circle cx="8" cy="8" r="5.5" class="gap" /></symbol>
  <symbol id="mark-behind" viewBox="0 0 16 16"><path d="M14 2v12L2 8z" class="solid" /></symbol>
  <symbol id="mark-hidden" viewBox="0 0 16 16">
    <circle cx="8" cy="8" r="6.5" class="line" />
    <path d="M8 1.5a6.5 6.5 0 0 1 0 13z" class="solid" />
  </symbol>
  <symbol id="mark-foreign" viewBox="0 0 16 16"><path d="M2.5 2.5h11v11h-11zM2.5 8h11" class="line" /></symbol>
  <symbol id="mark-unknown" viewBox="0 0 16 16">
    <path d="M4.6 5.2a3.4 3.4 0 1 1 5 3c-1 .6-1.6 1.1-1.6 2.3M8 13.4v.6" class="line" />
  </symbol>
  <defs>
    <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <path d="M0 0v6" class="hatch" />
    </pattern>
    <pattern id="hatch-bad" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <path d="M0 0v5" class="hatch-bad" />
    </pattern>
  </defs>
</svg>`;

/** A state as a shape and a word; the shape is for eyes only. */
export function mark(state: State, word: string): Html {
  const shape = `#mark-${state}`;
  return html`<span class="mark ${state}"
    ><svg aria-hidden="true" focusable="false"><use href="${shape}" /></svg>${word}</span
  >`;
}

/** A section with its heading, to which the contents link. */
export function section(id: string, title: string, ...content: readonly HtmlContent[]): Html {
  const heading = `${id}-title`;
  return html`<section id="${id}" aria-labelledby="${heading}">
    <h2 id="${heading}">${title}</h2>
    ${content}
  </section> `;
}

/** Rows of a table; the first cell of each is its header. */
export interface RowGroup {
  /** Stands over the group's rows where it is given. */
  readonly title?: HtmlContent;
  readonly rows: readonly (readonly HtmlContent[])[];
}

/** The heading of a column, which may break after its slashes, and what stands below it, such as an axis. */
export type Column = string | { readonly label: string; readonly below: Html };

/** Options of {@link table}. */
export interface TableOptions {
  /** What the table shows: its caption and the name of its box. */
  readonly caption: string;
  /** Shows the caption; otherwise only those read it who cannot see the table. @default false */
  readonly showCaption?: boolean;
  readonly columns: readonly Column[];
  readonly groups: readonly RowGroup[];
  /** How wide its columns are by nature. @default "normal" */
  readonly width?: "normal" | "wide";
}

/**
 * A table. A wide one scrolls inside its own box, also by the keyboard; on a phone a normal one becomes cards, each cell with its column's name.
 * The roles say again what the elements are, because some browsers forget it where the style makes blocks of them.
 */
export function table({ caption, showCaption, columns, groups, width = "normal" }: TableOptions): Html {
  const shown = showCaption ? "shown" : "unseen";
  const inside = html`<table class="${width}" role="table">
    <caption class="${shown}">
      ${caption}
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        ${columns.map(
          (column) =>
            html`<th scope="col" role="columnheader">
              ${breakable(labelOf(column))}${typeof column !== "string" && column.below}
            </th>`,
        )}
      </tr>
    </thead>
    ${groups.map((group) => rowGroup(group, columns))}
  </table>`;
  return width === "wide" ? scrollBox(caption, inside) : html`<div class="box">${inside}</div> `;
}

/** What is wider than the page scrolls inside its own box, by the keyboard too. */
export function scrollBox(label: string, content: HtmlContent): Html {
  return html`<div class="box" role="region" aria-label="${label}" tabindex="0">${content}</div> `;
}

function rowGroup({ title, rows }: RowGroup, columns: readonly Column[]): Html {
  const head =
    title !== undefined &&
    html`<tr class="group" role="row">
      <th scope="rowgroup" role="rowheader" colspan="${columns.length}">${title}</th>
    </tr>`;
  const cell = (content: HtmlContent, index: number): Html =>
    html`<td role="cell" data-label="${labelOf(columns[index + 1] ?? "")}"><div>${content}</div></td> `;
  return html`<tbody role="rowgroup">
    ${head}
    ${rows.map(
      ([first, ...rest]) =>
        html`<tr role="row">
          <th scope="row" role="rowheader">${first}</th>
          ${rest.map(cell)}
        </tr> `,
    )}
  </tbody>`;
}

function labelOf(column: Column): string {
  return typeof column === "string" ? column : column.label;
}

/** Long paths may break after each slash, and nowhere else. */
function breakable(text: string): HtmlContent {
  return text.split("/").map((part, index) => (index === 0 ? part : html`/<wbr />${part}`));
}

/** A paragraph in smaller, quieter type. */
export function note(...content: readonly HtmlContent[]): Html {
  return html`<p class="note">${content}</p> `;
}

/** A command to be run as it stands; it wraps between words and not at their hyphens, so that it is seen whole. */
export function commandLine(command: string): Html {
  const words = command.split(" ").map((word, index) => html`${index > 0 && " "}<span class="word">${word}</span>`);
  return html`<pre><code>${words}</code></pre> `;
}

/** Names as a list of words in fixed width. */
export function names(items: readonly string[]): Html {
  return html`<ul class="names">
    ${items.map((item) => html`<li><code>${item}</code></li> `)}
  </ul>`;
}

/** Sentences as a list. */
export function sentences(items: readonly string[]): Html {
  return html`<ul class="sentences">
    ${items.map((item) => html`<li>${sentence(item)}</li> `)}
  </ul>`;
}

const COMMAND = /`([^`]+)`|(?<=: )((?:npx|npm|eval|pulumi|sophia-secrets|git|cd) [^`]+?)(?=\.?$)/gm;

/** A sentence in which commands stand out: what is in back quotes, and what follows a colon at its end. */
export function sentence(text: string): Html {
  const parts: HtmlContent[] = [];
  let end = 0;
  for (const match of text.matchAll(COMMAND)) {
    parts.push(text.slice(end, match.index), html`<code>${match[1] ?? match[2]}</code>`);
    end = match.index + match[0].length;
  }
  return html`${parts}${text.slice(end)}`;
}
