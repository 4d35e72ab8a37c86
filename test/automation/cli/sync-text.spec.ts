/** Do long lists of names stay within a terminal's width, with no name lost? */
import assert from "node:assert/strict";
import fc from "fast-check";
import { indented, labelled } from "../../../automation/cli/commands/sync-text";

describe("labelled", () => {
  it("says nothing of no name", () => assert.deepEqual(labelled("added", []), []));

  it("goes on below the first name", () => {
    const names = Array.from({ length: 9 }, (_, index) => `SOME_VARIABLE_${index}`);
    const rest = " ".repeat(12);
    assert.deepEqual(labelled("unchanged", names), [
      `  unchanged ${names.slice(0, 5).join(", ")},`,
      `${rest}${names.slice(5).join(", ")}`,
    ]);
  });

  it("keeps every name, in order, in lines of 100 characters at most", () => {
    const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,60}$/);
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 40 }), (names) => {
        const lines = labelled("added", names);
        for (const line of lines) assert.ok(line.length <= 100, line);
        const text = lines.map((line) => line.trim()).join(" ");
        assert.deepEqual(text.slice("added".length).trim().split(/,\s*/), names);
      }),
    );
  });
});

describe("indented", () => {
  it("leaves a word whole that is longer than a line", () => {
    const long = "x".repeat(120);
    assert.deepEqual(indented(`see ${long} there`), ["  see", `  ${long}`, "  there"]);
  });
});
