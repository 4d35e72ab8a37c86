/** Is there a spec behind each promise of the guide, by the file and the title that docs/guide.md names? */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT } from "../support/sandbox";
import { lostSpecs, namedSpecs } from "./named-specs";

const page = readFileSync(join(CHECKOUT, "docs", "guide.md"), "utf8");

describe("docs/guide.md", () => {
  it("names specs that there are, each with the title that it has", () => assert.deepEqual(lostSpecs(page), []));

  it("names one in every row", () => {
    const rows = [...page.matchAll(/^\| (?!promise|-)(.*)\|$/gm)].map(([, row = ""]) => row);
    assert.ok(rows.length >= 20);
    assert.deepEqual(
      rows.filter((row) => namedSpecs(row).length === 0),
      [],
    );
  });
});
