/** Can the defects that the original's integration test had come back? Its defects 17 to 23. */
import assert from "node:assert/strict";
import { buildIntegrationTestReport, integrationTestExitCode } from "../../automation/reports/integration-test";
import { runProbe } from "../../automation/probes/run";
import { type ProbeResult } from "../../automation/probes/result";
import { startEstuary, type EstuaryStandIn } from "../../sandbox/estuary";
import { startGong, type GongStandIn } from "../../sandbox/gong";
import { startSnowflake, type SnowflakeStandIn } from "../../sandbox/snowflake";
import { startVercel, type VercelStandIn } from "../../sandbox/vercel";
import { estuary } from "../../services/estuary";
import { gong } from "../../services/gong";
import { type Service } from "../../services/service";
import { snowflake } from "../../services/snowflake";
import { vercel } from "../../services/vercel";
import { startEscCheckout, type EscCheckout } from "../support/esc-checkout";
import { said } from "../support/sandbox";

const VALUES = {
  SNOWFLAKE_ACCOUNT: "PAYREADY-SANDBOX",
  SNOWFLAKE_USER: "SOPHIA_SERVICE",
  SNOWFLAKE_PASSWORD: "canary-Snowflake-1",
  SNOWFLAKE_ROLE: "SOPHIA_ROLE",
  SNOWFLAKE_WAREHOUSE: "SOPHIA_WH",
  SNOWFLAKE_DATABASE: "SOPHIA_DB",
  SNOWFLAKE_SCHEMA: "PUBLIC",
  GONG_API_KEY: "canary-gong-key",
  GONG_API_SECRET: "canary-gong-secret",
  GONG_ACCESS_KEY: "canary-gong-key",
  VERCEL_ACCESS_TOKEN: "canaryvercelcontroltoken",
  VERCEL_PROJECT_ID: "prj_1",
  VERCEL_ORG_ID: "team_1",
  VERCEL_TEAM_ID: "team_1",
};
const LOG_IN = "/session/v1/login-request";
const LINE = "test snowflake gong vercel estuary --source env-file";

