/** Who may work on a rotation, and who must stop? */
import assert from "node:assert/strict";
import { hostname } from "node:os";
import { AutomationError } from "../../../automation/errors";
import { HEARTBEAT_LIMIT_MS, requireFree, requireHeld, requireUnchanged } from "../../../automation/rotation/lock";
import { FIRST_RECORD, type RotationRecord } from "../../../automation/rotation/record";
import { ownerHasEnded, processOwner, runHasEnded, thisMachine } from "../../../automation/process-owner";

const NOW = Date.parse("2026-11-23T09:00:00.000Z");
const heldBy = (id: string, silentMs = 0): RotationRecord => ({
  ...{ ...FIRST_RECORD, phase: "staged" },
  run: { id, owner: `host-of-${id}:7`, heartbeatAt: new Date(NOW - silentMs).toISOString() },
});
const MINE = { id: "mine", owner: "here:1", heartbeatAt: new Date(NOW).toISOString() };
const view = { run: MINE, now: NOW, hasEnded: () => false, takeOver: false };
const failure = (action: () => void): AutomationError => {
  try {
    action();
  } catch (error) {
    return error instanceof AutomationError ? error : assert.fail(String(error));
  }
  return assert.fail("nothing was thrown");
};

describe("requireFree", () => {
  it("refuses a record in the hands of a live run, says whose, and how to go on: exit 10", () => {
    const error = failure(() => requireFree("gong", heldBy("theirs", 60_000), view));
    assert.equal(error.code, "rotation.locked");
    assert.equal(error.exitCode, 10);
    assert.equal(error.service, "gong");
    assert.match(
      error.message,
      /gong is being rotated by host-of-theirs:7 .*2026-11-23T08:59:00\.000Z.*nothing was changed/,
    );
    assert.match(error.hint ?? "", /--take-over/);
  });

  it("lets in: a record of nobody, one's own, a dead owner's, a silent one's, and whom the user allows", () => {
    requireFree("gong", FIRST_RECORD, view);
    requireFree("gong", heldBy("mine"), view);
    requireFree("gong", heldBy("theirs"), { ...view, hasEnded: ({ owner }) => owner === "host-of-theirs:7" });
    requireFree("gong", heldBy("theirs", HEARTBEAT_LIMIT_MS + 1), view);
    requireFree("gong", heldBy("theirs"), { ...view, takeOver: true });
  });

  it("counts an owner as silent only after the limit, and not at all when its clock is ahead of ours", () => {
    assert.equal(failure(() => requireFree("gong", heldBy("theirs", HEARTBEAT_LIMIT_MS), view)).exitCode, 10);
    assert.equal(failure(() => requireFree("gong", heldBy("theirs", -86_400_000), view)).exitCode, 10);
  });
});

describe("requireHeld", () => {
  it("passes for the run that holds the record, whatever the time of its heartbeat", () => {
    requireHeld("gong", heldBy("mine", 3_600_000), MINE);
  });

  it("stops a run whose record another has taken, or given back: exit 10", () => {
    for (const record of [heldBy("theirs"), FIRST_RECORD]) {
      const error = failure(() => requireHeld("gong", record, MINE));
      assert.equal(error.code, "rotation.fenced");
      assert.equal(error.exitCode, 10);
    }
  });
});

describe("requireUnchanged", () => {
  it("stops a run that has decided on a record which is another one by now: exit 10", () => {
    const changes: Partial<RotationRecord>[] = [
      { phase: "staged" },
      { current: "b", slots: { a: { generation: 1 }, b: { generation: 1 } } },
      { slots: { a: { generation: 2 } } },
    ];
    for (const change of changes) {
      const error = failure(() => requireUnchanged("gong", FIRST_RECORD, { ...FIRST_RECORD, ...change }));
      assert.equal(error.code, "rotation.changed");
      assert.equal(error.exitCode, 10);
    }
  });

  it("does not mind dates and heartbeats", () => {
    requireUnchanged("gong", FIRST_RECORD, { ...FIRST_RECORD, rotatedAt: MINE.heartbeatAt, run: MINE });
  });
});

describe("ownerHasEnded", () => {
  it("knows only processes of this machine", () => {
    assert.equal(ownerHasEnded(processOwner()), false);
    assert.equal(ownerHasEnded(`${hostname()}:2147483646`), true);
    assert.equal(ownerHasEnded("another-machine:2147483646"), false);
    for (const odd of ["", hostname(), `${hostname()}:`, `${hostname()}:0`, `${hostname()}:-1`, `${hostname()}:x`])
      assert.equal(ownerHasEnded(odd), false, odd);
  });
});

describe("runHasEnded", () => {
  const owner = `${hostname()}:2147483646`;

  it("knows a dead process of this machine", () => {
    assert.equal(runHasEnded({ owner, machine: thisMachine() }), true);
    assert.equal(runHasEnded({ owner: processOwner(), machine: thisMachine() }), false);
  });

  it("believes no process number of another machine or container of this name: a live run would lose its record", () => {
    assert.equal(runHasEnded({ owner, machine: "another" }), false);
    assert.equal(runHasEnded({ owner }), false);
  });

  it("names the machine by a mark that tells nothing of it", () => {
    assert.match(thisMachine(), /^[0-9a-f]{12}$/);
  });
});
