/** How does a spec run the whole program under mocks? Settings, tokens and made values, all marked so that they can be looked for. */
import sophiaSecrets from "../../index";
import { record, type MockOptions } from "./mocks";
import { type TinyEsc } from "./tiny-esc";

/** The stack's configuration, keys without `sophia:`. */
export const TEST_CONFIG: Readonly<Record<string, unknown>> = {
  organization: "payready",
  githubOwner: "payready",
  githubRepositories: ["sophia"],
  vercelTeam: "team_1",
  vercelProject: "prj_1",
  snowflakeAccount: "PAYREADY-SOPHIA",
  snowflakeWarehouse: "SOPHIA_WH",
  snowflakeDatabase: "SOPHIA_DB",
  snowflakeSchema: "PUBLIC",
  snowflakeRole: "SOPHIA_ROLE",
  snowflakeUser: "SOPHIA_SERVICE",
  snowflakeManage: true,
  snowflakeAdminRole: "ACCOUNTADMIN",
};

/** The controlling tokens, each with `canary` in its value. */
export const TEST_TOKENS: Readonly<Record<string, string>> = {
  PULUMI_ACCESS_TOKEN: "canary-pulumi-token",
  GITHUB_TOKEN: "canary-github-token",
  SOPHIA_VERCEL_CONTROL_TOKEN: "canary-vercel-token",
  SOPHIA_ESTUARY_CONTROL_TOKEN: "canary-estuary-token",
  SOPHIA_SNOWFLAKE_ADMIN_USER: "SOPHIA_ADMIN",
  SOPHIA_SNOWFLAKE_ADMIN_PASSWORD: "canary-snowflake-password",
};

/** What the mocked providers answer to the program; everything that they make has `canary` in it. */
export const TEST_OUTPUTS: NonNullable<MockOptions["outputs"]> = {
  "random:index/randomPassword:RandomPassword": (name) => ({ result: `canary-password-${name}` }),
  "vercel:index/userToken:UserToken": (name) => ({ bearerToken: `canary-bearer-${name}` }),
  "pulumi-nodejs:dynamic/credentials:EstuaryToken": (name) => ({ apiKey: `canary-key-${name}`, tokenId: "id" }),
  "pulumiservice:index:Environment": { revision: 3 },
};

/** Runs the whole program of `index.ts` on the intake that stands in `esc`. The process environment is put back afterwards. */
export async function recordProgram(
  esc: TinyEsc,
  config: Readonly<Record<string, unknown>> = {},
  outputs: MockOptions["outputs"] = {},
  stack = "development",
) {
  const environment = { ...TEST_TOKENS, PULUMI_ACCESS_TOKEN: esc.token, SOPHIA_ESC_URL: esc.url };
  const before = { ...process.env };
  Object.assign(process.env, environment);
  try {
    const entries = Object.entries({ ...TEST_CONFIG, ...config }).map(([key, value]) => [
      `sophia:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
    return await record(sophiaSecrets, {
      config: Object.fromEntries(entries) as Record<string, string>,
      stack,
      outputs: { ...TEST_OUTPUTS, ...outputs },
      calls: { "github:index/getRepository:getRepository": ({ name }) => ({ name, repoId: 7 }) },
    });
  } finally {
    for (const name of Object.keys(environment)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}
