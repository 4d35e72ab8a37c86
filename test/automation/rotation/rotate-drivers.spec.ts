/** Do two drivers keep out of each other's way? The lock, the fence and the take-over, with real ETags. */
import assert from "node:assert/strict";
import { AutomationError } from "../../../automation/errors";
import { HEARTBEAT_LIMIT_MS } from "../../../automation/rotation/lock";
import { type RotationReport } from "../../../automation/rotation/report";
import { eachInAWorld, Killed, type RotationWorld, servicesNamed } from "../../support/rotation-world";

const outcomes = ({ services }: RotationReport) => services.map(({ outcome }) => outcome);
const refusal = (running: Promise<RotationReport>): Promise<AutomationError> =>
  running.then(
    (report) => assert.fail(outcomes(report).join()),
    (error: unknown) => (error instanceof AutomationError ? error : assert.fail(String(error))),
  );

describe("two drivers of one stack", () => {
  let world: RotationWorld;
  eachInAWorld((started) => (world = started));

  it("at once: exactly one rotates, the other exits 10 having changed nothing", async () => {
    const drivers = [world.driver(), world.driver(), world.driver()];
    const results = await Promise.allSettled(drivers.map((driver) => driver.run({})));
    const winners = results.flatMap((result) => (result.status === "fulfilled" ? [outcomes(result.value)] : []));
    assert.deepEqual(winners, [["rotated"]]);
    results.forEach((result, index) => {
      if (result.status === "fulfilled") return;
      assert.ok(result.reason instanceof AutomationError, String(result.reason));
      assert.equal(result.reason.exitCode, 10);
      assert.deepEqual(drivers[index]?.effects, []);
    });
    assert.equal((await world.record("snowflake")).slots.b?.generation, 1);
  });

  it("in the same moment: the one whose write comes second finds the record held and stops", async () => {
    let isFirst = true;
    const late = world.driver({
      beforeWrite: () => {
        if (!isFirst) return;
        isFirst = false;
        world.editIntake(
          (text) =>
            `${text}  rotation:\n    snowflake:\n      current: a\n      slots: {a: {generation: 1}, b: {generation: 1}}\n      phase: staged\n` +
            `      run: {id: theirs, owner: "other:1", heartbeatAt: "${new Date(world.now).toISOString()}"}\n`,
        );
      },
    });
    const error = await refusal(late.run({}));
    assert.equal(error.code, "rotation.locked");
    assert.deepEqual(late.effects, []);
    assert.equal((await world.record("snowflake")).run?.id, "theirs");
  });

  it("while a person is asked: a rotation that another run has made meanwhile is not made again", async () => {
    const other = world.driver();
    const answers = [async () => void (await other.run({ services: servicesNamed("gong") })), async () => undefined];
    world.provide = async () => {
      await answers.shift()?.();
      return world.makeGongPair();
    };
    const slow = world.driver();
    const error = await refusal(slow.run({ services: servicesNamed("gong") }));
    assert.equal(error.code, "rotation.changed");
    assert.equal(error.exitCode, 10);
    assert.deepEqual(slow.effects, []);
    assert.deepEqual((await world.record("gong")).current, "b");
  });

  it("suspended: who wakes up after another has taken over changes nothing more", async () => {
    const other = world.driver();
    const suspended = world.driver({
      up: async (step, genuine) => {
        await genuine();
        if (step === "stage") assert.deepEqual(outcomes(await other.run({ takeOver: true })), ["rotated"]);
      },
    });
    const error = await refusal(suspended.run({}));
    assert.equal(error.code, "rotation.fenced");
    assert.equal(error.exitCode, 10);
    assert.deepEqual(suspended.effects, ["write", "up stage"]);
    const { current, phase, slots } = await world.record("snowflake");
    assert.deepEqual([current, phase, slots.b?.generation], ["b", "idle", 1]);
  });

  it("suspended: it does not give back the lock that is another's by now", async () => {
    const other = world.driver({ killAfter: 2 });
    const suspended = world.driver({
      up: async (_, genuine) => {
        await genuine();
        await assert.rejects(other.run({ takeOver: true }), Killed);
      },
    });
    assert.equal((await refusal(suspended.run({}))).code, "rotation.fenced");
    assert.equal((await world.record("snowflake")).run?.id, other.id);
  });

  it("takes over at once from a process of this machine that has ended", async () => {
    await assert.rejects(world.driver({ killAfter: 3 }).run({}), Killed);
    assert.deepEqual(outcomes(await world.driver().run({})), ["rotated"]);
  });

  it("takes over from another machine's only after the limit, or when the user says so", async () => {
    const killed = world.driver({ killAfter: 3 });
    await assert.rejects(killed.run({}), Killed);
    world.dead.clear();
    const early = world.driver();
    const error = await refusal(early.run({}));
    assert.equal(error.code, "rotation.locked");
    assert.match(error.message, new RegExp(killed.owner));
    assert.deepEqual(early.effects, []);
    world.verdicts.set("snowflake published", "unknown");
    assert.deepEqual(outcomes(await world.driver().run({ takeOver: true })), ["stopped"]);
    world.verdicts.clear();

    await assert.rejects(world.driver({ killAfter: 1 }).run({}), Killed);
    world.dead.clear();
    world.now += HEARTBEAT_LIMIT_MS + 1;
    assert.deepEqual(outcomes(await world.driver().run({})), ["rotated"]);
  });

  it("keeps a service that another run holds from being touched by a run for all, which changes nothing at all", async () => {
    await assert.rejects(world.driver({ killAfter: 1 }).run({ services: servicesNamed("vercel") }), Killed);
    world.dead.clear();
    const all = world.driver();
    const error = await refusal(all.run({ services: servicesNamed("snowflake", "gong", "vercel") }));
    assert.equal(error.service, "vercel");
    assert.deepEqual(all.effects, []);
  });

  it("stops where somebody edits the record by hand into a phase that does not follow", async () => {
    const driver = world.driver({
      up: async (step, genuine) => {
        await genuine();
        if (step === "stage") world.editIntake((text) => text.replace("phase: 'staged'", "phase: draining"));
      },
    });
    const error = await refusal(driver.run({}));
    assert.equal(error.code, "rotation.unexpected_phase");
    assert.equal(world.published().SNOWFLAKE_PASSWORD, "canary-SNOWFLAKE_PASSWORD-a-1");
  });
});
