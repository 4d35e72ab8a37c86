/** Do tables and sentences keep to the width of a terminal, and are tables no narrower than they must be? */
import assert from "node:assert/strict";
import { fitColumns, hanging } from "../../../automation/reports/text";

describe("hanging", () => {
  it("breaks at blanks, the later lines below the first one's text", () =>
    assert.equal(hanging("  a: ", "one two three", 12), "  a: one two\n     three"));
});

describe("fitColumns", () => {
  const rows = [
    ["Who", "May"],
    ["somebody", "read a long list\nof things"],
  ];

  it("leaves the widths where there is room: cells, blanks and lines", () => {
    assert.deepEqual(fitColumns([20, 30], rows, 53), [20, 30]);
    assert.notDeepEqual(fitColumns([20, 30], rows, 52), [20, 30]);
  });

  it("takes what no cell needs first, then from the widest column", () => {
    assert.deepEqual(fitColumns([20, 30], rows, 52), [10, 18]);
    assert.deepEqual(fitColumns([20, 30], rows, 28), [10, 15]);
  });

  it("stops where a column could not be read any more", () => assert.deepEqual(fitColumns([20, 30], rows, 10), [8, 8]));
});
