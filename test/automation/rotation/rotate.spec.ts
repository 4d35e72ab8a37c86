/** What comes of a rotation, and what do consumers read meanwhile? The driver on real ESC; `up` and the services are played in memory. */
import assert from "node:assert/strict";
import { HEARTBEAT_EVERY_MS } from "../../../automation/rotation/lock";
import { liveSlots, type RotationRecord } from "../../../automation/rotation/record";
import { rotationExitCode, type RotationReport } from "../../../automation/rotation/report";
import { eachInAWorld, type RotationWorld, servicesNamed } from "../../support/rotation-world";

const HOUR = 3_600_000;
const one = ({ services: [found] }: RotationReport) => found ?? assert.fail("no service in the report");
const essence = async (world: RotationWorld, service: string) => {
  const { current, slots, phase, run } = await world.record(service);
  return { current, slots: withoutStrategies(slots), phase, ...(run ? { run } : {}) };
};
/** By which strategy a slot was made is another spec's matter. */
const withoutStrategies = (slots: RotationRecord["slots"]) =>
  JSON.parse(JSON.stringify(slots, (key, value: unknown) => (key === "strategy" ? undefined : value))) as object;
const IN_SLOT_B = { current: "b", slots: { a: { generation: 1, retired: true }, b: { generation: 1 } }, phase: "idle" };
const BACK_IN_A = { current: "a", slots: { a: { generation: 1 }, b: { generation: 1, retired: true } }, phase: "idle" };

