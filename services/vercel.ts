import { defineService, plain, secret } from "./service";

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
    steps: [
      {
        purpose: "read the project",
        method: "GET",
        base: { endpoint: "vercel" },
        path: ["v9", "projects", { variable: "VERCEL_PROJECT_ID" }],
        query: { teamId: { variable: "VERCEL_TEAM_ID" } },
        auth: { bearer: { variable: "VERCEL_ACCESS_TOKEN" } },
      },
    ],
  },
});
