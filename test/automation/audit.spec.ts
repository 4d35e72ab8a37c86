/** Does the audit say what is old, missing or not where it should be, and how to mend it? And what do `audit` and `status` show? */
import assert from "node:assert/strict";
import { audit, rotationStatus, type AuditReport } from "../../automation/audit";
import { formatAudit, runAudit } from "../../automation/cli/commands/audit";
import { runStatus } from "../../automation/cli/commands/status";
import { AutomationError } from "../../automation/errors";
import { type DestinationEntry } from "../../automation/destinations";
import { services } from "../../services";
import { variablesFor } from "../../services/select";
import { RotationWorld, servicesNamed } from "../support/rotation-world";
import { type CommandContext } from "../../automation/cli/command";

const DAY_MS = 86_400_000;

describe("rotationStatus", () => {
  const NOW = Date.parse("2026-11-23T09:00:00.000Z");
  const daysAgo = (days: number) => new Date(NOW - days * DAY_MS).toISOString();
  const table = [
    [30, undefined, { status: "NEVER" }],
    [30, daysAgo(0), { status: "OK", dueInDays: 30 }],
    [30, daysAgo(22), { status: "OK", dueInDays: 8 }],
    [30, daysAgo(23), { status: "DUE SOON", dueInDays: 7 }],
    [30, daysAgo(29.5), { status: "DUE SOON", dueInDays: 1 }],
    [30, daysAgo(30), { status: "DUE TODAY", dueInDays: 0 }],
    [30, daysAgo(30.5), { status: "DUE TODAY", dueInDays: 0 }],
    [30, daysAgo(31), { status: "OVERDUE", dueInDays: -1 }],
    [30, daysAgo(131), { status: "OVERDUE", dueInDays: -101 }],
    [90, daysAgo(31), { status: "OK", dueInDays: 59 }],
  ] as const;
  for (const [everyDays, rotatedAt, expected] of table) {
    it(`is ${expected.status} every ${everyDays} days when rotated ${rotatedAt ?? "never"}`, () =>
      assert.deepEqual(rotationStatus(everyDays, rotatedAt, NOW), expected));
  }
});

