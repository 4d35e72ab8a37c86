/** What happens where two rotations of different services meet at Pulumi's own lock? The later one waits, for a time. */
import assert from "node:assert/strict";
import { AutomationError, EXIT } from "../../../automation/errors";
import { whenUnlocked } from "../../../automation/rotation/context";

const locked = new AutomationError({ code: "stack.locked", exitCode: EXIT.locked, message: "The stack is locked." });

describe("Pulumi's lock in the hands of another run", () => {
  let now = 0;
  const told: number[] = [];
  const world = {
    now: () => now,
    sleep: async (milliseconds: number) => void (now += milliseconds),
    tellWait: (milliseconds: number) => void told.push(milliseconds),
  };
  beforeEach(() => {
    now = 0;
    told.splice(0);
  });

  it("is waited for and said once; what comes of the work in the end is what counts", async () => {
    let tries = 0;
    const result = await whenUnlocked(
      () => ((tries += 1) < 4 ? Promise.reject(locked) : Promise.resolve("done")),
      world,
    );
    assert.deepEqual([result, tries, told], ["done", 4, [120_000]]);
    assert.ok(now >= 3000 && now < 9000, String(now));
  });

  it("is waited for two minutes at most, and then it is the error that it always was", async () => {
    await assert.rejects(
      whenUnlocked(() => Promise.reject(locked), world),
      locked,
    );
    assert.ok(now >= 120_000 && now < 124_000, String(now));
  });

  it("is the only failure that is waited for", async () => {
    for (const error of [new Error("broken"), new AutomationError({ ...locked, code: "rotation.locked" } as never)]) {
      await assert.rejects(
        whenUnlocked(() => Promise.reject(error), world),
        error,
      );
    }
    assert.deepEqual([now, told], [0, []]);
  });
});
