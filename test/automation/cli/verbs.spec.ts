/** Do the small verbs say the truth about a stack, and show no secret? Against the sandbox. */
import assert from "node:assert/strict";
import { type DoctorCheck } from "../../../automation/doctor";
import { CHECKOUT, runChild, said, startSpecSandbox, type SpecSandbox } from "../../support/sandbox";

describe("the small verbs", function () {
  this.timeout(120_000);
  let sandbox: SpecSandbox;
  before(async () => void (sandbox = await startSpecSandbox()));
  after(() => sandbox.dispose());

  const doctor = async (env: Record<string, string | undefined> = {}) => {
    const { code, json } = await sandbox.cliJson<{ checks: DoctorCheck[] }>(["doctor"], { env });
    return {
      code,
      status: Object.fromEntries(json.checks.map(({ name, status }) => [name, status])),
      checks: json.checks,
    };
  };

  it("doctor finds nothing in the way in a sound sandbox, but says that a password is in use", async () => {
    const { code, status } = await doctor();
    const fine = {
      node: "ok",
      pulumi: "ok",
      ".env": "ok",
      plugins: "ok",
      state: "ok",
      settings: "ok",
      esc: "ok",
      github: "ok",
      vercel: "ok",
      snowflake: "ok",
      estuary: "ok",
      clock: "ok",
      network: "ok",
      membership: "ok",
      token: "ok",
    };
    assert.deepEqual({ code, status }, { code: 0, status: { ...fine, strategies: "warn" } });
  });

  it("doctor tells a refused GitHub token and a missing CLI apart, each with its fix, and goes on with the rest", async () => {
    const { code, status, checks } = await doctor({ GITHUB_TOKEN: "ghp_nobodyknowsthistoken", PATH: "/nowhere" });
    assert.deepEqual([code, status.github, status.pulumi, status.esc], [1, "fail", "fail", "ok"]);
    const fixes = checks.filter((check) => check.status === "fail").map(({ fix }) => fix ?? "");
    assert.match(fixes.join("\n"), /Install it[^]*Give GITHUB_TOKEN/);
  });

  it("doctor without settings says what is missing and asks nobody", async () => {
    const before = sandbox.standIns().flatMap((standIn) => standIn.requests()).length;
    const { code, status } = await doctor({ PULUMI_ACCESS_TOKEN: undefined });
    assert.deepEqual([code, status.settings, status.esc], [1, "fail", undefined]);
    assert.equal(sandbox.standIns().flatMap((standIn) => standIn.requests()).length, before);
  });

  it("validate and run say how to begin when nothing was brought about yet", async () => {
    for (const verb of [["validate"], ["run", "--", "true"]]) {
      const result = await sandbox.cli(verb);
      assert.equal(result.code, 6, said(result));
      assert.match(
        result.stderr,
        /There is no ESC environment payready\/sophia\/development yet\.\n {2}Create it with: npx sophia-secrets up/,
      );
    }
  });

  describe("on a stack that was brought about", () => {
    before(async () => {
      const result = await sandbox.cli(["up"]);
      assert.equal(result.code, 0, said(result));
    });

    it("validate finds everything that consumers need", async () => {
      const { code, json } = await sandbox.cliJson<{ complete: number }>(["validate"]);
      assert.deepEqual([code, json.complete], [0, 100]);
    });

    it("run passes what consumers read, no controlling token, masks its output and hands on the exit code", async () => {
      const script =
        'echo "key=$GONG_API_KEY user=$SNOWFLAKE_USER token=[$GITHUB_TOKEN]"; echo "$GONG_API_SECRET" >&2; exit 5';
      const result = await sandbox.cli(["run", "--", "sh", "-c", script]);
      assert.deepEqual(result, {
        code: 5,
        stdout: "key=[secret] user=SOPHIA_SERVICE token=[]\n",
        stderr: "[secret]\n",
      });
    });

    it("run gives the program the very values: told to, it shows them", async () => {
      const result = await sandbox.cli(["run", "--no-masking", "--", "sh", "-c", 'printf %s "$GONG_API_KEY"'], {
        asChild: true,
      });
      assert.equal(result.stdout, sandbox.published().GONG_API_KEY);
    });

    it("run, validate, status and test of a consumer's service need no controlling token but the one of ESC", async () => {
      const names = ["GITHUB_TOKEN", "SOPHIA_VERCEL_CONTROL_TOKEN", "SOPHIA_ESTUARY_CONTROL_TOKEN"];
      const admin = ["SOPHIA_SNOWFLAKE_ADMIN_USER", "SOPHIA_SNOWFLAKE_ADMIN_PASSWORD"];
      const env = Object.fromEntries([...names, ...admin].map((name) => [name, undefined]));
      for (const verb of [["run", "--", "true"], ["validate"], ["status"], ["test", "vercel", "--output", "none"]]) {
        const result = await sandbox.cli(verb, { env });
        assert.equal(result.code, 0, said(result));
      }
      assert.equal((await sandbox.cli(["up"], { env })).code, 2);
    });

    it("ends its work, and itself, when nobody reads its words any more", async () => {
      const command = `"${process.execPath}" "${CHECKOUT}/bin/sophia-secrets.js" up 2>&1 | head -c 1`;
      const env = { ...sandbox.variables, HOME: sandbox.places.home, TMPDIR: sandbox.places.temporary };
      assert.equal((await runChild("bash", ["-c", command], { env })).code, 0);
      const after = await sandbox.cli(["preview", "--expect-no-changes"]);
      assert.equal(after.code, 0, said(after));
    });

    it("up says that a service refused a controlling token, with the command that says which", async () => {
      const result = await sandbox.cli(["up"], { env: { GITHUB_TOKEN: "ghp_nobodyknowsthistoken" } });
      assert.equal(result.code, 3, said(result));
      assert.match(result.stderr, /A service refused a controlling token: npx sophia-secrets doctor says which/);
    });

    it("run says that a program does not exist, and what to look at", async () => {
      const result = await sandbox.cli(["run", "--", "no-such-program"]);
      assert.deepEqual(result, {
        code: 2,
        stdout: "",
        stderr:
          "error: no-such-program could not be started (ENOENT).\n  Check its name and PATH; what a shell understands goes into sh -c '…'.\n",
      });
    });
  });

  it("services and template need no setting at all", async () => {
    const bare = { PULUMI_ACCESS_TOKEN: undefined, GITHUB_TOKEN: undefined };
    const list = await sandbox.cliJson<{ services: { name: string }[] }>(["services"], { env: bare });
    assert.deepEqual(
      list.json.services.map(({ name }) => name),
      ["snowflake", "gong", "vercel", "estuary", "github", "pulumi"],
    );
    const shown = await sandbox.cli(["services", "show", "gong"], { env: bare });
    assert.match(shown.stdout, /^ {2}GONG_API_SECRET {2}secret, to esc, github, vercel$/m);
    assert.equal((await sandbox.cli(["template"], { env: bare })).code, 0);
  });
});
