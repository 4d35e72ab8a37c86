/** Is each cell of the matrix judged by what the place and the ledger say, and by nothing else? */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type LedgerEntry } from "../../../automation/audit/ledger";
import {
  judgeCell,
  shadowed,
  type Cell,
  type CellFacts,
  type CellStatus,
  type ListedEntry,
} from "../../../automation/audit/places";

const AT = "2026-11-23T09:00:00.000Z";
const LATER = "2026-11-23T09:00:01.000Z";
const MUCH_LATER = "2026-11-23T09:01:00.000Z";
const written = (more: Partial<LedgerEntry> = {}): LedgerEntry => ({ type: "t", name: "n", digest: "d1", ...more });
const github = (more: Partial<ListedEntry> = {}): ListedEntry => ({
  name: "X",
  kind: "secrets",
  updatedAt: AT,
  ...more,
});
const facts = (more: Partial<CellFacts>): CellFacts => ({
  ...{ variable: "X", kind: "secrets", expected: "d1", listed: [github()] },
  written: written({ updatedAt: AT }),
  ...more,
});

describe("judgeCell", () => {
  const table: readonly (readonly [string, Partial<CellFacts>, CellStatus | undefined])[] = [
    ["is in step when the time and the value are those of our write", {}, "in step"],
    [
      "is edited outside a second after our write, by GitHub's own clock",
      { listed: [github({ updatedAt: LATER })] },
      "edited outside",
    ],
    ["is behind when ESC says something else since our write", { expected: "d2" }, "behind"],
    ["is behind when there is no value any more", { expected: undefined }, "behind"],
    ["is missing when what we wrote is gone", { listed: [] }, "missing"],
    ["is missing when it was never written", { listed: [], written: undefined }, "missing"],
    [
      "is nothing when it neither is there nor should be",
      { listed: [], written: undefined, expected: undefined },
      undefined,
    ],
    ["is foreign when somebody else made it", { written: undefined }, "foreign"],
    ["is foreign even where nothing should be", { written: undefined, expected: undefined }, "foreign"],
    ["is unknown when the place was not read", { listed: undefined }, "unknown"],
    ["is nothing when nobody knows of it", { listed: undefined, written: undefined, expected: null }, undefined],
    ["is in step as far as one can see when ESC was not asked", { expected: null }, "in step"],
    [
      "is edited outside when the secret is there as a variable",
      { listed: [github({ kind: "variables" })] },
      "edited outside",
    ],
    [
      "takes the entry of its own kind",
      { listed: [github({ kind: "variables", updatedAt: LATER }), github()] },
      "in step",
    ],
    [
      "gives clocks that differ 30 seconds where the time of our write is our own",
      { listed: [{ name: "X", updatedAt: LATER }], written: written({ modifiedAt: AT }) },
      "in step",
    ],
    [
      "sees a write of a minute later there",
      { listed: [{ name: "X", updatedAt: MUCH_LATER }], written: written({ modifiedAt: AT }) },
      "edited outside",
    ],
    [
      "believes a value that it can read more than any time",
      { listed: [{ name: "X", updatedAt: MUCH_LATER, digest: "d1" }], written: written({ modifiedAt: AT }) },
      "in step",
    ],
    [
      "sees another value that it can read at once",
      { listed: [{ name: "X", updatedAt: AT, digest: "d9" }], written: written({ modifiedAt: AT }) },
      "edited outside",
    ],
    [
      "tells an old value of ours from somebody else's",
      { listed: [{ name: "X", updatedAt: AT, digest: "d1" }], written: written({ modifiedAt: AT }), expected: "d2" },
      "behind",
    ],
  ];
  for (const [behaviour, more, status] of table) {
    it(behaviour, () => assert.equal(judgeCell(facts(more))?.status, status));
  }

  it("shows both times as evidence", () => {
    const cell = judgeCell(facts({ listed: [github({ updatedAt: LATER })] }));
    assert.deepEqual(cell, {
      ...{ variable: "X", status: "edited outside", writtenAt: AT, updatedAt: LATER },
      evidence: "written after our last write",
    });
  });

  it("never calls in step what has another value than consumers read", () => {
    const digest = fc.constantFrom("d1", "d2", "d3");
    const time = fc.constantFrom(AT, LATER, MUCH_LATER);
    const entry = fc.record({ name: fc.constant("X"), updatedAt: time, digest });
    const ledger = fc.record({ type: fc.constant("t"), name: fc.constant("n"), digest, modifiedAt: time });
    fc.assert(
      fc.property(digest, entry, ledger, (expected, listed, ours) => {
        const cell = judgeCell(facts({ expected, listed: [listed], written: ours }));
        assert.equal(cell?.status === "in step", listed.digest === expected && ours.digest === listed.digest);
      }),
    );
  });
});

describe("shadowed", () => {
  const cell = (status: CellStatus): Cell => ({ variable: "X", status, evidence: "" });
  const nearer = (status: CellStatus) => [{ place: "github payready/web", cells: [cell(status)] }];

  it("finds what a nearer place hides with something else, and names the place", () => {
    for (const status of ["foreign", "edited outside", "behind"] as const) {
      const [found] = shadowed([cell("in step")], nearer(status));
      assert.deepEqual([found?.status, found?.evidence], ["shadowed", "hidden by github payready/web"]);
    }
  });

  it("lets pass what has the same value nearer, and what is worse already", () => {
    assert.equal(shadowed([cell("in step")], nearer("in step"))[0]?.status, "in step");
    assert.equal(shadowed([cell("in step")], nearer("missing"))[0]?.status, "in step");
    assert.equal(shadowed([cell("edited outside")], nearer("foreign"))[0]?.status, "edited outside");
  });
});
