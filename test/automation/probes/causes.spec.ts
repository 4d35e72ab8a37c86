/** Does each cause of trouble get its own class and a remedy that helps? Planted one after the other; done what the remedy says, the next run passes. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { createServer, type Server } from "node:http";
import { type AddressInfo, type Socket } from "node:net";
import { systemHttp } from "../../../automation/http";
import { runDeepProbe } from "../../../automation/probes/deep";
import { type ProbeResult } from "../../../automation/probes/result";
import { runProbe, type ProbeContext } from "../../../automation/probes/run";
import { findService } from "../../../services/select";
import { startServiceBench, type ServiceBench } from "../../support/service-bench";

interface Cause {
  readonly service: string;
  /** Only `--deep` sees it. */
  readonly deep?: true;
  readonly plant: (bench: ServiceBench) => unknown;
  readonly class: string;
  readonly reason: RegExp;
  readonly remedy: RegExp;
  /** Does what the remedy says: to the settings, or at the service. */
  readonly follow: (bench: ServiceBench, remedy: string) => unknown;
  readonly context?: (bench: ServiceBench) => Partial<ProbeContext>;
}

const set = (name: string, value: string) => (bench: ServiceBench) => void (bench.values[name] = value);
const setBack = (name: string, value: (bench: ServiceBench) => string) => (bench: ServiceBench) =>
  void (bench.values[name] = value(bench));
/** Runs the statement that the remedy names. */
const runStatement = async (bench: ServiceBench, remedy: string) =>
  bench.sql(...(/((?:ALTER|GRANT|REVOKE) .*?;)/.exec(remedy)?.slice(1) ?? assert.fail(remedy)));
const fault =
  (service: "gong" | "vercel", effect: Parameters<ServiceBench["gong"]["addFault"]>[0]["effect"]) =>
  (bench: ServiceBench) =>
    bench[service].addFault({ times: 99, effect });
const overByItself = (service: "gong" | "vercel") => (bench: ServiceBench) => bench[service].clearFaults();
const CAPTURE = "payready/gong/source-gong";
const MATERIALIZATION = "payready/snowflake/materialize-snowflake";
const rotateSnowflake = async (bench: ServiceBench) => {
  const password = `Rotated-password-${Date.now()}`;
  await bench.sql(`ALTER USER SOPHIA_SERVICE SET PASSWORD = '${password}' MUST_CHANGE_PASSWORD = FALSE`);
  bench.values.SNOWFLAKE_PASSWORD = password;
};
const rotateVercel = async (bench: ServiceBench) => {
  const made = await bench.asVercelOwner<{ bearerToken: string }>("POST", "/v3/user/tokens?teamId=team_1", {
    name: "next",
  });
  bench.values.VERCEL_ACCESS_TOKEN = made.bearerToken;
};
const rotateGong = async (bench: ServiceBench) => {
  const response = await fetch(`${bench.gong.url}/_admin/keys`, {
    method: "POST",
    headers: { "x-sandbox-admin": "gong-admin" },
  });
  const { accessKey, secret } = (await response.json()) as { accessKey: string; secret: string };
  Object.assign(bench.values, { GONG_API_KEY: accessKey, GONG_API_SECRET: secret });
};
const rotateEstuary = (bench: ServiceBench) => void (bench.values.ESTUARY_API_KEY = bench.estuary.mint("next").apiKey);
const redeploy = async (bench: ServiceBench, remedy: string) => {
  const [, deploymentId] = /npx vercel redeploy (\S+)$/.exec(remedy) ?? assert.fail(remedy);
  await bench.asVercelOwner("POST", "/v13/deployments?teamId=team_1", {
    name: "sophia",
    deploymentId,
    target: "production",
  });
};

/** A proxy that lets nobody through until it is told to name no proxy at all. */
let proxy: Server;
const proxyAnswers = new Set<Socket>();
let noProxy = "";
const REFUSED_BY_PROXY = "https://us-1.api.gong.invalid";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PEM = privateKey.export({ type: "pkcs8", format: "pem" }).toString();

