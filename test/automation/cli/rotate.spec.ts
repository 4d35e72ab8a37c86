/** Does `rotate` say before, meanwhile and afterwards what it does, on the real engine? And does what only looks change nothing? */
import assert from "node:assert/strict";
import { type RotationPlanReport, type RotationScheduleReport } from "../../../automation/reports/rotation-plan";
import { type RotationReport } from "../../../automation/rotation/report";
import { said, startSpecSandbox, type ChildResult, type SpecSandbox } from "../../support/sandbox";

const READING = /^(select|show|describe|desc|use)\b/i;

describe("rotate on the command line", function () {
  this.timeout(240_000);
  let sandbox: SpecSandbox;
  before(async () => {
    sandbox = await startSpecSandbox();
    const up = await sandbox.cli(["up"]);
    assert.equal(up.code, 0, said(up));
  });
  after(() => sandbox?.dispose());

  const outcomes = ({ services }: RotationReport) =>
    Object.fromEntries(services.map(({ service, outcome }) => [service, outcome]));
  const tooLong = ({ stdout, stderr }: ChildResult) =>
    `${stdout}\n${stderr}`.split("\n").filter((line) => line.length > 100);
  /** All that a command could have changed, with the times of the last writes. */
  const everything = async () => ({
    esc: ["development", "development-intake", "development-secrets"].map((name) =>
      sandbox.esc.revisions("sophia", name),
    ),
    places: await sandbox.session().destinations().list(),
    vercel: sandbox.vercel.tokens().map(({ id }) => id),
    estuary: sandbox.estuary.tokens().map(({ id, revoked }) => [id, revoked]),
    gong: sandbox.gong.keys(),
  });
  /** Runs a command that must change nothing at all. */
  async function looking<T>(...words: string[]): Promise<T> {
    const before = await everything();
    const statements = sandbox.snowflake.statements().length;
    const changes = sandbox.changingRequests().length;
    const result = await sandbox.cliJson<T>(words);
    assert.equal(result.code, 0, said(result));
    assert.deepEqual(await everything(), before);
    const asked = sandbox.snowflake.statements().slice(statements);
    assert.deepEqual(
      asked.map(({ verb }) => verb).filter((text) => !READING.test(text)),
      [],
    );
    const writes = sandbox.changingRequests().slice(changes);
    assert.deepEqual(
      writes.filter((request) => !/^(snowflake: POST \/queries\/|estuary: POST \/api\/graphql)/.test(request)),
      [],
    );
    return result.json;
  }

  describe("--schedule", () => {
    it("shows what is due when; a credential of unknown age is due now", async () => {
      const { services } = await looking<RotationScheduleReport>("rotate", "--schedule");
      assert.deepEqual(
        services.map(({ service, status, everyDays, isDue, phase }) => [service, status, everyDays, isDue, phase]),
        [
          ["snowflake", "NEVER", 30, true, "idle"],
          ["gong", "NEVER", 60, true, "idle"],
          ["vercel", "NEVER", 90, true, "idle"],
          ["estuary", "NEVER", 60, true, "idle"],
        ],
      );
      assert.equal(services[0]?.next, "npx sophia-secrets rotate --service snowflake --stack development");
    });
  });

  describe("--dry-run", () => {
    let plan: RotationPlanReport;
    const planOf = (service: string) =>
      plan.services.find((one) => one.service === service) ?? assert.fail(`no plan for ${service}`);
    const resources = (service: string, step: string) =>
      planOf(service)
        .steps.find((one) => one.step === step)
        ?.resources.map(({ op, name }) => `${op} ${name}`)
        .sort();
    before(async () => void (plan = await looking<RotationPlanReport>("rotate", "--dry-run")));

    it("says of each service what comes, step by step, and from which slot to which", () => {
      const { intent, phase, from, to, steps } = planOf("vercel");
      assert.deepEqual([intent, phase, from.slot, to.slot, to.generation], ["begin", "idle", "a", "b", 1]);
      assert.deepEqual(
        steps.map(({ step }) => step),
        ["stage", "verify", "promote", "confirm", "drain", "retire"],
      );
    });

    it("names the resources that each up would make, write and remove, as a preview says", () => {
      assert.deepEqual(resources("vercel", "stage"), [
        "create vercel-b-token",
        "update esc-secrets",
        "update esc-stable",
      ]);
      assert.deepEqual(resources("vercel", "promote"), ["update esc-published", "update sophia-VERCEL_ACCESS_TOKEN"]);
      assert.deepEqual(resources("vercel", "retire"), ["delete vercel-a-token"]);
      assert.ok(resources("snowflake", "promote")?.includes("update sophia-SNOWFLAKE_PASSWORD"));
      assert.ok(!resources("snowflake", "promote")?.includes("update sophia-VERCEL_ACCESS_TOKEN"));
    });

    it("names variables with the fingerprint of the present value and the places that are written", () => {
      assert.deepEqual(
        planOf("snowflake").variables.map(({ name, places }) => [name, places]),
        ["SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD"].map((name) => [
          name,
          ["esc payready/sophia/development", "github payready/sophia", "vercel prj_123456789"],
        ]),
      );
      for (const { fingerprint = "" } of planOf("snowflake").variables) assert.match(fingerprint, /^[0-9a-f]{12}$/);
      for (const value of Object.values(sandbox.published()).filter((text) => text.length > 20))
        assert.ok(!JSON.stringify(plan).includes(value));
    });

    it("says what a person has to do, and previews nothing of what nobody has handed over", () => {
      const { instructions, steps } = planOf("gong");
      assert.match(instructions.join(" "), /choose “Create”.*Delete the access key/);
      assert.deepEqual(
        steps.flatMap((step) => step.resources),
        [],
      );
    });
  });

  describe("a run", () => {
    it("says that the file of --from-file is missing", async () => {
      const result = await sandbox.cli(["rotate", "--service", "gong", "--from-file", "/nowhere/pair.json"]);
      assert.equal(result.code, 2);
      assert.match(result.stderr, /There is no file \/nowhere\/pair\.json; nothing was changed\./);
    });

    it("reports a failed up service by service, with the exit code of the failure, and says what to run", async () => {
      sandbox.vercel.addFault({
        ...{ method: "POST", path: "^/v3/user/tokens$", times: 20 },
        effect: { kind: "status", status: 400, body: { error: { code: "bad_request", message: "no" } } },
      });
      const result = await sandbox.cliJson<RotationReport>(["rotate", "--service", "vercel", "--service", "gong"]);
      sandbox.vercel.clearFaults();
      assert.equal(result.code, 4, said(result));
      assert.deepEqual(outcomes(result.json), { gong: "manual_pending", vercel: "failed" });
      assert.equal(result.json.failure?.step, "stage");
      assert.match(result.stderr, /"code":"stack.failed"/);
      const plan = await looking<RotationPlanReport>("rotate", "--dry-run", "--service", "vercel");
      assert.deepEqual([plan.services[0]?.intent, plan.services[0]?.phase], ["go on", "staged"]);
    });

    it("lets two runs for different services of one stack meet: the later waits for Pulumi's lock, both succeed", async () => {
      const rotate = (service: string) =>
        sandbox.cliJson<RotationReport>(["rotate", "--service", service, "--grace", "0"], { asChild: true });
      const [one, other] = await Promise.all([rotate("vercel"), rotate("estuary")]);
      assert.deepEqual([one.code, other.code], [0, 0], `${said(one)}\n${said(other)}`);
      assert.deepEqual([outcomes(one.json), outcomes(other.json)], [{ vercel: "rotated" }, { estuary: "rotated" }]);
    });

    it("shows the guide's five steps as they are done, within 100 columns", async () => {
      const result = await sandbox.cli(["rotate", "--service", "snowflake", "--service", "gong"]);
      assert.equal(result.code, 1, said(result));
      assert.deepEqual(tooLong(result), []);
      const told = [...result.stderr.matchAll(/snowflake +([1-5])\/5 /g)].map(([, number]) => number);
      assert.deepEqual(told, ["1", "2", "3", "4", "5"]);
      assert.match(result.stdout, / 4 {2}synced to GitHub .* payready\/sophia: SNOWFLAKE_PASSWORD, SNOWFLAKE_USER/);
      assert.match(result.stdout, /by hand: Log in to Gong as a technical admin\./);
    });

    it("--due-only leaves what is not due, exits 0 and changes nothing", async () => {
      const { services, ups } = await looking<RotationReport>(
        "rotate",
        "--due-only",
        "--service",
        "snowflake",
        "--service",
        "vercel",
      );
      assert.deepEqual(outcomes({ services } as RotationReport), { snowflake: "nothing_due", vercel: "nothing_due" });
      assert.deepEqual(ups, []);
    });

    it("--dry-run of an abort shows what would be pointed back and what would go", async () => {
      const { services } = await looking<RotationPlanReport>(
        "rotate",
        "--dry-run",
        "--abort",
        "--service",
        "snowflake",
      );
      const [plan] = services;
      assert.deepEqual([plan?.intent, plan?.phase], ["give up", "draining"]);
      const named = plan?.steps.flatMap(({ step, resources }) =>
        resources.map(({ op, name }) => `${step}: ${op} ${name}`),
      );
      assert.ok(named?.includes("promote: update sophia-SNOWFLAKE_PASSWORD"), named?.join());
      assert.ok(
        named?.includes("retire: delete snowflake-user-b") || named?.some((text) => /^retire: delete/.test(text)),
      );
    });
  });
});
