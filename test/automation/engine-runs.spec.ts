/** When is the lock of a bucket or a database believed to be a dead process's? */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { EngineRuns } from "../../automation/engine-runs";
import { processOwner } from "../../automation/process-owner";

const STATE = "postgres://pulumi:canary-password@db.example/state";
const START = Date.parse("2026-11-23T09:00:00.700Z");

describe("a run's note on this machine", () => {
  let home: string;
  let dead: number;
  before(() => void (dead = spawnSync(process.execPath, ["-e", "0"]).pid));
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), "sophia-runs-"))));
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const runsOf = (stack = "development", address = STATE) =>
    new EngineRuns({ PULUMI_HOME: home, PULUMI_BACKEND_URL: address }, stack, () => START);
  const notes = () => readdirSync(home, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".json"));
  const lockOf = (pid: number, at = Date.parse("2026-11-23T09:00:02Z"), host = hostname()) => ({
    ...{ url: "postgres://…", owner: `${host}:${pid}`, at },
  });
  /** What a driver leaves that was killed while the engine ran. */
  async function leave(stack?: string): Promise<void> {
    let note: { path: string; text: string } | undefined;
    await runsOf(stack).during(() => {
      const path = join(home, notes()[0] ?? assert.fail("no note"));
      note = { path, text: readFileSync(path, "utf8") };
      return Promise.resolve();
    });
    if (note) writeFileSync(note.path, note.text.replace(processOwner(), `${hostname()}:${dead}`));
  }

  it("is there while the engine runs and gone afterwards, however that ends; no password in it", async () => {
    await assert.rejects(
      runsOf().during(() => {
        assert.equal(notes().length, 1);
        assert.doesNotMatch(readFileSync(join(home, notes()[0] ?? ""), "utf8"), /canary/);
        return Promise.reject(new Error("refused"));
      }),
      /refused/,
    );
    assert.deepEqual(notes(), []);
  });

  it("is not made where the state is a folder or at Pulumi Cloud", async () => {
    for (const address of ["file:///state", "https://api.pulumi.com"])
      await runsOf("development", address).during(() => Promise.resolve(assert.deepEqual(notes(), [])));
  });

  it("of a dead driver gives its lock to one that asks, and to no second one", async () => {
    await leave();
    assert.equal(runsOf().claimAbandoned([lockOf(dead)]), true);
    assert.equal(runsOf().claimAbandoned([lockOf(dead)]), false);
    assert.deepEqual(notes(), []);
  });

  it("gives no lock away that is another's: alive, elsewhere, of another time or another stack", async () => {
    await leave();
    const before = Date.parse("2026-11-23T08:59:58Z");
    const later = START + 121_000;
    for (const lock of [
      lockOf(process.pid),
      lockOf(dead, undefined, "elsewhere"),
      lockOf(dead, before),
      lockOf(dead, later),
    ])
      assert.equal(runsOf().claimAbandoned([lock]), false, JSON.stringify(lock));
    assert.equal(runsOf("production").claimAbandoned([lockOf(dead)]), false);
    assert.equal(runsOf().claimAbandoned([lockOf(dead), lockOf(process.pid)]), false);
    assert.equal(runsOf().claimAbandoned([]), false);
    assert.equal(notes().length, 1);
  });

  it("counts for nothing where no note was left: a container of the same name has other process ids", () => {
    assert.equal(runsOf().claimAbandoned([lockOf(dead)]), false);
  });
});