describe("what a stack's state looks like", () => {
  let world: RotationWorld;
  let entries: DestinationEntry[];
  beforeEach(async () => {
    world = await RotationWorld.start();
    const published = Object.keys(world.published());
    const listed = (destination: "github" | "vercel", place: string) =>
      variablesFor(destination)
        .filter(({ name }) => published.includes(name))
        .map(({ name }) => ({ place, name, updatedAt: "1" }));
    entries = [...listed("github", "github payready/sophia"), ...listed("vercel", "vercel prj_123456789")];
  });
  afterEach(() => world.close());

  const session = () => {
    const replaced = Object.create(world.session) as typeof world.session;
    replaced.destinations = () => ({ list: async () => entries });
    return replaced;
  };
  const run = () => audit(session(), services, world.now);
  const shown: { data?: object; text?: string } = {};
  const context = () =>
    ({
      session,
      dependencies: { now: () => world.now },
      output: { result: (data: object, text: string) => Object.assign(shown, { data, text }) },
    }) as unknown as CommandContext;
  const set = (service: string, fields: string) =>
    world.editIntake(
      (text) => `${text}  rotation:\n    ${service}: {current: a, slots: {a: {generation: 3}}, ${fields}}\n`,
    );

  describe("audit", () => {
    it("finds services that were never rotated, in the catalogue's order, and names the command for each", async () => {
      const report = await run();
      assert.deepEqual(
        report.services.map(({ service, status, missing }) => [service, status, missing]),
        [
          ["snowflake", "NEVER", []],
          ["gong", "NEVER", []],
          ["vercel", "NEVER", []],
          ["estuary", "NEVER", []],
        ],
      );
      assert.deepEqual(report.missingAtDestinations, []);
      assert.equal(
        report.recommendations[0],
        "Rotate snowflake (NEVER): sophia-secrets rotate --service snowflake --stack development",
      );
      assert.equal(report.recommendations.length, 4);
      assert.equal(report.timestamp, new Date(world.now).toISOString());
    });

    it("puts the most urgent first, and a rotation under way before all", async () => {
      const longAgo = new Date(world.now - 200 * DAY_MS).toISOString();
      world.editIntake(
        (text) =>
          `${text}  rotation:\n    estuary: {current: a, slots: {a: {generation: 3}}, phase: idle, rotatedAt: ${longAgo}}\n` +
          `    vercel: {current: a, slots: {a: {generation: 1}, b: {generation: 1}}, phase: staged}\n`,
      );
      const { recommendations, services: audited } = await run();
      assert.deepEqual(
        recommendations.map((text) => text.split(":")[0]),
        [
          "Finish the rotation of vercel",
          "Rotate estuary (OVERDUE)",
          "Rotate snowflake (NEVER)",
          "Rotate gong (NEVER)",
        ],
      );
      assert.match(recommendations[0] ?? "", /rotate --service vercel --resume --stack development$/);
      assert.equal(audited.find(({ service }) => service === "estuary")?.dueInDays, -140);
    });

    it("finds required variables that consumers cannot read, and optional ones not", async () => {
      world.editIntake(() => "values: {}\n");
      await world.bringAbout();
      entries = entries.filter(({ name }) => !name.startsWith("GONG_"));
      entries.push(
        { place: "github payready/sophia", name: "GONG_BASE_URL", updatedAt: "1" },
        { place: "vercel prj_123456789", name: "GONG_BASE_URL", updatedAt: "1" },
      );
      const report = await run();
      assert.deepEqual(report.services[1]?.missing, ["GONG_API_KEY", "GONG_API_SECRET", "GONG_ACCESS_KEY"]);
      assert.deepEqual(report.services[0]?.missing, []);
      assert.deepEqual(report.missingAtDestinations, []);
      assert.equal(
        report.recommendations[0],
        "Configure missing gong variables: GONG_API_KEY, GONG_API_SECRET, GONG_ACCESS_KEY: sophia-secrets import-env --stack development",
      );
    });

    it("finds what a destination lacks, place by place", async () => {
      entries = entries.filter(({ place, name }) => !(name === "SNOWFLAKE_PASSWORD" && place.startsWith("vercel")));
      const report = await run();
      assert.deepEqual(report.missingAtDestinations, [{ place: "vercel prj_123456789", name: "SNOWFLAKE_PASSWORD" }]);
      assert.equal(
        report.recommendations.at(-1),
        "Write what is missing at 1 places: sophia-secrets up --stack development",
      );
    });

    it("holds no value of a secret", async () => {
      const report = await run();
      assert.doesNotMatch(JSON.stringify(report) + formatAudit(report), /canary/);
    });

    it("shows a table and numbered recommendations, and gives the report as data", async () => {
      set("estuary", "phase: idle, rotatedAt: 2026-11-22T09:00:00.000Z");
      assert.equal(await runAudit({ failOn: [] }, context()), 0);
      const { text = "", data } = shown;
      assert.equal((data as AuditReport).schema, "sophia-secrets/audit");
      assert.match(text, /^Audit of stack development\n/);
      assert.match(text, /│ estuary +│ OK +│ 2026-11-22T09:00:00\.000Z │ 59 days │ none +│/);
      assert.match(text, /│ gong +│ NEVER +│ never +│ +│ none +│/);
      assert.match(text, /\nEvery destination holds every variable that goes there\.\n1\. Rotate snowflake \(NEVER\)/);
    });

    it("exits 1 only on what --fail-on names, and knows what can be named", async () => {
      const longAgo = new Date(world.now - 200 * DAY_MS).toISOString();
      assert.equal(await runAudit({ failOn: ["overdue", "missing"] }, context()), 0);
      set("vercel", `phase: idle, rotatedAt: ${longAgo}`);
      entries = entries.filter(({ name }) => name !== "SNOWFLAKE_PASSWORD");
      assert.equal(await runAudit({ failOn: [] }, context()), 0);
      assert.equal(await runAudit({ failOn: ["overdue"] }, context()), 1);
      assert.equal(await runAudit({ failOn: ["never"] }, context()), 1);
      assert.equal(await runAudit({ failOn: ["missing"] }, context()), 1);
      await assert.rejects(
        runAudit({ failOn: ["old", "toString"] }, context()),
        (error) =>
          error instanceof AutomationError &&
          error.exitCode === 2 &&
          error.message.includes("old, toString") &&
          error.hint === "Choose from: overdue, never, missing.",
      );
    });
  });

  describe("status", () => {
    it("says where each rotation stands, a stack that was never rotated included", async () => {
      assert.equal(await runStatus(context()), 0);
      assert.deepEqual(shown.text?.split("\n"), [
        "snowflake  idle      slot a, generation 1, never rotated",
        "gong       idle      slot a, generation 1, never rotated",
        "vercel     idle      slot a, generation 1, never rotated",
        "estuary    idle      slot a, generation 1, never rotated",
      ]);
    });

    it("says who works on it, or since when it waits, and is data too", async () => {
      await world.driver().run({ services: servicesNamed("vercel"), graceMs: DAY_MS });
      await assert.rejects(world.driver({ killAfter: 1, owner: "ci-7:42" }).run({}));
      await runStatus(context());
      const [snowflake, , vercel] = shown.text?.split("\n") ?? [];
      assert.equal(snowflake, "snowflake  staged    slot a, generation 1, never rotated, in the hands of ci-7:42");
      const { retireAfter = "" } = await world.record("vercel");
      assert.equal(
        vercel,
        `vercel     draining  slot b, generation 1, never rotated, the old one lives until ${retireAfter}`,
      );
      const { services: listed, ...rest } = shown.data as {
        services: { service: string; phase: string; retireAfter?: string; owner?: string }[];
      };
      assert.deepEqual(
        { ...rest, intakeRevision: 0 },
        {
          ...{ schema: "sophia-secrets/status", version: 1, stack: "development", intakeRevision: 0 },
        },
      );
      assert.equal(listed[2]?.retireAfter, retireAfter);
      assert.equal(listed[0]?.owner, "ci-7:42");
    });
  });
});
