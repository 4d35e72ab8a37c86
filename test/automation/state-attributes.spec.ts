/** Is a state in a folder read again after the CLI was killed while it wrote a file's attributes? */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { removeBrokenAttributes } from "../../automation/state-attributes";
import { readTestToolchain } from "../support/engine";

describe("broken attributes of a state", function () {
  this.timeout(60_000);
  let folder: string;
  let env: Record<string, string>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sophia-attributes-"));
    env = { PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_CONFIG_PASSPHRASE: "spec", PULUMI_HOME: folder };
    await writeFile(join(folder, "Pulumi.yaml"), "name: sophia\nruntime: nodejs\n");
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("keep the CLI from reading it, and are removed, so that it reads it again", async () => {
    const { pulumi: cli } = await readTestToolchain();
    const pulumi = (...words: string[]) =>
      promisify(execFile)(cli.path, [...words, "--non-interactive"], { cwd: folder, env: { ...process.env, ...env } });
    await pulumi("stack", "init", "development");
    const attributes = join(folder, ".pulumi", "stacks", "sophia", "development.json.attrs");
    await truncate(attributes);
    await assert.rejects(pulumi("stack", "export", "--stack", "development"), /failed to load checkpoint: EOF/);
    assert.deepEqual(await removeBrokenAttributes(env, "development"), [attributes]);
    await pulumi("stack", "export", "--stack", "development");
  });

  it("are removed beside locks too, and nothing else is: no whole ones, no other stack's, no other file", async () => {
    const [stacks, locks] = [
      join(folder, ".pulumi", "stacks", "sophia"),
      join(folder, ".pulumi", "locks", "organization", "sophia", "development"),
    ];
    for (const path of [stacks, locks]) await mkdir(path, { recursive: true });
    const files = ["development.json", "development.json.attrs", "development.json.bak.attrs", "other.json.attrs"];
    for (const file of files) await writeFile(join(stacks, file), file.endsWith("bak.attrs") ? "{}" : "");
    await writeFile(join(locks, "a.json.attrs"), '{"user.cache');
    await removeBrokenAttributes(env, "development");
    assert.deepEqual((await readdir(stacks)).sort(), [
      "development.json",
      "development.json.bak.attrs",
      "other.json.attrs",
    ]);
    assert.deepEqual(await readdir(locks), []);
    assert.deepEqual(await removeBrokenAttributes({ PULUMI_BACKEND_URL: "s3://bucket" }, "development"), []);
    assert.deepEqual(await removeBrokenAttributes({ PULUMI_BACKEND_URL: `file://${folder}/none` }, "development"), []);
  });
});
