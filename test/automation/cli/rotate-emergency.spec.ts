/** Is an old credential kept while somebody uses it, and replaced at once when it was exposed? On the real engine, asked of the services' stand-ins. */
import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ExposureReport } from "../../../automation/rotation/exposure";
import { type RotationReport } from "../../../automation/rotation/report";
import { recordEdits } from "../../../automation/rotation/transitions";
import { withDriver } from "../../sandbox/snowflake-client";
import { said, startSpecSandbox, type SpecSandbox } from "../../support/sandbox";

describe("rotate, with an eye on who uses the old credential", function () {
  this.timeout(300_000);
  let sandbox: SpecSandbox;
  before(async () => {
    sandbox = await startSpecSandbox();
    const up = await sandbox.cli(["up"]);
    assert.equal(up.code, 0, said(up));
  });
  after(() => sandbox?.dispose());

  const rotate = async (...words: string[]) => sandbox.cliJson<RotationReport>(["rotate", ...words]);
  const snowflakeOf = ({ json }: { json: RotationReport }) =>
    json.services.find(({ service }) => service === "snowflake") ?? assert.fail("no snowflake in the report");
  let old: Readonly<Record<string, string>>;

  it("keeps it while Snowflake's history shows a log-in with it, and says when and by which client", async () => {
    old = sandbox.published();
    const first = await rotate("--service", "snowflake", "--service", "vercel");
    assert.equal(first.code, 0, said(first));
    const { SNOWFLAKE_USER: username = "", SNOWFLAKE_PASSWORD: password = "" } = old;
    await withDriver(sandbox.snowflake, { username, password }, "SELECT CURRENT_USER()");
    const result = await rotate("--service", "snowflake", "--service", "vercel", "--resume", "--grace", "0");
    const { outcome, usage, summary, next } = snowflakeOf(result);
    assert.deepEqual([result.code, outcome, usage?.outcome], [1, "retire_pending", "in_use"], said(result));
    assert.match(summary, /still in use: last at \S+Z by JavaScript from 127\.0\.0\.1; rotate --resume checks again/);
    assert.match(next ?? "", /--resume/);
    assert.equal(sandbox.snowflake.tryLogin(username, password).ok, true);
    const vercel = result.json.services.find(({ service }) => service === "vercel");
    assert.deepEqual([vercel?.outcome, vercel?.usage?.outcome], ["rotated", "unused"]);
  });

  it("retires it all the same with --force", async () => {
    const result = await rotate("--service", "snowflake", "--resume", "--grace", "0", "--force");
    assert.deepEqual([result.code, snowflakeOf(result).outcome], [0, "rotated"], said(result));
    assert.equal(sandbox.snowflake.tryLogin(old.SNOWFLAKE_USER ?? "", old.SNOWFLAKE_PASSWORD ?? "").ok, false);
  });

  it("plans an answer to an exposure without changing anything", async () => {
    const before = sandbox.esc.revisions("sophia", "development-intake").length;
    const words = ["--exposed-at", "vercel", "--dry-run"];
    const { json, code } = await sandbox.cliJson<{ services: { service: string }[] }>(["rotate", ...words]);
    assert.equal(code, 0);
    assert.deepEqual(
      json.services.map(({ service }) => service),
      ["snowflake", "estuary", "gong"],
    );
    assert.equal(sandbox.esc.revisions("sophia", "development-intake").length, before);
  });

  it("answers an exposure at once, used or not, and leaves evidence for this user's eyes, without a value", async () => {
    old = sandbox.published();
    const { SNOWFLAKE_USER: username = "", SNOWFLAKE_PASSWORD: password = "" } = old;
    const output = await sandbox.pulumi(["stack", "output", "fingerprints", "--json", "--stack", "development"]);
    const fingerprints = JSON.parse(output.stdout) as Record<string, string>;
    await withDriver(sandbox.snowflake, { username, password }, "SELECT CURRENT_USER()");
    const path = join(sandbox.folder, "evidence.json");
    const words = ["--exposed-at", "github", "--service", "snowflake", "--service", "estuary", "--evidence", path];
    const result = await sandbox.cli(["rotate", ...words]);
    assert.equal(result.code, 0, said(result));
    assert.equal(sandbox.snowflake.tryLogin(username, password).ok, false);
    assert.equal(sandbox.estuary.accepts(old.ESTUARY_API_KEY ?? ""), false);
    assert.match(result.stderr, /snowflake +exposed: 1 secrets of it are at github/);
    assert.match(result.stdout, /Last, by hand: .*\n {2}SOPHIA_VERCEL_CONTROL_TOKEN:[^]*PULUMI_ACCESS_TOKEN:/);
    const lines = `${result.stdout}\n${result.stderr}`.split("\n");
    assert.deepEqual(
      lines.filter((line) => line.length > 100 && !line.includes(path)),
      [],
    );

    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const text = await readFile(path, "utf8");
    const { exposure, credentials } = JSON.parse(text) as ExposureReport;
    assert.deepEqual(exposure, { place: "github" });
    assert.deepEqual(
      credentials.map(({ service, isExposed, outcome }) => [service, isExposed, outcome]),
      [
        ["snowflake", true, "rotated"],
        ["estuary", true, "rotated"],
      ],
    );
    for (const { variables, newLiveAt = "", oldRefusedAt = "", oldTried } of credentials) {
      for (const { name, fingerprint, places } of variables) {
        assert.equal(fingerprint, fingerprints[name]);
        assert.deepEqual(
          places.map(({ place }) => place),
          ["github payready/sophia"],
        );
      }
      assert.ok(newLiveAt !== "" && newLiveAt <= oldRefusedAt, `${newLiveAt} ${oldRefusedAt}`);
      assert.equal(oldTried?.outcome, "rejected");
    }
    for (const values of [old, sandbox.published()])
      for (const name of ["SNOWFLAKE_PASSWORD", "ESTUARY_API_KEY"]) assert.ok(!text.includes(values[name] ?? "?"));
  });

  /** Runs a command that is refused before it changes anything. */
  async function refused(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const revisions = () => sandbox.esc.revisions("sophia", "development-intake").length;
    const [before, changes] = [revisions(), sandbox.changingRequests().length];
    const result = await sandbox.cli(["rotate", "--emergency", ...words], { env });
    assert.equal(result.code, 2, said(result));
    assert.equal(revisions(), before);
    const asked = sandbox.changingRequests().slice(changes);
    assert.deepEqual(
      asked.filter((request) => !/^(snowflake: POST \/queries\/|estuary: POST \/api\/graphql)/.test(request)),
      [],
    );
    return result;
  }

  it("reads the file of a pair before it replaces anything, also what needs no person", async () => {
    const file = join(sandbox.folder, "pair.json");
    await writeFile(file, "GONG_API_KEY=canary-not-json\n");
    const result = await refused(["--service", "estuary", "--service", "gong", "--from-file", file]);
    assert.match(result.stderr, /is no JSON object of texts; nothing was changed/);
  });

  it("refuses a controlling token that this stack has made: its retirement would delete it", async () => {
    const { VERCEL_ACCESS_TOKEN = "" } = sandbox.published();
    const env = { SOPHIA_VERCEL_CONTROL_TOKEN: VERCEL_ACCESS_TOKEN };
    const result = await refused(["--service", "vercel"], env);
    assert.match(result.stderr, /VERCEL_ACCESS_TOKEN of vercel, slot [ab], is a controlling token of this tool/);
  });

  it("leaves evidence also where a part could not be replaced: another run holds one, the others are done", async () => {
    const { intake: store } = sandbox.session();
    const run = { id: "other", owner: "elsewhere:1", heartbeatAt: new Date().toISOString() };
    await store.write(({ intake }) => recordEdits("estuary", { ...intake.rotation("estuary"), run }));
    const old = sandbox.published();
    const path = join(sandbox.folder, "part.json");
    const words = ["--exposed-at", "env-file", "--service", "estuary", "--service", "vercel", "--evidence", path];
    const result = await sandbox.cli(["rotate", ...words]);
    assert.equal(result.code, 10, said(result));
    assert.match(result.stdout, /estuary +stopped: estuary is being rotated by elsewhere:1/);
    const { credentials } = JSON.parse(await readFile(path, "utf8")) as ExposureReport;
    assert.deepEqual(
      credentials.map(({ service, outcome }) => [service, outcome]),
      [
        ["vercel", "rotated"],
        ["estuary", "stopped"],
      ],
    );
    const { VERCEL_ACCESS_TOKEN, ESTUARY_API_KEY } = sandbox.published();
    assert.notEqual(VERCEL_ACCESS_TOKEN, old.VERCEL_ACCESS_TOKEN);
    assert.equal(ESTUARY_API_KEY, old.ESTUARY_API_KEY);
  });
});
