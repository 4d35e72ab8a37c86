/** Does a program that we start get more than it needs? */
import assert from "node:assert/strict";
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requirePrivatePath } from "../../automation/env-file/private-file";
import { auditEnvFiles } from "../../automation/audit/working-directory";
import { runDoctor } from "../../automation/doctor";
import { systemHttp } from "../../automation/http";
import { startEscCheckout } from "../support/esc-checkout";
import { TEST_TOKENS } from "../support/program";

describe("P3: the environment of a program that we start", function () {
  this.timeout(60_000);
  let folder: string;
  const environment = () => ({ ...TEST_TOKENS, GIT_DIR: "/elsewhere", PATH: `${folder}:${process.env.PATH}` });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sophia-children-"));
    const git = join(folder, "git");
    await writeFile(git, `#!/bin/sh\nenv >> "${folder}/seen"\nexit 1\n`);
    await chmod(git, 0o755);
    await writeFile(join(folder, ".env"), "A=1\n", { mode: 0o600 });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("git, which runs what a repository's settings name, gets no token and is led to no other repository", async () => {
    const path = { directory: folder, force: false, environment: environment() };
    await requirePrivatePath(".env.new", path).catch(() => undefined);
    await auditEnvFiles(folder, environment());
    const openSession = () => {
      throw new Error("no settings");
    };
    const world = { directory: folder, environment: environment(), http: systemHttp(), now: Date.now };
    await runDoctor({ ...world, openSession }).catch(() => undefined);
    const seen = await readFile(join(folder, "seen"), "utf8");
    assert.ok(seen.split("\nPATH=").length >= 4, "git was asked by each of them");
    assert.doesNotMatch(seen, /canary|TOKEN|PASSWORD|GIT_DIR/);
  });

  it("a program of run gets what consumers read, no controlling token, and not what opens the state", async () => {
    const checkout = await startEscCheckout();
    try {
      await cp(join(folder, ".env"), join(checkout.folder, ".env"));
      checkout.esc.edit(
        "sophia",
        "development",
        "values:\n  environmentVariables:\n    GONG_BASE_URL: https://a.example\n",
      );
      // The checkout's own token of ESC stays.
      const tokens = Object.fromEntries(Object.entries(TEST_TOKENS).filter(([name]) => name !== "PULUMI_ACCESS_TOKEN"));
      const state = { PULUMI_CONFIG_PASSPHRASE: "canary-phrase", PULUMI_CONFIG_PASSPHRASE_FILE: "/canary" };
      const result = await checkout.cli("run -- env", { env: { ...tokens, ...state } });
      assert.equal(result.code, 0, result.stderr);
      assert.match(result.stdout, /^GONG_BASE_URL=https:\/\/a\.example$/m);
      assert.doesNotMatch(result.stdout, /canary|SOPHIA_ADMIN|PULUMI_ACCESS_TOKEN/);
    } finally {
      await checkout.dispose();
    }
  });
});
