/** What does a failed run of the engine mean? */
import assert from "node:assert/strict";
import { stackFailure } from "../../automation/stack-failures";

const RUN = { stack: "development", verb: "up" };

describe("stackFailure", () => {
  for (const text of ["error reading from server: context canceled", "plugin exited: signal: killed"]) {
    it(`calls it cancelled only after a signal of ours: ${text}`, () => {
      const found = [false, true].map((isInterrupted) => stackFailure({ ...RUN, isInterrupted }, new Error(text)));
      assert.deepEqual(
        found.map(({ code, exitCode }) => [code, exitCode]),
        [
          ["stack.failed", 4],
          ["stack.cancelled", 8],
        ],
      );
    });
  }

  it("calls it cancelled where somebody else has cancelled it", () => {
    const { code, exitCode } = stackFailure(RUN, new Error("error: update was cancelled"));
    assert.deepEqual([code, exitCode], ["stack.cancelled", 8]);
  });
});
