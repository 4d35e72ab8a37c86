/** What comes of a rotation whose old credential is to live on for a while? The driver on real ESC; `up` and the services are played in memory. */
import assert from "node:assert/strict";
import { rotationExitCode, type RotationReport } from "../../../automation/rotation/report";
import { eachInAWorld, type RotationWorld } from "../../support/rotation-world";

const HOUR = 3_600_000;
const one = ({ services: [found] }: RotationReport) => found ?? assert.fail("no service in the report");

describe("rotate, while the old credential drains", () => {
  let world: RotationWorld;
  eachInAWorld((started) => (world = started));

  it("draining: a grace period that is longer than a minute is left to a later run, which then retires", async () => {
    const report = await world.driver().run({ graceMs: 24 * HOUR });
    assert.equal(one(report).outcome, "draining");
    assert.match(one(report).summary, /rotate --resume retires it then/);
    assert.equal(rotationExitCode(report), 0);
    const { phase, retireAfter, run } = await world.record("snowflake");
    assert.deepEqual([phase, run], ["draining", undefined]);
    assert.equal(world.aliveCount("snowflake"), 2);

    const early = await world.driver().run({ graceMs: 24 * HOUR, resumeOnly: true });
    assert.equal(one(early).outcome, "draining");
    assert.equal((await world.record("snowflake")).retireAfter, retireAfter);

    world.now = Date.parse(retireAfter ?? "");
    assert.equal(one(await world.driver().run({ graceMs: 24 * HOUR, resumeOnly: true })).outcome, "rotated");
    assert.equal(world.aliveCount("snowflake"), 1);
  });

  it("draining: a shorter --grace of a later run counts, and a clock that went back cannot make it longer", async () => {
    await world.driver().run({ graceMs: 24 * HOUR });
    world.now -= 365 * 24 * HOUR;
    assert.equal(one(await world.driver().run({ graceMs: 30_000, resumeOnly: true })).outcome, "rotated");
    assert.deepEqual(world.waits, [30_000]);
  });

  it("draining: consumers keep the new one, which is let in and then refused something, when the old one is dead already", async () => {
    await world.driver().run({ graceMs: 24 * HOUR });
    world.alive.delete("snowflake: canary-SNOWFLAKE_USER-a-1|canary-SNOWFLAKE_PASSWORD-a-1");
    world.verdicts.set("snowflake promoted", "forbidden");
    const report = await world.driver().run({ graceMs: 0 });
    assert.equal(one(report).outcome, "stopped");
    assert.match(one(report).summary, /\(it rejected\), but the old one is dead, so consumers keep the new one/);
    assert.equal(rotationExitCode(report), 1);
    assert.deepEqual(world.lockedOut(), []);
    assert.equal((await world.record("snowflake")).phase, "draining");
    world.verdicts.clear();
    assert.equal(one(await world.driver().run({ graceMs: 0 })).outcome, "rotated");
  });

  it("draining: nothing is retired while it cannot be told whether the new one still works", async () => {
    await world.driver().run({ graceMs: 24 * HOUR });
    world.verdicts.set("snowflake published", "unknown");
    assert.equal(one(await world.driver().run({ graceMs: 0 })).outcome, "stopped");
    assert.equal((await world.record("snowflake")).phase, "draining");
    assert.equal(world.aliveCount("snowflake"), 2);
  });
});
