/** What does a rotation say of itself: what is done, what failed, what a person must do, what is not due? Each only when it is so. */
import assert from "node:assert/strict";
import { AutomationError, EXIT } from "../../../automation/errors";
import { formatRotationReport } from "../../../automation/reports/rotation";
import { rotationExitCode, type RotationReport, type StepName } from "../../../automation/rotation/report";
import { rotationSchedule } from "../../../automation/rotation/schedule";
import { recordEdits } from "../../../automation/rotation/transitions";
import { eachInAWorld, RotationWorld, servicesNamed, type DriverOptions } from "../../support/rotation-world";

const DAY = 86_400_000;
const one = ({ services: [found] }: RotationReport) => found ?? assert.fail("no service in the report");
const deedsOf = (report: RotationReport) => one(report).deeds.map(({ deed }) => deed);
const broken = new AutomationError({
  ...{ code: "stack.failed", exitCode: EXIT.resource, message: "pulumi up of stack development failed: no quota" },
  hint: "Mend the cause.",
});
const failingAt = (step: StepName): DriverOptions => ({
  up: (now, genuine) => (now === step ? Promise.reject(broken) : genuine()),
});

describe("the exit code of a rotation that was interrupted", () => {
  const code = (outcome: "stopped" | "rotated") =>
    rotationExitCode({ services: [{ outcome }] as unknown as RotationReport["services"] }, true);

  it("is 8 where that has kept it from its end: a log-in that was cancelled is no finding", () => {
    assert.deepEqual([code("stopped"), code("rotated")], [8, 0]);
  });

  it("comes with a summary that says so", async () => {
    const world = await RotationWorld.start();
    world.verdicts.set("snowflake pending", new DOMException("This operation was aborted", "AbortError"));
    const report = await world
      .driver()
      .run({})
      .finally(() => world.close());
    assert.deepEqual([one(report).outcome, one(report).summary], ["stopped", "it was interrupted"]);
  });
});

