/** With which values does a consumer log in, before and after the promotion? */
import assert from "node:assert/strict";
import { behindPlaces, confirmPromotion, isRead } from "../../../automation/rotation/confirmation";
import { Participant } from "../../../automation/rotation/participant";
import { FIRST_RECORD, type RotationRecord } from "../../../automation/rotation/record";
import { type PublishedValues, type RotationContext } from "../../../automation/rotation/world";
import { type Service } from "../../../services/service";
import { servicesNamed } from "../../support/rotation-world";

const unused = () => assert.fail("not used here");
const context: RotationContext = {
  ...{ stackName: "development", intake: {} as never, destinations: { list: unused } },
  ...{ assistant: { provide: unused, retire: unused }, up: unused, openPublished: unused, probe: unused, run: unused },
  credentialOf: ({ rotation }: Service) => Object.values(rotation?.strategies ?? {})[0] ?? unused(),
  findObstacle: () => unused(),
  clearLeftovers: () => unused(),
  lastUses: () => unused(),
  redeploy: () => unused(),
  findOutsideEdits: () => unused(),
  ...{ hasEnded: () => false, now: () => 0, timestamp: () => "2026-11-23T09:00:00.000Z" },
  ...{ sleep: async () => undefined, tell: () => undefined, tellDeed: () => undefined },
};
const participant = (name: string, record: RotationRecord = FIRST_RECORD) =>
  new Participant(servicesNamed(name)[0] ?? unused(), record, { settings: {}, slots: {} }, context);

const PUBLISHED: PublishedValues = {
  environmentVariables: {
    ...{ GONG_API_KEY: "old-key", GONG_API_SECRET: "old-secret", GONG_ACCESS_KEY: "old-key" },
    ...{ GONG_BASE_URL: "https://gong.example", SNOWFLAKE_USER: "SOPHIA_SERVICE", SNOWFLAKE_PASSWORD: "old" },
  },
  slots: {
    gong: {
      a: { GONG_API_KEY: "old-key", GONG_API_SECRET: "old-secret" },
      b: { GONG_API_KEY: "new-key", GONG_API_SECRET: "new-secret" },
    },
    snowflake: { a: { SNOWFLAKE_USER: "SOPHIA_SERVICE", SNOWFLAKE_PASSWORD: "old" } },
  },
};

describe("Participant", () => {
  it("names the variables that change, those with the same value by another name included", () => {
    assert.deepEqual(participant("gong").variables, ["GONG_API_KEY", "GONG_API_SECRET", "GONG_ACCESS_KEY"]);
    assert.deepEqual(participant("snowflake").variables, ["SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD"]);
  });

  it("logs in with the slot's own values and everything else that consumers read", () => {
    const { GONG_API_KEY, GONG_API_SECRET, GONG_ACCESS_KEY, GONG_BASE_URL } = participant("gong").slotValues(
      PUBLISHED,
      "b",
    );
    assert.deepEqual(
      [GONG_API_KEY, GONG_API_SECRET, GONG_ACCESS_KEY, GONG_BASE_URL],
      ["new-key", "new-secret", "new-key", "https://gong.example"],
    );
  });

  it("never fills an empty slot with the current credential: that would pass", () => {
    const values = participant("snowflake").slotValues(PUBLISHED, "b");
    assert.equal(Object.hasOwn(values, "SNOWFLAKE_PASSWORD"), false);
    assert.equal(Object.hasOwn(values, "SNOWFLAKE_USER"), false);
  });

  it("knows the old and the new slot in every phase", () => {
    const slots = { a: { generation: 3 }, b: { generation: 4 } };
    const ends = (phase: RotationRecord["phase"], current: "a" | "b") => {
      const { from, to } = participant("gong", { current, slots, phase });
      return `${from.slot}${from.generation} ${to.slot}${to.generation}`;
    };
    for (const phase of ["idle", "staged", "reverting"] as const) assert.equal(ends(phase, "a"), "a3 b4", phase);
    for (const phase of ["promoted", "draining", "retiring"] as const) assert.equal(ends(phase, "b"), "a3 b4", phase);
  });

  it("keeps the first outcome", () => {
    const one = participant("gong");
    one.settle("stopped", "first");
    one.settle("rotated", "second");
    assert.equal(one.report().outcome, "stopped");
  });
});

describe("the confirmation of a promotion", () => {
  const promoted = (): Participant =>
    participant("gong", {
      ...{ current: "b", phase: "promoted", slots: { a: { generation: 1 }, b: { generation: 1 } } },
      destinationsBefore: ["github payready/sophia", "vercel prj_1"].flatMap((place) =>
        ["GONG_API_KEY", "GONG_API_SECRET"].map((name) => ({ place, name, updatedAt: "1" })),
      ),
    });

  it("sees whether consumers of ESC read the new slot, in every variable and every other name of it", () => {
    const { environmentVariables } = PUBLISHED;
    const read = { GONG_API_KEY: "new-key", GONG_API_SECRET: "new-secret", GONG_ACCESS_KEY: "new-key" };
    assert.equal(isRead(promoted(), PUBLISHED), false);
    const all = { ...PUBLISHED, environmentVariables: { ...environmentVariables, ...read } };
    assert.equal(isRead(promoted(), all), true);
    const torn = { ...all, environmentVariables: { ...all.environmentVariables, GONG_ACCESS_KEY: "old-key" } };
    assert.equal(isRead(promoted(), torn), false);
  });

  it("names each variable at each place that was not written since before the promotion", () => {
    const after = [
      { place: "github payready/sophia", name: "GONG_API_KEY", updatedAt: "2" },
      { place: "github payready/sophia", name: "GONG_API_SECRET", updatedAt: "1" },
      { place: "vercel prj_1", name: "GONG_API_KEY", updatedAt: "2" },
    ];
    assert.deepEqual(behindPlaces(promoted(), PUBLISHED, after), [
      "GONG_API_SECRET at github payready/sophia",
      "GONG_API_SECRET at vercel prj_1",
    ]);
  });

  it("expects no write of a value that did not change", () => {
    const slots = { gong: { ...PUBLISHED.slots.gong, b: { GONG_API_KEY: "old-key", GONG_API_SECRET: "new-secret" } } };
    const after = [
      { place: "github payready/sophia", name: "GONG_API_SECRET", updatedAt: "2" },
      { place: "vercel prj_1", name: "GONG_API_SECRET", updatedAt: "2" },
    ];
    assert.deepEqual(behindPlaces(promoted(), { ...PUBLISHED, slots }, after), []);
  });

  it("measures how long a pair was torn by its own writes, not by what others have of the names there", async () => {
    const own = promoted();
    const destinationsBefore = [
      ...(own.record.destinationsBefore ?? []),
      // Another branch's entry, of long ago.
      { place: "vercel prj_1", name: "GONG_API_SECRET", updatedAt: "1700000000000" },
    ];
    own.record = { ...own.record, destinationsBefore };
    const after = [
      { place: "vercel prj_1", name: "GONG_API_KEY", updatedAt: "1795424400000" },
      { place: "vercel prj_1", name: "GONG_API_SECRET", updatedAt: "1795424400040" },
      { place: "vercel prj_1", name: "GONG_API_SECRET", updatedAt: "1700000000000" },
    ];
    const details = { outcome: "passed", reason: "", credentialRefused: false, details: {} } as const;
    const probe = async () => ({ service: "gong", durationMs: 1, attempts: 1, ...details });
    await confirmPromotion(own, PUBLISHED, after, { probe });
    assert.deepEqual(own.tornWindows, [{ place: "vercel prj_1", milliseconds: 40 }]);
  });
});
