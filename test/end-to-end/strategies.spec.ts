/** Does Snowflake's credential rotate by each strategy, and move from one to another, without a consumer ever being refused? On the real engine. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { queryOnce, SnowflakeRefusal, type LogInCredential } from "../../automation/probes/snowflake-driver";
import { type DoctorCheck } from "../../automation/doctor";
import { type RotationReport, type ServiceRotation } from "../../automation/rotation/report";
import { publicKeyOf } from "../../automation/snowflake-keys";
import { startConsumer } from "../../sandbox/consumer";
import { services } from "../../services";
import { newKey } from "../sandbox/snowflake-client";
import { Canaries, collectSecrets } from "../support/canaries";
import { CHECKOUT, runChild, said, startSpecSandbox, type SpecSandbox } from "../support/sandbox";

type Values = Readonly<Record<string, string>>;

const REPOSITORY = { kind: "repository", repository: "sophia" } as const;
const SERVICE_USER = "SOPHIA_SERVICE_SVC";
const consumers = services.filter(({ name }) => name === "snowflake");

describe("the strategies of Snowflake's credential", function () {
  this.timeout(600_000);
  let sandbox: SpecSandbox;
  const canaries = new Canaries();
  /** What consumers read before the last rotation. */
  let former: Values = {};

  before(async () => {
    sandbox = await startSpecSandbox();
    const result = await sandbox.cli(["up"]);
    assert.equal(result.code, 0, said(result));
  });
  after(() => sandbox?.dispose());

  async function choose(strategy: string): Promise<void> {
    const path = join(sandbox.directory, "work", "Pulumi.development.yaml");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace(/snowflakeCredential: .*/, `snowflakeCredential: ${strategy}`));
  }

  /** Rotates while a consumer logs in with what it reads, over and over. */
  async function rotate(): Promise<ServiceRotation> {
    former = sandbox.published();
    const consumer = startConsumer(sandbox.session(), consumers);
    const result = await sandbox
      .cliJson<RotationReport>(["rotate", "--service", "snowflake", "--grace", "2s"])
      .finally(async () => {
        const [used] = await consumer.stop();
        assert.ok(used && used.uses > 5, `used ${used?.uses} times`);
        assert.deepEqual({ ...used, uses: 0 }, { service: "snowflake", uses: 0, refusals: 0, unknown: 0 });
      });
    collectSecrets(canaries, sandbox);
    const [report] = result.json.services;
    assert.equal(report?.outcome, "rotated", said(result));
    return report;
  }

  async function expectNoChanges(): Promise<void> {
    const result = await sandbox.cli(["preview", "--expect-no-changes"]);
    assert.equal(result.code, 0, said(result));
  }

  /** `none`, or the number with which Snowflake refuses a program that has these values. */
  async function refusal({ SNOWFLAKE_USER: user = "", SNOWFLAKE_PASSWORD, SNOWFLAKE_PRIVATE_KEY = "" }: Values) {
    const credential: LogInCredential =
      SNOWFLAKE_PASSWORD === undefined ? { privateKey: SNOWFLAKE_PRIVATE_KEY } : { password: SNOWFLAKE_PASSWORD };
    const logIn = { account: "PAYREADY-SOPHIA", accessUrl: sandbox.snowflake.url, user, credential, timeoutMs: 10_000 };
    return queryOnce(logIn, "SELECT 1").then(
      () => "none",
      (error: unknown) => (error instanceof SnowflakeRefusal ? String(error.errorCode) : assert.fail(String(error))),
    );
  }

  async function administrate(statement: string): Promise<void> {
    const { SOPHIA_SNOWFLAKE_ADMIN_USER: user = "", SOPHIA_SNOWFLAKE_ADMIN_PASSWORD: password = "" } =
      sandbox.variables;
    const where = { account: "PAYREADY-SOPHIA", accessUrl: sandbox.snowflake.url, timeoutMs: 10_000 };
    await queryOnce({ ...where, user, credential: { password } }, statement);
  }

  /** Names of ours that both destinations hold, of those by which Snowflake's strategies differ. */
  function held(): Record<string, readonly string[]> {
    const isOurs = (name: string) => /^SNOWFLAKE_(PASSWORD|PRIVATE_KEY)$/.test(name);
    const github = ["SNOWFLAKE_PASSWORD", "SNOWFLAKE_PRIVATE_KEY"].filter(
      (name) => sandbox.github.openedSecret(REPOSITORY, name) !== undefined,
    );
    const vercel = sandbox.vercel.variables("prj_123456789").map(({ key }) => key);
    return { github, vercel: vercel.filter(isOurs), esc: Object.keys(sandbox.published()).filter(isOurs) };
  }

  const everywhere = (...names: string[]) => ({ github: names, vercel: names, esc: names });
  const fingerprint = () => publicKeyOf(sandbox.published().SNOWFLAKE_PRIVATE_KEY ?? "")?.fingerprint;

  it("leaves everything as it is when only the setting changes, and says what is pending", async () => {
    assert.deepEqual(held(), everywhere("SNOWFLAKE_PASSWORD"));
    await choose("key-pair");
    const up = await sandbox.cliJson<{ changes: { type: string }[] }>(["up"]);
    const changes = up.json.changes.filter(({ type }) => !type.startsWith("pulumi:providers:"));
    assert.deepEqual([up.code, changes], [0, []], said(up));
    const status = await sandbox.cliJson<{ services: Record<string, unknown>[] }>(["status"]);
    const [{ strategy, moveTo } = {}] = status.json.services;
    assert.deepEqual([strategy, moveTo], ["password", "key-pair"]);
    const doctor = await sandbox.cliJson<{ checks: DoctorCheck[] }>(["doctor"]);
    assert.deepEqual(
      doctor.json.checks.find(({ name }) => name === "strategies"),
      {
        ...{ name: "strategies", status: "warn" },
        detail: "snowflake moves from password to key-pair with the next rotation",
        fix: "npx sophia-secrets rotate --service snowflake --stack development",
      },
    );
  });

  it("moves from passwords to a key pair: the password is gone everywhere, and its user with it", async () => {
    const { variables } = await rotate();
    assert.deepEqual(variables, ["SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD", "SNOWFLAKE_PRIVATE_KEY"]);
    const { SNOWFLAKE_USER, SNOWFLAKE_PRIVATE_KEY } = sandbox.published();
    assert.equal(SNOWFLAKE_USER, SERVICE_USER);
    assert.deepEqual(held(), everywhere("SNOWFLAKE_PRIVATE_KEY"));
    assert.equal(sandbox.github.openedSecret(REPOSITORY, "SNOWFLAKE_PRIVATE_KEY"), SNOWFLAKE_PRIVATE_KEY);
    assert.deepEqual([await refusal(former), await refusal(sandbox.published())], ["390100", "none"]);
    const user = sandbox.snowflake.user(SERVICE_USER);
    assert.deepEqual([user?.type, user?.hasPassword, user?.roles], ["SERVICE", false, ["SOPHIA_ROLE"]]);
    assert.deepEqual(user?.fingerprints, [undefined, fingerprint()]);
    assert.equal(sandbox.snowflake.user("SOPHIA_SERVICE"), undefined);
  });

  it("needs no password any more where a key is in use", async () => {
    for (const command of [["validate"], ["test", "snowflake", "--output", "none"]]) {
      const result = await sandbox.cli(command);
      assert.equal(result.code, 0, said(result));
    }
  });

  it("hands a key of many lines over in an env file", async () => {
    const path = join(sandbox.folder, "inputs", "exported.env");
    const env = { ...sandbox.variables, HOME: sandbox.places.home, TMPDIR: sandbox.places.temporary };
    // By the guide's own program: node itself would look for a file that --env-file names.
    const result = await runChild(join(CHECKOUT, "sophia_secrets"), ["export-env", "--env-file", path], { env });
    assert.equal(result.code, 0, said(result));
    const { SNOWFLAKE_PRIVATE_KEY } = parseEnv(await readFile(path, "utf8"));
    assert.equal(SNOWFLAKE_PRIVATE_KEY, sandbox.published().SNOWFLAKE_PRIVATE_KEY);
  });

  it("rotates a key pair in the other slot of the same user, one variable and so no torn pair", async () => {
    const { tornWindows } = await rotate();
    assert.deepEqual(tornWindows, []);
    assert.equal(sandbox.published().SNOWFLAKE_USER, SERVICE_USER);
    assert.deepEqual(sandbox.snowflake.user(SERVICE_USER)?.fingerprints, [fingerprint(), undefined]);
    assert.deepEqual([await refusal(former), await refusal(sandbox.published())], ["390144", "none"]);
  });

  it("sees no difference at Snowflake after a refresh", async () => {
    const result = await sandbox.pulumi(["refresh", "--yes", "--run-program", "--non-interactive"]);
    assert.equal(result.code, 0, said(result));
    const up = await sandbox.cliJson<{ changes: { type: string }[] }>(["up"]);
    assert.equal(up.code, 0, said(up));
    assert.deepEqual(
      up.json.changes.filter(({ type }) => /snowflake|dynamic/i.test(type)),
      [],
    );
    await expectNoChanges();
  });

  it("leaves a slot alone that holds somebody else's key, before anything is changed", async () => {
    const foreign = newKey();
    await administrate(`ALTER USER ${SERVICE_USER} SET RSA_PUBLIC_KEY_2 = '${foreign.publicText}'`);
    const before = [sandbox.esc.text("sophia", "development-intake"), sandbox.published()];
    const result = await sandbox.cliJson<RotationReport>(["rotate", "--service", "snowflake", "--grace", "0"]);
    const [report] = result.json.services;
    assert.deepEqual([result.code, report?.outcome, result.json.ups], [1, "stopped", []]);
    assert.equal(
      report?.summary,
      `RSA_PUBLIC_KEY_2 of ${SERVICE_USER} holds a key that this stack did not make (${foreign.fingerprint}); ` +
        `nothing was changed. If nobody needs it: ALTER USER ${SERVICE_USER} UNSET RSA_PUBLIC_KEY_2;`,
    );
    assert.deepEqual([sandbox.esc.text("sophia", "development-intake"), sandbox.published()], before);
    assert.deepEqual(sandbox.snowflake.user(SERVICE_USER)?.fingerprints, [fingerprint(), foreign.fingerprint]);
    await administrate(`ALTER USER ${SERVICE_USER} UNSET RSA_PUBLIC_KEY_2`);
  });

  it("moves from a key pair to access tokens of the same user", async () => {
    await choose("access-token");
    await rotate();
    assert.equal(sandbox.published().SNOWFLAKE_USER, SERVICE_USER);
    assert.deepEqual(held(), everywhere("SNOWFLAKE_PASSWORD"));
    const { fingerprints, accessTokens } = sandbox.snowflake.user(SERVICE_USER) ?? assert.fail();
    assert.deepEqual(fingerprints, [undefined, undefined]);
    assert.deepEqual(accessTokens, ["SOPHIA_DEVELOPMENT_SNOWFLAKE_B_2"]);
    assert.deepEqual([await refusal(former), await refusal(sandbox.published())], ["390144", "none"]);
  });

  it("rotates an access token in the other slot of the same user", async () => {
    const { tornWindows } = await rotate();
    assert.deepEqual(tornWindows, []);
    assert.deepEqual(sandbox.snowflake.user(SERVICE_USER)?.accessTokens, ["SOPHIA_DEVELOPMENT_SNOWFLAKE_A_3"]);
    assert.deepEqual([await refusal(former), await refusal(sandbox.published())], ["390100", "none"]);
    await expectNoChanges();
  });

  it("moves back to passwords: the user without one is gone", async () => {
    await choose("password");
    await rotate();
    assert.equal(sandbox.published().SNOWFLAKE_USER, "SOPHIA_SERVICE_ALT");
    assert.equal(sandbox.snowflake.user(SERVICE_USER), undefined);
    assert.deepEqual(held(), everywhere("SNOWFLAKE_PASSWORD"));
    assert.deepEqual([await refusal(former), await refusal(sandbox.published())], ["390100", "none"]);
    await expectNoChanges();
  });

  it("asked for nothing that the services do not know, and showed no value", async () => {
    assert.deepEqual(sandbox.unexpectedRequests(), []);
    assert.ok(canaries.count >= 8, `${canaries.count} values`);
    assert.deepEqual(canaries.inText("output", sandbox.transcript.join("\n")), []);
    assert.deepEqual(await canaries.inFolder(sandbox.directory, [join(sandbox.directory, "passphrase")]), []);
  });
});