describe("rotate", () => {
  let world: RotationWorld;
  eachInAWorld((started) => (world = started));
  const rotated = (service: string) => world.driver().run({ services: servicesNamed(service) });

  it("rotated: stages, verifies, promotes, confirms, retires, and proves each; one up a step", async () => {
    const driver = world.driver();
    const report = await driver.run({});
    const { outcome, summary, from, to, steps, variables, bothAlive } = one(report);
    assert.equal(outcome, "rotated");
    assert.equal(summary, "the new credential is in use and proven, the old one is refused");
    assert.deepEqual(
      [from, to],
      [
        { slot: "a", generation: 1 },
        { slot: "b", generation: 1 },
      ],
    );
    assert.deepEqual(
      steps.map(({ step }) => step),
      ["stage", "verify", "promote", "confirm", "drain", "retire", "confirm"],
    );
    assert.deepEqual(variables, ["SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD"]);
    assert.ok(bothAlive?.until !== undefined && bothAlive.from < bothAlive.until);
    assert.deepEqual(
      report.ups.map(({ step }) => step),
      ["stage", "promote", "retire"],
    );
    assert.equal(rotationExitCode(report), 0);
    assert.deepEqual(driver.effects, [
      ...["write", "up stage", "write", "up promote", "write", "write", "up retire", "write"],
    ]);
    assert.deepEqual(await essence(world, "snowflake"), IN_SLOT_B);
    const { rotatedAt, variables: dated } = await world.record("snowflake");
    assert.ok(rotatedAt !== undefined);
    assert.deepEqual(dated, { SNOWFLAKE_USER: { rotatedAt }, SNOWFLAKE_PASSWORD: { rotatedAt } });
    assert.equal(world.published().SNOWFLAKE_PASSWORD, "canary-SNOWFLAKE_PASSWORD-b-1");
    assert.equal(world.aliveCount("snowflake"), 1);
  });

  it("keeps nothing of the old credential in the intake once it is proven dead, and comments stay", async () => {
    await rotated("snowflake");
    const { intake } = await world.session.intake.require();
    assert.deepEqual(intake.service("snowflake").slots, {});
    assert.match(world.intakeText(), /^# by hand/);
    assert.doesNotMatch(world.intakeText(), /canary/);
  });

  it("goes back and forth between the slots, a new generation each time", async () => {
    for (let time = 0; time < 3; time += 1) await rotated("vercel");
    assert.deepEqual((await world.record("vercel")).slots, {
      a: { generation: 2, retired: true },
      b: { generation: 2 },
    });
    assert.equal(world.published().VERCEL_ACCESS_TOKEN, "canary-VERCEL_ACCESS_TOKEN-b-2");
  });

  it("draining: the old credential stays, and consumers go back to it, when the new one was revoked meanwhile", async () => {
    await world.driver().run({ graceMs: 24 * HOUR });
    world.alive.delete("snowflake: canary-SNOWFLAKE_USER-b-1|canary-SNOWFLAKE_PASSWORD-b-1");
    const report = await world.driver().run({ graceMs: 0 });
    assert.equal(one(report).outcome, "pointed_back");
    assert.deepEqual(await essence(world, "snowflake"), BACK_IN_A);
    assert.deepEqual(world.lockedOut(), []);
    // What was refused by another's doing is no fault of the run: every refusal stood before it had an effect on consumers.
    world.broken.splice(0);
  });

  it("aborted: a pending credential that is refused goes again, and consumers never saw it", async () => {
    world.verdicts.set("snowflake pending", "rejected");
    const report = await rotated("snowflake");
    assert.equal(one(report).outcome, "aborted");
    assert.equal(rotationExitCode(report), 1);
    assert.deepEqual(await essence(world, "snowflake"), BACK_IN_A);
    assert.equal(world.aliveCount("snowflake"), 1);
    assert.equal(world.published().SNOWFLAKE_PASSWORD, "canary-SNOWFLAKE_PASSWORD-a-1");
  });

  it("pointed_back: what consumers read is refused after the promotion, so they read the old credential again", async () => {
    const driver = world.driver({
      up: async (step, genuine) => {
        if (step === "promote") world.verdicts.set("snowflake published", "rejected");
        await genuine();
      },
    });
    const report = await driver.run({});
    assert.equal(one(report).outcome, "pointed_back");
    assert.equal(rotationExitCode(report), 1);
    assert.deepEqual(
      report.ups.map(({ step }) => step),
      ["stage", "promote", "confirm", "retire"],
    );
    assert.deepEqual(await essence(world, "snowflake"), BACK_IN_A);
    assert.equal(world.github.get("SNOWFLAKE_PASSWORD")?.value, "canary-SNOWFLAKE_PASSWORD-a-1");
  });

  it("is not done with pointing back before the up was: a failed one is made up for by --resume", async () => {
    const failing = world.driver({
      up: async (step, genuine) => {
        if (step === "promote") world.verdicts.set("vercel published", "rejected");
        if (step === "confirm") throw new Error("the engine failed");
        await genuine();
      },
    });
    await assert.rejects(failing.run({ services: servicesNamed("vercel") }), /the engine failed/);
    assert.equal((await world.record("vercel")).phase, "withdrawing");
    assert.equal(world.aliveCount("vercel"), 2);
    assert.equal(world.published().VERCEL_ACCESS_TOKEN, "canary-VERCEL_ACCESS_TOKEN-b-1");
    world.verdicts.clear();
    const report = await world.driver().run({ services: servicesNamed("vercel"), resumeOnly: true });
    assert.equal(one(report).outcome, "aborted");
    assert.equal(world.published().VERCEL_ACCESS_TOKEN, "canary-VERCEL_ACCESS_TOKEN-a-1");
    assert.deepEqual(await essence(world, "vercel"), BACK_IN_A);
  });

  it("stopped: a pending credential that cannot be judged is neither promoted nor revoked, and the same command goes on", async () => {
    world.verdicts.set("estuary pending", "unknown");
    assert.equal(one(await rotated("estuary")).outcome, "stopped");
    assert.equal((await world.record("estuary")).phase, "staged");
    assert.equal(world.aliveCount("estuary"), 2);
    world.verdicts.clear();
    const report = await rotated("estuary");
    assert.equal(one(report).outcome, "rotated");
    assert.match(one(report).steps[0]?.detail ?? "", /of an earlier run/);
    assert.deepEqual(await essence(world, "estuary"), IN_SLOT_B);
  });

  it("stopped: a promotion that cannot be judged is neither pointed back nor drained", async () => {
    const driver = world.driver({
      up: async (step, genuine) => {
        if (step === "promote") world.verdicts.set("snowflake published", "unknown");
        await genuine();
      },
    });
    assert.equal(one(await driver.run({})).outcome, "stopped");
    assert.equal((await world.record("snowflake")).phase, "promoted");
    assert.equal(world.aliveCount("snowflake"), 2);
  });

  it("stopped: nothing is retired while a destination has not taken the new value, in this run and in every later one", async () => {
    world.lostWrites.add("SNOWFLAKE_USER");
    const lost = one(await rotated("snowflake"));
    assert.equal(lost.outcome, "stopped");
    assert.match(lost.summary, /SNOWFLAKE_USER at github payready\/sophia/);
    assert.deepEqual((await world.record("snowflake")).phase, "promoted");
    // GitHub took the old password's successor and not the new user: a torn pair, which only the next write mends.
    world.lostWrites.add("SNOWFLAKE_USER");
    assert.match(one(await rotated("snowflake")).summary, /SNOWFLAKE_USER at github/);
    assert.equal(world.aliveCount("snowflake"), 2);
    assert.equal(one(await rotated("snowflake")).outcome, "rotated");
    world.broken.splice(0);
  });

  it("stopped: a log-in with the old credential is no proof, where ESC still shows it to consumers", async () => {
    const stale = world.driver({
      up: async (step, genuine) => {
        if (step !== "promote") return genuine();
      },
    });
    const report = one(await stale.run({}));
    assert.equal(report.outcome, "stopped");
    assert.match(report.summary, /consumers do not read slot b in ESC/);
    assert.equal(world.aliveCount("snowflake"), 2);
    assert.equal(one(await rotated("snowflake")).outcome, "rotated");
  });

  it("retire_pending: an old credential that is still accepted is checked again by the next run", async () => {
    world.undead.add("vercel");
    const report = await rotated("vercel");
    assert.equal(one(report).outcome, "retire_pending");
    assert.match(one(report).summary, /still accepted/);
    assert.equal(rotationExitCode(report), 1);
    assert.equal((await world.record("vercel")).phase, "retiring");
    world.alive.delete("vercel: canary-VERCEL_ACCESS_TOKEN-a-1");
    assert.equal(one(await rotated("vercel")).outcome, "rotated");
    assert.deepEqual(await essence(world, "vercel"), IN_SLOT_B);
  });

  it("retire_pending: an answer that nobody can tell is no proof that the old credential is dead", async () => {
    const driver = world.driver({
      up: async (step, genuine) => {
        await genuine();
        if (step === "retire") world.verdicts.set("snowflake pending", "unknown");
      },
    });
    const report = await driver.run({});
    assert.equal(one(report).outcome, "retire_pending");
    assert.match(one(report).summary, /not proven/);
    assert.equal(one(report).bothAlive?.until, undefined);
    world.verdicts.clear();
    assert.equal(one(await world.driver().run({ resumeOnly: true })).outcome, "rotated");
  });

  const SHUT_OUT = [
    ["rejected", /^the old credential is gone, and consumers are refused now: it rejected/],
    ["unknown", /^the old credential is gone, and it is not known whether consumers are let in: it unknown/],
  ] as const;
  for (const [verdict, summary] of SHUT_OUT) {
    it(`stopped: a rotation after which the answer to consumers is ${verdict} is not called done, and the same command looks again`, async () => {
      const driver = world.driver({
        up: async (step, genuine) => {
          await genuine();
          if (step === "retire") world.verdicts.set("snowflake published", verdict);
        },
      });
      const report = await driver.run({});
      assert.equal(one(report).outcome, "stopped");
      assert.match(one(report).summary, summary);
      assert.equal(rotationExitCode(report), 1);
      assert.equal((await world.record("snowflake")).phase, "retiring");
      world.verdicts.clear();
      assert.equal(one(await world.driver().run({})).outcome, "rotated");
      assert.deepEqual(await essence(world, "snowflake"), IN_SLOT_B);
    });
  }

  it("nothing_due: --resume with nothing under way changes nothing and asks nobody", async () => {
    world.provide = async () => assert.fail("asked");
    const driver = world.driver();
    const report = await driver.run({ services: servicesNamed("snowflake", "gong"), resumeOnly: true });
    assert.deepEqual(
      report.services.map(({ outcome }) => outcome),
      ["nothing_due", "nothing_due"],
    );
    assert.equal(rotationExitCode(report), 0);
    assert.deepEqual(driver.effects, []);
  });

  it("goes on past a service that fails, and says each one's outcome", async () => {
    world.verdicts.set("snowflake pending", "rejected");
    world.verdicts.set("vercel pending", "unknown");
    const report = await world.driver().run({ services: servicesNamed("snowflake", "gong", "vercel", "estuary") });
    assert.deepEqual(
      report.services.map(({ service, outcome }) => [service, outcome]),
      [
        ["snowflake", "aborted"],
        ["gong", "rotated"],
        ["vercel", "stopped"],
        ["estuary", "rotated"],
      ],
    );
    assert.equal(report.ups.length, 3);
    assert.equal(rotationExitCode(report), 1);
  });

  it("reports the others when a probe, or the person who deletes the old pair, fails in an unforeseen way", async () => {
    world.verdicts.set("vercel pending", new Error("no such thing"));
    world.retire = async () => Promise.reject(new Error("the admin's page is down"));
    const report = await world.driver().run({ services: servicesNamed("snowflake", "gong", "vercel") });
    assert.deepEqual(
      report.services.map(({ outcome }) => outcome),
      ["rotated", "stopped", "stopped"],
    );
    assert.match(report.services[1]?.summary ?? "", /the admin's page is down/);
    assert.equal((await world.record("gong")).phase, "retiring");
    assert.equal((await world.record("vercel")).phase, "staged");
  });

  it("takes services that are in different phases on from where each of them is", async () => {
    world.verdicts.set("vercel pending", "unknown");
    await rotated("vercel");
    world.verdicts.clear();
    world.undead.add("snowflake");
    await rotated("snowflake");
    world.undead.clear();
    world.alive.delete("snowflake: canary-SNOWFLAKE_USER-a-1|canary-SNOWFLAKE_PASSWORD-a-1");
    await world.driver().run({ services: servicesNamed("gong"), graceMs: 24 * HOUR });
    const phases = ["snowflake", "gong", "vercel", "estuary"].map(async (name) => (await world.record(name)).phase);
    assert.deepEqual(await Promise.all(phases), ["retiring", "draining", "staged", "idle"]);
    const report = await world.driver().run({ services: servicesNamed("snowflake", "gong", "vercel", "estuary") });
    assert.deepEqual(
      report.services.map(({ outcome }) => outcome),
      ["rotated", "rotated", "rotated", "rotated"],
    );
    for (const { service } of report.services) {
      assert.deepEqual(await essence(world, service), IN_SLOT_B, service);
      assert.equal(world.aliveCount(service), liveSlots(await world.record(service)).length);
    }
  });

  it("gives the lock back when it fails, and says what went wrong rather than what went wrong afterwards", async () => {
    const failing = world.driver({
      up: async () => {
        world.esc.addFault({ times: 1000, effect: { kind: "status", status: 403 } });
        throw new Error("the engine failed");
      },
    });
    await assert.rejects(failing.run({}), /the engine failed/);
    world.esc.clearFaults();
    assert.equal((await world.record("snowflake")).run?.id, failing.id);
    world.dead.add(failing.owner);
    const again = world.driver({ up: async () => Promise.reject(new Error("once more")) });
    await assert.rejects(again.run({}), /once more/);
    assert.equal((await world.record("snowflake")).run, undefined);
  });

  it("gives a lock back of which it never learnt that it had got it", async () => {
    world.esc.addFault({ method: "PATCH", effect: { kind: "effect-without-reply" } });
    await assert.rejects(world.driver().run({}), /could not be reached/);
    const { phase, run } = await world.record("snowflake");
    assert.deepEqual([phase, run], ["staged", undefined]);
    assert.equal(one(await world.driver().run({})).outcome, "rotated");
  });

  it("shows during a long up that it is alive", async () => {
    const beats: string[] = [];
    const genuineInterval = globalThis.setInterval;
    let beat: (() => void) | undefined;
    globalThis.setInterval = ((act: () => void, milliseconds: number) => {
      if (milliseconds === HEARTBEAT_EVERY_MS) beat = act;
      return genuineInterval(act, milliseconds);
    }) as typeof setInterval;
    try {
      const driver = world.driver({
        up: async (step, genuine) => {
          await genuine();
          if (step !== "stage") return;
          world.now += HEARTBEAT_EVERY_MS;
          const before = (await world.record("snowflake")).run?.heartbeatAt;
          beat?.();
          for (let turn = 0; turn < 500 && beats.length === 0; turn += 1) {
            const { heartbeatAt = "" } = (await world.record("snowflake")).run ?? {};
            if (heartbeatAt !== before) beats.push(heartbeatAt);
          }
          assert.deepEqual(beats, [new Date(world.now).toISOString()]);
        },
      });
      assert.equal(one(await driver.run({})).outcome, "rotated");
    } finally {
      globalThis.setInterval = genuineInterval;
    }
  });
});
