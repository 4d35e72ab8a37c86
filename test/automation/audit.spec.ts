/** Which findings end an audit with which exit code, what do its options refuse, and what does `status` show? */
import assert from "node:assert/strict";
import { createCli } from "../../automation/cli/cli";
import { type CommandContext } from "../../automation/cli/command";
import { exitCode, runAudit, type AuditCommandOptions } from "../../automation/cli/commands/audit";
import { runStatus } from "../../automation/cli/commands/status";
import { AutomationError } from "../../automation/errors";
import { byUrgency, finding, hasFailure, RULES, type RuleId } from "../../automation/audit/findings";
import { RotationWorld, servicesNamed } from "../support/rotation-world";

const DAY_MS = 86_400_000;
const found = (...rules: readonly RuleId[]) =>
  rules.map((rule) => finding(rule, { location: "x", message: rule, command: "true" }));

describe("an audit's exit code", () => {
  const codeOf = (rules: readonly RuleId[], words: Parameters<typeof exitCode>[1] = []) =>
    exitCode({ findings: found(...rules) }, words);

  it("is 0 whatever was found, where nobody asks for more", () => {
    const harmless = (Object.keys(RULES) as RuleId[]).filter((rule) => !["unreadable", "not-set-up"].includes(rule));
    assert.equal(codeOf(harmless), 0);
  });

  it("is 1 on what --fail-on names, and 7 on drift alone", () => {
    assert.equal(codeOf(["rotation-overdue"], ["overdue"]), 1);
    assert.equal(codeOf(["rotation-due-today"], ["overdue"]), 1);
    assert.equal(codeOf(["rotation-never"], ["overdue", "missing", "drift"]), 0);
    assert.equal(codeOf(["rotation-never"], ["never"]), 1);
    assert.equal(codeOf(["variable-missing"], ["missing"]), 1);
    assert.equal(codeOf(["destination-missing"], ["missing"]), 1);
    for (const rule of ["destination-missing", "destination-edited", "destination-behind", "published-edited"] as const)
      assert.equal(codeOf([rule], ["drift"]), 7, rule);
    assert.equal(codeOf(["destination-missing"], ["drift", "missing"]), 1);
    assert.equal(codeOf(["destination-edited", "rotation-overdue"], ["drift", "overdue"]), 1);
    assert.equal(codeOf(["destination-edited", "rotation-overdue"], ["overdue"]), 1);
  });

  it("is 1 where a part could not be read, and 6 where nothing is set up", () => {
    assert.equal(codeOf(["unreadable"]), 1);
    assert.equal(codeOf(["unreadable", "destination-edited"], ["drift"]), 7);
    assert.equal(codeOf(["not-set-up"], ["missing"]), 6);
  });

  it("knows findings by their rules", () => {
    assert.ok(hasFailure("overdue", found("rotation-overdue")));
    assert.ok(!hasFailure("overdue", found("rotation-due-soon")));
  });
});

describe("the order of findings", () => {
  it("is that of their urgency, and the given one within a rule", () => {
    const unordered = [
      ...found("unused-key", "rotation-overdue", "not-set-up"),
      { ...found("unused-key")[0], message: "second" },
    ];
    assert.deepEqual(
      byUrgency(unordered as ReturnType<typeof found>).map(({ message }) => message),
      ["not-set-up", "rotation-overdue", "unused-key", "second"],
    );
  });

  it("never puts a note before an error", () => {
    const levels = Object.values(RULES).map(({ level }) => level);
    assert.ok(levels.lastIndexOf("error") < levels.indexOf("note"));
  });
});

