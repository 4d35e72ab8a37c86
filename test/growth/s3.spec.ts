/** Does a team's state in a bucket hold? Against a stand-in of S3: a second driver is turned away, and one that is killed is taken over. */
import assert from "node:assert/strict";
import { type RotationReport } from "../../automation/rotation/report";
import { Canaries } from "../support/canaries";
import { startS3, type S3StandIn } from "../support/s3";
import { said } from "../support/sandbox";
import { FIRST, Team, type StoppedDriver } from "./team";

const ROTATE = ["rotate", "--service", "estuary", "--grace", "0"];

describe("state in a bucket", function () {
  this.timeout(600_000);
  let s3: S3StandIn;
  let team: Team;
  let first: StoppedDriver | undefined;
  const locks = () => s3.keys().filter((key) => key.startsWith(`.pulumi/locks/organization/sophia/${FIRST}/`));

  before(async () => {
    s3 = await startS3();
    team = await Team.open(s3.url, [FIRST], s3.variables);
  });
  after(async () => {
    first?.kill();
    await team?.dispose();
    await s3?.close();
  });

  it("is brought about there and nowhere else, with signed calls that S3 has", async () => {
    const up = await team.cli(["up"]);
    assert.equal(up.code, 0, said(up));
    assert.ok(s3.keys().includes(`.pulumi/stacks/sophia/${FIRST}.json`), s3.keys().join());
    assert.deepEqual([locks(), s3.unexpected()], [[], []]);
  });

  it("turns a second driver away with exit code 10, having changed nothing", async () => {
    first = await team.stopWithin(ROTATE);
    const before = s3.keys();
    assert.equal(locks().length, 1);
    const refused = await team.cli(["up"]);
    assert.equal(refused.code, 10, said(refused));
    assert.deepEqual(s3.keys(), before);
  });

  it("lets another take over by the same command when the first was killed with all that it had started", async () => {
    first?.kill();
    const { json, run } = await team.cliJson<RotationReport>(ROTATE);
    assert.equal(run.code, 0, said(run));
    assert.deepEqual(
      json.services.map(({ outcome, to }) => [outcome, to.slot]),
      [["rotated", "b"]],
    );
    assert.deepEqual([locks(), s3.unexpected()], [[], []]);
  });

  it("has shown the key of the bucket to nobody", async () => {
    const canaries = new Canaries();
    canaries.add("key of the bucket", s3.variables.AWS_SECRET_ACCESS_KEY);
    const wrong = { AWS_SECRET_ACCESS_KEY: "of-another-bucket" };
    const refused = await team.cli(["preview", "--verbose"], wrong);
    assert.notEqual(refused.code, 0, said(refused));
    assert.ok(s3.unexpected().every((call) => call.endsWith(" 403")) && s3.unexpected().length > 0);
    assert.deepEqual(canaries.inText("printed", team.sandbox.transcript.join("\n")), []);
    assert.deepEqual(await canaries.inFolder(team.sandbox.folder), []);
  });
});
