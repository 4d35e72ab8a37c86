/** Can a rotation be given up? From every phase in which the old credential is alive, and when the new one's own `up` never works. */
import assert from "node:assert/strict";
import { type RotationReport } from "../../../automation/rotation/report";
import { Killed, RotationWorld, servicesNamed } from "../../support/rotation-world";

const one = ({ services: [found] }: RotationReport) => found ?? assert.fail("no service in the report");

describe("rotate, told to abort", () => {
  const worlds: RotationWorld[] = [];
  const start = async () => {
    const world = await RotationWorld.start();
    worlds.push(world);
    return world;
  };
  afterEach(async () => {
    for (const world of worlds.splice(0)) {
      await world.close();
      assert.deepEqual(world.broken, [], "consumers were locked out");
    }
  });

  for (const [phase, killAfter] of Object.entries({ staged: 1, promoted: 3, draining: 5 })) {
    it(`leads back to the old credential when it is ${phase}`, async () => {
      const world = await start();
      await assert.rejects(world.driver({ killAfter }).run({}), Killed);
      assert.equal((await world.record("snowflake")).phase, phase);
      const driver = world.driver();
      const report = one(await driver.run({ abort: true }));
      assert.equal(report.outcome, "aborted");
      assert.equal(report.summary, "given up as asked; consumers read the old credential");
      assert.deepEqual(driver.effects, ["write", "up promote", "write"]);
      const { current, slots, phase: end, run } = await world.record("snowflake");
      assert.deepEqual([current, slots.b, end, run], ["a", { generation: 1, retired: true }, "idle", undefined]);
      assert.equal(world.published().SNOWFLAKE_PASSWORD, "canary-SNOWFLAKE_PASSWORD-a-1");
      assert.equal(world.aliveCount("snowflake"), 1);
    });
  }

  it("gets out of a rotation whose material cannot be made, which would make every later up fail", async () => {
    const world = await start();
    const up = async () => Promise.reject(new Error("the vendor makes no token"));
    await assert.rejects(world.driver({ up }).run({ services: servicesNamed("vercel") }), /makes no token/);
    const report = await world.driver().run({ services: servicesNamed("vercel", "gong"), abort: true });
    assert.deepEqual(
      report.services.map(({ outcome }) => outcome),
      ["aborted", "nothing_due"],
    );
    assert.equal((await world.record("vercel")).phase, "idle");
  });

  it("does not stop what can no longer be stopped", async () => {
    const world = await start();
    await assert.rejects(world.driver({ killAfter: 6 }).run({}), Killed);
    const driver = world.driver();
    const report = one(await driver.run({ abort: true }));
    assert.equal(report.outcome, "stopped");
    assert.deepEqual(driver.effects, []);
    assert.equal(one(await world.driver().run({ resumeOnly: true })).outcome, "rotated");
  });
});
