/** Is there a spec behind each promise of docs/reliability.md and docs/threat-model.md, by the file and the title that it names? */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT } from "../support/sandbox";
import { hasTitle, lostSpecs, namedSpecs } from "./named-specs";

const read = (name: string) => readFileSync(join(CHECKOUT, "docs", name), "utf8");
const page = read("reliability.md");
const threats = read("threat-model.md");

describe("docs/reliability.md", () => {
  it("names specs that there are, each with the title that it has", () => {
    const lost = lostSpecs(page + threats);
    assert.deepEqual(lost, []);
  });

  it("says of each fault and each property what shows it, or that nothing does and why", () => {
    const rows = [...page.matchAll(/^\| ([FP]\d+) \|(.*)\|$/gm)].map(([, id = "", rest = ""]) => ({ id, rest }));
    const wanted = (letter: string, count: number) => Array.from({ length: count }, (_, at) => `${letter}${at + 1}`);
    assert.deepEqual(
      rows.map(({ id }) => id),
      [...wanted("F", 35), ...wanted("P", 21)],
    );
    const honest = /not shown yet|does not apply|not promised|fault suite/;
    const bare = rows.filter(({ rest }) => namedSpecs(rest).length === 0 && !honest.test(rest));
    assert.deepEqual(bare, []);
  });

  it("has every promise, fault and property that the threat model leans on", () => {
    const known = [...page.matchAll(/^\| ([IFP]\d+) \|/gm)].map(([, id]) => id);
    const named = [...threats.matchAll(/\b([IFP]\d+)\b/g)].map(([, id]) => id);
    assert.deepEqual(
      named.filter((id) => !known.includes(id)),
      [],
    );
    const rows = [...threats.matchAll(/^\| (T\d+) \|(.*)\|$/gm)];
    assert.ok(rows.length >= 15);
    assert.deepEqual(
      rows.filter(([, , rest = ""]) => !/\b[IFP]\d+\b|`test\//.test(rest)).map(([, id]) => id),
      [],
    );
  });

  it("has one place for the figures of the fault suite", () => {
    assert.match(page, /^<!-- faults -->\n[^]*?^<!-- \/faults -->$/m);
    assert.equal(page.split("<!-- faults -->").length, 2);
  });

  it("would find a title that is gone", () => {
    const [named] = namedSpecs("`test/a.spec.ts`: *one thing* *another*; `test/b.spec.ts`: *x*");
    assert.deepEqual(named, { file: "test/a.spec.ts", titles: ["one thing", "another"] });
    assert.equal(hasTitle('it("one thing more", () => {', "one thing"), false);
    assert.equal(hasTitle('it("one thing", () => {', "one thing"), true);
  });
});
