/** Does a rotation hold where it is struck? A few points of the fault suite on the real engine; `npm run test:faults` strikes hundreds. */
import assert from "node:assert/strict";
import { describePoint, enumeratePoints, samplePoints, type FaultPoint } from "./point";
import { strikeTogether } from "./strike";
import { FaultWorld } from "./world";

/** One of each kind of trouble that has needed a remedy of its own. */
const STRIKES = [
  "SIGKILL (machine) after the effect at vercel POST /v3/user/tokens #1",
  "SIGKILL (driver) before the effect at esc PATCH /api/esc/environments/payready/sophia/development #1",
  "422 for good at github PUT /api/v3/repos/payready/sophia/actions/secrets/GONG_API_SECRET #1",
];

describe("a rotation that is struck", function () {
  this.timeout(300_000);
  let world: FaultWorld | undefined;
  let points: readonly FaultPoint[] = [];

  before(async () => {
    world = await FaultWorld.start();
    points = enumeratePoints(await world.observe());
  });
  after(() => world?.dispose());

  it("can be struck at hundreds of points, at every service and every place", () => {
    assert.ok(points.length > 1000, `${points.length} points`);
    assert.deepEqual([...new Set(points.map(({ standIn }) => standIn))].sort(), [
      "esc",
      "estuary",
      "github",
      "gong",
      "snowflake",
      "vercel",
    ]);
    const names = (seed: number) => samplePoints(points, 20, seed).map(describePoint);
    assert.deepEqual(names(7), names(7));
    assert.notDeepEqual(names(7), names(8));
  });

  for (const strike of STRIKES) {
    it(`holds, and the same command ends it: ${strike}`, async () => {
      const point = points.find((one) => describePoint(one) === strike) ?? assert.fail(`no such point: ${strike}`);
      const result = await strikeTogether(world ?? assert.fail("no world"), [point]);
      assert.deepEqual([result.struck, result.violations], [[strike], []], result.transcript);
    });
  }
});
