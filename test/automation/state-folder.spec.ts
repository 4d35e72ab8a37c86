/** Is a state in a folder read again after the CLI was killed while it wrote a file's attributes, or the disk was full? */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { mendState } from "../../automation/state-folder";
import { readTestToolchain } from "../support/engine";

describe("a state in a folder", function () {
  this.timeout(60_000);
  let folder: string;
  let env: Record<string, string>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sophia-attributes-"));
    env = { PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_CONFIG_PASSPHRASE: "spec", PULUMI_HOME: folder };
    await writeFile(join(folder, "Pulumi.yaml"), "name: sophia\nruntime: nodejs\n");
  });
  afterEach(() => rm(folder, { recursive: true }));

  const pulumi = async (...words: string[]) => {
    const { pulumi: cli } = await readTestToolchain();
    return promisify(execFile)(cli.path, [...words, "--non-interactive"], {
      cwd: folder,
      env: { ...process.env, ...env },
    });
  };

  it("is read again where broken attributes keep the CLI from it", async () => {
    await pulumi("stack", "init", "development");
    const attributes = join(folder, ".pulumi", "stacks", "sophia", "development.json.attrs");
    await truncate(attributes);
    await assert.rejects(pulumi("stack", "export", "--stack", "development"), /failed to load checkpoint: EOF/);
    assert.deepEqual(await mendState(env, "development"), { attributes: [attributes] });
    await pulumi("stack", "export", "--stack", "development");
  });

  it("loses broken attributes beside locks too, and nothing else: no whole ones, no other stack's, no other file", async () => {
    const [stacks, locks] = [
      join(folder, ".pulumi", "stacks", "sophia"),
      join(folder, ".pulumi", "locks", "organization", "sophia", "development"),
    ];
    for (const path of [stacks, locks]) await mkdir(path, { recursive: true });
    const files = ["development.json", "development.json.attrs", "development.json.bak.attrs", "other.json.attrs"];
    for (const file of files) await writeFile(join(stacks, file), file.endsWith("bak.attrs") ? "{}" : "");
    await writeFile(join(locks, "a.json.attrs"), '{"user.cache');
    await mendState(env, "development");
    assert.deepEqual((await readdir(stacks)).sort(), [
      "development.json",
      "development.json.bak.attrs",
      "other.json.attrs",
    ]);
    assert.deepEqual(await readdir(locks), []);
    for (const url of ["s3://bucket", `file://${folder}/none`])
      assert.deepEqual(await mendState({ PULUMI_BACKEND_URL: url }, "development"), { attributes: [] });
  });

  it("that is cut short is the last whole one again, by the backup of when the run began where its own is cut short too", async () => {
    await pulumi("stack", "init", "development");
    const stacks = join(folder, ".pulumi", "stacks", "sophia");
    const backups = join(folder, ".pulumi", "backups", "sophia", "development");
    const history = join(folder, ".pulumi", "history", "sophia", "development");
    for (const path of [backups, history]) await mkdir(path, { recursive: true });
    const state = join(stacks, "development.json");
    const whole = await readFile(state, "utf8");
    const dated = async (path: string, text: string, minute: number) => {
      await writeFile(path, text);
      await utimes(path, minute * 60, minute * 60);
    };
    await dated(join(history, "development-1.checkpoint.json"), "{}", 1);
    await dated(join(history, "development-9.history.json"), "{}", 9);
    await dated(join(backups, "development.2.json"), whole, 2);
    await dated(join(backups, "development.3.json"), whole.slice(0, 50), 3);
    await dated(`${state}.bak`, whole.slice(0, 40), 4);
    await dated(state, whole.slice(0, 60), 5);
    await assert.rejects(pulumi("stack", "export", "--stack", "development"), /unexpected end of JSON input/);
    const from = join(backups, "development.2.json");
    assert.deepEqual(await mendState(env, "development"), { attributes: [], restoredFrom: from });
    assert.equal(await readFile(state, "utf8"), whole);
    assert.equal(await readFile(`${state}.cut-short`, "utf8"), whole.slice(0, 60));
    await pulumi("stack", "export", "--stack", "development");
    const { stdout } = await pulumi("stack", "ls");
    assert.equal(stdout.match(/development/g)?.length, 1);
    assert.deepEqual(await mendState(env, "development"), { attributes: [] });
  });

  it("stays as it is where there is no whole one", async () => {
    const stacks = join(folder, ".pulumi", "stacks", "sophia");
    await mkdir(stacks, { recursive: true });
    await writeFile(join(stacks, "development.json"), '{"version":3');
    await writeFile(join(stacks, "development.json.bak"), "");
    assert.deepEqual(await mendState(env, "development"), { attributes: [] });
    assert.equal(await readFile(join(stacks, "development.json"), "utf8"), '{"version":3');
  });
});
