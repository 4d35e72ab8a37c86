import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type ProbeContext, runProbe } from "../../../automation/probes/run";
import { queryOnce } from "../../../automation/probes/snowflake-driver";
import { createStandIn, type StandIn, type StandInReply } from "../../../sandbox/kit/stand-in";
import { type SnowflakeStandIn, startSnowflake } from "../../../sandbox/snowflake";
import { snowflake } from "../../../services/snowflake";
import { contextFor, HOSTILE, recordedHttp } from "./support";

const PASSWORD = `cAnArY ${HOSTILE.secret}`;
const VALUES = {
  SNOWFLAKE_ACCOUNT: "PAYREADY-SANDBOX",
  SNOWFLAKE_USER: "sophia_service",
  SNOWFLAKE_PASSWORD: PASSWORD,
  SNOWFLAKE_ROLE: "SOPHIA_ROLE",
  SNOWFLAKE_WAREHOUSE: "SOPHIA_WH",
  SNOWFLAKE_DATABASE: "SOPHIA_DB",
  SNOWFLAKE_SCHEMA: "public",
};
const GRANTS = {
  warehouse: "GRANT USAGE ON WAREHOUSE SOPHIA_WH TO ROLE SOPHIA_ROLE",
  database: "GRANT USAGE ON DATABASE SOPHIA_DB TO ROLE SOPHIA_ROLE",
  schema: "GRANT USAGE ON SCHEMA SOPHIA_DB.PUBLIC TO ROLE SOPHIA_ROLE",
};
const LOG_IN = "/session/v1/login-request";