const CAUSES: Readonly<Record<string, Cause>> = {
  "a wrong password": {
    ...{ service: "snowflake", class: "authentication", reason: /refused the credential \(error 390100\)/ },
    plant: set("SNOWFLAKE_PASSWORD", "wrong"),
    ...{ remedy: /rotate --service snowflake/, follow: rotateSnowflake },
  },
  "an expired password": {
    ...{ service: "snowflake", class: "authentication", reason: /password .* has expired/ },
    plant: (bench) => bench.sql("ALTER USER SOPHIA_SERVICE SET MUST_CHANGE_PASSWORD = TRUE"),
    ...{ remedy: /rotate --service snowflake/, follow: rotateSnowflake },
  },
  "a locked user": {
    ...{ service: "snowflake", class: "authentication", reason: /locked the user/ },
    plant: async (bench) => {
      const wrong = { ...bench.values, SNOWFLAKE_PASSWORD: "wrong" };
      for (let count = 0; count < 5; count += 1) await runProbe(named("snowflake"), wrong, bench.context());
    },
    ...{ remedy: /ALTER USER SOPHIA_SERVICE SET MINS_TO_UNLOCK = 0;/, follow: runStatement },
  },
  "a disabled user": {
    ...{ service: "snowflake", class: "authentication", reason: /disabled the user/ },
    plant: (bench) => bench.sql("ALTER USER SOPHIA_SERVICE SET DISABLED = TRUE"),
    ...{ remedy: /ALTER USER SOPHIA_SERVICE SET DISABLED = FALSE;/, follow: runStatement },
  },
  "a second factor that is asked for": {
    ...{ service: "snowflake", class: "authentication", reason: /second factor \(MFA\)/ },
    plant: async (bench) => {
      bench.snowflake.requireSecondFactor(true);
      await bench.sql("ALTER USER SOPHIA_SERVICE SET TYPE = PERSON");
    },
    ...{ remedy: /ALTER USER SOPHIA_SERVICE SET TYPE = LEGACY_SERVICE;/, follow: runStatement },
  },
  "a network policy": {
    ...{ service: "snowflake", class: "permission", reason: /network policy/ },
    plant: (bench) =>
      bench.sql(
        "CREATE NETWORK POLICY OFFICE ALLOWED_IP_LIST = ('203.0.113.0/24')",
        "ALTER USER SOPHIA_SERVICE SET NETWORK_POLICY = 'OFFICE'",
      ),
    remedy:
      /Add the address to the policy that this shows: SHOW PARAMETERS LIKE 'NETWORK_POLICY' FOR USER SOPHIA_SERVICE;/,
    follow: (bench) => bench.sql("ALTER NETWORK POLICY OFFICE SET ALLOWED_IP_LIST = ('203.0.113.0/24', '127.0.0.1')"),
  },
  "a missing grant": {
    ...{ service: "snowflake", class: "permission", reason: /not with the configured schema \(SNOWFLAKE_SCHEMA\)/ },
    plant: (bench) => bench.sql("REVOKE USAGE ON SCHEMA SOPHIA_DB.PUBLIC FROM ROLE SOPHIA_ROLE"),
    ...{ remedy: /GRANT USAGE ON SCHEMA SOPHIA_DB.PUBLIC TO ROLE SOPHIA_ROLE;/, follow: runStatement },
  },
  "a wrong role": {
    ...{ service: "snowflake", class: "permission", reason: /not with the configured role/ },
    plant: set("SNOWFLAKE_ROLE", "SYSADMIN"),
    ...{
      remedy: /Verify SNOWFLAKE_ROLE, then .*GRANT ROLE SYSADMIN TO USER/,
      follow: set("SNOWFLAKE_ROLE", "SOPHIA_ROLE"),
    },
  },
  "a wrong database": {
    ...{ service: "snowflake", class: "permission", reason: /not with the configured database/ },
    plant: set("SNOWFLAKE_DATABASE", "SOPHIA_BD"),
    ...{ remedy: /Verify SNOWFLAKE_DATABASE/, follow: set("SNOWFLAKE_DATABASE", "SOPHIA_DB") },
  },
  "a wrong account": {
    ...{ service: "snowflake", class: "configuration", reason: /turned the request away/ },
    plant: set("SNOWFLAKE_ACCOUNT", "PAYREADY-OTHER"),
    ...{ remedy: /Verify SNOWFLAKE_ACCOUNT/, follow: set("SNOWFLAKE_ACCOUNT", "PAYREADY-SANDBOX") },
  },
  "an empty variable": {
    ...{
      service: "snowflake",
      class: "configuration",
      reason: /SNOWFLAKE_WAREHOUSE\. Set, but empty: SNOWFLAKE_WAREHOUSE\./,
    },
    plant: set("SNOWFLAKE_WAREHOUSE", ""),
    ...{ remedy: /Set SNOWFLAKE_WAREHOUSE/, follow: set("SNOWFLAKE_WAREHOUSE", "SOPHIA_WH") },
  },
  "a warehouse that does not resume": {
    ...{ service: "snowflake", deep: true, class: "configuration", reason: /suspended and does not resume/ },
    plant: (bench) =>
      bench.sql("ALTER WAREHOUSE SOPHIA_WH SET AUTO_RESUME = FALSE", "ALTER WAREHOUSE SOPHIA_WH SUSPEND"),
    ...{ remedy: /ALTER WAREHOUSE SOPHIA_WH SET AUTO_RESUME = TRUE;/, follow: runStatement },
  },
  "a private key cut to its first line": {
    ...{ service: "snowflake", class: "configuration", reason: /SNOWFLAKE_PRIVATE_KEY ends after its first line/ },
    plant: async (bench) => {
      const key = publicKey.export({ type: "spki", format: "der" }).toString("base64");
      await bench.sql(`ALTER USER SOPHIA_SERVICE SET RSA_PUBLIC_KEY = '${key}'`);
      delete bench.values.SNOWFLAKE_PASSWORD;
      bench.values.SNOWFLAKE_PRIVATE_KEY = PEM.split("\n")[0] ?? "";
    },
    ...{ remedy: /between double quotes in the env file/, follow: set("SNOWFLAKE_PRIVATE_KEY", PEM) },
  },
  "an unset variable": {
    ...{ service: "gong", class: "configuration", reason: /Missing required .*: GONG_API_SECRET\.$/ },
    plant: (bench) => void delete bench.values.GONG_API_SECRET,
    ...{ remedy: /Set GONG_API_SECRET/, follow: rotateGong },
  },
  "an expired key": {
    ...{ service: "gong", class: "authentication", reason: /has expired \(on 2026-01-01\)/ },
    plant: async (bench) => {
      const made = await fetch(`${bench.gong.url}/_admin/keys`, {
        ...{ method: "POST", headers: { "x-sandbox-admin": "gong-admin" } },
        body: JSON.stringify({ expiresAt: "2026-01-01T00:00:00Z" }),
      });
      const { accessKey, secret } = (await made.json()) as { accessKey: string; secret: string };
      Object.assign(bench.values, { GONG_API_KEY: accessKey, GONG_API_SECRET: secret });
    },
    ...{ remedy: /Replace GONG_API_SECRET: npx sophia-secrets rotate --service gong/, follow: rotateGong },
  },
  "a missing scope": {
    ...{ service: "gong", deep: true, class: "permission", reason: /lacks api:calls:read:basic/ },
    plant: (bench) => bench.gong.setScopes(bench.values.GONG_API_KEY ?? "", ["api:users:read"]),
    remedy: /Give the credential .* the scope api:calls:read:basic/,
    follow: (bench) =>
      bench.gong.setScopes(bench.values.GONG_API_KEY ?? "", ["api:users:read", "api:calls:read:basic"]),
  },
  "a wrong base address of Gong": {
    ...{ service: "gong", class: "configuration", reason: /HTTP 404/ },
    plant: (bench) => void (bench.values.GONG_BASE_URL += "/v1"),
    ...{ remedy: /Verify GONG_BASE_URL/, follow: setBack("GONG_BASE_URL", ({ gong }) => gong.url) },
  },
  "a name that cannot be looked up": {
    ...{ service: "gong", class: "connection", reason: /could not be looked up/ },
    plant: set("GONG_BASE_URL", "https://us-1.api.gong.invalid"),
    ...{ remedy: /Verify GONG_BASE_URL/, follow: setBack("GONG_BASE_URL", ({ gong }) => gong.url) },
  },
  "a proxy that refuses": {
    ...{ service: "gong", class: "connection", reason: /proxy .* refuses to pass it on \(HTTP 403\)/ },
    plant: set("GONG_BASE_URL", REFUSED_BY_PROXY),
    context: () => {
      const { port } = proxy.address() as AddressInfo;
      return {
        http: {
          ...systemHttp({ HTTPS_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: noProxy }),
          sleep: async () => undefined,
        },
      };
    },
    remedy: /Verify HTTPS_PROXY .*NO_PROXY/,
    follow: (bench) => {
      noProxy = "127.0.0.1";
      bench.values.GONG_BASE_URL = bench.gong.url;
    },
  },
  "too many requests": {
    ...{ service: "gong", class: "rate-limit", reason: /limits the rate/ },
    plant: fault("gong", { kind: "status", status: 429, headers: { "retry-after": "2" } }),
    ...{ remedy: /test gong again in 2 s/, follow: overByItself("gong") },
  },
  "an outage": {
    ...{ service: "vercel", class: "service", reason: /could not answer \(HTTP 503\)/ },
    plant: fault("vercel", { kind: "status", status: 503 }),
    ...{ remedy: /try again later/, follow: overByItself("vercel") },
  },
  "no answer in time": {
    ...{ service: "gong", class: "connection", reason: /did not answer in time/ },
    plant: fault("gong", { kind: "delay", milliseconds: 1_000 }),
    context: () => ({ deadlineMs: 150, attempts: 1 }),
    ...{ remedy: /IP restrictions/, follow: overByItself("gong") },
  },
  "a connection that breaks": {
    ...{ service: "vercel", class: "connection", reason: /connection to Vercel broke/ },
    plant: fault("vercel", { kind: "reset" }),
    ...{ remedy: /network connectivity and proxies/, follow: overByItself("vercel") },
  },
  "a token that was deleted": {
    ...{ service: "vercel", class: "authentication", reason: /refused the credential \(HTTP 403\)/ },
    plant: set("VERCEL_ACCESS_TOKEN", "deletedtoken12345678901234"),
    ...{ remedy: /rotate --service vercel/, follow: rotateVercel },
  },
  "a wrong project": {
    ...{ service: "vercel", class: "configuration", reason: /HTTP 404, to read the project/ },
    plant: set("VERCEL_PROJECT_ID", "prj_2"),
    ...{ remedy: /Verify VERCEL_PROJECT_ID/, follow: set("VERCEL_PROJECT_ID", "prj_1") },
  },
  "a wrong team": {
    ...{ service: "vercel", class: "permission", reason: /let the credential in but forbids it to read the project/ },
    plant: set("VERCEL_TEAM_ID", "team_2"),
    ...{ remedy: /VERCEL_PROJECT_ID and VERCEL_TEAM_ID/, follow: set("VERCEL_TEAM_ID", "team_1") },
  },
  "a deployment older than its variables": {
    ...{ service: "vercel", deep: true, class: "configuration", reason: /changed at .* after production was deployed/ },
    plant: (bench) => bench.vercel.editOutside("prj_1", "GONG_API_KEY", "production", "newer"),
    ...{ remedy: /npx vercel redeploy /, follow: redeploy },
  },
  "a deployment that failed": {
    ...{ service: "vercel", deep: true, class: "service", reason: /is ERROR/ },
    plant: async (bench) => {
      bench.vercel.failNextDeployments(1);
      await bench.deploy();
    },
    ...{ remedy: /npx vercel redeploy /, follow: redeploy },
  },
  "a revoked key": {
    ...{ service: "estuary", class: "authentication", reason: /refused the credential \(HTTP 401\)/ },
    plant: async (bench) => {
      const { id = "" } = bench.estuary.tokens().at(-1) ?? {};
      await fetch(`${bench.estuary.url}/api/graphql`, {
        method: "POST",
        headers: { authorization: "Bearer estuary-control-token", "content-type": "application/json" },
        body: JSON.stringify({ query: `mutation { revokeApiKey(id: "${id}") { catalogName } }` }),
      });
    },
    ...{ remedy: /rotate --service estuary/, follow: rotateEstuary },
  },
  "the address of the other Estuary": {
    ...{ service: "estuary", class: "configuration", reason: /estuary\.tech was a file storage service/ },
    plant: set("ESTUARY_API_URL", "https://api.estuary.tech"),
    remedy: /^Set ESTUARY_API_URL to https:\/\/api\.estuary\.dev\.$/,
    follow: setBack("ESTUARY_API_URL", ({ estuary }) => estuary.url),
  },
  "a paused capture": {
    ...{ service: "estuary", deep: true, class: "configuration", reason: /source-gong is paused/ },
    plant: (bench) => bench.estuary.setTask(CAPTURE, { isDisabled: true }),
    remedy: /Enable it in the dashboard/,
    follow: (bench) => bench.estuary.setTask(CAPTURE, { isDisabled: false }),
  },
  "a failed materialization": {
    ...{ service: "estuary", deep: true, class: "service", reason: /materialize-snowflake has failed/ },
    plant: (bench) => bench.estuary.setTask(MATERIALIZATION, { hasFailed: true }),
    remedy: /flowctl catalog status payready\/snowflake\/materialize-snowflake/,
    follow: (bench) => bench.estuary.setTask(MATERIALIZATION, { hasFailed: false }),
  },
};

