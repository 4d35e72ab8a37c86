/** Can the original's defects in the way it rotates come back? Its defects 4 and 16, asked of the driver with a world that can be killed. */
import assert from "node:assert/strict";
import { AutomationError } from "../../automation/errors";
import { Killed, RotationWorld, servicesNamed } from "../support/rotation-world";

describe("the original's defects in rotating", () => {
  let world: RotationWorld;
  beforeEach(async () => void (world = await RotationWorld.start()));
  afterEach(async () => {
    await world.close();
    assert.deepEqual(world.broken, [], "consumers were locked out");
  });
  const rotate = (...names: string[]) => world.driver().run({ services: servicesNamed(...names) });
  const outcomes = async (...names: string[]) => (await rotate(...names)).services.map(({ outcome }) => outcome);

  it("defect 4: the date of one service's rotation is its own, and each variable has one", async () => {
    assert.deepEqual(await outcomes("snowflake"), ["rotated"]);
    const { rotatedAt, variables } = await world.record("snowflake");
    assert.ok(rotatedAt !== undefined && Math.abs(Date.parse(rotatedAt) - world.now) < 60_000);
    assert.deepEqual(Object.keys(variables ?? {}).sort(), ["SNOWFLAKE_PASSWORD", "SNOWFLAKE_USER"]);
    const first = await world.record("snowflake");
    world.now += 86_400_000;
    assert.deepEqual(await outcomes("vercel"), ["rotated"]);
    assert.deepEqual(await world.record("snowflake"), first);
    assert.notEqual((await world.record("vercel")).rotatedAt, rotatedAt);
    assert.equal((await world.record("estuary")).rotatedAt, undefined);
  });

  it("defect 4: a service whose rotation failed gets no date from those that were asked for with it", async () => {
    world.verdicts.set("vercel pending", "rejected");
    world.provide = async () => undefined;
    assert.deepEqual(await outcomes("vercel", "estuary", "gong"), ["aborted", "rotated", "manual_pending"]);
    const dated = await Promise.all(
      ["vercel", "estuary", "gong"].map(async (name) => (await world.record(name)).rotatedAt),
    );
    assert.deepEqual(
      dated.map((date) => date !== undefined),
      [false, true, false],
    );
  });

  it("defect 16: what was not shown to work is never given to consumers", async () => {
    const [published, github] = [world.published(), new Map(world.github)];
    world.verdicts.set("snowflake pending", "rejected");
    assert.deepEqual(await outcomes("snowflake"), ["aborted"]);
    assert.deepEqual([world.published(), world.github], [published, github]);
    assert.equal(world.aliveCount("snowflake"), 1);
  });

  it("defect 16: a rotation that breaks off anywhere leaves working credentials, and the same command ends it", async () => {
    const { effects } = await (async () => {
      const driver = world.driver();
      await driver.run({ services: servicesNamed("estuary") });
      return driver;
    })();
    assert.ok(effects.length >= 6, effects.join());
    for (const killAfter of effects.keys()) {
      const before = await world.record("estuary");
      await assert.rejects(
        world.driver({ killAfter: killAfter + 1 }).run({ services: servicesNamed("estuary") }),
        Killed,
      );
      assert.deepEqual(world.lockedOut(), []);
      const [outcome] = await outcomes("estuary");
      // Killed after its last effect, it was done: the same command then begins the next one.
      assert.equal(outcome, "rotated");
      assert.notEqual((await world.record("estuary")).rotatedAt, before.rotatedAt);
      assert.equal(world.aliveCount("estuary"), 1);
    }
  });

  it("defect 16: the old credential is revoked in the end, and that is proven before anything is called rotated", async () => {
    world.undead.add("vercel");
    assert.deepEqual(await outcomes("vercel"), ["retire_pending"]);
    assert.equal((await world.record("vercel")).phase, "retiring");
    assert.equal(world.aliveCount("vercel"), 2);
  });

  it("defect 16: two at once: one rotates, the other changes nothing and says so by exit code 10", async () => {
    let second: unknown;
    const first = world.driver({
      up: async (step, genuine) => {
        if (step === "stage") second = await rotate("snowflake").catch((error: unknown) => error);
        await genuine();
      },
    });
    const report = await first.run({ services: servicesNamed("snowflake") });
    assert.equal(report.services[0]?.outcome, "rotated");
    assert.ok(second instanceof AutomationError && second.exitCode === 10);
    assert.equal(world.aliveCount("snowflake"), 1);
  });
});
