/** How is a credential rotated that a person makes? Asked for before anything begins, tried before it is stored, deleted by hand in the end. */
import assert from "node:assert/strict";
import { formatRotationReport } from "../../../automation/reports/rotation";
import { rotationExitCode, type RotationReport } from "../../../automation/rotation/report";
import { eachInAWorld, type RotationWorld, servicesNamed } from "../../support/rotation-world";

const one = ({ services: [found] }: RotationReport) => found ?? assert.fail("no service in the report");

describe("rotate, with a credential that a person makes", () => {
  let world: RotationWorld;
  eachInAWorld((started) => (world = started));
  const rotated = (service: string) => world.driver().run({ services: servicesNamed(service) });

  it("rotated, by a person: the pair is stored where the unused slot is, twins included, and the old one deleted", async () => {
    assert.equal(one(await rotated("gong")).outcome, "rotated");
    const { GONG_API_KEY, GONG_ACCESS_KEY, GONG_API_SECRET } = world.published();
    assert.deepEqual(
      [GONG_API_KEY, GONG_ACCESS_KEY, GONG_API_SECRET],
      ["canary-gong-key-2", "canary-gong-key-2", "canary-gong-secret-2"],
    );
    const { intake } = await world.session.intake.require();
    assert.deepEqual(Object.keys(intake.service("gong").slots), ["b"]);
    assert.equal(world.aliveCount("gong"), 1);
  });

  it("takes nothing but the pair out of what is handed over: the rest would be tried and read in the place of what consumers are set to", async () => {
    world.provide = async () => ({ ...world.makeGongPair(), GONG_BASE_URL: "https://elsewhere.example", OTHER: "x" });
    const driver = world.driver();
    const tried: (string | undefined)[] = [];
    const { probe } = driver.context;
    Object.assign(driver.context, {
      probe: (...words: Parameters<typeof probe>) => {
        tried.push(words[1].GONG_BASE_URL);
        return probe(...words);
      },
    });
    assert.equal(one(await driver.run({ services: servicesNamed("gong") })).outcome, "rotated");
    assert.deepEqual([...new Set(tried)], [world.published().GONG_BASE_URL]);
    const { intake } = await world.session.intake.require();
    assert.deepEqual(Object.keys(intake.service("gong").slots.b ?? {}), ["GONG_API_KEY", "GONG_API_SECRET"]);
  });

  it("pointed_back, by a person's pair: consumers can open ESC at every moment", async () => {
    const driver = world.driver({
      up: async (step, genuine) => {
        if (step === "promote") world.verdicts.set("gong published", "rejected");
        await genuine();
      },
    });
    assert.equal(one(await driver.run({ services: servicesNamed("gong") })).outcome, "pointed_back");
    const { intake } = await world.session.intake.require();
    assert.deepEqual(Object.keys(intake.service("gong").slots), ["a"]);
  });

  it("manual_pending: nobody hands a new pair over, so nothing is begun", async () => {
    world.provide = async () => undefined;
    const driver = world.driver();
    const report = await driver.run({ services: servicesNamed("gong") });
    assert.equal(one(report).outcome, "manual_pending");
    assert.equal(rotationExitCode(report), 1);
    assert.deepEqual(driver.effects, []);
    assert.equal((await world.record("gong")).phase, "idle");
  });

  it("manual_pending: half a pair, or the pair in use, which would be deleted as the old one in the end", async () => {
    const { GONG_API_KEY = "", GONG_API_SECRET = "" } = world.published();
    for (const pair of [{ GONG_API_KEY: "canary-alone" }, { GONG_API_KEY, GONG_API_SECRET }]) {
      world.provide = async () => pair;
      const report = await rotated("gong");
      assert.equal(one(report).outcome, "manual_pending");
      assert.doesNotMatch(JSON.stringify(report), /canary/);
    }
    assert.equal((await world.record("gong")).phase, "idle");
  });

  it("aborted or stopped: a pair that does not log in is not stored", async () => {
    world.provide = async () => ({ GONG_API_KEY: "canary-wrong", GONG_API_SECRET: "canary-wrong" });
    const refused = await rotated("gong");
    assert.equal(one(refused).outcome, "aborted");
    assert.match(
      formatRotationReport(refused),
      /: no pulumi up\n\ngong +aborted: what was handed over was not stored: .+\n {2}next: npx sophia-secrets rotate --service gong --stack development$/,
    );
    world.verdicts.set("gong pending", "unknown");
    assert.equal(one(await rotated("gong")).outcome, "stopped");
    const { intake } = await world.session.intake.require();
    assert.deepEqual(Object.keys(intake.service("gong").slots), ["a"]);
  });

  it("manual_pending: a person has yet to delete the old pair; the next run shows that it is gone", async () => {
    const remove = world.retire;
    world.retire = async () => false;
    const report = await rotated("gong");
    assert.equal(one(report).outcome, "manual_pending");
    assert.equal((await world.record("gong")).phase, "retiring");
    world.retire = remove;
    world.provide = async () => assert.fail("a rotation is under way");
    assert.equal(one(await rotated("gong")).outcome, "rotated");
  });

  it("rotated: where there was no pair yet, there is none to retire", async () => {
    world.editIntake(() => "values: {}\n");
    world.alive.clear();
    await world.bringAbout();
    world.broken.splice(0);
    const report = one(await rotated("gong"));
    assert.equal(report.outcome, "rotated");
    assert.match(report.summary, /there was no old one/);
    world.broken.splice(0);
  });

  const withoutOldPair = async () => {
    world.retire = async () => false;
    assert.equal(one(await rotated("gong")).outcome, "manual_pending");
    await world.session.intake.write(() => [{ path: ["services", "gong", "slots", "a"], remove: true }]);
    await world.bringAbout();
  };

  it("retire_pending: an old pair that somebody took out of the intake before it was proven dead may still be alive", async () => {
    await withoutOldPair();
    const report = one(await rotated("gong"));
    assert.equal(report.outcome, "retire_pending");
    assert.match(report.summary, /gone from the intake, so it cannot be tried/);
    assert.equal((await world.record("gong")).phase, "retiring");
    const [, , command = ""] = report.instructions;
    assert.equal(command, "pulumi env set payready/sophia/development-intake rotation.gong.slots.a.empty true");
    const [path = ""] = /rotation\S+/.exec(command) ?? [];
    await world.session.intake.write(() => [{ path: path.split("."), plain: true }]);
    assert.equal(one(await rotated("gong")).outcome, "rotated");
    assert.deepEqual((await world.record("gong")).slots.a, { generation: 1, retired: true });
    world.alive.delete("gong: canary-gong-key-1|canary-gong-secret-1");
  });

  it("rotated: that there was no pair is still known to a run after a crash", async () => {
    world.editIntake(() => "values: {}\n");
    world.alive.clear();
    await world.bringAbout();
    await assert.rejects(world.driver({ killAfter: 7 }).run({ services: servicesNamed("gong") }));
    assert.equal((await world.record("gong")).phase, "retiring");
    assert.equal(one(await rotated("gong")).outcome, "rotated");
    world.broken.splice(0);
  });

  it("goes on with the pair that was stored before a crash, and does not ask for another", async () => {
    await assert.rejects(world.driver({ killAfter: 1 }).run({ services: servicesNamed("gong") }));
    world.provide = async () => assert.fail("asked");
    assert.equal(one(await rotated("gong")).outcome, "rotated");
    assert.equal(world.published().GONG_API_KEY, "canary-gong-key-2");
  });

  it("changes nothing when asking fails: an input that cannot be read ends the whole run before it began", async () => {
    world.provide = async () => Promise.reject(new Error("unreadable"));
    const driver = world.driver();
    await assert.rejects(driver.run({ services: servicesNamed("snowflake", "gong") }), /unreadable/);
    assert.deepEqual(driver.effects, []);
    assert.equal((await world.record("snowflake")).phase, "idle");
  });
});
