/** What does `test --deep` see? Against the four services as they are after an `up`, and after what people and time do to them. */
import assert from "node:assert/strict";
import { runDeepProbe } from "../../../automation/probes/deep";
import { type CheckResult, type ProbeResult } from "../../../automation/probes/result";
import { findService } from "../../../services/select";
import { startServiceBench, type ServiceBench } from "../../support/service-bench";

const HOUR = 3_600_000;

describe("test --deep", function () {
  // The first log-in loads the driver.
  this.timeout(60_000);
  let bench: ServiceBench;
  beforeEach(async () => {
    bench = await startServiceBench();
  });
  afterEach(() => bench.close());

  const look = async (service: string, changes: Record<string, string> = {}): Promise<ProbeResult> => {
    const found = findService(service) ?? assert.fail(service);
    return runDeepProbe(found, { ...bench.values, ...changes }, bench.context());
  };
  const check = ({ checks = [] }: ProbeResult, name: string): CheckResult =>
    checks.find((one) => one.name === name) ?? assert.fail(`no check ${name}`);
  const statuses = ({ checks = [] }: ProbeResult) => checks.map(({ name, status }) => `${name} ${status}`);

  const CHECKS: Readonly<Record<string, readonly string[]>> = {
    snowflake: ["log in", "user", "role", "warehouse", "database", "schema", "privileges", "query"],
    gong: ["log in", "users", "calls", "rate limit"],
    vercel: ["log in", "user", "team", "project", "deployment", "its variables", "rate limit"],
    estuary: ["log in", "prefixes", "captures", "materializations", "newest data"],
  };
  it("passes every check where all is as it should be, in the order of the services' files", async () => {
    for (const [service, names] of Object.entries(CHECKS)) {
      const result = await look(service);
      assert.equal(result.outcome, "passed", JSON.stringify(result));
      assert.deepEqual(
        statuses(result),
        names.map((name) => `${name} passed`),
      );
    }
  });

  it("looks no deeper where the credential itself is refused, and sends nothing where a variable is missing", async () => {
    const refused = await look("gong", { GONG_API_SECRET: "wrong" });
    assert.deepEqual([statuses(refused), refused.class], [["log in failed"], "authentication"]);
    bench.gong.clearRequests();
    assert.deepEqual(statuses(await look("gong", { GONG_API_SECRET: "" })), ["log in unknown"]);
    assert.deepEqual(bench.gong.requests(), []);
  });

  describe("Snowflake", () => {
    it("names everything that the role holds beyond its need, and stays connected; the statements take it away", async () => {
      await bench.sql(
        "GRANT MONITOR ON WAREHOUSE SOPHIA_WH TO ROLE SOPHIA_ROLE",
        "GRANT CREATE TABLE ON SCHEMA SOPHIA_DB.PUBLIC TO ROLE SOPHIA_ROLE",
        "GRANT CREATE DATABASE ON ACCOUNT TO ROLE SOPHIA_ROLE",
        "GRANT ROLE SYSADMIN TO ROLE SOPHIA_ROLE",
        "GRANT INSERT ON FUTURE TABLES IN SCHEMA SOPHIA_DB.PUBLIC TO ROLE SOPHIA_ROLE",
        "GRANT SELECT ON FUTURE TABLES IN SCHEMA SOPHIA_DB.PUBLIC TO ROLE SOPHIA_ROLE",
        "GRANT USAGE ON DATABASE SOPHIA_DB TO ROLE SOPHIA_ROLE WITH GRANT OPTION",
      );
      const result = await look("snowflake");
      const { status, class: group, remedy = "" } = check(result, "privileges");
      assert.deepEqual([result.outcome, status, group], ["passed", "warning", "permission"]);
      const statements = remedy.replace(/^If no program needs it, run in Snowflake: /, "").split(/(?<=;) /);
      assert.deepEqual(
        [...statements].sort(),
        [
          "REVOKE CREATE DATABASE ON ACCOUNT FROM ROLE SOPHIA_ROLE;",
          "REVOKE CREATE TABLE ON SCHEMA SOPHIA_DB.PUBLIC FROM ROLE SOPHIA_ROLE;",
          "REVOKE GRANT OPTION FOR USAGE ON DATABASE SOPHIA_DB FROM ROLE SOPHIA_ROLE;",
          "REVOKE INSERT ON FUTURE TABLES IN SCHEMA SOPHIA_DB.PUBLIC FROM ROLE SOPHIA_ROLE;",
          "REVOKE MONITOR ON WAREHOUSE SOPHIA_WH FROM ROLE SOPHIA_ROLE;",
          "REVOKE ROLE SYSADMIN FROM ROLE SOPHIA_ROLE;",
        ].sort(),
      );
      await bench.sql(...statements);
      assert.equal(check(await look("snowflake"), "privileges").status, "passed");
    });

    it("counts what the role inherits, and says of which role it is too much", async () => {
      await bench.sql(
        "CREATE ROLE READER",
        "REVOKE USAGE ON WAREHOUSE SOPHIA_WH FROM ROLE SOPHIA_ROLE",
        "GRANT USAGE ON WAREHOUSE SOPHIA_WH TO ROLE READER",
        "GRANT MODIFY ON DATABASE SOPHIA_DB TO ROLE READER",
        "GRANT ROLE READER TO ROLE SOPHIA_ROLE",
      );
      const { status, remedy } = check(await look("snowflake"), "privileges");
      assert.equal(status, "warning");
      assert.match(remedy ?? "", /: REVOKE MODIFY ON DATABASE SOPHIA_DB FROM ROLE READER;$/);
    });

    it("does not call a right lacking where more roles are inherited than it looks into", async () => {
      const names = Array.from({ length: 100 }, (_, index) => `LINK_${index}`);
      await bench.sql(
        ...names.map((name) => `CREATE ROLE ${name}`),
        ...names.map((name, index) => `GRANT ROLE ${name} TO ROLE ${names[index - 1] ?? "SOPHIA_ROLE"}`),
        "REVOKE USAGE ON WAREHOUSE SOPHIA_WH FROM ROLE SOPHIA_ROLE",
        "GRANT USAGE ON WAREHOUSE SOPHIA_WH TO ROLE LINK_99",
      );
      const result = check(await look("snowflake"), "privileges");
      assert.deepEqual([result.status, result.class], ["unknown", "permission"]);
      assert.match(
        result.reason,
        /^Role SOPHIA_ROLE inherits more than 100 roles; in these it lacks USAGE ON WAREHOUSE/i,
      );
      await bench.sql("REVOKE ROLE LINK_50 FROM ROLE LINK_49", "GRANT ROLE LINK_99 TO ROLE LINK_49");
      assert.equal(check(await look("snowflake"), "privileges").status, "passed");
    });
  });

  describe("Gong", () => {
    it("takes a month without calls for a warning, not for a missing page", async () => {
      bench.gong.setCalls([Date.now() - 40 * 24 * HOUR]);
      const result = await look("gong");
      assert.deepEqual([result.outcome, check(result, "calls").status], ["passed", "warning"]);
      assert.match(check(result, "calls").reason, /no call of the last 30 days/);
    });

    it("waits as it is told where it asks too fast", async () => {
      bench.gong.addFault({
        path: "/v2/calls",
        effect: { kind: "status", status: 429, headers: { "retry-after": "1" } },
      });
      const waits: number[] = [];
      const context = bench.context();
      const http = { ...context.http, sleep: async (ms: number) => void waits.push(ms) };
      const gong = findService("gong") ?? assert.fail();
      const result = await runDeepProbe(gong, bench.values, { ...context, http });
      assert.deepEqual([result.outcome, waits], ["passed", [1000]]);
    });
  });

  describe("Vercel", () => {
    it("says which variables are newer than production, and is content once it is deployed again", async () => {
      bench.vercel.editOutside("prj_1", "GONG_API_KEY", "production", "another value");
      const result = await look("vercel");
      assert.deepEqual([result.outcome, result.class], ["rejected", "configuration"]);
      assert.match(
        check(result, "its variables").reason,
        /^GONG_API_KEY was changed at .* UTC, after production was deployed\.$/,
      );
      const { url } = await bench.deploy();
      assert.match(
        check(result, "its variables").remedy ?? "",
        /npx vercel redeploy sophia-[a-z0-9]+-payready\.vercel\.app$/,
      );
      assert.equal((await look("vercel")).outcome, "passed", url);
    });

    it("does not mind a change of what previews read", async () => {
      bench.vercel.editOutside("prj_1", "ONLY_PREVIEW", "preview", "value");
      assert.equal((await look("vercel")).outcome, "passed");
    });

    it("says that the newest deployment has failed, whatever the one before it was", async () => {
      bench.vercel.failNextDeployments(1);
      await bench.deploy();
      const { status, reason, remedy } = check(await look("vercel"), "deployment");
      assert.equal(status, "failed");
      assert.match(reason, /is ERROR\.$/);
      assert.match(remedy ?? "", /npx vercel inspect sophia-.* --logs; .*npx vercel redeploy sophia-/);
    });
  });

  describe("Estuary", () => {
    it("tells paused from failed, and old data from none", async () => {
      const [capture, materialization] = ["payready/gong/source-gong", "payready/snowflake/materialize-snowflake"];
      bench.estuary.setTask(capture ?? "", { isDisabled: true, movedAt: Date.now() - 30 * HOUR });
      bench.estuary.setTask(materialization ?? "", { hasFailed: true, movedAt: Date.now() - 60 * 24 * HOUR });
      const result = await look("estuary");
      const [captures, materializations, data] = ["captures", "materializations", "newest data"].map((name) =>
        check(result, name),
      );
      assert.deepEqual(
        [captures?.status, captures?.class, captures?.reason],
        ["failed", "configuration", `${capture} is paused.`],
      );
      assert.deepEqual([materializations?.status, materializations?.class], ["failed", "service"]);
      assert.equal(materializations?.reason, `${materialization} has failed (ERROR).`);
      assert.equal(data?.status, "warning");
      assert.match(
        data?.reason ?? "",
        /source-gong has moved nothing since .* UTC\. .*materialize-snowflake has moved nothing since 30 days or more\./,
      );
    });

    it("does not know how old the data is where the control plane has no such call, and says so", async () => {
      bench.estuary.addFault({
        ...{ path: "/api/graphql", nth: 5, times: 9 },
        effect: {
          kind: "status",
          status: 200,
          body: { data: null, errors: [{ message: 'Unknown field "catalogStats"' }] },
        },
      });
      const result = await look("estuary");
      assert.deepEqual([result.outcome, check(result, "newest data").status], ["unknown", "unknown"]);
    });

    it("says so where there are more tasks than one answer holds", async () => {
      const captures = Array.from({ length: 101 }, (_, index) => ({
        ...{ name: `payready/${index}`, type: "capture" as const, isDisabled: false, hasFailed: false },
      }));
      bench.estuary.setTasks(captures);
      const result = await look("estuary");
      assert.equal(check(result, "captures").reason, "100 found. Only the first 100 were looked at.");
      bench.estuary.setTasks(captures.slice(1));
      assert.equal(check(await look("estuary"), "captures").reason, "100 found.");
    });

    it("has nothing to be old where there is no task", async () => {
      bench.estuary.setTasks([]);
      const result = await look("estuary");
      assert.deepEqual(statuses(result), [
        "log in passed",
        "prefixes passed",
        "captures warning",
        "materializations warning",
      ]);
      assert.match(check(result, "captures").reason, /^There are no captures below payready\/\.$/);
    });
  });

  it("shows no secret and no markup or command of a vendor's text", async () => {
    bench.estuary.setTasks([
      { name: "payready/$(reboot)", type: "capture", isDisabled: true, hasFailed: false },
      { name: "payready/ok", type: "materialization", isDisabled: false, hasFailed: false },
    ]);
    const result = await look("estuary");
    assert.equal(check(result, "captures").reason, "… is paused.");
    assert.doesNotMatch(JSON.stringify(result), /reboot|cAnArY/);
  });
});
