/** The stand-ins of a stack that was brought about, in this process and without an engine: for specs of what only reads. */
import { systemHttp } from "../../automation/http";
import { Redactor } from "../../automation/redact";
import { AUDIT_TOKENS } from "../../automation/cli/commands/audit";
import { Session } from "../../automation/session";
import { startEsc, type EscStandIn } from "../../sandbox/esc";
import { startEstuary, type EstuaryStandIn } from "../../sandbox/estuary";
import { startGitHub, type GitHubStandIn } from "../../sandbox/github";
import { startSnowflake, type SnowflakeStandIn } from "../../sandbox/snowflake";
import { startVercel, type VercelStandIn } from "../../sandbox/vercel";
import { CHECKOUT } from "./sandbox";

/** They, and sessions of the stack `development` on them. */
export interface StandIns {
  readonly esc: EscStandIn;
  readonly github: GitHubStandIn;
  readonly vercel: VercelStandIn;
  readonly snowflake: SnowflakeStandIn;
  readonly estuary: EstuaryStandIn;
  /** What a process gets; tokens are in here. */
  readonly environment: Readonly<Record<string, string>>;
  session(environment?: Readonly<Record<string, string | undefined>>): Session;
  close(): Promise<void>;
}

const TOKENS = {
  PULUMI_ACCESS_TOKEN: "pul-canary-control",
  GITHUB_TOKEN: "ghp_canary_control",
  SOPHIA_VERCEL_CONTROL_TOKEN: "canaryvercel0123456789abcdef",
  SOPHIA_ESTUARY_CONTROL_TOKEN: "canary-estuary-control",
  SOPHIA_SNOWFLAKE_ADMIN_USER: "SOPHIA_ADMIN",
  SOPHIA_SNOWFLAKE_ADMIN_PASSWORD: "canary-Aa1-admin",
} as const;

/** Starts them with the names of `Pulumi.development.yaml`. */
export async function startStandIns(): Promise<StandIns> {
  const [esc, github, vercel, snowflake, estuary] = await Promise.all([
    startEsc({ token: TOKENS.PULUMI_ACCESS_TOKEN, organization: "payready" }),
    startGitHub({ tokens: [TOKENS.GITHUB_TOKEN], organization: "payready", repositories: ["sophia", "web"] }),
    startVercel({
      controlToken: TOKENS.SOPHIA_VERCEL_CONTROL_TOKEN,
      team: { id: "team_123456789", slug: "payready" },
      projects: [{ id: "prj_123456789", name: "sophia" }],
    }),
    startSnowflake({
      ...{ organization: "PAYREADY", account: "SOPHIA" },
      seed: {
        users: [
          admin("SOPHIA_ADMIN", TOKENS.SOPHIA_SNOWFLAKE_ADMIN_PASSWORD),
          {
            ...{ name: "SOPHIA_SERVICE", password: "canary-Aa1-service", type: "LEGACY_SERVICE" },
            ...{ defaultRole: "SOPHIA_ROLE", roles: ["SOPHIA_ROLE"] },
          },
        ],
        warehouses: ["SOPHIA_WH"],
        databases: [{ name: "SOPHIA_DB", schemas: ["PUBLIC"] }],
      },
    }),
    startEstuary({ controlToken: TOKENS.SOPHIA_ESTUARY_CONTROL_TOKEN }),
  ]);
  const environment = {
    ...TOKENS,
    SOPHIA_ESC_URL: esc.url,
    SOPHIA_GITHUB_URL: `${github.url}/api/v3`,
    SOPHIA_VERCEL_URL: vercel.url,
    SOPHIA_SNOWFLAKE_URL: snowflake.url,
  };
  esc.edit("sophia", "development-intake", "values:\n  services: {}\n");
  esc.edit("sophia", "development", publishedText(estuary.url));
  return {
    ...{ esc, github, vercel, snowflake, estuary, environment },
    session: (more = {}) =>
      new Session(
        "development",
        {
          environment: { ...environment, ...more },
          directory: CHECKOUT,
          http: { ...systemHttp(), sleep: async () => undefined },
          now: Date.now,
          redactor: new Redactor(),
          signal: new AbortController().signal,
        },
        AUDIT_TOKENS,
      ),
    close: async () => {
      await Promise.all([esc, github, vercel, snowflake, estuary].map((standIn) => standIn.close()));
    },
  };
}

function admin(name: string, password: string) {
  return { name, password, type: "LEGACY_SERVICE", defaultRole: "ACCOUNTADMIN", roles: ["ACCOUNTADMIN"] } as const;
}

function publishedText(estuaryUrl: string): string {
  return [
    "values:",
    "  environmentVariables:",
    "    SNOWFLAKE_USER: SOPHIA_SERVICE",
    `    ESTUARY_API_URL: ${estuaryUrl}`,
    "    VERCEL_ACCESS_TOKEN:",
    "      fn::secret: canary-vercel-of-consumers",
    "",
  ].join("\n");
}
