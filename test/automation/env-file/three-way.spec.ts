/** Does a file that is older than ESC overwrite nothing that is newer, and still bring its own changes? */
import assert from "node:assert/strict";
import { planImport, type ImportOptions } from "../../../automation/env-file/import";
import { compareThreeWays, findStanding } from "../../../automation/env-file/three-way";
import { parseIntake, type Intake } from "../../../automation/esc/intake";
import { type IntakeStore } from "../../../automation/esc/store";
import { services } from "../../../services";
import { type Credential, type Service } from "../../../services/service";

const other = (settings: Record<string, string>): Intake => parseIntake({ services: { other: { settings } } }, "x");
const credentialOf = (service: Service): Credential =>
  Object.values(service.rotation?.strategies ?? {})[0] ?? assert.fail(service.name);
const words = (values: Record<string, string>, intake: Intake, options: ImportOptions) =>
  planImport(values, intake, services, credentialOf, options).lines.map(({ name, action, reason }) =>
    [name, action, reason].join(" ").trim(),
  );

describe("compareThreeWays", () => {
  const CASES: readonly (readonly [
    before: string | undefined,
    now: string | undefined,
    file: string,
    winner: string,
  ])[] = [
    ["1", "1", "2", "file"],
    ["1", "2", "1", "ESC"],
    ["1", "2", "3", "changed on both sides"],
    [undefined, undefined, "1", "file"],
    ["1", undefined, "1", "ESC"],
    ["1", undefined, "2", "changed on both sides"],
    [undefined, "1", "2", "changed on both sides"],
  ];
  for (const [before, now, value, winner] of CASES) {
    it(`${before ?? "nothing"} then, ${now ?? "nothing"} now, ${value} in the file: ${winner}`, () => {
      const base = other(before === undefined ? {} : { A: before });
      const valueIn = (intake: Intake) => intake.service("other").settings.A;
      assert.equal(compareThreeWays({ value, present: now, base, valueIn }), winner);
    });
  }
});

describe("an import of an older file", () => {
  const base = other({ MINE: "1", THEIRS: "1", BOTH: "1", GONE: "1", SAME: "1" });
  const now = other({ MINE: "1", THEIRS: "2", BOTH: "2", SAME: "1", NEW: "2" });
  const file = { MINE: "3", THEIRS: "1", BOTH: "3", GONE: "1", SAME: "1", NEW: "3", ADDED: "1" };

  it("takes the file's changes, keeps ESC's, and puts in doubt what both have changed", () => {
    assert.deepEqual(words(file, now, { base }), [
      "MINE change",
      "THEIRS newer",
      "BOTH newer changed on both sides",
      "GONE newer",
      "SAME same",
      "NEW newer changed on both sides",
      "ADDED add",
    ]);
  });

  it("takes what was in doubt when the user says so, and still not what only ESC has changed", () => {
    assert.deepEqual(words(file, now, { base, overwrite: true }), [
      ...["MINE change", "THEIRS newer", "BOTH change", "GONE newer", "SAME same", "NEW change", "ADDED add"],
    ]);
  });

  it("takes everything with force", () => {
    assert.deepEqual(words(file, now, { base, force: true }), [
      ...["MINE change", "THEIRS change", "BOTH change", "GONE add", "SAME same", "NEW change", "ADDED add"],
    ]);
  });

  it("puts every difference in doubt where nobody knows what ESC had", () => {
    assert.deepEqual(words({ MINE: "1", NEW: "3", ADDED: "1" }, now, { base: "unknown" }), [
      ...["MINE same", "NEW newer the file may be older", "ADDED newer the file may be older"],
    ]);
  });

  it("asks before a password that the program has generated since is overwritten", () => {
    const generated = { base: other({}), published: { SNOWFLAKE_PASSWORD: "generated later" } };
    assert.deepEqual(words({ SNOWFLAKE_PASSWORD: "generated before" }, other({}), generated), [
      "SNOWFLAKE_PASSWORD newer changed on both sides",
    ]);
  });

  it("looks into the slot that was current then", () => {
    const gong = (current: string, key: string) => ({
      services: { gong: { slots: { [current]: { GONG_API_KEY: key } } } },
      rotation: { gong: { current, slots: { [current]: { generation: 1 } }, phase: "idle" } },
    });
    const [before, after] = [parseIntake(gong("a", "old"), "x"), parseIntake(gong("b", "new"), "x")];
    assert.deepEqual(words({ GONG_API_KEY: "old" }, after, { base: before }), ["GONG_API_KEY newer"]);
    assert.deepEqual(words({ GONG_API_KEY: "mine" }, after, { base: before }), [
      "GONG_API_KEY newer changed on both sides",
    ]);
  });
});

describe("findStanding", () => {
  const asked: number[] = [];
  const store = (base: Intake | undefined) =>
    ({ fullName: "o/p/e", at: async (revision: number) => (asked.push(revision), base) }) as unknown as IntakeStore;
  const source = (revision: number, environment = "o/p/e") => ({ environment, revision });
  beforeEach(() => void asked.splice(0));

  it("has nothing to say of a file without a source, or of the very revision that is there", async () => {
    assert.deepEqual(await findStanding(undefined, store(undefined), 3), {});
    assert.deepEqual(await findStanding(source(3), store(undefined), 3), {});
    assert.deepEqual(asked, []);
  });

  it("opens the revision that the file came from", async () => {
    const base = other({});
    const stale = "it was exported at revision 3, and o/p/e is at 5 now";
    assert.deepEqual(await findStanding(source(3), store(base), 5), { base, stale });
    assert.deepEqual(asked, [3]);
  });

  it("knows nothing of a revision that is gone, is yet to come, or is another environment's", async () => {
    assert.equal((await findStanding(source(3), store(undefined), 5)).base, "unknown");
    assert.deepEqual(await findStanding(source(7), store(other({})), 5), {
      ...{ base: "unknown", stale: "it was exported at revision 7, and o/p/e is at 5 now" },
    });
    assert.deepEqual(await findStanding(source(3, "o/p/other"), store(other({})), 5), {
      ...{ base: "unknown", stale: "it was exported from o/p/other, and this is o/p/e" },
    });
    assert.deepEqual(asked, [3]);
  });
});
