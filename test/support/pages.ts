/** What must hold of every page that we write? Checks on its text; what a browser makes of it is seen in test/automation/reports/pages.spec.ts. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { PAGE_STYLE } from "../../automation/reports/page/style";

/** The text that a reader sees of a page, or of a section of it: no tags, entities as characters, one blank between words. */
export function textOf(page: string, id?: string): string {
  const [part = ""] = id === undefined ? [page] : (new RegExp(`<section id="${id}"[^]*?</section>`).exec(page) ?? []);
  return part
    .replace(/<style>[^]*?<\/style>/g, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&#96;/g, "`")
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ");
}

/** The elements of a page in their order, without those that depend on what a text says. */
export function elementNames(page: string): string[] {
  return [...page.matchAll(/<\/?([a-z0-9]+)/g)].map(([name]) => name).filter((name) => !/^<\/?(code|wbr)$/.test(name));
}

/** Its policy allows its own style sheet, by the hash of exactly what is inside the element, and nothing else. */
export function requireOwnStyleOnly(page: string): void {
  const [, inside = ""] = /<style>([^]*?)<\/style>/.exec(page) ?? [];
  assert.equal(inside, PAGE_STYLE);
  const [, policy = ""] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
  const hash = createHash("sha256").update(inside).digest("base64");
  const expected = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  assert.equal(policy.replaceAll("&#39;", "'"), expected);
}

/** No scripts, no handlers, no style attributes, no loads; the only addresses are links to https pages. */
export function requireSelfContained(page: string): void {
  assert.doesNotMatch(page, /<script|<link|<img|<iframe|<object|<embed|<base|@import|@font-face/i);
  assert.doesNotMatch(page, /<[^>]*\s(on\w+|style|src|srcset|xlink:href|action)=/i);
  for (const address of page.match(/url\([^)]*\)/g) ?? []) assert.match(address, /^url\(#hatch(-bad)?\)$/);
  const addresses = [...page.matchAll(/="https?:/g)].length;
  assert.equal(addresses, [...page.matchAll(/<a href="https:\/\/[^"]*" rel="noreferrer">/g)].length);
}

/** One heading order without gaps, ids that are unique, links that lead somewhere, headers with a scope, tables with a caption, shapes with a word. */
export function requireStructure(page: string): void {
  assert.match(page, /<html lang="en">/);
  for (const landmark of ["header", "main", "footer", "h1"])
    assert.equal(page.match(new RegExp(`<${landmark}>`, "g"))?.length, 1, landmark);
  const levels = [...page.matchAll(/<h([1-6])[ >]/g)].map(([, level]) => Number(level));
  assert.equal(levels[0], 1);
  levels.forEach((level, index) => assert.ok(level <= (levels[index - 1] ?? 1) + 1));
  const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const [, id] of page.matchAll(/href="#([^"]*)"/g)) assert.ok(ids.includes(id), id);
  for (const [, used = ""] of page.matchAll(/aria-labelledby="([^"]*)"/g))
    for (const id of used.split(" ")) assert.ok(ids.includes(id), id);
  assert.doesNotMatch(page, /<th(?![^>]*\sscope="(col|row|rowgroup)")[\s>]/);
  assert.equal(page.match(/<caption/g)?.length, page.match(/<table/g)?.length);
  assert.doesNotMatch(page, /<\/svg>\s*<\/span/);
}

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio of two colours, red, green and blue from 0 to 255. */
export function contrast(one: readonly number[], other: readonly number[]): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((left, right) => right - left);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = colour
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
