/** Does every value come back from what is written, whoever reads it? */
import assert from "node:assert/strict";
import { parse as parseDotenv } from "dotenv";
import fc from "fast-check";
import { type AutomationError } from "../../../automation/errors";
import { parseEnvFile } from "../../../automation/env-file/parse";
import { formatExport } from "../../../automation/env-file/formats";
import { readsBack, writeAssignment, writeEscaped } from "../../../automation/env-file/write";

const NAME = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/).filter((name) => name !== "__proto__");
/** What breaks quoting, more often than chance would have it. */
const PIECE = fc.oneof(
  fc.constantFrom(
    "'",
    '"',
    "`",
    "\\",
    "\\n",
    "\\'",
    '\\"',
    "#",
    " #",
    " ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "=",
    "$",
    "${A}",
    "$(id)",
    "A=b\n",
  ),
  fc.string({ unit: "grapheme", maxLength: 6 }).filter((text) => !text.includes("\0")),
  fc.constantFrom("\u2028", "\u00a0", "\uFEFF", "\u007f", "é", "🔑", "-----BEGIN KEY-----\n"),
);
const VALUE = fc.array(PIECE, { maxLength: 10 }).map((pieces) => pieces.join(""));

const write = (values: Readonly<Record<string, string>>): string => {
  const variables = Object.entries(values).map(([name, value]) => ({ name, value, service: "other", secret: true }));
  const groups = [{ title: "Other", variables }];
  const environment = "payready/sophia/development-intake";
  return formatExport("dotenv", { stack: "development", environment, revision: 3, time: new Date(0), groups });
};

describe("writeAssignment", () => {
  const FORMS: readonly (readonly [value: string, text: string | undefined])[] = [
    ["", "A="],
    ["eyJhbGciOi.J9-_/+=:@%,", "A=eyJhbGciOi.J9-_/+=:@%,"],
    ['two words # ${x} "y" `z`', "A='two words # ${x} \"y\" `z`'"],
    ["it's", `A="it's"`],
    ['it\'s "$x"', `A=it's "$x"`],
    ["a\\\\b\\", "A=a\\\\b\\"],
    ["'quoted' \"twice\"", "A=`'quoted' \"twice\"`"],
    ["a\r\nb", 'A="a\\r\nb"'],
    ["'\"`", undefined],
    ['a\r"b', undefined],
  ];
  for (const [value, text] of FORMS) {
    it(`writes ${JSON.stringify(value)} as ${JSON.stringify(text)}`, () =>
      assert.equal(writeAssignment("A", value), text));
  }

  it("gives back every map of values to us, and to dotenv all that have a form in its dialect", () => {
    const maps = fc.dictionary(NAME, VALUE, { maxKeys: 8, noNullPrototype: true });
    let written = 0;
    fc.assert(
      fc.property(maps, (values) => {
        const escaped = Object.keys(values).filter((name) => writeAssignment(name, values[name] ?? "") === undefined);
        let text: string;
        try {
          text = write(values);
        } catch (error) {
          // One that dotenv does not read at all, and that would hide its neighbours from it.
          assert.ok(escaped.length > 0 && (error as AutomationError).code === "export.unwritable");
          return;
        }
        written += 1;
        assert.deepEqual(parseEnvFile(text, ".env").values, values);
        const read = parseDotenv(text);
        for (const name of escaped) read[name] = values[name] ?? "";
        assert.deepEqual({ ...read }, values);
      }),
      { numRuns: 2000 },
    );
    assert.ok(written > 1900, `${written} of 2000`);
  });

  it("gives every value back from the escaped form", () => {
    fc.assert(
      fc.property(VALUE, (value) => {
        assert.deepEqual(parseEnvFile(writeEscaped("A", value), "").values, {
          A: value,
        });
      }),
    );
  });

  it("refuses only what has no form: all three quotes, or quotes beside a carriage return or a backslash", () => {
    fc.assert(
      fc.property(VALUE, (value) => {
        if (writeAssignment("A", value) !== undefined) return;
        const quotes = ["'", '"', "`"].filter((quote) => value.includes(quote));
        assert.ok(quotes.length === 3 || /[\r\\]/.test(value), JSON.stringify(value));
      }),
      { numRuns: 2000 },
    );
  });

  it("can write whatever it has read from single quotes, back-ticks or without quotes", () => {
    fc.assert(
      fc.property(VALUE, fc.constantFrom("'", "`", ""), (value, quote) => {
        let read: string | undefined;
        try {
          const { values, notices } = parseEnvFile(`A=${quote}${value}${quote}`, "");
          read = notices.length === 0 && Object.keys(values).length === 1 ? values.A : undefined;
        } catch {
          return;
        }
        if (read !== undefined) assert.notEqual(writeAssignment("A", read), undefined, JSON.stringify(read));
      }),
      { numRuns: 2000 },
    );
  });

  it("notices a text that reads back differently, has a name too many or is none", () => {
    assert.equal(readsBack("A=1\n", { A: "1" }), true);
    for (const text of ["A=2\n", "A=1\nB=1\n", "A=1\nA=1\n", "", "nonsense"])
      assert.equal(readsBack(text, { A: "1" }), false);
    assert.equal(readsBack("toString=x\n", { A: "1" }), false);
  });
});
