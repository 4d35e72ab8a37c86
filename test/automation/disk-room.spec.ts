/** Is a run kept from a disk on which the state could not be written, and ended where the disk fills up? */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiskRoom } from "../../automation/disk-room";
import { AutomationError } from "../../automation/errors";

const KB = 1024;

describe("the disk with a stack's state", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sophia-room-"));
    const stacks = join(folder, ".pulumi", "stacks", "sophia");
    await mkdir(stacks, { recursive: true });
    await writeFile(join(stacks, "development.json"), "x".repeat(100 * KB));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const roomWith = (free: () => number | undefined, url = `file://${folder}`) =>
    new DiskRoom({ PULUMI_BACKEND_URL: url }, "development", () => Promise.resolve(free()), 5);
  const refusal = (pattern: RegExp) => (error: unknown) => {
    assert.ok(error instanceof AutomationError);
    assert.deepEqual([error.code, error.exitCode], ["stack.disk_full", 4]);
    assert.match(error.message, pattern);
    return true;
  };

  it("lets no run begin that would not find room for four copies of the state and a little", async () => {
    let began = false;
    const run = async () => void (began = true);
    await assert.rejects(
      roomWith(() => 464 * KB - 1).during(run),
      refusal(/not begun: .* has 464 KB left, and 464 KB are needed; nothing was changed/),
    );
    assert.equal(began, false);
    await roomWith(() => 464 * KB).during(run);
    assert.equal(began, true);
  });

  it("ends a run as soon as the next copy would not fit, and says why whatever the run says", async () => {
    let free = 464 * KB;
    const room = roomWith(() => free);
    const run = () =>
      new Promise<never>((_, reject) => {
        room.signal.addEventListener("abort", () => reject(new Error("SIGINT")));
        free = 264 * KB - 1;
      });
    await assert.rejects(room.during(run), refusal(/was ended: .* what was done last may not be in the state/));
  });

  it("does not touch a run that fails or ends by itself", async () => {
    const failing = () => Promise.reject(new Error("its own"));
    await assert.rejects(roomWith(() => 464 * KB).during(failing), { message: "its own" });
    assert.equal(await roomWith(() => 464 * KB).during(() => Promise.resolve(7)), 7);
  });

  it("says nothing where nobody knows, or the state is no folder", async () => {
    assert.equal(await roomWith(() => undefined).during(() => Promise.resolve(1)), 1);
    assert.equal(await roomWith(() => 0, "s3://bucket").during(() => Promise.resolve(1)), 1);
  });
});