describe("the Snowflake probe", () => {
  let account: SnowflakeStandIn;

  beforeEach(async () => {
    account = await startSnowflake({
      organization: "payready",
      account: "sandbox",
      seed: {
        users: [
          { name: "SOPHIA_SERVICE", password: PASSWORD, type: "LEGACY_SERVICE", roles: ["SOPHIA_ROLE"] },
          { name: "ADMIN", password: "admin-password", defaultRole: "ACCOUNTADMIN", roles: ["ACCOUNTADMIN"] },
        ],
        warehouses: ["SOPHIA_WH"],
        databases: [{ name: "SOPHIA_DB", schemas: ["PUBLIC"] }],
      },
    });
  });
  afterEach(() => account.close());

  const admin = (statement: string) =>
    queryOnce(
      {
        account: "PAYREADY-SANDBOX",
        accessUrl: account.url,
        user: "ADMIN",
        credential: { password: "admin-password" },
        timeoutMs: 5_000,
      },
      statement,
    );
  const grantAll = async () => {
    for (const statement of Object.values(GRANTS)) await admin(statement);
    account.clearRequests();
  };
  const probe = (changes: Record<string, string> = {}, options: Partial<ProbeContext> = {}) =>
    runProbe(snowflake, { ...VALUES, ...changes }, contextFor(account.url, options));
  const logIns = () => account.requests().filter(({ path }) => path === LOG_IN).length;

  it("logs in once, finds everything as configured and logs out", async () => {
    await grantAll();
    const result = await probe();
    assert.deepEqual([result.outcome, result.reason, result.attempts], ["passed", "Logged in as configured.", 1]);
    assert.deepEqual(result.details, {
      user: "SOPHIA_SERVICE",
      role: "SOPHIA_ROLE",
      warehouse: "SOPHIA_WH",
      database: "SOPHIA_DB",
      schema: "PUBLIC",
    });
    assert.deepEqual(
      account.requests().map(({ path, unexpected }) => [path, unexpected]),
      [LOG_IN, "/queries/v1/query-request", "/session"].map((path) => [path, false]),
    );
    assert.equal(account.openSessions(), 0);
  });

  it("takes a wrong password for a refusal, after a single log-in", async () => {
    const result = await probe({ SNOWFLAKE_PASSWORD: "wrong-password" });
    assert.deepEqual([result.outcome, result.class, result.credentialRefused], ["rejected", "authentication", true]);
    assert.match(result.reason, /error 390100/);
    assert.match(result.remedy ?? "", /SNOWFLAKE_USER and SNOWFLAKE_PASSWORD.*rotate --service snowflake/);
    assert.equal(account.loginAttempts().length, 1);
  });

  it("never makes so many log-ins that the user would be locked", async () => {
    const result = await probe({ SNOWFLAKE_PASSWORD: "wrong-password" }, { retryRejected: 50, attempts: 50 });
    assert.deepEqual([result.outcome, result.attempts, account.loginAttempts().length], ["rejected", 3, 3]);
    assert.equal(account.tryLogin("SOPHIA_SERVICE", PASSWORD).ok, true);
  });

  it("asks again where a new password takes a moment to be known", async () => {
    await grantAll();
    const http = {
      ...recordedHttp().http,
      sleep: async () => void (await admin("ALTER USER SOPHIA_SERVICE SET PASSWORD = 'Brand-new-1'")),
    };
    const result = await probe({ SNOWFLAKE_PASSWORD: "Brand-new-1" }, { retryRejected: 1, http });
    assert.deepEqual([result.outcome, result.attempts], ["passed", 2]);
  });

  it("names the statement that grants a missing role", async () => {
    await admin("CREATE ROLE OTHER_ROLE");
    const result = await probe({ SNOWFLAKE_ROLE: "OTHER_ROLE" });
    assert.deepEqual([result.outcome, result.class, result.credentialRefused], ["rejected", "permission", false]);
    assert.match(result.remedy ?? "", /GRANT ROLE OTHER_ROLE TO USER sophia_service;$/);
  });

  for (const [part, statement] of Object.entries(GRANTS)) {
    it(`names the statement that grants a missing ${part}, which does put it right`, async () => {
      const order = Object.keys(GRANTS);
      for (const earlier of order.slice(0, order.indexOf(part))) await admin(GRANTS[earlier as keyof typeof GRANTS]);
      if (part === "database") await admin(GRANTS.schema);
      const result = await probe();
      assert.deepEqual([result.outcome, result.class, result.credentialRefused], ["rejected", "permission", false]);
      const named = /run in Snowflake: (.*);$/.exec(result.remedy ?? "")?.[1] ?? "";
      assert.equal(named, statement.replace("DB.PUBLIC", "DB.public"));
      await admin(named);
      assert.doesNotMatch((await probe()).remedy ?? "", new RegExp(`ON ${part}`, "i"));
    });
  }

  it("quotes awkward names in the statement", async () => {
    const result = await probe({ SNOWFLAKE_ROLE: 'r"; DROP USER X; --', SNOWFLAKE_USER: "SOPHIA_SERVICE" });
    assert.match(result.remedy ?? "", /GRANT ROLE "r""; DROP USER X; --" TO USER SOPHIA_SERVICE;$/);
  });

  it("tells a disabled user, which is proof that the credential is dead", async () => {
    await admin("ALTER USER SOPHIA_SERVICE SET DISABLED = TRUE");
    const result = await probe();
    assert.deepEqual([result.outcome, result.class, result.credentialRefused], ["rejected", "authentication", true]);
    assert.match(result.remedy ?? "", /SET DISABLED = FALSE;/);
  });

  it("does not take a locked user for a refusal, and does not try again", async () => {
    for (let count = 0; count < 5; count += 1) await probe({ SNOWFLAKE_PASSWORD: "wrong-password" });
    account.clearRequests();
    const result = await probe({}, { retryRejected: 2 });
    assert.deepEqual([result.outcome, result.class, result.credentialRefused], ["unknown", "authentication", false]);
    assert.match(result.remedy ?? "", /SET MINS_TO_UNLOCK = 0;/);
    assert.equal(logIns(), 1);
  });

  it("tells a dropped user's refusal", async () => {
    await admin("DROP USER SOPHIA_SERVICE");
    const result = await probe();
    assert.deepEqual([result.outcome, result.class, result.credentialRefused], ["rejected", "authentication", true]);
  });

  it("finds a log-in name that belongs to another user", async () => {
    await grantAll();
    await admin("ALTER USER SOPHIA_SERVICE SET LOGIN_NAME = 'NICK'");
    const result = await probe({ SNOWFLAKE_USER: "nick" });
    assert.deepEqual([result.outcome, result.class], ["rejected", "configuration"]);
    assert.match(result.remedy ?? "", /SNOWFLAKE_USER/);
  });

  it("points at the account where the address turns it away", async () => {
    const result = await probe({ SNOWFLAKE_ACCOUNT: "PAYREADY-OTHER" });
    assert.deepEqual([result.outcome, result.class, logIns()], ["unknown", "configuration", 1]);
    assert.match(result.remedy ?? "", /Verify SNOWFLAKE_ACCOUNT value/);
  });

  it("sends nothing where the account cannot be part of a host name", async () => {
    const result = await probe({ SNOWFLAKE_ACCOUNT: "evil.example/path" });
    assert.deepEqual([result.outcome, result.class, result.attempts, logIns()], ["unknown", "configuration", 0, 0]);
    assert.match(result.remedy ?? "", /SNOWFLAKE_ACCOUNT/);
  });

  it("logs in once an attempt while Snowflake is down", async () => {
    account.addFault({ path: LOG_IN, times: 99, effect: { kind: "status", status: 503 } });
    const { http, waits } = recordedHttp();
    const result = await probe({}, { http });
    assert.deepEqual([result.outcome, result.class, result.attempts, logIns()], ["unknown", "service", 3, 3]);
    assert.deepEqual(waits, [250, 500]);
  });

  it("tells a broken connection and a closed port", async () => {
    account.addFault({ path: LOG_IN, effect: { kind: "reset" } });
    const broken = await probe({}, { attempts: 1 });
    assert.deepEqual([broken.outcome, broken.class], ["unknown", "connection"]);
    const url = account.url;
    await account.close();
    const refused = await runProbe(snowflake, VALUES, contextFor(url, { attempts: 1 }));
    assert.match(refused.reason, /ECONNREFUSED/);
    account = await startSnowflake({ organization: "x", account: "y", seed: { users: [] } });
  });

  it("gives up at the deadline", async () => {
    account.addFault({ path: LOG_IN, effect: { kind: "delay", milliseconds: 1_500 } });
    const started = Date.now();
    const result = await probe({}, { deadlineMs: 200 });
    assert.deepEqual([result.outcome, result.class], ["unknown", "connection"]);
    assert.match(result.reason, /did not answer in time/);
    assert.ok(Date.now() - started < 1_200);
  });

  it("shows the password in no result", async () => {
    const results = [await probe(), await probe({ SNOWFLAKE_ROLE: "NONE" }), await probe({ SNOWFLAKE_ACCOUNT: "a/b" })];
    await admin("ALTER USER SOPHIA_SERVICE SET PASSWORD = 'Other-1'");
    results.push(await probe());
    assert.doesNotMatch(JSON.stringify(results), /cAnArY/);
  });

  it("prints nothing, writes no file and leaves nothing running", async function () {
    this.timeout(20_000);
    await grantAll();
    const folder = mkdtempSync(join(tmpdir(), "probe-"));
    const home = mkdtempSync(join(tmpdir(), "probe-home-"));
    const modules = {
      run: require.resolve("../../../automation/probes/run"),
      data: require.resolve("../../../services/snowflake"),
    };
    const script = `
      const { runProbe } = require(${JSON.stringify(modules.run)});
      const { snowflake } = require(${JSON.stringify(modules.data)});
      const input = JSON.parse(process.env.PROBE_INPUT);
      const http = { fetch, random: Math.random, sleep: () => new Promise((done) => setTimeout(done, 10)) };
      runProbe(snowflake, input.values, { endpoints: { snowflake: input.url }, http, now: Date.now }).then((result) => {
        process.exitCode = result.outcome === "passed" ? 0 : 1;
      });`;
    const loader = createRequire(__filename).resolve("tsx/cjs");
    const started = Date.now();
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["-r", loader, "-e", script], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: home, PROBE_INPUT: JSON.stringify({ url: account.url, values: VALUES }) },
      timeout: 15_000,
    });
    assert.deepEqual([stdout, stderr], ["", ""]);
    assert.deepEqual(readdirSync(folder), []);
    // The driver makes a folder for its cache of certificate checks, and nothing else.
    const made = readdirSync(home, { recursive: true, withFileTypes: true });
    assert.deepEqual(
      made.filter((entry) => entry.isFile()),
      [],
    );
    assert.ok(Date.now() - started < 12_000);
    for (const used of [folder, home]) rmSync(used, { recursive: true });
  });
});

