/** Is the grammar of env files the one that its file says? Every rule, and errors that know lines and no content. */
import assert from "node:assert/strict";
import { parseEnv } from "node:util";
import { parse as parseDotenv } from "dotenv";
import { AutomationError } from "../../../automation/errors";
import { parseEnvFile } from "../../../automation/env-file/parse";

const PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg+/kq=\n-----END PRIVATE KEY-----\n";

/** Text, values, and whether the other readers agree. */
const RULES: readonly (readonly [rule: string, text: string, values: Record<string, string>, shared?: false])[] = [
  ["NAME=VALUE", "A=one\nB_2=two\n", { A: "one", B_2: "two" }],
  ["a last line without an end", "A=one", { A: "one" }],
  ["export before the name", "export A=one\n  export   B=two", { A: "one", B: "two" }],
  ["a variable of the name export", "export=one", { export: "one" }],
  ["spaces around the sign and the value", " A = one two \t\n", { A: "one two" }],
  ["an equals sign in a value", "A=b=c==", { A: "b=c==" }],
  ["empty values", "A=\nB=''\nC=\"\"\nD= # nothing\n", { A: "", B: "", C: "", D: "" }],
  ["comment lines and empty lines", "# A=no\n\n  # B=no\nC=yes", { C: "yes" }],
  ["a comment after a value", "A=one # two\nB='three' # four\nC=\"five\"# six", { A: "one", B: "three", C: "five" }],
  ["# inside quotes", "A='o#ne # x'", { A: "o#ne # x" }],
  ["# without a space before it, as Python and shells", "A=pa#ss\nB=#x", { A: "pa#ss", B: "#x" }, false],
  [
    "single quotes take everything as it is",
    "A='a\\nb \"c\" `d` ${E} $(f) \\\\.'\n",
    { A: 'a\\nb "c" `d` ${E} $(f) \\\\.' },
  ],
  ["back-ticks the same", 'A=`it\'s "b" \\n`', { A: 'it\'s "b" \\n' }],
  ["line breaks in double quotes", 'A="a\\nb\\rc"', { A: "a\nb\rc" }],
  ["other backslashes in double quotes stay", 'A="C:\\dir\\$x"', { A: "C:\\dir\\$x" }],
  ["an escaped quote and backslash in double quotes", 'A="say \\"x\\" \\\\n"', { A: 'say "x" \\n' }, false],
  ["a backslash keeps a single quote from closing", "A='it\\'s'", { A: "it\\'s" }],
  ["quotes inside a bare value", 'A=it\'s"x"', { A: 'it\'s"x"' }],
  ["nothing is expanded", 'A=$HOME\nB="${HOME} $(id) `id`"', { A: "$HOME", B: "${HOME} $(id) `id`" }],
  ["values of several lines", `A='${PEM}'\nB="${PEM}"\nC=\`${PEM}\`\nD=x`, { A: PEM, B: PEM, C: PEM, D: "x" }],
  ["what looks like an assignment inside quotes", "A='one\nB=two\n# three'\nC=x", { A: "one\nB=two\n# three", C: "x" }],
  [
    "CRLF and CR as line ends, in quotes too",
    "A=one\r\nB='two\r\nthree'\rC=four\r\n",
    { A: "one", B: "two\nthree", C: "four" },
  ],
];

const fault = (content: string | Uint8Array): AutomationError => {
  try {
    parseEnvFile(content, ".env");
  } catch (error) {
    if (error instanceof AutomationError) return error;
  }
  return assert.fail("no usage error");
};
const linesOf = (content: string | Uint8Array) =>
  fault(content).message.replace(".env cannot be read as an env file; nothing was changed. ", "");

describe("parseEnvFile", () => {
  for (const [rule, text, values, shared] of RULES) {
    it(`reads ${rule}`, () => {
      assert.deepEqual(parseEnvFile(text, ".env").values, values);
      if (shared !== false) assert.deepEqual({ ...parseDotenv(text) }, values, "dotenv differs");
    });
  }

  it("agrees with Node's own reader where that takes the same dialect", () => {
    const text = RULES.filter(([rule]) => rule.startsWith("values of") || rule.startsWith("single"))[1]?.[1] ?? "";
    assert.deepEqual({ ...parseEnv(text) }, parseEnvFile(text, ".env").values);
  });

  it("reads bytes with and without a BOM", () => {
    for (const bytes of ["A=grüße", "\uFEFFA=grüße"].map((text) => Buffer.from(text, "utf8")))
      assert.deepEqual(parseEnvFile(bytes, ".env").values, { A: "grüße" });
    assert.deepEqual(parseEnvFile("\uFEFFA=x", ".env").values, { A: "x" });
  });

  it("says by line which values other programs read differently", () => {
    const { notices } = parseEnvFile(
      '# x\nA=canary#1\nB="\n\\"canary"\nC=\'it\\\'s\'\nD=plain # x\nE=a\u2028b\nF="a\u2028b"\n',
      ".env",
    );
    assert.deepEqual(
      notices.map((notice) => /^line \d+/.exec(notice)?.[0]),
      ["line 2", "line 3", "line 5", "line 7"],
    );
    assert.equal(notices.join().includes("canary"), false);
  });

  it("knows where export-env took it from, by the comments at the top only", () => {
    const source = "# source: payready/sophia/production-intake revision 12\n";
    assert.deepEqual(parseEnvFile(`# a\r\n${source}A=1`, ".env").source, {
      environment: "payready/sophia/production-intake",
      revision: 12,
    });
    assert.equal(parseEnvFile(`A='\n${source}'`, ".env").source, undefined);
    assert.equal(parseEnvFile("# source: x revision y\n", ".env").source, undefined);
  });

  const BAD: readonly (readonly [what: string, content: string | Uint8Array, lines: string])[] = [
    ["no assignment", "A=1\ncanary\n", "line 2 is no NAME=VALUE."],
    [
      "a name that no program can take",
      "canary-name=1\n1CANARY=2\n=3",
      "line 1 is no NAME=VALUE; line 2 is no NAME=VALUE; line 3 is no NAME=VALUE.",
    ],
    ["the prototype", "__proto__=canary", "line 1 has a name that no program can take."],
    ["a name twice", "CANARY=1\n# x\nexport CANARY=1\n", "line 3 gives the name of line 1 again."],
    [
      "text after a quote",
      "A='x\ny' canary\nB=1\nB=2",
      "line 1 has text after the closing quote; line 4 gives the name of line 3 again.",
    ],
    [
      "an open quote",
      "A=1\nB='canary\nC=2\n",
      "line 2 opens a quote that is not closed (is there a backslash before the last one?).",
    ],
    ["NUL", "A=1\nB=can\0ary", "line 2 holds a NUL character."],
    ["bytes that are not UTF-8", Buffer.from("A=1\r\nB=can\xe4ry", "latin1"), "line 2 holds bytes that are not UTF-8."],
    ["UTF-16", Buffer.from("\uFEFFA=canary", "utf16le"), "line 1 holds bytes that are not UTF-8."],
  ];
  for (const [what, content, lines] of BAD) {
    it(`refuses ${what} by the line's number, without a word of it`, () => {
      const error = fault(content);
      assert.equal(linesOf(content), lines);
      assert.deepEqual([error.code, error.exitCode], ["env_file.malformed", 2]);
      assert.equal(/canary/i.test(`${error.message}${error.hint}${error.stack}`), false);
    });
  }
});
