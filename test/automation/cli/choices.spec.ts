/** Does somebody who mistypes a word read which one was meant, in lines that the terminal has room for? */
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { chooseFrom } from "../../../automation/cli/choices";
import { Output } from "../../../automation/cli/output";
import { wrapped } from "../../../automation/cli/text";
import { usageError } from "../../../automation/errors";
import { Redactor } from "../../../automation/redact";

const WORDS = ["all", "snowflake", "gong", "vercel"];

describe("a word that there is not", () => {
  it("is told with the one that was meant, where it is not far from it and no other is as near", () => {
    const all = "Choose from: all, snowflake, gong, vercel.";
    for (const [given, meant] of [
      ["snowflak", "snowflake"],
      ["Snwflake", "snowflake"],
      ["gnog", "gong"],
      ["gnnog", undefined],
      ["gongg", "gong"],
      ["versel", "vercel"],
      ["github", undefined],
      ["", undefined],
    ] as const)
      assert.equal(chooseFrom(WORDS, given), `${meant ? `Did you mean ${meant}? ` : ""}${all}`, given);
    assert.equal(chooseFrom(["bat", "cat"], "rat"), "Choose from: bat, cat.");
    assert.equal(chooseFrom(WORDS), all);
  });
});

describe("an error", () => {
  const shown = (terminal: object) => {
    const stderr = Object.assign(new PassThrough({ encoding: "utf8" }), terminal);
    new Output({ stdout: new PassThrough(), stderr, redactor: new Redactor(), json: false }).error(
      usageError(
        "a",
        "Nothing is as it was; nothing was changed.",
        "Look there, then: npx sophia-secrets rotate --yes",
      ),
    );
    return String(stderr.read());
  };

  it("is broken at blanks on a terminal, within no command, and keeps how far to the right it stands", () => {
    const expected = [
      "error: Nothing is as it was; nothing",
      "was changed.",
      "  Look there, then:",
      "  npx sophia-secrets rotate --yes",
      "",
    ];
    assert.equal(shown({ isTTY: true, columns: 38 }), expected.join("\n"));
  });

  it("is whole for a program that reads it", () => {
    const whole =
      "error: Nothing is as it was; nothing was changed.\n  Look there, then: npx sophia-secrets rotate --yes\n";
    assert.equal(shown({}), whole);
    assert.equal(shown({ isTTY: true, columns: 100 }), whole);
    // A terminal that does not know its width says 0.
    assert.equal(shown({ isTTY: true, columns: 0 }), whole);
  });

  it("keeps columns where lines are short enough", () => {
    assert.equal(wrapped("  a    b\n\n    c  d", 20), "  a    b\n\n    c  d");
    assert.equal(wrapped("  NAME  one two three", 16), "  NAME  one two\n        three");
    assert.equal(wrapped("  LONGER_NAME  one two", 16), "  LONGER_NAME\n  one two");
  });
});