function named(service: string) {
  return findService(service) ?? assert.fail(service);
}

describe("each cause of trouble gets its class and a remedy that helps:", function () {
  // The first log-in loads the driver.
  this.timeout(60_000);
  let bench: ServiceBench;
  before(async () => {
    bench = await startServiceBench();
    proxy = createServer().on("connect", (_, socket: Socket) => {
      proxyAnswers.add(socket);
      socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    for (const socket of proxyAnswers) socket.destroy();
    proxy.close();
    await bench.close();
  });

  it("there are thirty and more of them", () => assert.ok(Object.keys(CAUSES).length >= 30));

  for (const [name, cause] of Object.entries(CAUSES)) {
    it(name, async () => {
      const run = async (): Promise<ProbeResult> =>
        (cause.deep ? runDeepProbe : runProbe)(
          named(cause.service),
          bench.values,
          bench.context(cause.context?.(bench)),
        );
      await cause.plant(bench);
      const { outcome, class: group, reason, remedy = "" } = await run();
      assert.notEqual(outcome, "passed");
      assert.deepEqual(
        [group, cause.reason.test(reason), cause.remedy.test(remedy)],
        [cause.class, true, true],
        `${reason}\n${remedy}`,
      );
      await cause.follow(bench, remedy);
      const next = await run();
      assert.equal(next.outcome, "passed", `${next.reason}\n${next.remedy ?? ""}`);
    });
  }
});
