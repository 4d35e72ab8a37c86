/** Does Python read what `export-env` writes? Against python-dotenv's grammar, and against the package itself where it is installed. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { parse as parseDotenv } from "dotenv";
import fc from "fast-check";
import { findNotForPython, formatExport, type ExportContent } from "../../../automation/env-file/formats";
import { readAsPython } from "../../../automation/env-file/python";
import { writeAssignment, writeEscaped } from "../../../automation/env-file/write";

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
    "=",
    "$",
    "${A}",
    "A=b\n",
  ),
  fc.string({ unit: "grapheme", maxLength: 6 }).filter((text) => !text.includes("\0")),
);
const VALUE = fc.array(PIECE, { maxLength: 8 }).map((pieces) => pieces.join(""));

/** What python-dotenv itself reads from each text, or undefined where it is not installed. */
function readByPackage(texts: readonly string[]): Record<string, string | null>[] | undefined {
  const script = `
import io, json, logging, sys
from dotenv import dotenv_values
logging.disable(logging.CRITICAL)
texts = json.load(sys.stdin)
print(json.dumps([dict(dotenv_values(stream=io.StringIO(text, newline=""), interpolate=False)) for text in texts]))`;
  try {
    const output = execFileSync("python3", ["-c", script], {
      input: JSON.stringify(texts),
      stdio: ["pipe", "pipe", "ignore"],
      env: { PATH: process.env.PATH, PYTHONIOENCODING: "utf-8" },
    });
    return JSON.parse(output.toString("utf8")) as Record<string, string | null>[];
  } catch {
    return undefined;
  }
}

const contentOf = (values: Readonly<Record<string, string>>): ExportContent => ({
  ...{ stack: "development", environment: "payready/sophia/development-intake", revision: 3, time: new Date(0) },
  groups: [
    {
      title: "Other",
      variables: Object.entries(values).map(([name, value]) => ({ name, value, service: "other", secret: true })),
    },
  ],
});

describe("python-dotenv", () => {
  const RULES: readonly (readonly [text: string, value: string | undefined])[] = [
    ["A=one two # three", "one two"],
    ["A=pa#ss", "pa#ss"],
    ["A='a\\nb \"c\" `d` ${E} #'", 'a\\nb "c" `d` ${E} #'],
    ["A='it\\'s'", "it's"],
    ["A='a\\\\b'", "a\\b"],
    ['A="a\\nb\\r\\\\n \\x"', "a\nb\r\\n \\x"],
    ['A="say \\"x\\""', 'say "x"'],
    ["A='two\nlines'", "two\nlines"],
    ["A=`it's`", "`it's`"],
    ["A=`two\nlines`", undefined],
    ["A=", ""],
  ];
  for (const [text, value] of RULES) {
    it(`reads ${JSON.stringify(text)} as ${JSON.stringify(value)}`, () => assert.equal(readAsPython(text), value));
  }

  it("has just this grammar, where it is installed", () => {
    const rules = RULES.filter(([, value]) => value !== undefined);
    const written = fc.sample(VALUE, 400).flatMap((value) => writeAssignment("A", value) ?? []);
    const read = readByPackage([...rules.map(([text]) => text), ...written]);
    if (!read) return;
    assert.deepEqual(
      read.slice(0, rules.length),
      rules.map(([, value]) => ({ A: value })),
    );
    const expected = written.map(readAsPython);
    for (const [index, values] of read.slice(rules.length).entries()) {
      // What is no single assignment to it may be anything.
      if (expected[index] !== undefined) assert.deepEqual(values, { A: expected[index] }, written[index]);
    }
  });

  it("reads every value that we write, but for those that are named: both kinds of quotes, or a backslash beside one", () => {
    fc.assert(
      fc.property(VALUE, (value) => {
        const line = writeAssignment("A", value);
        const isNamed = findNotForPython(contentOf({ A: value })).length > 0;
        assert.equal(isNamed, line !== undefined && readAsPython(line) !== value);
        if (isNamed) assert.match(value, /["'][^]*["'\\]|\\[^]*["'\\]|["'\\][^]*\\|\\$|\r/);
      }),
      { numRuns: 2000 },
    );
  });

  it("reads what Node's dotenv has no form for", () => {
    fc.assert(
      fc.property(VALUE, (value) => {
        const line = writeEscaped("A", value).split("\n").slice(1).join("\n");
        assert.equal(readAsPython(line), value);
      }),
    );
  });

  it("reads a whole file as Node does: keys, quotes, white space, line breaks and unicode", () => {
    const values = {
      KEY: "-----BEGIN PRIVATE KEY-----\nMIIE+/=\n-----END PRIVATE KEY-----\n",
      QUOTE: "it's # not a comment",
      DOUBLE: '{"a": "b\\n"}',
      SHELL: "$HOME $(id) `id`",
      SPACES: "  two  ",
      UNICODE: "grüße 🔑",
      EMPTY: "",
    };
    const text = formatExport("dotenv", contentOf(values));
    assert.deepEqual({ ...parseDotenv(text) }, values);
    assert.deepEqual(findNotForPython(contentOf(values)), []);
    for (const [name, value] of Object.entries(values))
      assert.equal(readAsPython(writeAssignment(name, value) ?? ""), value, name);
    assert.deepEqual(readByPackage([text]) ?? [values], [values]);
  });
});