describe("the report of a rotation", () => {
  let world: RotationWorld;
  eachInAWorld((started) => (world = started));

  describe("the guide's five steps", () => {
    it("are told in their order, with what was done, before the old credential goes", async () => {
      let promotedAt: number | undefined;
      const driver = world.driver({
        up: async (step, genuine) => {
          await genuine();
          if (step === "promote") promotedAt = world.esc.revisions("sophia", "development").at(-1)?.number;
        },
      });
      const report = await driver.run({});
      const { deeds, steps } = one(report);
      const { rotatedAt = "" } = await world.record("snowflake");
      assert.deepEqual(
        deeds.map(({ deed, detail }) => [deed, detail]),
        [
          ["generate", "slot b, generation 1, made by pulumi up"],
          ["variables", "programs read slot b: SNOWFLAKE_USER, SNOWFLAKE_PASSWORD"],
          ["esc", `payready/sophia/development, revision ${promotedAt}`],
          ["github", "payready/sophia: SNOWFLAKE_USER, SNOWFLAKE_PASSWORD"],
          ["timestamp", rotatedAt],
        ],
      );
      const times = [...deeds.map(({ at }) => at), steps.at(-1)?.endedAt ?? ""];
      assert.deepEqual(times, [...times].sort());
      const text = formatRotationReport(report);
      const narrow = formatRotationReport(report, 80).split("\n");
      assert.deepEqual(
        narrow.filter((line) => line.length > 80 && !line.startsWith("  next: ")),
        [],
      );
      assert.deepEqual(
        [...text.matchAll(/^ {2}([1-5]) {2}(\S.*?) {2}/gm)].map(([, number, done]) => `${number} ${done}`),
        [
          "1 generated new credentials",
          "2 updated environment variables",
          "3 updated Pulumi ESC",
          "4 synced to GitHub",
          "5 updated the rotation timestamp",
        ],
      );
      assert.deepEqual(
        text.split("\n").filter((line) => line.length > 100),
        [],
      );
    });

    it("happen in full although the old credential lives on: the date is that of the confirmation", async () => {
      const report = await world.driver().run({ graceMs: DAY });
      assert.deepEqual(deedsOf(report), ["generate", "variables", "esc", "github", "timestamp"]);
      const { rotatedAt, variables } = await world.record("snowflake");
      assert.equal(rotatedAt, one(report).deeds.at(-1)?.detail);
      assert.deepEqual(variables?.SNOWFLAKE_PASSWORD, { rotatedAt });
      world.now += DAY;
      await world.driver().run({ resumeOnly: true });
      assert.equal((await world.record("snowflake")).rotatedAt, rotatedAt);
    });

    it("are not told of a credential that was refused: it was generated and nothing more", async () => {
      world.verdicts.set("snowflake pending", "rejected");
      const report = await world.driver().run({});
      assert.deepEqual(deedsOf(report), ["generate"]);
      assert.match(formatRotationReport(report), /not done in this run: 2 updated environment variables, 3 updated/);
    });

    it("are not told where a write did not arrive, or where consumers were refused", async () => {
      world.lostWrites.add("VERCEL_ACCESS_TOKEN");
      assert.deepEqual(deedsOf(await world.driver().run({ services: servicesNamed("vercel") })), ["generate"]);
      world.broken.splice(0);
      const refused = world.driver({
        up: async (step, genuine) => {
          if (step === "promote") world.verdicts.set("estuary published", "rejected");
          await genuine();
        },
      });
      assert.deepEqual(deedsOf(await refused.run({ services: servicesNamed("estuary") })), ["generate"]);
      assert.equal((await world.record("estuary")).rotatedAt, undefined);
    });

    it("are told by the run that finishes what another has begun, as far as it did or saw them", async () => {
      await assert.rejects(world.driver({ killAfter: 4 }).run({}));
      assert.deepEqual(deedsOf(await world.driver().run({})), ["variables", "esc", "github", "timestamp"]);
    });
  });

  describe("an up that fails", () => {
    for (const [step, phase] of [
      ["stage", "staged"],
      ["promote", "promoted"],
      ["retire", "retiring"],
    ] as const) {
      it(`at ${step}: every service has its part, the exit code is the failure's, and the same command goes on`, async () => {
        const report = await world.driver(failingAt(step)).run({ services: servicesNamed("snowflake", "vercel") });
        assert.deepEqual(
          report.services.map(({ outcome }) => outcome),
          ["failed", "failed"],
        );
        assert.equal(rotationExitCode(report), 4);
        assert.deepEqual(report.failure, {
          ...{ step, code: "stack.failed", exitCode: 4, hint: "Mend the cause." },
          message: "pulumi up of stack development failed: no quota",
        });
        assert.match(one(report).summary, new RegExp(`^pulumi up .${step}. failed; consumers`));
        assert.equal(one(report).next, "npx sophia-secrets rotate --service snowflake --resume --stack development");
        const { phase: found, run } = await world.record("vercel");
        assert.deepEqual([found, run], [phase, undefined]);
        const again = await world.driver().run({ services: servicesNamed("snowflake", "vercel"), resumeOnly: true });
        assert.deepEqual(
          again.services.map(({ outcome }) => outcome),
          ["rotated", "rotated"],
        );
        assert.equal(again.failure, undefined);
      });
    }

    it("leaves what was settled before it as it was", async () => {
      world.provide = async () => undefined;
      const report = await world.driver(failingAt("stage")).run({ services: servicesNamed("snowflake", "gong") });
      assert.deepEqual(
        report.services.map(({ outcome }) => outcome),
        ["failed", "manual_pending"],
      );
    });

    it("has not failed where the user has cancelled it: that ends the run", async () => {
      const cancelled = new AutomationError({
        code: "stack.cancelled",
        exitCode: EXIT.cancelled,
        message: "Cancelled.",
      });
      const driver = world.driver({ up: () => Promise.reject(cancelled) });
      await assert.rejects(driver.run({}), cancelled);
    });
  });

  describe("what a person has to do", () => {
    it("stands in the report when nobody hands a new pair over: the steps of the catalogue", async () => {
      world.provide = async () => undefined;
      const report = one(await world.driver().run({ services: servicesNamed("gong") }));
      assert.equal(report.instructions.length, 4);
      assert.match(report.instructions[1] ?? "", /choose “Create”/);
      assert.equal(report.next, "npx sophia-secrets rotate --service gong --stack development");
    });

    it("stands in the report when the old pair is still accepted: where to delete it", async () => {
      world.retire = async () => false;
      const report = one(await world.driver().run({ services: servicesNamed("gong") }));
      assert.equal(report.outcome, "manual_pending");
      assert.match(report.instructions.join(" "), /Delete the access key/);
    });

    for (const [service, variable, page] of [
      ["vercel", "VERCEL_ACCESS_TOKEN", "https://vercel.com/account/settings/tokens"],
      ["estuary", "ESTUARY_API_KEY", "https://dashboard.estuary.dev/admin/api"],
    ] as const) {
      it(`an imported credential of ${service} that is rotated away: nothing here can delete it, in this run and after a crash`, async () => {
        world.editIntake((text) =>
          text.replace(
            "services:\n",
            `services:\n    ${service}: {slots: {a: {${variable}: {fn::secret: imported}}}}\n`,
          ),
        );
        world.undead.add(service);
        const report = await world.driver().run({ services: servicesNamed(service) });
        const resumed = await world.driver().run({ services: servicesNamed(service), resumeOnly: true });
        for (const { outcome, summary, instructions } of [one(report), one(resumed)]) {
          assert.equal(outcome, "manual_pending");
          assert.match(summary, /^the old credential is still accepted: a person has to delete it at /);
          assert.match(instructions.join(" "), new RegExp(page));
        }
        assert.equal(rotationExitCode(report), 1);
        for (const text of [...world.alive].filter(
          (known) => known.startsWith(`${service}: `) && known.endsWith("-a-1"),
        ))
          world.alive.delete(text);
        assert.equal(one(await world.driver().run({ services: servicesNamed(service) })).outcome, "rotated");
        assert.equal((await world.record(service)).slots.a?.imported, undefined);
      });
    }
  });

  describe("told to rotate only what is due", () => {
    const due = (...names: string[]) => world.driver().run({ services: servicesNamed(...names), dueOnly: true });
    const outcomes = ({ services }: RotationReport) => services.map(({ outcome }) => outcome);

    it("takes what was never rotated and what is older than its period, leaves the rest and says until when", async () => {
      assert.deepEqual(outcomes(await due("snowflake", "vercel")), ["rotated", "rotated"]);
      const { rotatedAt = "" } = await world.record("snowflake");
      const dueAt = new Date(Date.parse(rotatedAt) + 30 * DAY).toISOString();
      const report = await due("snowflake", "vercel");
      assert.deepEqual(outcomes(report), ["nothing_due", "nothing_due"]);
      assert.equal(one(report).summary, `not due until ${dueAt} (in 30 days)`);
      assert.equal(rotationExitCode(report), 0);
      assert.deepEqual(report.ups, []);
      world.now = Date.parse(dueAt) - 1;
      assert.deepEqual(outcomes(await due("snowflake", "vercel")), ["nothing_due", "nothing_due"]);
      world.now = Date.parse(dueAt);
      assert.deepEqual(outcomes(await due("snowflake", "vercel")), ["rotated", "nothing_due"]);
    });

    it("takes what only another tool's file calls rotated for due, and says so in the schedule as the audit does", async () => {
      const now = world.now;
      const scheduled = async (rotatedAt: number) => {
        const claim = { rotatedAt: new Date(rotatedAt).toISOString(), rotatedAtSource: "secrets_config.json" };
        const record = await world.record("vercel");
        await world.session.intake.write(() => recordEdits("vercel", { ...record, ...claim }));
        const { intake } = await world.session.intake.require();
        const [line] = rotationSchedule(servicesNamed("vercel"), intake, { now, stack: "development" });
        return line ?? assert.fail("no line");
      };
      const old = await scheduled(now - 100 * DAY);
      assert.deepEqual([old.status, old.isDue, old.dueInDays], ["OVERDUE", true, -10]);
      const { status, isDue, dueAt, claimedBy } = await scheduled(now);
      assert.deepEqual([status, isDue, dueAt, claimedBy], ["NEVER", true, undefined, "secrets_config.json"]);
      assert.deepEqual(outcomes(await due("vercel")), ["rotated"]);
      assert.deepEqual(outcomes(await due("vercel")), ["nothing_due"]);
    });

    it("asks no person for what is not due", async () => {
      await due("gong");
      world.provide = async () => assert.fail("asked");
      assert.deepEqual(outcomes(await due("gong")), ["nothing_due"]);
    });

    it("retires what has drained, and leaves what still drains", async () => {
      await world.driver().run({ graceMs: DAY });
      assert.match(
        one(await due("snowflake")).summary,
        /^draining: the credential that is no longer in use lives on until /,
      );
      assert.equal(world.aliveCount("snowflake"), 2);
      world.now += DAY;
      assert.deepEqual(outcomes(await due("snowflake")), ["rotated"]);
    });
  });
});
