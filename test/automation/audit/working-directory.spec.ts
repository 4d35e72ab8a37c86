/** Are files that give secrets away found in the folder in which we run? */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { auditEnvFiles } from "../../../automation/audit/working-directory";

describe("auditEnvFiles", () => {
  let folder: string;
  const environment = { PATH: process.env.PATH, HOME: tmpdir() };
  const git = (...words: string[]) => promisify(execFile)("git", words, { cwd: folder, env: environment });
  const put = async (name: string, mode: number) => {
    await writeFile(join(folder, name), "X=1\n");
    await chmod(join(folder, name), mode);
  };
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "sophia-audit-"))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("says of each env file its mode, and whether others can read it", async () => {
    await put(".env", 0o600);
    await put(".env.new", 0o640);
    assert.deepEqual(await auditEnvFiles(folder, environment), [
      { file: ".env", tracked: false, mode: "0600", exposed: false },
      { file: ".env.new", tracked: false, mode: "0640", exposed: true },
    ]);
  });

  it("knows what git tracks, and is not led astray by an index that the environment names", async () => {
    await git("init", "-q");
    await put(".env", 0o600);
    await put(".env.local", 0o600);
    await git("add", "-f", ".env");
    const astray = { ...environment, GIT_DIR: "/nowhere", GIT_INDEX_FILE: "/nowhere" };
    assert.deepEqual(
      (await auditEnvFiles(folder, astray)).map(({ file, tracked }) => [file, tracked]),
      [
        [".env", true],
        [".env.local", false],
      ],
    );
  });

  it("leaves out examples, folders, links and everything else", async () => {
    await put(".env.example", 0o644);
    await put(".envrc", 0o644);
    await put("x.env", 0o644);
    await mkdir(join(folder, ".env.d"));
    await symlink("/dev/null", join(folder, ".env"));
    assert.deepEqual(await auditEnvFiles(folder, environment), []);
  });

  it("finds none in a folder that is not there", async () =>
    assert.deepEqual(await auditEnvFiles(join(folder, "missing"), environment), []));
});
