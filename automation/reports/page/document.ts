/** How is every page of ours laid out? The top, links to its sections, the sections, and where it comes from. */
import { html, renderPage, type Html, type HtmlContent } from "../html";
import { SHAPES } from "./parts";
import { PAGE_STYLE } from "./style";

/** What a page is made of. */
export interface PageDocument {
  /** In the window's title bar. */
  readonly title: string;
  /** The verdict, and what one must know before anything else. */
  readonly header: HtmlContent;
  /** The sections that the page has: their ids and short titles. */
  readonly contents: readonly (readonly [id: string, title: string])[];
  readonly main: HtmlContent;
  /** From what the page was made. */
  readonly footer: HtmlContent;
}

/** The page as text of a whole HTML document, which loads nothing and runs nothing. */
export function renderDocument({ title, header, contents, main, footer }: PageDocument): string {
  const body = html`${SHAPES}
    <header>${header}</header>
    ${navigation(contents)}
    <main>${main}</main>
    <footer><p>${footer}</p></footer>`;
  return renderPage({ title, style: PAGE_STYLE, body });
}

function navigation(contents: PageDocument["contents"]): Html {
  return html`<nav aria-label="Contents">
    <ul>
      ${contents.map(([id, title]) => html`<li><a href="${`#${id}`}">${title}</a></li> `)}
    </ul>
  </nav> `;
}
