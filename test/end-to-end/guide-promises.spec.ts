/** Does what the guide says in its sentences hold? The rotation's five steps, what the test and the audit tell, the examples, the default address, least privilege. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { runProbe } from "../../automation/probes/run";
import { estuary } from "../../services/estuary";
import { acceptedBy, heldAtGitHub, type Values } from "../support/consumers";
import { EXAMPLES } from "../support/guide";
import { openPersonalCheckout, type PersonalCheckout } from "../support/personal-checkout";
import { said, startSpecSandbox, type SpecSandbox } from "../support/sandbox";

const REPOSITORY = { kind: "repository", repository: "sophia" } as const;

interface TestReport {
  readonly timestamp: string;
  readonly overall_status: string;
  readonly recommendations: readonly string[];
  readonly services: Readonly<
    Record<
      string,
      { readonly status: string; readonly error: string | null; readonly recommendations: readonly string[] }
    >
  >;
}
interface Import {
  readonly lines: readonly { readonly name: string; readonly action: string; readonly reason?: string }[];
}

describe("the guide's promises", function () {
  this.timeout(300_000);
  let sandbox: SpecSandbox;
  let clone: PersonalCheckout;
  before(async () => {
    sandbox = await startSpecSandbox();
    clone = await openPersonalCheckout(sandbox);
    await type("./sophia_secrets up");
  });
  after(async () => {
    await clone?.dispose();
    await sandbox?.dispose();
  });

  async function type(line: string, code = 0) {
    const result = await clone.type(line);
    assert.equal(result.code, code, said(result));
    return result;
  }
  const json = async <T>(line: string, code = 0): Promise<T> =>
    JSON.parse((await type(`${line} --json`, code)).stdout) as T;

  describe("the rotation process", () => {
    let old: Values;
    let startedAt: number;
    before(async () => {
      old = sandbox.published();
      startedAt = Date.now();
      await type("./sophia_secrets rotate --service snowflake --grace 0");
    });

    it("1. generates new credentials for the service, which takes them and no longer the old ones", () => {
      assert.deepEqual(acceptedBy(sandbox, sandbox.published()), ["estuary", "gong", "snowflake", "vercel"]);
      assert.deepEqual(acceptedBy(sandbox, old), ["estuary", "gong", "vercel"]);
    });

    it("2. updates the environment variables that programs are started with", async () => {
      const script = `'printf "%s %s" "$SNOWFLAKE_USER" "$SNOWFLAKE_PASSWORD"'`;
      const { stdout } = await type(`./sophia_secrets run --no-masking -- sh -c ${script}`);
      assert.notEqual(stdout, `${old.SNOWFLAKE_USER} ${old.SNOWFLAKE_PASSWORD}`);
      const [user = "", password = ""] = stdout.split(" ");
      assert.equal(sandbox.snowflake.tryLogin(user, password).ok, true);
    });

    it("3. updates Pulumi ESC", () => {
      const { SNOWFLAKE_PASSWORD: password } = sandbox.published();
      assert.notEqual(password, old.SNOWFLAKE_PASSWORD);
      const { services } = sandbox.esc.openValues("sophia", "development-secrets") as {
        services: { snowflake: { slots: Record<string, Values> } };
      };
      assert.deepEqual(
        Object.values(services.snowflake.slots).map((slot) => slot.SNOWFLAKE_PASSWORD),
        [password],
      );
    });

    it("4. syncs to GitHub", () => {
      const held = heldAtGitHub(sandbox, REPOSITORY);
      const { SNOWFLAKE_USER, SNOWFLAKE_PASSWORD } = sandbox.published();
      assert.deepEqual([held.SNOWFLAKE_USER, held.SNOWFLAKE_PASSWORD], [SNOWFLAKE_USER, SNOWFLAKE_PASSWORD]);
    });

    it("5. updates the rotation timestamp in the configuration", () => {
      const { rotation } = sandbox.esc.openValues("sophia", "development-intake") as {
        rotation: Record<string, { rotatedAt?: string }>;
      };
      const at = Date.parse(rotation.snowflake?.rotatedAt ?? "");
      assert.ok(at >= startedAt && at <= Date.now(), `rotated at ${at}`);
      assert.deepEqual(
        ["gong", "vercel", "estuary"].map((name) => rotation[name]?.rotatedAt),
        [undefined, undefined, undefined],
      );
    });
  });

  describe("the integration test", () => {
    it("1. checks for required environment variables, and asks a service without them nothing", async () => {
      await clone.write(".env", `GONG_API_KEY=some-key\nGONG_BASE_URL=${sandbox.gong.url}\n`);
      sandbox.gong.clearRequests();
      const { services } = await json<TestReport>(
        "./sophia_secrets test gong estuary --source env-file --env-file .env",
        2,
      );
      assert.deepEqual([services.gong?.status, services.estuary?.status], ["config_error", "config_error"]);
      assert.match(services.gong?.error ?? "", /GONG_API_SECRET/);
      assert.match(services.estuary?.error ?? "", /ESTUARY_API_KEY/);
      assert.deepEqual(sandbox.gong.requests(), []);
    });

    it("2. tests connectivity to each service", async () => {
      const report = await json<TestReport>("./sophia_secrets test");
      assert.equal(report.overall_status, "all_connected");
      for (const name of ["snowflake", "gong", "vercel", "estuary"])
        assert.equal(report.services[name]?.status, "connected");
      sandbox.gong.addFault({ times: 9, effect: { kind: "reset" } });
      const broken = await json<TestReport>("./sophia_secrets test", 1);
      sandbox.gong.clearFaults();
      assert.deepEqual([broken.overall_status, broken.services.gong?.status], ["partial_connection", "error"]);
    });

    it("3. provides detailed error messages and recommendations: authentication, permission and connection apart", async () => {
      const found = async (status: number) => {
        sandbox.gong.addFault({ times: 9, effect: { kind: "status", status, body: {} } });
        const { services, recommendations } = await json<TestReport>("./sophia_secrets test gong", 2);
        sandbox.gong.clearFaults();
        const [advice = ""] = services.gong?.recommendations ?? [];
        assert.ok(recommendations.includes(`[GONG] ${advice}`));
        return `${services.gong?.error} ${advice}`;
      };
      assert.match(await found(401), /refused the credential.*Check Gong credentials.*rotate --service gong/);
      assert.match(
        await found(403),
        /forbids it to list users.*lacks api:users:read.*Give the credential.*the scope api:users:read/,
      );
      assert.match(await found(503), /could not answer.*try again later/);
    });

    it("4. generates a JSON report with results, for its owner only", async () => {
      await type("./sophia_secrets test gong vercel --output integration_test_results_1.json");
      const report = JSON.parse(await clone.read("integration_test_results_1.json")) as TestReport;
      assert.deepEqual(Object.keys(report.services), ["gong", "vercel"]);
      assert.ok(Math.abs(Date.now() - Date.parse(report.timestamp)) < 120_000);
      const ignored = await clone.git("check-ignore", "integration_test_results_1.json");
      assert.equal(ignored.trim(), "integration_test_results_1.json");
      assert.match(
        (await type(`ls -l ${join(clone.folder, "integration_test_results_1.json")}`)).stdout,
        /^-rw-------/,
      );
    });
  });

  it("the audit verifies the secrets' configuration: what a store lacks is found, and is a failure where that is asked", async () => {
    await type("./sophia_secrets audit --fail-on missing");
    sandbox.vercel.editOutside("prj_123456789", "GONG_API_SECRET", "preview", undefined);
    const { stdout } = await type("./sophia_secrets audit --fail-on missing", 1);
    assert.match(stdout, /GONG_API_SECRET/);
  });

  it("the service accounts have the rights that they need and no others", () => {
    const granted = sandbox.snowflake.grants().filter(({ role }) => role === "SOPHIA_ROLE");
    assert.deepEqual(granted.map(({ privilege, on, name }) => `${privilege} ${on} ${name}`).sort(), [
      "USAGE DATABASE SOPHIA_DB",
      "USAGE SCHEMA SOPHIA_DB.PUBLIC",
      "USAGE WAREHOUSE SOPHIA_WH",
    ]);
    const user = sandbox.snowflake.user(sandbox.published().SNOWFLAKE_USER ?? "");
    assert.deepEqual(user?.roles, ["SOPHIA_ROLE"]);
  });

  it("ESTUARY_API_URL is https://api.estuary.dev where nobody says otherwise", async () => {
    assert.match((await type("./sophia_secrets template")).stdout, /^ESTUARY_API_URL=https:\/\/api\.estuary\.dev$/m);
    const asked: string[] = [];
    await runProbe(
      estuary,
      { ESTUARY_API_KEY: "some-key", ESTUARY_API_URL: estuary.variables.ESTUARY_API_URL.defaultValue ?? "" },
      {
        endpoints: { esc: "", github: "", vercel: "", snowflake: "" },
        http: {
          fetch: async (url) => (asked.push(new URL(new Request(url).url).origin), new Response("{}")),
          random: () => 0.5,
          sleep: async () => undefined,
        },
        now: Date.now,
      },
    );
    assert.deepEqual(asked, ["https://api.estuary.dev"]);
  });

  describe("the example configurations", () => {
    const STAGING = "./sophia_secrets import-env --env-file .env --stack staging";
    before(async () => {
      const settings = await clone.read("Pulumi.development.yaml");
      // A stack whose settings say nothing of Vercel's ids would be no stack; these are other ones than the example's.
      await clone.write("Pulumi.staging.yaml", settings.replaceAll("_123456789", "_staging"));
    });

    it("are read as they are written, and what stands there for a real value is refused by name, all or nothing", async () => {
      await clone.write(".env", EXAMPLES);
      const { lines } = await json<Import>(`${STAGING} --dry-run`, 1);
      assert.deepEqual(
        lines.map(({ name }) => name),
        EXAMPLES.trim()
          .split("\n")
          .map((line) => line.split("=")[0]),
      );
      assert.deepEqual(
        lines.filter(({ action }) => action === "refuse").map(({ name, reason }) => `${name} ${reason}`),
        [
          "SNOWFLAKE_PASSWORD placeholder",
          "GONG_API_KEY placeholder",
          "GONG_API_SECRET placeholder",
          // Two names of one value, and the example gives them two.
          "GONG_ACCESS_KEY conflict",
          ...["VERCEL_ACCESS_TOKEN", "VERCEL_PROJECT_ID", "VERCEL_ORG_ID", "VERCEL_TEAM_ID"].map(
            (name) => `${name} placeholder`,
          ),
          "ESTUARY_API_KEY placeholder",
        ],
      );
      await type(STAGING, 2);
      assert.deepEqual(sandbox.esc.revisions("sophia", "staging-intake"), []);
    });

    it("are taken whole once they are filled in", async () => {
      const filled = EXAMPLES.replaceAll(/your-([\w-]+)/g, (_, word: string) =>
        /gong-(api|access)-key/.test(word) ? "canary-gong" : `canary-${word}`,
      ).replaceAll("_123456789", "_987654321");
      await clone.write(".env", filled);
      await type(STAGING);
      await type("./sophia_secrets export-env --env-file .env.staging --stack staging");
      const written = await clone.read(".env.staging");
      for (const line of [
        "SNOWFLAKE_PASSWORD=canary-secure-password",
        "GONG_ACCESS_KEY=canary-gong",
        "ESTUARY_API_URL=https://api.estuary.dev",
      ])
        assert.ok(written.includes(`\n${line}\n`), line);
    });
  });
});
