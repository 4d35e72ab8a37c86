/**
 * Does a team's state in a real PostgreSQL server hold: two drivers on two stacks, two on one, one that is killed with all that it started, and one
 * command for all stacks?
 */
import assert from "node:assert/strict";
import { type DoctorCheck } from "../../automation/doctor";
import { type FleetReport } from "../../automation/reports/fleet";
import { type RotationReport } from "../../automation/rotation/report";
import { ArgumentWatch, Canaries } from "../support/canaries";
import { startPostgres, type Postgres } from "../support/postgres";
import { said } from "../support/sandbox";
import { FIRST, Team, type StoppedDriver } from "./team";

const ROTATE = ["rotate", "--service", "estuary", "--grace", "0"];

describe("state in PostgreSQL", function () {
  this.timeout(600_000);
  const canaries = new Canaries();
  let postgres: Postgres;
  let team: Team;
  let watch: ArgumentWatch;

  before(async () => {
    postgres = await startPostgres();
    canaries.add("password of the state", postgres.password);
    watch = new ArgumentWatch(100);
    team = await Team.open(postgres.url, [FIRST, "team-b"]);
  });
  after(async () => {
    watch?.stop();
    await team?.dispose();
    await postgres?.dispose();
  });

  it("takes two drivers on two stacks at once", async () => {
    const runs = await Promise.all([team.cli(["up", "--verbose"]), team.cli(["up", "--stack", "team-b"])]);
    for (const run of runs) assert.equal(run.code, 0, said(run));
    for (const stack of [FIRST, "team-b"])
      assert.match(await team.state(stack), new RegExp(`${stack}::.*::esc-published"`));
  });

  it("is named by doctor", async () => {
    const { json } = await team.cliJson<{ checks: DoctorCheck[] }>(["doctor"]);
    const { port } = new URL(postgres.url);
    assert.deepEqual(
      json.checks.filter(({ name }) => name === "state"),
      [{ name: "state", status: "ok", detail: `postgres://127.0.0.1:${port}/postgres, user pulumi` }],
    );
  });

  describe("with a driver in the middle of a rotation", () => {
    let first: StoppedDriver;
    let atRest: object;
    const look = async () => ({ state: await team.state(FIRST), published: team.published(FIRST) });

    before(async () => {
      first = await team.stopWithin(ROTATE);
      atRest = await look();
    });
    after(() => first?.kill());

    it("turns a second one away with exit code 10, having changed nothing", async () => {
      for (const standIn of team.sandbox.standIns()) standIn.clearRequests();
      const refused = [await team.cli(ROTATE), await team.cli(["up"])];
      assert.deepEqual(
        refused.map(({ code }) => code),
        [10, 10],
        refused.map(said).join("\n"),
      );
      assert.match(refused[1]?.stderr ?? "", /created by .* \(pid \d+\)/);
      assert.deepEqual(team.sandbox.changingRequests(), []);
      assert.deepEqual(await look(), atRest);
    });

    it("lets another take over by the same command when it was killed with all that it had started", async () => {
      first.kill();
      const { json, run } = await team.cliJson<RotationReport>(ROTATE);
      assert.deepEqual([run.code, ...outcomes(json)], [0, "estuary rotated b1"], said(run));
    });
  });

  describe("with all stacks at once", () => {
    it("rotates what is due, past a stack that nobody has set up, and says so in one summary with exit code 1", async () => {
      await team.declareStack("team-c");
      const words = [...ROTATE, "--due-only", "--stack", "team-*", "--parallel", "2"];
      const { json, run } = await team.cliJson<FleetReport>(words);
      assert.equal(run.code, 1, said(run));
      assert.deepEqual(
        json.stacks.map(({ stack, state, report, error }) => [
          ...[stack, state, error?.code],
          ...(report ? outcomes(report as RotationReport) : []),
        ]),
        [
          [FIRST, "done", undefined, "estuary nothing_due a1"],
          ["team-b", "done", undefined, "estuary rotated b1"],
          ["team-c", "failed", "intake.missing"],
        ],
      );
      assert.deepEqual([json.parallel, json.counts.done, json.counts.failed], [2, 2, 1]);
    });
  });

  describe("in the end", () => {
    it("has shown its password to nobody: no output, no error, no argument, no file", async () => {
      const wrong = postgres.url.replace("127.0.0.1", "127.0.0.1:x");
      for (const words of [["up", "--verbose"], ["preview", "--json"], ["doctor"]]) {
        const failed = await team.cli(words, { PULUMI_BACKEND_URL: wrong });
        assert.notEqual(failed.code, 0, said(failed));
      }
      const shown = await team.cli(["run", "--no-masking", "--", "env"]);
      assert.equal(shown.code, 0, said(shown));
      const { sandbox } = team;
      assert.deepEqual(canaries.inText("printed", sandbox.transcript.join("\n")), []);
      assert.deepEqual(canaries.inText("arguments", watch.stop().join("\n")), []);
      assert.deepEqual(await canaries.inFolder(sandbox.folder), []);
    });
  });
});

/** `estuary rotated b1`: what came of a service, and the slot and generation in use. */
function outcomes({ services }: RotationReport): string[] {
  return services.map(({ service, outcome, to }) => `${service} ${outcome} ${to.slot}${to.generation}`);
}