describe("the options of audit", () => {
  const refusal = (options: Partial<AuditCommandOptions>) =>
    runAudit({ failOn: [], ...options }, {} as CommandContext).then(
      () => assert.fail("it was not refused"),
      (error: unknown) => {
        assert.ok(error instanceof AutomationError);
        return error;
      },
    );

  it("refuse unknown findings, and list the known ones", async () => {
    const error = await refusal({ failOn: ["old", "toString"] });
    assert.equal(error.exitCode, 2);
    assert.match(error.message, /old, toString/);
    assert.equal(
      error.hint,
      "Choose from: overdue, never, missing, drift. With --access: unexpected. With --usage: unusual.",
    );
  });

  it("refuse ages of services that nobody knows", async () => {
    const error = await refusal({ maxAges: { nothing: 3, sync: 1, import: 1, all: 1 } });
    assert.deepEqual([error.exitCode, error.code], [2, "cli.unknown_service"]);
    assert.match(error.message, /: nothing;/);
  });

  it("take ages by service, for all, and in any unit", async () => {
    const parse = async (...words: string[]): Promise<Record<string, number> | undefined> => {
      let given: Record<string, number> | undefined;
      const cli = createCli("0", async () => undefined);
      const verb = cli.commands.find((one) => one.name() === "audit") ?? assert.fail();
      verb.action((options: { maxAge?: Record<string, number> }) => void (given = options.maxAge));
      for (const command of [cli, verb]) command.exitOverride().configureOutput({ writeErr: () => undefined });
      await cli.parseAsync(["audit", ...words.flatMap((word) => ["--max-age", word])], { from: "user" });
      return given;
    };
    assert.deepEqual(await parse("snowflake=45d", "90d", "sync=12h"), { snowflake: 45, all: 90, sync: 0.5 });
    for (const wrong of ["snowflake=", "snowflake=0d", "=3d", "45", "x=y", "all=-1d", "snowflake"])
      await assert.rejects(
        parse(wrong),
        { code: "commander.invalidArgument", message: /It must look like snowflake=45d/ },
        wrong,
      );
  });
});

describe("what status says", () => {
  let world: RotationWorld;
  beforeEach(async () => void (world = await RotationWorld.start()));
  afterEach(() => world.close());
  const shown: { data?: object; text?: string } = {};
  const context = () =>
    ({
      session: () => world.session,
      dependencies: { now: () => world.now },
      output: { result: (data: object, text: string) => Object.assign(shown, { data, text }) },
    }) as unknown as CommandContext;

  it("says where each rotation stands, a stack that was never rotated included", async () => {
    assert.equal(await runStatus(context()), 0);
    const words = shown.text?.replace(/\s+/g, " ") ?? "";
    const line = (name: string) => `${name} idle slot a, generation 1, (password, )?never rotated`;
    assert.match(words, new RegExp(`^${["snowflake", "gong", "vercel", "estuary"].map(line).join(" ")}$`));
  });

  it("says who works on it, or since when it waits, and is data too", async () => {
    await world.driver().run({ services: servicesNamed("vercel"), graceMs: DAY_MS });
    await assert.rejects(world.driver({ killAfter: 1, owner: "ci-7:42" }).run({}));
    await runStatus(context());
    const words = shown.text?.replace(/\s+/g, " ") ?? "";
    assert.match(words, /^snowflake staged slot a, generation 1.* in the hands of ci-7:42/);
    const { retireAfter } = await world.record("vercel");
    const { services: listed } = shown.data as {
      services: { service: string; retireAfter?: string; owner?: string }[];
    };
    assert.equal(listed[2]?.retireAfter, retireAfter);
    assert.equal(listed[0]?.owner, "ci-7:42");
  });

  it("promises no time of the old credential once it is being removed, or its time has passed", async () => {
    const words = () => shown.text?.replace(/\s+/g, " ") ?? "";
    await world.driver().run({ services: servicesNamed("gong"), graceMs: DAY_MS });
    world.now += 2 * DAY_MS;
    await runStatus(context());
    assert.match(words(), /the other one was to go at \S+ \S+ UTC \(24 h ago\)/);
    world.retire = async () => false;
    await world.driver().run({ services: servicesNamed("gong"), graceMs: 0 });
    await runStatus(context());
    assert.match(words(), / gong retiring .* the other one is being removed; that it is refused is not proven yet/);
    assert.doesNotMatch(words(), /goes at|was to go/);
  });
});
