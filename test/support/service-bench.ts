/** What do specs of probes need? The four services as stand-ins in this process, set up as an `up` leaves them, and the values that programs read. */
import { type ProbeContext } from "../../automation/probes/run";
import { queryOnce } from "../../automation/probes/snowflake-driver";
import { startEstuary, type EstuaryStandIn } from "../../sandbox/estuary";
import { startGong, type GongStandIn } from "../../sandbox/gong";
import { type StandIn } from "../../sandbox/kit/stand-in";
import { startSnowflake, type SnowflakeStandIn } from "../../sandbox/snowflake";
import { startVercel, type VercelStandIn } from "../../sandbox/vercel";

const PASSWORD = "cAnArY-Snowflake-password-1";
const ADMIN_PASSWORD = "Admin-password-1";
const CONTROL = "vercelcontroltoken1234567890";
const GONG_KEY = { accessKey: "CANARYGONGKEY", secret: "cAnArY-gong-secret" };

/** The running services, and what programs read. */
export interface ServiceBench {
  readonly snowflake: SnowflakeStandIn;
  readonly gong: GongStandIn;
  readonly vercel: VercelStandIn;
  readonly estuary: EstuaryStandIn;
  /** Change it as a person would change the settings. */
  values: Record<string, string>;
  /** A context with short waits. */
  context(options?: Partial<ProbeContext>): ProbeContext;
  /** Runs statements as Snowflake's administrator. */
  sql(...statements: string[]): Promise<void>;
  /** Sends a request to Vercel as the owner of the account; the answer's JSON. */
  asVercelOwner<T>(method: string, path: string, body?: object): Promise<T>;
  /** Production, deployed now. */
  deploy(): Promise<{ readonly id: string; readonly url: string }>;
  close(): Promise<void>;
}

/** Starts them. Everything is as programs need it, with one production deployment that knows all variables. */
export async function startServiceBench(): Promise<ServiceBench> {
  let clock = 0;
  const [snowflake, gong, vercel, estuary] = await Promise.all([
    startSnowflake({
      organization: "payready",
      account: "sandbox",
      seed: {
        users: [
          {
            ...{ name: "SOPHIA_SERVICE", password: PASSWORD, type: "LEGACY_SERVICE" },
            ...{ defaultRole: "SOPHIA_ROLE", roles: ["SOPHIA_ROLE"] },
          },
          {
            ...{ name: "ADMIN", password: ADMIN_PASSWORD, type: "LEGACY_SERVICE" },
            ...{ defaultRole: "ACCOUNTADMIN", roles: ["ACCOUNTADMIN"] },
          },
        ],
        networkPolicy: "ACCOUNT_POLICY",
        warehouses: ["SOPHIA_WH"],
        databases: [{ name: "SOPHIA_DB", schemas: ["PUBLIC"] }],
      },
    }),
    startGong({ keys: [GONG_KEY], adminToken: "gong-admin" }),
    startVercel({
      ...{
        controlToken: CONTROL,
        team: { id: "team_1", slug: "payready" },
        projects: [{ id: "prj_1", name: "sophia" }],
      },
      // Builds take no time, and no two moments are the same.
      ...{ buildMilliseconds: 0, now: () => Date.now() + clock++ },
    }),
    startEstuary({ controlToken: "estuary-control-token" }),
  ]);
  const servers: readonly StandIn[] = [snowflake, gong, vercel, estuary];
  const sql = async (...statements: string[]): Promise<void> => {
    for (const statement of statements) await queryOnce(logIn(snowflake.url), statement);
  };
  const asVercelOwner = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${vercel.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${CONTROL}`, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const deploy = async () =>
    asVercelOwner<{ id: string; url: string }>("POST", "/v13/deployments?teamId=team_1", {
      ...{ name: "sophia", project: "prj_1", target: "production" },
    });
  await sql(
    "GRANT USAGE ON WAREHOUSE SOPHIA_WH TO ROLE SOPHIA_ROLE",
    "GRANT USAGE ON DATABASE SOPHIA_DB TO ROLE SOPHIA_ROLE",
    "GRANT USAGE ON SCHEMA SOPHIA_DB.PUBLIC TO ROLE SOPHIA_ROLE",
  );
  vercel.editOutside("prj_1", "GONG_API_KEY", "production", "some value");
  await deploy();
  const { bearerToken } = await asVercelOwner<{ bearerToken: string }>("POST", "/v3/user/tokens?teamId=team_1", {
    name: "sophia",
  });
  return {
    ...{ snowflake, gong, vercel, estuary, sql, asVercelOwner, deploy },
    values: {
      SNOWFLAKE_ACCOUNT: "PAYREADY-SANDBOX",
      SNOWFLAKE_USER: "SOPHIA_SERVICE",
      SNOWFLAKE_PASSWORD: PASSWORD,
      SNOWFLAKE_ROLE: "SOPHIA_ROLE",
      SNOWFLAKE_WAREHOUSE: "SOPHIA_WH",
      SNOWFLAKE_DATABASE: "SOPHIA_DB",
      SNOWFLAKE_SCHEMA: "PUBLIC",
      GONG_API_KEY: GONG_KEY.accessKey,
      GONG_API_SECRET: GONG_KEY.secret,
      GONG_BASE_URL: gong.url,
      VERCEL_ACCESS_TOKEN: bearerToken,
      VERCEL_PROJECT_ID: "prj_1",
      VERCEL_TEAM_ID: "team_1",
      ESTUARY_API_KEY: estuary.mint("sophia").apiKey,
      ESTUARY_API_URL: estuary.url,
    },
    context: (options = {}) => ({
      endpoints: { esc: "", github: "", vercel: vercel.url, snowflake: snowflake.url },
      http: { fetch, random: () => 0, sleep: async () => undefined },
      now: () => Date.now(),
      ...options,
    }),
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

function logIn(accessUrl: string) {
  return {
    ...{ account: "PAYREADY-SANDBOX", accessUrl, user: "ADMIN", timeoutMs: 5_000 },
    credential: { password: ADMIN_PASSWORD },
  };
}
