import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { escapeHtml, Html, html, link, renderPage, type HtmlContent } from "../../../automation/reports/html";

/** The tag by another name: the formatter rewrites templates that it knows as HTML, and here every character counts. */
const tag = html;

describe("the html tag", () => {
  it("escapes text, so that a name cannot become markup", () => {
    assert.equal(String(tag`<p>${"<img src=x onerror=alert(1)>"}</p>`), "<p>&lt;img src=x onerror=alert(1)&gt;</p>");
  });

  it("escapes every character that could leave an attribute", () => {
    assert.equal(String(tag`<p title="${`"'\`<>&`}"></p>`), '<p title="&quot;&#39;&#96;&lt;&gt;&amp;"></p>');
  });

  it("takes fragments and lists of them as they are, and escapes them once", () => {
    const items = ["a & b", "c"].map((item) => tag`<li>${item}</li>`);
    assert.equal(String(tag`<ul>${items}${"<"}</ul>`), "<ul><li>a &amp; b</li><li>c</li>&lt;</ul>");
  });

  it("leaves nothing for undefined, null and false, and writes 0", () => {
    assert.equal(String(tag`[${undefined}${null}${false}${0}]`), "[0]");
  });

  it("does not take data from JSON for markup", () => {
    const forged = JSON.parse('{"text":"<b>"}') as HtmlContent;
    assert.throws(() => tag`<p>${forged}</p>`, TypeError);
    assert.throws(() => new Html(Symbol("trusted"), "<b>"), TypeError);
  });

  it("refuses a value in a tag outside of double quotes, where escaping would not be enough", () => {
    const value = "x onload=y";
    assert.throws(() => tag`<p class=${value}></p>`, /double quotes/);
    assert.throws(() => tag`<p class='${value}'></p>`, /double quotes/);
    assert.throws(() => tag`<p ${value}></p>`, /double quotes/);
    assert.throws(() => tag`<${value}></p>`, /double quotes/);
  });

  it("refuses markup inside an attribute and a template that ends inside a tag", () => {
    assert.throws(() => tag`<p title="${tag`<b class="x"></b>`}"></p>`, /only text or a number/i);
    assert.throws(() => tag`<p class="${"x"}"`, /end inside a tag/);
  });

  it("shows characters that hide or reorder text instead of writing them", () => {
    assert.equal(escapeHtml("a\u202eb\u0000c\ud800d\ufeff"), "a\\u{202e}b\\u{0}c\\u{d800}d\\u{feff}");
    assert.equal(escapeHtml("tab\tline\nümlaut 𝒳"), "tab\tline\nümlaut 𝒳");
  });
});

describe("a link", () => {
  it("goes to https pages only", () => {
    const expected = '<a href="https://example.com/?a=1&amp;b=%22" rel="noreferrer">more &amp; more</a>';
    assert.equal(String(link("https://example.com/?a=1&b=%22", "more & more")), expected);
    for (const address of ["javascript:alert(1)", "http://example.com/", "data:text/html,x", "file:///etc/passwd"]) {
      assert.throws(() => link(address, "x"), TypeError, address);
    }
  });
});

describe("a page", () => {
  const style = "p { color: red; }\n";

  it("allows its own style sheet, by the hash of exactly what is inside the element, and nothing else", () => {
    const page = renderPage({ title: "A & B", style, body: html`<p>Body</p>` });
    assert.match(page, /^<!doctype html>\s*<html lang="en">/);
    assert.match(page, /<title>A &amp; B<\/title>/);
    const [, inside = ""] = /<style>([^]*?)<\/style>/.exec(page) ?? [];
    assert.equal(inside, style);
    const hash = createHash("sha256").update(inside).digest("base64");
    const [, policy = ""] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
    assert.equal(
      policy.replaceAll("&#39;", "'"),
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    );
  });

  it("refuses a style sheet that the browser would read as another one", () => {
    for (const bad of ["</style>", "a {}\r\n"]) {
      assert.throws(() => renderPage({ title: "t", style: bad, body: html`` }), TypeError);
    }
  });
});
