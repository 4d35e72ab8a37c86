/** What do we ask the Pulumi CLI itself for? A stand-in for it, which is in the middle of another run's write at first. */
import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportEncrypted } from "../../automation/stack-cli";

/** Counts its starts in `starts`, and fails as often as the file `torn` has lines, with the text of `says`. */
const CLI = `#!/bin/sh
echo "$*" >> starts
if [ "$(wc -l < starts)" -le "$(wc -l < torn)" ]; then cat says >&2; exit 255; fi
echo '{"version":3,"deployment":{"resources":[]}}'
`;

describe("exportEncrypted", () => {
  let folder: string;
  beforeEach(async function () {
    if (process.platform === "win32") this.skip();
    folder = await mkdtemp(join(tmpdir(), "sophia-stack-cli-"));
    await writeFile(join(folder, "pulumi"), CLI);
    await chmod(join(folder, "pulumi"), 0o755);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const exportAfter = async (torn: number, says: string) => {
    await writeFile(join(folder, "torn"), "x\n".repeat(torn));
    await writeFile(join(folder, "says"), `error: could not export: ${says}\n`);
    const place = {
      command: join(folder, "pulumi"),
      stack: "development",
      directory: folder,
      environment: process.env,
    };
    const state = await exportEncrypted(place).catch((error: Error) => error.message);
    return { state, starts: (await readFile(join(folder, "starts"), "utf8")).trim().split("\n").length };
  };

  it("reads again where another run is just writing the state", async () => {
    const { state, starts } = await exportAfter(2, "failed to load checkpoint: EOF");
    assert.deepEqual([state, starts], [{ version: 3, deployment: { resources: [] } }, 3]);
  });

  it("gives up after five times, and at once where something else is the matter, with what the CLI said", async () => {
    const torn = await exportAfter(9, "failed to load checkpoint: unexpected EOF");
    assert.match(torn.state as string, /unexpected EOF/);
    assert.equal(torn.starts, 5);
    await rm(join(folder, "starts"));
    const locked = await exportAfter(9, "the stack is currently locked");
    assert.match(locked.state as string, /currently locked/);
    assert.equal(locked.starts, 1);
  });
});