describe("the original's defects in testing", function () {
  this.timeout(60_000);
  let checkout: EscCheckout;
  let at: { snowflake: SnowflakeStandIn; gong: GongStandIn; vercel: VercelStandIn; estuary: EstuaryStandIn };
  let values: Readonly<Record<string, string>>;

  before(async () => {
    checkout = await startEscCheckout();
    const user = { name: "SOPHIA_SERVICE", password: VALUES.SNOWFLAKE_PASSWORD, type: "LEGACY_SERVICE" } as const;
    at = {
      snowflake: await startSnowflake({
        organization: "payready",
        account: "sandbox",
        seed: {
          users: [
            { ...user, roles: ["SOPHIA_ROLE"] },
            { ...user, name: "WITHOUT_ROLE", roles: [] },
            { ...user, name: "MANAGER", roles: ["ACCOUNTADMIN"] },
          ],
          warehouses: ["SOPHIA_WH"],
          databases: [{ name: "SOPHIA_DB", schemas: ["PUBLIC"] }],
        },
      }),
      gong: await startGong({
        keys: [{ accessKey: VALUES.GONG_API_KEY, secret: VALUES.GONG_API_SECRET }],
        adminToken: "admin",
      }),
      vercel: await startVercel({
        controlToken: VALUES.VERCEL_ACCESS_TOKEN,
        team: { id: "team_1", slug: "payready" },
        projects: [{ id: "prj_1", name: "sophia" }],
      }),
      estuary: await startEstuary({ controlToken: "canary-estuary-control" }),
    };
    values = {
      ...VALUES,
      // An administrator's role may use everything: grants are no matter of this file.
      SNOWFLAKE_USER: "MANAGER",
      SNOWFLAKE_ROLE: "ACCOUNTADMIN",
      GONG_BASE_URL: at.gong.url,
      ESTUARY_API_KEY: at.estuary.mint("made by a person").apiKey,
      ESTUARY_API_URL: at.estuary.url,
    };
  });
  after(async () => {
    await Promise.all(Object.values(at ?? {}).map((standIn) => standIn.close()));
    await checkout?.dispose();
  });

  /** Runs a line with these values in `.env`, nobody at a terminal. */
  async function run(line: string, changes: Readonly<Record<string, string>> = {}) {
    const content = Object.entries({ ...values, ...changes }).map(([name, value]) => `${name}='${value}'`);
    await checkout.put(".env", content.join("\n"));
    for (const standIn of Object.values(at)) standIn.clearRequests();
    const env = { SOPHIA_VERCEL_URL: at.vercel.url, SOPHIA_SNOWFLAKE_URL: at.snowflake.url };
    return checkout.cli(line, { env });
  }
  /** Runs one service's probe in this process; `fetch` may listen. */
  async function probe(
    service: Service,
    changes: Readonly<Record<string, string>> = {},
    options: { readonly fetch?: typeof fetch; readonly deadlineMs?: number; readonly attempts?: number } = {},
  ): Promise<ProbeResult> {
    const { fetch: ask = fetch, ...rest } = options;
    return runProbe(
      service,
      { ...values, ...changes },
      {
        endpoints: { esc: "", github: "", vercel: at.vercel.url, snowflake: at.snowflake.url },
        http: { fetch: ask, random: () => 0.5, sleep: async () => undefined },
        now: Date.now,
        ...rest,
      },
    );
  }
  /** What a probe would send, with an answer made up. */
  async function sent(service: Service, changes: Readonly<Record<string, string>> = {}) {
    const requests: { url: URL; authorization: string | null }[] = [];
    const listen = async (url: string | URL | Request, init?: RequestInit) => {
      const request = new Request(url, init);
      requests.push({ url: new URL(request.url), authorization: request.headers.get("authorization") });
      return new Response("{}", { status: 200 });
    };
    await probe(service, changes, { fetch: listen });
    return requests;
  }
  const asked = () => Object.entries(at).flatMap(([name, one]) => (one.requests().length > 0 ? [name] : []));

  it("defect 17: the exit code says whether all, some or none of them passed", async () => {
    const all = await run(LINE);
    assert.equal(all.code, 0, said(all));
    assert.equal((await run(LINE, { GONG_API_SECRET: "canary-wrong" })).code, 1);
    const refused = {
      GONG_API_SECRET: "canary-wrong",
      VERCEL_ACCESS_TOKEN: "canarywrong",
      ESTUARY_API_KEY: "canary-wrong",
    };
    assert.equal((await run(LINE, { ...refused, SNOWFLAKE_PASSWORD: "canary-wrong" })).code, 2);
  });

  it("defect 17: it asks nobody anything, and ends", async () => {
    const result = await run("test gong --source env-file", { GONG_API_SECRET: "" });
    assert.equal(result.code, 2, said(result));
    assert.match(result.stdout, /GONG_API_SECRET/);
    assert.deepEqual(asked(), []);
  });

  it("defect 18: a misspelt service is an error that lists the right ones, and not a test of nothing that passes", async () => {
    const result = await run("test typo --source env-file");
    assert.equal(result.code, 2, said(result));
    assert.match(result.stderr, /Unknown service: typo[^]*snowflake, gong, vercel, estuary/);
    assert.deepEqual(asked(), []);
    const nothing = buildIntegrationTestReport([], { startedAt: 0, durationMs: 0 });
    assert.deepEqual([nothing.overall_status, integrationTestExitCode(nothing)], ["error", 2]);
  });

  it("defect 18: nothing passes without a real request that the service has let in", async () => {
    assert.equal((await run(LINE)).code, 0);
    assert.deepEqual(asked(), Object.keys(at));
    for (const [name, standIn] of Object.entries(at))
      assert.ok(
        standIn.requests().every(({ status, unexpected }) => status === 200 && !unexpected),
        name,
      );
    for (const service of [snowflake, gong, vercel, estuary] as readonly Service[]) {
      const secrets = Object.entries(service.variables).filter(([, { secret, optional }]) => secret && !optional);
      const wrong = Object.fromEntries(secrets.map(([name]) => [name, "canarywrong"]));
      assert.equal((await probe(service, wrong)).outcome, "rejected", service.name);
    }
  });

  it("defect 19: Gong gets key and secret by Basic, at the customer's own address and a path that it has", async () => {
    const [request] = await sent(gong, { GONG_BASE_URL: "https://us-19.api.gong.io" });
    assert.equal(request?.url.href, "https://us-19.api.gong.io/v2/users");
    const pair = `${VALUES.GONG_API_KEY}:${VALUES.GONG_API_SECRET}`;
    assert.equal(request.authorization, `Basic ${Buffer.from(pair).toString("base64")}`);
    const [byDefault] = await sent(gong, { GONG_BASE_URL: gong.variables.GONG_BASE_URL.defaultValue ?? "" });
    assert.equal(byDefault?.url.host, "api.gong.io");
    assert.equal(gong.variables.GONG_ACCESS_KEY.sameAs, "GONG_API_KEY");
  });

  it("defect 20: Estuary is Estuary Flow, at api.estuary.dev and its control plane's API", async () => {
    const [request] = await sent(estuary, { ESTUARY_API_URL: estuary.variables.ESTUARY_API_URL.defaultValue ?? "" });
    assert.equal(request?.url.href, "https://api.estuary.dev/api/graphql");
    assert.equal(request.authorization, `Bearer ${values.ESTUARY_API_KEY}`);
  });

  it("defect 21: Vercel is asked for the team's own project, and a wrong project or team is found", async () => {
    const request = (await sent(vercel)).find(({ url }) => url.pathname === "/v9/projects/prj_1");
    assert.ok(request);
    assert.equal(request.url.searchParams.get("teamId"), "team_1");
    assert.equal((await probe(vercel, { VERCEL_TEAM_ID: "nobodys" })).outcome, "rejected");
    const { outcome, remedy } = await probe(vercel, { VERCEL_PROJECT_ID: "nobodys" });
    assert.equal(outcome, "rejected");
    assert.match(remedy ?? "", /VERCEL_PROJECT_ID/);
  });

  it("defect 21: one name for the token; the others are taken on import, under that one", async () => {
    await checkout.put(".env", "VERCEL_API_TOKEN=canary-other-name\n");
    const result = await checkout.cli("import-env --json");
    assert.equal(result.code, 0, said(result));
    const { lines } = JSON.parse(result.stdout) as { lines: readonly { readonly storedAs?: string }[] };
    assert.deepEqual(
      lines.map(({ storedAs }) => storedAs),
      ["VERCEL_ACCESS_TOKEN"],
    );
  });

  it("defect 22: that Snowflake wants a second factor is said, with the way out", async () => {
    const message = "Multi-factor authentication is required for this account.";
    const body = { data: { errorCode: "394507" }, code: "394507", message, success: false };
    at.snowflake.addFault({ path: LOG_IN, effect: { kind: "status", status: 200, body } });
    const { outcome, reason, remedy } = await probe(snowflake);
    at.snowflake.clearFaults();
    assert.equal(outcome, "rejected");
    assert.match(reason, /second factor/);
    assert.match(remedy ?? "", /TYPE = (LEGACY_)?SERVICE/);
  });

  it("defect 22: a role, a schema or a warehouse that is not there is found, and no session stays open", async () => {
    const wrong = { SNOWFLAKE_ROLE: "SOPHIA_ROLE", SNOWFLAKE_SCHEMA: "MISSING", SNOWFLAKE_WAREHOUSE: "MISSING" };
    for (const [name, value] of Object.entries(wrong)) {
      const { outcome, reason, remedy } = await probe(snowflake, { [name]: value });
      assert.equal(outcome, "rejected", name);
      assert.match(`${reason} ${remedy}`, new RegExp(value), name);
      assert.equal(at.snowflake.openSessions(), 0);
    }
  });

  it("defects 22 and 23: a service that does not answer does not hold the test up, and is no refusal", async () => {
    const effect = { kind: "delay", milliseconds: 20_000 } as const;
    for (const service of [snowflake, gong, vercel, estuary] as readonly Service[]) {
      const standIn = at[service.name as keyof typeof at];
      standIn.addFault({ times: 10, effect });
      const started = Date.now();
      const { outcome, credentialRefused } = await probe(service, {}, { deadlineMs: 1_500 });
      standIn.clearFaults();
      assert.deepEqual([service.name, outcome, credentialRefused], [service.name, "unknown", false]);
      assert.ok(Date.now() - started < 10_000, `${service.name} took ${Date.now() - started} ms`);
    }
  });

  it("defect 23: a failure of the moment is tried again", async () => {
    for (const service of [gong, vercel, estuary] as readonly Service[]) {
      const standIn = at[service.name as keyof typeof at];
      standIn.addFault({ times: 2, effect: { kind: "status", status: 503 } });
      const { outcome, attempts } = await probe(service);
      standIn.clearFaults();
      assert.deepEqual([service.name, outcome, attempts], [service.name, "passed", 3]);
    }
  });

  it("defect 8: no report of a test shows a secret, an identity or an answer's body", async () => {
    at.gong.addFault({ times: 9, effect: { kind: "status", status: 401, body: { email: "canary@example.com" } } });
    const result = await run("test gong --source env-file --json --output report.json");
    at.gong.clearFaults();
    assert.equal(result.code, 2, said(result));
    assert.doesNotMatch(`${await checkout.get("report.json")}${checkout.transcript.join("")}`, /canary/);
  });
});
