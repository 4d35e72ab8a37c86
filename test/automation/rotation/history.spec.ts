/** Does the history say what became of each credential, from nothing but the revisions of the intake? */
import assert from "node:assert/strict";
import { stringify } from "yaml";
import { EscClient } from "../../../automation/esc/client";
import { systemHttp } from "../../../automation/http";
import { historyOf, type RecordRevision } from "../../../automation/rotation/history";
import { readHistory } from "../../../automation/rotation/read-history";
import { FIRST_RECORD, type RotationRecord } from "../../../automation/rotation/record";
import * as transitions from "../../../automation/rotation/transitions";
import { revisionTime, startTinyEsc, type TinyEsc } from "../../support/tiny-esc";

const RUN = { id: "run", owner: "spec", heartbeatAt: "2026-01-01T00:00:00Z" };
const CONFIRMATION = { rotatedAt: "2026-01-04T09:00:00Z", variables: [], retireAfter: "2026-01-05T09:00:00Z" };

/** The records of a whole rotation: idle, staged, promoted, draining, retiring, idle. */
function wholeRotation(first: RotationRecord = FIRST_RECORD): RotationRecord[] {
  const staged = transitions.stage(first, RUN);
  const promoted = transitions.promote(staged, []);
  const draining = transitions.drain(promoted, CONFIRMATION);
  const retiring = transitions.retire(draining, undefined);
  return [first, staged, promoted, draining, retiring, transitions.finish(retiring)];
}

/** One revision a day, from the first of January on. */
function revisionsOf(records: readonly RotationRecord[]): RecordRevision[] {
  return records.map((record, index) => ({ at: revisionTime(index + 1), records: { gong: record } }));
}

const day = (number: number) => revisionTime(number);

describe("the history of a credential", () => {
  it("tells a whole rotation: the new one pending, then current, the old one alive until it is proven dead", () => {
    const { lives, rotations } = historyOf("gong", revisionsOf(wholeRotation()));
    assert.deepEqual(lives, [
      { slot: "a", generation: 1, role: "current", until: day(3) },
      { slot: "b", generation: 1, role: "pending", from: day(2), until: day(3) },
      { slot: "a", generation: 1, role: "previous", from: day(3), until: day(6) },
      { slot: "b", generation: 1, role: "current", from: day(3) },
    ]);
    assert.deepEqual(rotations, [
      {
        ...{ from: { slot: "a", generation: 1 }, to: { slot: "b", generation: 1 }, outcome: "rotated" },
        ...{ stagedAt: day(2), promotedAt: day(3), confirmedAt: day(4), retiredAt: day(5), endedAt: day(6) },
      },
    ]);
  });

  it("goes back to the same slot with the next generation", () => {
    const first = wholeRotation();
    const records = [...first, ...wholeRotation(first.at(-1)).slice(1)];
    const { lives, rotations } = historyOf("gong", revisionsOf(records));
    assert.deepEqual(
      lives.filter(({ role }) => role === "current").map(({ slot, generation }) => `${slot}${generation}`),
      ["a1", "b1", "a2"],
    );
    assert.deepEqual(
      rotations.map(({ to }) => `${to.slot}${to.generation}`),
      ["b1", "a2"],
    );
  });

  it("leaves what is under way open", () => {
    const { lives, rotations } = historyOf("gong", revisionsOf(wholeRotation().slice(0, 4)));
    assert.deepEqual(
      lives.filter(({ until }) => until === undefined).map(({ slot, role }) => `${slot} ${role}`),
      ["a previous", "b current"],
    );
    assert.equal(rotations[0]?.outcome, "under way");
    assert.equal(rotations[0].endedAt, undefined);
  });

  it("tells a credential that was refused from one that was given up after consumers had read it", () => {
    const [idle = FIRST_RECORD, staged = FIRST_RECORD, promoted = FIRST_RECORD] = wholeRotation();
    const reverting = transitions.abort(staged);
    const refused = historyOf("gong", revisionsOf([idle, staged, reverting, transitions.reverted(reverting)]));
    assert.deepEqual(refused.rotations, [
      {
        ...{ from: { slot: "a", generation: 1 }, to: { slot: "b", generation: 1 }, outcome: "given up" },
        ...{ stagedAt: day(2), retiredAt: day(3), endedAt: day(4) },
      },
    ]);
    const withdrawing = transitions.withdraw(promoted);
    const ending = transitions.endWithdrawal(withdrawing);
    const records = [idle, staged, promoted, withdrawing, ending, transitions.reverted(ending)];
    const given = historyOf("gong", revisionsOf(records));
    assert.equal(given.rotations[0]?.outcome, "given up");
    assert.equal(given.rotations[0].promotedAt, day(3));
    const roles = given.lives.map(({ slot, role, from, until }) => [slot, role, from, until]);
    assert.deepEqual(roles, [
      ["a", "current", undefined, day(3)],
      ["b", "pending", day(2), day(3)],
      ["a", "previous", day(3), day(4)],
      ["b", "current", day(3), day(4)],
      ["a", "current", day(4), undefined],
      ["b", "withdrawn", day(4), day(6)],
    ]);
  });

  it("does not say when began what the oldest revision shows", () => {
    const { lives, rotations } = historyOf("gong", revisionsOf(wholeRotation().slice(2)));
    assert.deepEqual(
      lives.filter(({ from }) => from === undefined).map(({ slot, role }) => `${slot} ${role}`),
      ["a previous", "b current"],
    );
    assert.equal(rotations[0]?.promotedAt, undefined);
    assert.equal(rotations[0]?.confirmedAt, day(2));
  });

  it("takes a service without a record for one that was never rotated", () => {
    const { lives, rotations } = historyOf("vercel", revisionsOf(wholeRotation()));
    assert.deepEqual(lives, [{ slot: "a", generation: 1, role: "current" }]);
    assert.deepEqual(rotations, []);
  });
});

