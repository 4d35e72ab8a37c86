/** Is a key still good while it is read, when a rotation of two keys of one user is given up? On the real engine. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type RotationReport } from "../../../automation/rotation/report";
import { publicKeyOf } from "../../../automation/snowflake-keys";
import { said, startSpecSandbox, type SpecSandbox } from "../../support/sandbox";

describe("rotate --abort --grace 0 of a key pair", function () {
  this.timeout(240_000);
  let sandbox: SpecSandbox;
  before(async () => {
    sandbox = await startSpecSandbox();
    const path = join(sandbox.directory, "work", "Pulumi.development.yaml");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace(/snowflakeCredential: .*/, "snowflakeCredential: key-pair"));
    const up = await sandbox.cli(["up"]);
    assert.equal(up.code, 0, said(up));
  });
  after(() => sandbox?.dispose());

  it("points consumers back by one up and takes the new key away by another", async () => {
    const old = sandbox.published().SNOWFLAKE_PRIVATE_KEY ?? "";
    const words = ["rotate", "--service", "snowflake"];
    const draining = await sandbox.cliJson<RotationReport>([...words, "--grace", "24h"]);
    assert.deepEqual([draining.code, draining.json.services[0]?.outcome], [0, "draining"], said(draining));
    const { code, json } = await sandbox.cliJson<RotationReport>([...words, "--abort", "--grace", "0"]);
    assert.deepEqual([code, json.services[0]?.outcome], [1, "aborted"]);
    const changed = json.ups.map(({ step, changes }) => [
      step,
      changes.some(({ name }) => name.endsWith("-SNOWFLAKE_PRIVATE_KEY")),
      changes.some(({ type }) => type.endsWith(":ServiceUser")),
    ]);
    assert.deepEqual(changed, [
      ["promote", true, false],
      ["retire", false, true],
    ]);
    assert.equal(sandbox.published().SNOWFLAKE_PRIVATE_KEY, old);
    const user = sandbox.snowflake.user("SOPHIA_SERVICE_SVC");
    assert.deepEqual(user?.fingerprints, [publicKeyOf(old)?.fingerprint, undefined]);
  });
});