describe("Snowflake's refusals", () => {
  let server: StandIn;
  let reply: StandInReply;

  before(async () => {
    server = await createStandIn({
      name: "snowflake-refusals",
      routes: [{ method: "POST", path: LOG_IN, handle: () => reply }],
    });
  });
  after(() => server.close());

  const cases: [
    message: string,
    code: string | null,
    outcome: string,
    group: string,
    refused: boolean,
    remedy: RegExp,
  ][] = [
    ["JWT token is invalid. [id]", "390144", "rejected", "authentication", true, /DESCRIBE USER sophia_service;/],
    [
      "Multi-factor authentication is required for this account. Log in to Snowsight to enroll.",
      "394507",
      "rejected",
      "authentication",
      false,
      /SET TYPE = LEGACY_SERVICE;/,
    ],
    ["MFA authentication is required.", null, "rejected", "authentication", false, /SET TYPE = LEGACY_SERVICE;/],
    ["Specified password has expired and must be changed.", "390106", "rejected", "authentication", true, /rotate/],
    [
      "Incoming request with IP/Token 1.2.3.4 is not allowed to access Snowflake.",
      "390422",
      "rejected",
      "permission",
      false,
      /SHOW PARAMETERS LIKE 'NETWORK_POLICY' FOR USER sophia_service;/,
    ],
    ["User is locked from Duo Security.", "390120", "unknown", "authentication", false, /Wait 15 minutes/],
    ["Programmatic access token is invalid.", "394400", "rejected", "authentication", true, /SNOWFLAKE_PASSWORD/],
    ["Something nobody has seen yet", "399999", "unknown", "service", false, /docs\.snowflake\.com/],
  ];
  for (const [message, code, outcome, group, refused, remedy] of cases) {
    it(`judges “${message}”`, async () => {
      server.clearRequests();
      reply = { status: 200, body: { data: { errorCode: code }, code, message, success: false } };
      const result = await runProbe(snowflake, VALUES, contextFor(server.url));
      assert.deepEqual([result.outcome, result.class, result.credentialRefused], [outcome, group, refused]);
      assert.match(result.remedy ?? "", remedy);
      assert.equal(server.requests().length, 1);
      assert.ok(!JSON.stringify(result).includes(message));
    });
  }

  const statuses: [name: string, reply: StandInReply, outcome: string, group: string][] = [
    ["404", { status: 404 }, "rejected", "configuration"],
    ["403", { status: 403 }, "unknown", "configuration"],
    ["429", { status: 429 }, "unknown", "rate-limit"],
    ["a web page", { status: 200, body: "<html>" }, "unknown", "service"],
    ["an empty answer", { status: 200 }, "unknown", "service"],
  ];
  for (const [name, answer, outcome, group] of statuses) {
    it(`judges ${name}`, async () => {
      reply = answer;
      const result = await runProbe(snowflake, VALUES, contextFor(server.url, { attempts: 1, deadlineMs: 3_000 }));
      assert.deepEqual([result.outcome, result.class, result.credentialRefused], [outcome, group, false]);
    });
  }
});