describe("reading the history", () => {
  let esc: TinyEsc;
  const read = () => {
    const options = { url: esc.url, token: esc.token, organization: "payready", project: "sophia" };
    return readHistory(new EscClient({ ...options, http: systemHttp() }), "intake");
  };
  const write = (record: unknown) =>
    void esc.write(
      "intake",
      stringify({ values: { rotation: { gong: record }, services: { gong: { settings: {} } } } }),
    );

  beforeEach(async () => void (esc = await startTinyEsc()));
  afterEach(() => esc.close());

  it("reads the records of every revision with its time, oldest first, over several pages", async () => {
    const records = wholeRotation();
    for (let round = 0; round < 8; round++) records.forEach(write);
    const { revisions, isCut } = await read();
    // The first revision of an environment is empty.
    assert.equal(revisions.length, 49);
    assert.equal(isCut, false);
    assert.deepEqual(revisions[2], { at: day(3), records: { gong: records[1] } });
    assert.equal(historyOf("gong", revisions).rotations[0]?.outcome, "rotated");
  });

  it("stops at the newest hundred, and says that there are older ones", async () => {
    for (let revision = 2; revision <= 130; revision++) write(FIRST_RECORD);
    const { revisions, isCut } = await read();
    assert.deepEqual([revisions.length, revisions[0]?.at, revisions.at(-1)?.at], [100, day(31), day(130)]);
    assert.equal(isCut, true);
  });

  it("leaves out what cannot be read: a retracted revision, a text that is no intake, a record that is none", async () => {
    write(FIRST_RECORD);
    write(FIRST_RECORD);
    esc.write("intake", "values: [");
    esc.write("intake", "- a list");
    write({ current: "c" });
    esc.retracted.add(3);
    const { revisions } = await read();
    assert.deepEqual(
      revisions.map(({ at, records }) => [at, Object.keys(records)]),
      [
        [day(1), []],
        [day(2), ["gong"]],
        [day(6), []],
      ],
    );
  });

  it("finds nothing where there is no intake", async () => {
    assert.deepEqual(await read(), { revisions: [], isCut: false });
  });
});
