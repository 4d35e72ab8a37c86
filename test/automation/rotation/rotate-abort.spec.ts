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
      // Where consumers may read the new one, they are pointed back by one `up` and it goes by another.
      const removal = phase === "staged" ? [] : ["write", "write", "up retire"];
      assert.deepEqual(driver.effects, ["write", "up promote", ...removal, "write"]);
      const { current, slots, phase: end, run } = await world.record("snowflake");
      assert.deepEqual([current, slots.b?.retired, end, run], ["a", true, "idle", undefined]);
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

  describe("with a grace period, because somebody may have read the new credential", () => {
    const HOUR = 3_600_000;
    const withdrawn = async (killAfter: number) => {
      const world = await start();
      await assert.rejects(world.driver({ killAfter }).run({ graceMs: HOUR }), Killed);
      return { world, report: one(await world.driver().run({ abort: true, graceMs: HOUR })) };
    };

    for (const [phase, killAfter] of Object.entries({ promoted: 3, draining: 5 })) {
      it(`points consumers back at once and leaves both alive when it is ${phase}; a later run retires the new one`, async () => {
        const { world, report } = await withdrawn(killAfter);
        const { retireAfter = "", phase: now, current, rotatedAt } = await world.record("snowflake");
        assert.deepEqual([report.outcome, now, current, rotatedAt], ["aborted", "withdrawing", "a", undefined]);
        assert.equal(
          report.summary,
          `consumers read the old credential again, the new credential lives on until ${retireAfter}; rotate --resume retires it then`,
        );
        assert.equal(report.next, "npx sophia-secrets rotate --service snowflake --resume --stack development");
        assert.equal(world.published().SNOWFLAKE_PASSWORD, "canary-SNOWFLAKE_PASSWORD-a-1");
        assert.equal(world.aliveCount("snowflake"), 2);

        const early = world.driver();
        assert.equal(one(await early.run({ resumeOnly: true, graceMs: HOUR })).outcome, "aborted");
        assert.ok(!early.effects.some((effect) => effect.startsWith("up")), early.effects.join());
        world.now = Date.parse(retireAfter);
        const late = one(await world.driver().run({ resumeOnly: true, graceMs: HOUR }));
        assert.deepEqual([late.outcome, late.next], ["aborted", undefined]);
        assert.equal((await world.record("snowflake")).phase, "idle");
        assert.equal(world.aliveCount("snowflake"), 1);
      });
    }

    it("counts the time from when consumers were pointed back, not from when it was asked for", async () => {
      const world = await start();
      await assert.rejects(world.driver({ killAfter: 3 }).run({ graceMs: HOUR }), Killed);
      const slow = world.driver({
        up: async (_, genuine) => {
          await genuine();
          world.now += 2 * HOUR;
        },
      });
      await slow.run({ abort: true, graceMs: HOUR });
      assert.equal((await world.record("snowflake")).retireAfter, new Date(world.now + HOUR).toISOString());
    });

    it("is resumed where it was killed, and keeps the new credential while consumers are not seen to use the old one", async () => {
      for (let killAfter = 1; killAfter <= 6; killAfter += 1) {
        const world = await start();
        await assert.rejects(world.driver({ killAfter: 5 }).run({ graceMs: 30_000 }), Killed);
        await world
          .driver({ killAfter })
          .run({ abort: true, graceMs: 30_000 })
          .catch((error: unknown) => assert.ok(error instanceof Killed, String(error)));
        if ((await world.record("snowflake")).phase === "withdrawing") {
          world.verdicts.set("snowflake published", "unknown");
          const stopped = one(await world.driver().run({ resumeOnly: true, graceMs: 0 }));
          assert.equal(stopped.outcome, "stopped");
          assert.equal(world.aliveCount("snowflake"), 2);
          world.verdicts.clear();
        }
        await world.driver().run({ resumeOnly: true, graceMs: 30_000 });
        const { current, phase, run } = await world.record("snowflake");
        assert.deepEqual([current, phase, run], ["a", "idle", undefined], `killed after ${killAfter}`);
        assert.equal(world.aliveCount("snowflake"), 1);
      }
    });

    it("does not send consumers back to a credential that is refused by now", async () => {
      const world = await start();
      await world.driver().run({ graceMs: HOUR });
      world.alive.delete("snowflake: canary-SNOWFLAKE_USER-a-1|canary-SNOWFLAKE_PASSWORD-a-1");
      const driver = world.driver();
      const report = one(await driver.run({ abort: true, graceMs: HOUR }));
      assert.equal(report.outcome, "stopped");
      assert.match(report.summary, /consumers keep the new one/);
      assert.equal((await world.record("snowflake")).phase, "draining");
      assert.deepEqual(world.lockedOut(), []);
    });

    it("does not send consumers back to a credential of which nobody can tell whether it works", async () => {
      const world = await start();
      await world.driver().run({ graceMs: HOUR });
      world.verdicts.set("snowflake pending", "unknown");
      const driver = world.driver();
      const report = one(await driver.run({ abort: true, graceMs: HOUR }));
      assert.equal(report.outcome, "stopped");
      assert.match(report.summary, /cannot be told whether the old credential works \(it unknown\)/);
      assert.deepEqual(driver.effects, []);
      world.verdicts.clear();
      assert.equal(one(await world.driver().run({ abort: true, graceMs: HOUR })).outcome, "aborted");
    });

    it("does not send consumers back to nothing, where there was no credential before", async () => {
      const world = await start();
      world.editIntake((text) => text.replace(/^ {6}slots:\n {8}a:\n.*\n.*\n/m, "      settings: {}\n"));
      await world.bringAbout();
      await world.driver().run({ services: servicesNamed("gong"), graceMs: HOUR });
      const report = one(await world.driver().run({ services: servicesNamed("gong"), abort: true, graceMs: HOUR }));
      assert.equal(report.outcome, "stopped");
      assert.equal((await world.record("gong")).current, "b");
      assert.deepEqual(world.lockedOut(), []);
      world.broken.splice(0);
    });
  });
});
