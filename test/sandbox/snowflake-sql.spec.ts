/** Does the tokeniser read what a client quoted, exactly, whatever is in it? */
import assert from "node:assert/strict";
import fc from "fast-check";
import { SqlError } from "../../sandbox/snowflake/errors";
import { Statement } from "../../sandbox/snowflake/statement";
import { tokenize, tokenizeOne } from "../../sandbox/snowflake/tokens";
import { likeMatcher, printName } from "../../sandbox/snowflake/table";

const RUNS = { numRuns: 10_000 };

const HOSTILE_PARTS = [
  "'",
  "''",
  '"',
  '""',
  "\\",
  "\\\\",
  "\\'",
  ";",
  "--",
  "//",
  "/*",
  "*/",
  "$$",
  "${x}",
  "`id`",
  "\n",
  "\r\n",
  "\t",
  "\0",
  "%",
  "_",
  "?",
  "€",
  "😀",
  "'; DROP ROLE ACCOUNTADMIN; --",
  '" COMMENT = "',
  " --terraform_provider_usage_tracking {}",
  "\\u0027",
  "\\x27",
  "\\047",
  "\u2028",
  " ",
];

/** Text of arbitrary characters with the pieces in it that end strings, names and statements. */
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE_PARTS), fc.string({ unit: "binary", maxLength: 6 })), { maxLength: 8 })
  .map((parts) => parts.join(""));

/** How the Terraform provider and our own code write a string constant. */
const backslashQuoted = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
/** The other legal way: doubled quotes. */
const doubleQuoted = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
const quotedIdentifier = (text: string) => `"${text.replaceAll('"', '""')}"`;

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof SqlError);
    return error.code;
  }
  return "none";
}

describe("the Snowflake stand-in's tokeniser", () => {
  it("gives back 10,000 hostile strings, written with backslashes or doubled quotes, as one token of one statement", () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom(backslashQuoted, doubleQuoted), (text, quote) => {
        const tokens = tokenizeOne(
          `ALTER USER "U" SET PASSWORD = ${quote(text)} --terraform_provider_usage_tracking {"a":"'"}`,
        );
        assert.equal(tokens.length, 7);
        assert.deepEqual(
          tokens.slice(5).map(({ kind, text: read }) => [kind, read]),
          [
            ["symbol", "="],
            ["string", text],
          ],
        );
      }),
      RUNS,
    );
  });

  it("gives back 10,000 hostile quoted identifiers as one token of one statement", () => {
    fc.assert(
      fc.property(
        hostile.filter((text) => text !== ""),
        (text) => {
          const tokens = tokenizeOne(`DROP ROLE IF EXISTS ${quotedIdentifier(text)};`);
          assert.equal(tokens.length, 5);
          assert.equal(tokens[4]?.kind, "identifier");
          assert.equal(tokens[4].text, text);
        },
      ),
      RUNS,
    );
  });

  it("reads every assignment of a list of hostile values under its own name", () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 4 }), (values) => {
        const sql = values.map((value, index) => `P${index} = ${backslashQuoted(value)}`).join(" ");
        const read = Statement.parse(sql).properties();
        assert.deepEqual(
          [...read.values()].map(({ text }) => text),
          values,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it("never takes more or less than the quotes hold: any cut through a constant is an error", () => {
    fc.assert(
      fc.property(hostile, fc.nat(), (text, at) => {
        const quoted = backslashQuoted(text);
        const cut = quoted.slice(0, 1 + (at % (quoted.length - 1)));
        assert.equal(
          codeOf(() => tokenize(`SELECT ${cut}`)),
          "001003",
        );
      }),
      { numRuns: 1000 },
    );
  });

  it("resolves the escapes of the documentation", () => {
    const escapes: [string, string][] = [
      [String.raw`'\b\f\n\r\t\0'`, "\b\f\n\r\t\0"],
      [String.raw`'\\ \' \" \z'`, `\\ ' " z`],
      [String.raw`'\u20ac \x41 \101'`, "€ A A"],
      ["'it''s'", "it's"],
      [String.raw`$$a'\n"$$`, String.raw`a'\n"`],
    ];
    for (const [sql, text] of escapes)
      assert.deepEqual(
        tokenize(sql).map((token) => token.text),
        [text],
      );
  });

  it("refuses two statements, none, and what no token begins with", () => {
    assert.equal(
      codeOf(() => tokenizeOne("SELECT 1; DROP USER U")),
      "000008",
    );
    assert.equal(
      codeOf(() => tokenizeOne(" -- nothing\n ; /* here */")),
      "000900",
    );
    assert.equal(
      codeOf(() => tokenizeOne("SELECT ^")),
      "001003",
    );
    assert.equal(
      codeOf(() => tokenizeOne('DROP USER ""')),
      "001003",
    );
    assert.equal(
      codeOf(() => tokenizeOne("SELECT 1 /* open")),
      "001003",
    );
  });

  it("keeps literals out of syntax errors", () => {
    assert.throws(
      () => Statement.parse("'s3cret-value'").identifier(),
      (error: Error) => !error.message.includes("s3cret") && error.message.includes("<string>"),
    );
  });

  it("folds bare names to upper case and leaves quoted ones", () => {
    assert.deepEqual(Statement.parse('sophia."sophia".X$1').name(), ["SOPHIA", "sophia", "X$1"]);
  });

  it("refuses a property that is set twice", () => {
    assert.equal(
      codeOf(() => Statement.parse("A = 1 A = 2").properties()),
      "001003",
    );
  });

  it("binds placeholders as constants, whatever is in them", () => {
    const statement = Statement.parse("SELECT ?, '?'", { "1": { type: "TEXT", value: "'; DROP USER U" } });
    statement.expect("SELECT");
    assert.equal(statement.string(), "'; DROP USER U");
    statement.expectSymbol(",");
    assert.equal(statement.string(), "?");
    assert.equal(
      codeOf(() => Statement.parse("SELECT ?")),
      "001003",
    );
  });
});

describe("the Snowflake stand-in's LIKE and names", () => {
  it("matches without case, with % and _, and takes escaped ones as they are", () => {
    assert.equal(likeMatcher("sophia%")("SOPHIA_SERVICE"), true);
    assert.equal(likeMatcher("SOPHIA_SERVICE")("SOPHIAXSERVICE"), true);
    assert.equal(likeMatcher("SOPHIA\\_SERVICE")("SOPHIAXSERVICE"), false);
    assert.equal(likeMatcher("A.C")("ABC"), false);
  });

  it("matches every text with itself escaped", () => {
    fc.assert(
      fc.property(hostile, (text) => likeMatcher(text.replace(/[\\%_]/g, "\\$&"))(text)),
      { numRuns: 1000 },
    );
  });

  it("quotes the parts of a printed name that need it", () => {
    assert.equal(printName(["D", "my schema", 'a"b']), 'D."my schema"."a""b"');
  });
});
