import { defineService, type HttpStep, plain, secret } from "./service";

const TOKEN = { bearer: { variable: "VERCEL_ACCESS_TOKEN" } } as const;
const TEAM = { teamId: { variable: "VERCEL_TEAM_ID" } } as const;

// Every token reads its own user, one that is limited to another team too: a refusal here is about the token.
// https://vercel.com/docs/rest-api/user/get-the-user
const USER: HttpStep<"VERCEL_ACCESS_TOKEN"> = {
  purpose: "read the token's user",
  ...{ method: "GET", base: { endpoint: "vercel" }, path: ["v2", "user"], auth: TOKEN, open: true },
};

const PROJECT: HttpStep<"VERCEL_ACCESS_TOKEN" | "VERCEL_PROJECT_ID" | "VERCEL_TEAM_ID"> = {
  purpose: "read the project",
  ...{ method: "GET", base: { endpoint: "vercel" }, query: TEAM, auth: TOKEN },
  path: ["v9", "projects", { variable: "VERCEL_PROJECT_ID" }],
};

/** Vercel as a service that programs log in to (it is a destination of the other services' variables as well). */
export const vercel = defineService({
  name: "vercel",
  title: "Vercel",
  owner: "frontend-team",
  description: "Frontend deployment and hosting",
  docs: "https://vercel.com/docs/rest-api/reference/endpoints/authentication",
  variables: {
    VERCEL_ACCESS_TOKEN: secret({
      description: "Access token of the platform's programs",
      destinations: ["esc", "github"],
      aliases: ["VERCEL_API_TOKEN", "VERCEL_TOKEN"],
    }),
    VERCEL_PROJECT_ID: plain({
      description: "Project id, prj_…",
      destinations: ["esc", "github"],
      config: "vercelProject",
    }),
    VERCEL_ORG_ID: plain({
      description: "Organization id, which at Vercel is the team's id",
      destinations: ["esc", "github"],
      sameAs: "VERCEL_TEAM_ID",
    }),
    VERCEL_TEAM_ID: plain({ description: "Team id, team_…", destinations: ["esc", "github"], config: "vercelTeam" }),
  },
  rotation: {
    everyDays: 90,
    strategies: {
      token: {
        kind: "vercel-user-token",
        variables: { token: "VERCEL_ACCESS_TOKEN" },
        // https://vercel.com/docs/rest-api/authentication/list-auth-tokens
        usage: {
          ...{ kind: "token-list", token: "VERCEL_ACCESS_TOKEN", asWhom: "vercel" },
          ...{ base: { endpoint: "vercel" }, path: "/v6/user/tokens?limit=100", list: ["tokens"], usedAt: "activeAt" },
          identity: { kind: "ends", prefix: "prefix", suffix: "suffix" },
        },
      },
    },
    retirement: [
      "Log in as the user who made the token and open https://vercel.com/account/settings/tokens.",
      "Delete the token that was imported; those whose names begin with sophia- are looked after by this project.",
    ],
  },
  probe: {
    kind: "http",
    steps: [USER, PROJECT],
    deep: [
      { kind: "rows", name: "user", request: USER, rows: ["user"], label: ["username"], rules: [] },
      {
        kind: "rows",
        name: "team",
        // https://vercel.com/docs/rest-api/teams/get-a-team
        request: {
          purpose: "read the team",
          ...{ method: "GET", base: { endpoint: "vercel" }, auth: TOKEN },
          path: ["v2", "teams", { variable: "VERCEL_TEAM_ID" }],
        },
        label: ["slug"],
        rules: [],
        capture: { team: ["id"] },
      },
      {
        kind: "rows",
        name: "project",
        request: PROJECT,
        label: ["name"],
        rules: [
          {
            ...{ kind: "same", at: ["accountId"], as: { captured: "team" } },
            otherwise: {
              ...{ level: "failed", class: "configuration" },
              reason: "Project {label} belongs to another team than VERCEL_TEAM_ID says.",
              remedy: "Set VERCEL_PROJECT_ID and VERCEL_TEAM_ID to a project and its own team.",
            },
          },
        ],
      },
      {
        kind: "rows",
        name: "deployment",
        // https://vercel.com/docs/rest-api/deployments/list-deployments: the newest first
        request: {
          purpose: "read the newest production deployment",
          ...{ method: "GET", base: { endpoint: "vercel" }, path: ["v6", "deployments"], auth: TOKEN },
          query: { projectId: { variable: "VERCEL_PROJECT_ID" }, ...TEAM, target: "production", limit: "1" },
        },
        rows: ["deployments"],
        label: ["url"],
        rules: [
          {
            ...{ kind: "one-of", at: ["readyState"], words: ["READY", "QUEUED", "INITIALIZING", "BUILDING"] },
            otherwise: {
              ...{ level: "failed", class: "service" },
              reason: "The newest production deployment {label} is {value}.",
              remedy: "Read why: npx vercel inspect {label} --logs; then deploy again: npx vercel redeploy {label}",
            },
          },
          {
            ...{ kind: "one-of", at: ["readyState"], words: ["READY"] },
            otherwise: {
              ...{ level: "warning", class: "service" },
              reason: "The newest production deployment {label} is {value} still.",
              remedy: "Wait until it is READY: npx vercel inspect {label} --wait",
            },
          },
        ],
        empty: {
          ...{ level: "warning", class: "configuration", reason: "The project has no production deployment yet." },
          remedy: "Deploy it: npx vercel deploy --prod",
        },
        capture: { deployed: ["createdAt"], deployment: ["url"] },
      },
      {
        kind: "rows",
        name: "its variables",
        // https://vercel.com/docs/environment-variables: a change reaches new deployments only
        request: {
          purpose: "list the project's variables",
          ...{ method: "GET", base: { endpoint: "vercel" }, auth: TOKEN, query: TEAM },
          path: ["v10", "projects", { variable: "VERCEL_PROJECT_ID" }, "env"],
        },
        rows: ["envs"],
        label: ["key"],
        where: { at: ["target"], is: "production" },
        rules: [
          {
            ...{ kind: "not-after", at: ["updatedAt"], captured: "deployed" },
            otherwise: {
              ...{ level: "failed", class: "configuration" },
              reason: "{label} was changed at {value}, after production was deployed.",
              remedy: "Deploy again, so that programs read the new values: npx vercel redeploy {deployment}",
            },
          },
        ],
      },
      {
        kind: "allowance",
        name: "rate limit",
        remaining: "x-ratelimit-remaining",
        limit: "x-ratelimit-limit",
        published: "https://vercel.com/docs/limits#rate-limits",
      },
    ],
  },
});
