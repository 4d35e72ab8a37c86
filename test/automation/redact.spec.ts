/** Does any registered value get through? Random values in every form in which programs print them. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Redactor } from "../../automation/redact";

const value = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 6 }),
    fc.string({ unit: "grapheme-ascii", minLength: 6 }),
    fc.constantFrom(
      'quo"ted&<tag>',
      "per%cent+plus space",
      "back\\slash\\",
      "line\nbreak",
      "ends with spaces  ",
      "päss wörd",
    ),
  )
  .filter((text) => text.length >= 6 && !"[secret]".includes(text));

/** How programs of ours, of Node and of Go print a text. */
const FORMS: Readonly<Record<string, (text: string) => string>> = {
  raw: (text) => text,
  JSON: (text) => JSON.stringify(text).slice(1, -1),
  "JSON of Go": (text) =>
    JSON.stringify(text).slice(1, -1).replaceAll("&", "\\u0026").replaceAll("<", "\\u003c").replaceAll(">", "\\u003e"),
  base64: (text) => Buffer.from(text).toString("base64"),
  "base64 without padding": (text) => Buffer.from(text).toString("base64").replaceAll("=", ""),
  base64url: (text) => Buffer.from(text).toString("base64url"),
  hex: (text) => Buffer.from(text).toString("hex"),
  HEX: (text) => Buffer.from(text).toString("hex").toUpperCase(),
  "part of a URL": (text) => encodeURIComponent(text),
  "field of a form": (text) => new URLSearchParams({ x: text }).toString().slice(2),
};

function redactorOf(...values: string[]): Redactor {
  const redactor = new Redactor();
  redactor.addAll(values);
  return redactor;
}

describe("Redactor", () => {
  for (const [name, form] of Object.entries(FORMS)) {
    it(`lets no value of six characters or more through as ${name}`, () => {
      fc.assert(
        fc.property(
          fc.array(value, { minLength: 1, maxLength: 3 }),
          fc.string(),
          fc.string(),
          (values, before, after) => {
            const shown = values.map((text) => `${before} ${form(text)} ${after}`).join("\n");
            const redacted = redactorOf(...values).redact(shown);
            // What stands around a value may itself be one; only what was put there on purpose is looked for.
            for (const text of values) {
              if (!before.includes(form(text)) && !after.includes(form(text)))
                assert.ok(!redacted.includes(form(text)));
            }
          },
        ),
        { numRuns: 200 },
      );
    });
  }

  it("leaves nothing but the mask of a value that stands alone", () => {
    for (const form of Object.values(FORMS)) {
      assert.equal(
        redactorOf("pa$$ w&rd/+")
          .redact(`x ${form("pa$$ w&rd/+")} y`)
          .replace(/=+/, ""),
        "x [secret] y",
      );
    }
  });

  it("finds a value inside the base64 of a longer text, such as a header with user and password", () => {
    for (const user of ["", "u", "us", "use"]) {
      for (const password of ["hunter2hunter2", "hunter2hunter2x", "hunter2hunter2xy"]) {
        const header = Buffer.from(`${user}:${password}:tail`).toString("base64");
        const redacted = redactorOf(password).redact(`Basic ${header}`);
        assert.match(redacted, /^Basic .{0,6}\[secret\].{0,10}$/, redacted);
      }
    }
  });

  it("takes the long lines of a multi-line value one by one, and not the lines that say what it is", () => {
    const line = "MC4CAQAwBQYDK2VwBCIEIA0hYmFzZTY0";
    const key = `-----BEGIN PRIVATE KEY-----\n${line}\n-----END PRIVATE KEY-----\n`;
    const redactor = redactorOf(key);
    assert.equal(redactor.redact(`| ${line} |`), "| [secret] |");
    assert.equal(redactor.redact("-----BEGIN PRIVATE KEY-----"), "-----BEGIN PRIVATE KEY-----");
    assert.equal(redactor.redact(key), "[secret]");
    const two = redactorOf(`-----BEGIN X-----\r\n${line}\r\n${line.toLowerCase()}\r\nab==\r\n-----END X-----\r\n`);
    assert.equal(two.redact(`${line}\n${line.toLowerCase()}`), "[secret]\n[secret]");
  });

  it("takes a whole value before a part of it that is registered too", () => {
    assert.equal(redactorOf("abcdef", "abcdefghi").redact("abcdefghi abcdef"), "[secret] [secret]");
  });

  it("takes characters literally that mean something in an expression", () => {
    assert.equal(redactorOf("a.c*[x](y)").redact("a.c*[x](y) abc*[x](y)"), "[secret] abc*[x](y)");
  });

  it("leaves ordinary words alone: a value of five characters, nothing, nothing registered", () => {
    const redactor = redactorOf("admin", "");
    redactor.add(undefined);
    assert.equal(redactor.redact("the admin said"), "the admin said");
  });

  it("knows values that are added after it was used", () => {
    const redactor = redactorOf("first-value");
    assert.equal(redactor.redact("second-value"), "second-value");
    redactor.add("second-value");
    assert.equal(redactor.redact("second-value first-value"), "[secret] [secret]");
  });

  it("redacts every string of a structure, keys included, and keeps everything else", () => {
    const redactor = redactorOf("hush-hush");
    const shown = redactor.redactDeep({ "k hush-hush": ["hush-hush", 1, null, { deep: "x hush-hush" }], ok: true });
    assert.deepEqual(shown, { "k [secret]": ["[secret]", 1, null, { deep: "x [secret]" }], ok: true });
  });

  it("stands before a stream", () => {
    const written: string[] = [];
    const write = redactorOf("hush-hush").writer({ write: (text: unknown) => written.push(String(text)) > 0 });
    write("say hush-hush\n");
    assert.deepEqual(written, ["say [secret]\n"]);
  });
});
