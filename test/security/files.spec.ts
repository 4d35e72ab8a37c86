/** Can somebody who may put files beside ours have a secret or a report written elsewhere, or read what a command writes? */
import assert from "node:assert/strict";
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AutomationError } from "../../automation/errors";
import {
  requirePrivatePath,
  requireReportPath,
  writePrivateFile,
  writeReport,
} from "../../automation/env-file/private-file";
import { startEscCheckout, type EscCheckout } from "../support/esc-checkout";

const failure = (action: Promise<unknown>) =>
  action.then(
    () => "no error",
    ({ code, message }: AutomationError) => `${code}: ${message}`,
  );

describe("P8, P9: files", function () {
  this.timeout(60_000);
  let folder: string;
  let umask: number;
  const target = (name: string) => ({ path: join(folder, name), shown: name, code: "spec.unwritable", hint: "Move." });
  const modeOf = async (name: string) => (await stat(join(folder, name))).mode & 0o777;

  beforeEach(async () => {
    umask = process.umask(0);
    folder = await mkdtemp(join(tmpdir(), "sophia-files-"));
  });
  afterEach(async () => {
    process.umask(umask);
    await rm(folder, { recursive: true, force: true });
  });

  it("a report is for its owner only under umask 000, also in the place of one that everybody could read", async () => {
    await writeReport(target("new.json"), "{}\n");
    await writeFile(join(folder, "old.json"), "{}", { mode: 0o666 });
    await writeReport(target("old.json"), "{}\n");
    assert.deepEqual([await modeOf("new.json"), await modeOf("old.json")], [0o600, 0o600]);
    assert.deepEqual(await readdir(folder), ["new.json", "old.json"]);
  });

  it("a symbolic link at a report's path is refused, dangling or not, and what it points to stays", async () => {
    await writeFile(join(folder, "theirs"), "theirs");
    await symlink(join(folder, "theirs"), join(folder, "report.json"));
    await symlink(join(folder, "nowhere"), join(folder, "dangling.json"));
    for (const name of ["report.json", "dangling.json"]) {
      const expected = `spec.unwritable: ${name} cannot be written (it is a symbolic link); nothing was changed.`;
      assert.equal(await failure(writeReport(target(name), "ours")), expected);
      assert.equal(await failure(requireReportPath(target(name))), expected);
    }
    assert.equal(await readFile(join(folder, "theirs"), "utf8"), "theirs");
    assert.deepEqual(await readdir(folder), ["dangling.json", "report.json", "theirs"]);
  });

  it("a folder and a device at a report's path are refused, and a folder that is not there", async () => {
    await mkdir(join(folder, "report.json"));
    assert.match(await failure(writeReport(target("report.json"), "ours")), /it is no plain file/);
    const device = { ...target("null"), path: "/dev/null" };
    assert.match(await failure(writeReport(device, "ours")), /it is no plain file/);
    assert.ok(!(await lstat("/dev/null")).isFile());
    assert.match(await failure(writeReport(target("no/report.json"), "ours")), /\(ENOENT\)/);
  });

  it("a temporary file with secrets that a killed run left goes with the next write, and nobody else's file", async () => {
    const abandoned = ".env.0123456789abcdef.tmp";
    const kept = [
      ".env.0123456789abcdef.tmp2",
      ".env.local",
      ".env2.0123456789abcdef.tmp",
      ".env.fedcba9876543210.tmp",
    ];
    for (const name of [abandoned, ...kept]) await writeFile(join(folder, name), "SECRET=1\n", { mode: 0o600 });
    const longAgo = new Date(Date.now() - 120_000);
    for (const name of [abandoned, ...kept.slice(0, 3)]) await utimes(join(folder, name), longAgo, longAgo);
    const options = { directory: folder, force: false, environment: { PATH: process.env.PATH } };
    await writePrivateFile(await requirePrivatePath(".env", options), "SECRET=2\n");
    // The last one is young: another run may be about to put it into place.
    assert.deepEqual(await readdir(folder), [".env", ...kept].sort());
    assert.equal(await modeOf(".env"), 0o600);
  });
});

describe("P8: a command that is told to write", function () {
  this.timeout(120_000);
  let checkout: EscCheckout;
  let umask: number;

  before(async () => {
    umask = process.umask(0);
    checkout = await startEscCheckout();
    await checkout.put("theirs", "theirs");
    await checkout.put(".env", "GONG_BASE_URL=https://us-1.api.gong.io\n");
    for (const name of [".env.link", "results.json"])
      await symlink(join(checkout.folder, "theirs"), join(checkout.folder, name));
    const imported = await checkout.cli("import-env");
    assert.equal(imported.code, 0, imported.stderr);
  });
  after(async () => {
    process.umask(umask);
    await checkout?.dispose();
  });

  for (const [line, code] of [
    ["export-env --env-file .env.link --force", "export.not_a_file"],
    ["test --source env-file --env-file .env --output results.json", "test.unwritable"],
  ] as const) {
    it(`does not follow a link that somebody has put there: ${line}`, async () => {
      const { error } = await checkout.json<{ error: { code: string } }>(line, 2);
      assert.equal(error.code, code);
      assert.equal(await checkout.get("theirs"), "theirs");
    });
  }
});
