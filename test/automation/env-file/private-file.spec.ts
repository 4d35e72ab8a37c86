/** Are secrets written where nobody else reads them and git does not take them, or not at all? (The command's own spec has the rest.) */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AutomationError } from "../../../automation/errors";
import { requirePrivatePath, writePrivateFile } from "../../../automation/env-file/private-file";

describe("a private file", () => {
  let folder: string;
  const environment = { PATH: process.env.PATH };
  const codeOf = (action: Promise<unknown>) =>
    action.then(
      () => "no error",
      (error: AutomationError) => error.code,
    );
  const path = (name: string, force = false) => requirePrivatePath(name, { directory: folder, force, environment });

  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "sophia-private-"))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("may be anywhere outside of a repository", async () => {
    await writePrivateFile(await path("any"), "new\n");
    assert.equal(await readFile(join(folder, "any"), "utf8"), "new\n");
  });

  it("is not written where git cannot say whether it would take it", async () => {
    await mkdir(join(folder, ".git"));
    await writeFile(join(folder, ".git", "HEAD"), "broken");
    const noGit = { directory: folder, force: false, environment: { PATH: folder } };
    assert.equal(await codeOf(requirePrivatePath(".env", noGit)), "export.not_ignored");
  });

  it("does not replace what somebody put there after the check", async () => {
    const checked = await path("any");
    await writeFile(join(folder, "any"), "theirs");
    assert.equal(await codeOf(writePrivateFile(checked, "ours")), "export.failed");
    assert.equal(await readFile(join(folder, "any"), "utf8"), "theirs");
    assert.deepEqual(await readdir(folder), ["any"]);
  });

  it("takes the place of a link that appears after the check, and leaves what it points to", async () => {
    await writeFile(join(folder, "elsewhere"), "theirs");
    const checked = await path("any", true);
    await symlink(join(folder, "elsewhere"), join(folder, "any"));
    await writePrivateFile(checked, "ours");
    assert.equal(await readFile(join(folder, "elsewhere"), "utf8"), "theirs");
    assert.equal((await stat(join(folder, "any"))).mode & 0o777, 0o600);
  });

  it("tightens the mode of a file that it replaces", async () => {
    await writeFile(join(folder, "any"), "old", { mode: 0o644 });
    await writePrivateFile(await path("any", true), "new");
    assert.equal((await stat(join(folder, "any"))).mode & 0o777, 0o600);
  });
});
