/** Is what a destination would refuse told before anything is written, with its remedy and without the value? */
import assert from "node:assert/strict";
import { type Candidate, GITHUB_LIMITS, limitFaults, VERCEL_LIMITS } from "../../../automation/sync/limits";

const PLACE = "github payready/sophia";
const EMPTY = { secrets: [], variables: [] };
const entry = (name: string, value = "v", kind: Candidate["kind"] = "secrets"): Candidate => ({ name, value, kind });
const numbered = (count: number, prefix = "FOREIGN") =>
  Array.from({ length: count }, (_, index) => `${prefix}_${index}`);
const faultsOf = (entries: readonly Candidate[], contents = EMPTY as Parameters<typeof limitFaults>[2]) =>
  limitFaults(PLACE, GITHUB_LIMITS.repository, contents, entries);

describe("limitFaults", () => {
  it("finds nothing wrong with a value of exactly 48 KB", () => {
    assert.deepEqual(faultsOf([entry("FINE", "x".repeat(49_152))]), []);
  });

  it("counts the bytes of UTF-8, not the letters, and does not show the value", () => {
    const value = "ü".repeat(24_577);
    assert.deepEqual(faultsOf([entry("LONG", value)]), [
      `${PLACE} refuses the value of LONG (49154 bytes, 48 KB fit). Read it from ESC there: pulumi env run`,
    ]);
  });

  for (const [name, instead] of [
    ["GITHUB_TOKEN", "GH_TOKEN"],
    ["github_x", "GH_X"],
    ["1ST", "_1ST"],
    ["A-B", "A_B"],
  ] as const) {
    it(`refuses the name ${name} and suggests ${instead}`, () => {
      assert.deepEqual(faultsOf([entry("FINE"), entry(name)]), [
        `${PLACE} refuses the name ${name}. Rename it in the catalogue, to ${instead} for example`,
      ]);
    });
  }

  it("refuses two names that differ in case only", () => {
    assert.match(faultsOf([entry("A_KEY"), entry("a_key")]).join(), /takes a_key for a name that is there already/);
  });

  it("fills a repository up to its 100th secret, those of others and names in other letters included", () => {
    const contents = { secrets: [...numbered(98), "mine"], variables: [] };
    assert.deepEqual(faultsOf([entry("MINE"), entry("NEW")], contents), []);
    assert.deepEqual(faultsOf([entry("MINE"), entry("NEW"), entry("NEWER")], contents), [
      `${PLACE} would hold too many secrets (99 there, 2 to add, 100 fit). ${GITHUB_LIMITS.repository.whenFull}`,
    ]);
  });

  it("counts secrets and variables apart", () => {
    const contents = { secrets: numbered(100), variables: numbered(499) };
    assert.deepEqual(faultsOf([entry("ROLE", "r", "variables")], contents), []);
    assert.match(faultsOf([entry("KEY")], contents).join(), /too many secrets/);
  });

  it("says nothing of a place that others have filled when nothing of ours is added there", () => {
    assert.deepEqual(faultsOf([entry("ROLE", "r", "variables")], { secrets: numbered(120), variables: [] }), []);
  });

  it("knows the 1,000 of an organization, the 100 of an environment and the 64 KB of Vercel", () => {
    const contents = { secrets: numbered(1000), variables: [] };
    assert.match(limitFaults("o", GITHUB_LIMITS.organization, contents, [entry("A")]).join(), /1000 there, 1 to add/);
    const variables = { secrets: [], variables: numbered(100) };
    assert.match(
      limitFaults("e", GITHUB_LIMITS.environment, variables, [entry("A", "v", "variables")]).join(),
      /100 there, 1 to add, 100 fit/,
    );
    const size = (count: number) =>
      limitFaults("v", VERCEL_LIMITS, EMPTY, [entry("A", "x".repeat(count), "variables")]).length;
    assert.deepEqual([size(65_535), size(65_537)], [0, 1]);
  });

  it("adds up what one deployment at Vercel gets, names and values, and does not show any", () => {
    const half = (name: string, count: number) => entry(name, "x".repeat(count), "variables");
    const faults = (...counts: [number, number]) =>
      limitFaults("vercel prj_1", VERCEL_LIMITS, EMPTY, [half("A", counts[0]), half("BC", counts[1])]);
    assert.deepEqual(faults(32_000, 33_533), []);
    assert.deepEqual(faults(32_000, 33_534), [
      "vercel prj_1 refuses so much (65537 bytes in all, 64 KB fit). Read the longest of them from ESC there: pulumi env run",
    ]);
    assert.deepEqual(limitFaults(PLACE, GITHUB_LIMITS.repository, EMPTY, [half("A", 49_000), half("B", 49_000)]), []);
  });
});
