/** Does a rotation survive being killed after any of its effects? Each write of the intake and each `up`, for one service and for two. */
import assert from "node:assert/strict";
import { liveSlots } from "../../../automation/rotation/record";
import { type RotateOptions } from "../../../automation/rotation/rotate";
import { Killed, RotationWorld, servicesNamed } from "../../support/rotation-world";

interface Scenario {
  readonly title: string;
  readonly services: readonly string[];
  readonly options?: Partial<RotateOptions>;
  readonly prepare?: (world: RotationWorld) => void;
  /** Of an undisturbed run. */
  readonly outcomes: readonly string[];
}

const SCENARIOS: readonly Scenario[] = [
  { title: "one service", services: ["snowflake"], outcomes: ["rotated"] },
  { title: "two services, one of them by hand", services: ["snowflake", "gong"], outcomes: ["rotated", "rotated"] },
  {
    title: "a pending credential that is refused, beside one that is not",
    services: ["vercel", "estuary"],
    prepare: (world) => world.verdicts.set("vercel pending", "rejected"),
    outcomes: ["aborted", "rotated"],
  },
  {
    title: "a promotion that is refused",
    services: ["gong"],
    prepare: (world) => world.verdicts.set("gong promoted", "rejected"),
    outcomes: ["pointed_back"],
  },
];

/** What must be the same in the end, whatever happened on the way. */
async function endState(world: RotationWorld, services: readonly string[]) {
  const entries = services.map(async (name) => {
    const { current, slots, phase, run } = await world.record(name);
    return { name, current, slots, phase, run };
  });
  const { intake } = await world.session.intake.require();
  return {
    records: await Promise.all(entries),
    published: world.published(),
    github: [...world.github].map(([name, { value }]) => [name, value]),
    materialKept: services.map((name) => [name, intake.service(name).slots]),
    pairs: world.pairs,
  };
}

describe("a rotation that is killed", () => {
  const worlds: RotationWorld[] = [];
  const start = async ({ prepare }: Scenario) => {
    const world = await RotationWorld.start();
    worlds.push(world);
    prepare?.(world);
    return world;
  };
  afterEach(async () => {
    await Promise.all(worlds.splice(0).map((world) => world.close()));
  });

  for (const scenario of SCENARIOS) {
    const services = servicesNamed(...scenario.services);
    const options = { services, ...scenario.options };

    it(`ends as an undisturbed one, after every single effect: ${scenario.title}`, async function () {
      this.timeout(60_000);
      const undisturbed = await start(scenario);
      const whole = undisturbed.driver();
      const { services: reports } = await whole.run(options);
      assert.deepEqual(
        reports.map(({ outcome }) => outcome),
        scenario.outcomes,
      );
      const expected = await endState(undisturbed, scenario.services);
      assert.ok(whole.effects.length >= 6, whole.effects.join());

      for (let killAfter = 1; killAfter <= whole.effects.length; killAfter += 1) {
        const place = `killed after ${killAfter} (${whole.effects[killAfter - 1] ?? ""})`;
        const world = await start(scenario);
        await assert.rejects(world.driver({ killAfter }).run(options), Killed, place);
        // A second time, soon after it went on, and then it is let go on to the end.
        await world
          .driver({ killAfter: 1 + (killAfter % 3) })
          .run({ ...options, resumeOnly: true })
          .catch((error: unknown) => assert.ok(error instanceof Killed, String(error)));
        const isUnderWay = (await endState(world, scenario.services)).records.some(({ phase }) => phase !== "idle");
        // The same command goes on; with services that are done already, --resume keeps it from beginning them anew.
        const resumeOnly = !isUnderWay || scenario.services.length > 1;
        await world.driver().run({ ...options, resumeOnly });
        assert.deepEqual(await endState(world, scenario.services), expected, place);
        assert.deepEqual(world.broken, [], place);
        for (const name of scenario.services) {
          // A pair that was refused is for its person to delete.
          const refusedPairs = name === "gong" && scenario.outcomes.includes("pointed_back") ? 1 : 0;
          assert.equal(world.aliveCount(name) - refusedPairs, liveSlots(await world.record(name)).length, place);
        }
        await world.close();
      }
      assert.deepEqual(undisturbed.broken, []);
    });
  }

  it("proves the old credential dead although its material went with the up that came before the crash", async () => {
    const world = await start({ title: "", services: [], outcomes: [] });
    const effects = ["write", "up stage", "write", "up promote", "write", "write", "up retire"];
    const killed = world.driver({ killAfter: effects.length });
    await assert.rejects(killed.run({}), Killed);
    assert.deepEqual(killed.effects, effects);
    const [report] = (await world.driver().run({ resumeOnly: true })).services;
    assert.equal(report?.outcome, "rotated");
    assert.deepEqual(
      report?.steps.slice(-2).map(({ step, probe }) => [step, probe?.credentialRefused]),
      [
        ["retire", true],
        ["confirm", false],
      ],
    );
  });
});
