/** What does somebody read when the sandbox does not start in the background? */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AutomationError } from "../../automation/errors";
import { startInBackground } from "../../sandbox/background";

describe("a sandbox in the background that does not start", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sophia-background-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function start(program: string, limit?: number): Promise<AutomationError> {
    const log = join(folder, "live.log");
    const error = await startInBackground(["-e", program], folder, log, process.env, limit).catch(
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof AutomationError);
    return error;
  }

  it("is no defect of ours where it ended by itself, and says its last words", async () => {
    const { code, exitCode, message } = await start("console.log('one'); console.error('no port is free')");
    assert.deepEqual([code, exitCode], ["sandbox.not_started", 1]);
    assert.equal(message, "The sandbox ended before it was ready. Its last words: no port is free");
  });

  it("is told to end where it takes too long, and says for how long it was waited for", async () => {
    const { code, exitCode, message, hint } = await start("setTimeout(() => undefined, 20_000)", 100);
    assert.deepEqual([code, exitCode], ["sandbox.not_started", 9]);
    assert.equal(message, "The sandbox was not ready after 0.1 s and was told to end. Its last words: none");
    assert.match(hint ?? "", /sandbox start --foreground$/);
  });
});
