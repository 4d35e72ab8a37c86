/** How do we write a page that can be trusted? A template tag that escapes whatever is put into it, and the shell of a page that loads nothing. */
import { createHash } from "node:crypto";

const TRUSTED = Symbol("trusted");

/** Text that is markup already. Only {@link html} makes it, so that data read from JSON can never pass for it. */
export class Html {
  readonly #text: string;

  /** Refuses everyone but this file: the first argument is a symbol that it does not hand out. */
  constructor(key: symbol, text: string) {
    if (key !== TRUSTED) throw new TypeError("Only the html tag makes markup.");
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What a template takes: text (escaped), markup, lists of both; `undefined`, `null` and `false` leave nothing. */
export type HtmlContent = Html | string | number | false | null | undefined | readonly HtmlContent[];

/** Where in the markup a value stands. */
type Context = "text" | "attribute";

const contexts = new WeakMap<TemplateStringsArray, readonly Context[]>();

/**
 * Makes markup from a template. A value may stand in text, where markup and lists are taken as they are and all else is escaped, or inside a
 * double-quoted attribute, where it must be text or a number. Throws a TypeError where a value would stand anywhere else in a tag (its name, an
 * attribute without quotes), for markup inside an attribute, and for a template that ends inside a tag: there escaping would not be enough.
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlContent[]): Html {
  let places = contexts.get(strings);
  if (!places) contexts.set(strings, (places = contextsOf(strings)));
  const parts = values.map((value, index) => {
    const inAttribute = places[index] === "attribute";
    if (inAttribute && typeof value !== "string" && typeof value !== "number") {
      throw new TypeError("Only text or a number can be put into an attribute.");
    }
    return render(value) + (strings[index + 1] ?? "");
  });
  return new Html(TRUSTED, (strings[0] ?? "") + parts.join(""));
}

/**
 * Escapes text for element content and for double-quoted attributes. Control characters, direction overrides and halves of surrogate pairs, with
 * which a name could hide or reorder what stands beside it, come out as visible `\u{…}`.
 */
export function escapeHtml(text: string): string {
  return text
    .replace(INVISIBLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
    .replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? "");
}

/** What a page is made of. */
export interface Page {
  readonly title: string;
  /** The whole style sheet. It must not hold `</` or a carriage return, or the browser would read another one than the one that was hashed. */
  readonly style: string;
  readonly body: Html;
}

/**
 * One self-contained page. Its content security policy lets the browser apply this very style sheet and do nothing else: no scripts, no images,
 * no fonts, no forms, no requests, no style attributes. https://www.w3.org/TR/CSP3/ (section 6.7.3.3, hashes of inline styles)
 */
export function renderPage({ title, style, body }: Page): string {
  if (/<\/|\r/.test(style)) throw new TypeError("The style sheet must not hold </ or a carriage return.");
  const hash = createHash("sha256").update(style).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  // Made outside of the template: a blank more inside the element would be another style sheet than the one that was hashed.
  const sheet = new Html(TRUSTED, `<style>${style}</style>`);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${sheet}
      </head>
      <body>
        ${body}
      </body>
    </html> `;
  return `${String(page).trimEnd()}\n`;
}

/** A link to a page that a reader may open. Throws a TypeError for anything but https: no report makes a link from data. */
export function link(address: string, text: HtmlContent): Html {
  if (new URL(address).protocol !== "https:") throw new TypeError("Only links to https pages.");
  return html`<a href="${address}" rel="noreferrer">${text}</a>`;
}

const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

function render(value: HtmlContent): string {
  if (value === undefined || value === null || value === false) return "";
  if (value instanceof Html) return value.toString();
  if (typeof value === "string") return escapeHtml(value);
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.map(render).join("");
  throw new TypeError("A template takes text, numbers, markup and lists of them.");
}

/** Follows the fixed parts of a template: the values are escaped, so they cannot open or close a tag or a quote. */
function contextsOf(strings: readonly string[]): Context[] {
  let inTag = false;
  let inQuotes = false;
  return strings.flatMap((part, index) => {
    for (const character of part) {
      if (inQuotes) inQuotes = character !== '"';
      else if (inTag && character === '"') inQuotes = true;
      else if (character === "<") inTag = true;
      else if (character === ">") inTag = false;
    }
    if (index === strings.length - 1) {
      if (inTag) throw new TypeError("A template must not end inside a tag.");
      return [];
    }
    if (inTag && !inQuotes) throw new TypeError("A value inside a tag must stand in double quotes.");
    return [inTag ? "attribute" : "text"] as const;
  });
}
