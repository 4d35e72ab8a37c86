import { defineService, type HttpStep, plain, secret } from "./service";

// https://help.gong.io/apidocs/list-all-users-v2users
const USERS: HttpStep<"GONG_API_KEY" | "GONG_API_SECRET" | "GONG_BASE_URL"> = {
  purpose: "list users",
  method: "GET",
  base: { variable: "GONG_BASE_URL" },
  path: ["v2", "users"],
  auth: { basic: ["GONG_API_KEY", "GONG_API_SECRET"] },
  scope: "api:users:read",
};

/** Gong: keys are made by a technical admin in the product; no API makes them, so a person hands the new pair over. */
export const gong = defineService({
  name: "gong",
  title: "Gong",
  owner: "sales-operations",
  description: "Call recording and analysis for sales intelligence",
  docs: "https://help.gong.io/docs/receive-access-to-the-api",
  variables: {
    GONG_API_KEY: secret({ description: "Access key", aliases: ["GONG_CLIENT_ID"] }),
    GONG_API_SECRET: secret({
      description: "Access key secret",
      aliases: ["GONG_ACCESS_KEY_SECRET", "GONG_CLIENT_SECRET"],
    }),
    GONG_ACCESS_KEY: secret({
      description: "Gong's own name for the access key; the same value as GONG_API_KEY",
      sameAs: "GONG_API_KEY",
    }),
    GONG_BASE_URL: plain({
      description: "Base address of the API, which differs by customer (https://us-12345.api.gong.io)",
      config: "gongBaseUrl",
      defaultValue: "https://api.gong.io",
    }),
  },
  rotation: {
    everyDays: 60,
    strategies: {
      assisted: {
        kind: "provided",
        variables: ["GONG_API_KEY", "GONG_API_SECRET"],
        steps: [
          "Log in to Gong as a technical admin.",
          "Open Admin center > Settings > Ecosystem > API and choose “Create”; leave the present key alone.",
          "Hand over the new access key and its secret: at the hidden prompt, on standard input or with --from-file.",
          "When this command reports that the rotation has drained, delete the old key on the same page.",
        ],
      },
    },
    retirement: [
      "Log in to Gong as a technical admin and open Admin center > Settings > Ecosystem > API.",
      "Delete the access key that no program reads any more; GONG_ACCESS_KEY is the one that stays.",
    ],
  },
  probe: {
    kind: "http",
    steps: [USERS],
    deep: [
      {
        kind: "rows",
        name: "users",
        request: USERS,
        rows: ["users"],
        rules: [],
        empty: {
          ...{ level: "warning", class: "configuration", reason: "There is no user in Gong." },
          remedy: "Invite the people whose calls are to be recorded: Admin center > People > Team members.",
        },
      },
      {
        kind: "rows",
        name: "calls",
        // https://help.gong.io/apidocs/list-calls-v2calls
        request: {
          purpose: "list the calls of 30 days",
          method: "GET",
          base: { variable: "GONG_BASE_URL" },
          path: ["v2", "calls"],
          query: { fromDateTime: { day: -30 }, toDateTime: { day: 0 } },
          auth: { basic: ["GONG_API_KEY", "GONG_API_SECRET"] },
          scope: "api:calls:read:basic",
        },
        none: 404,
        rows: ["calls"],
        rules: [],
        empty: {
          ...{ level: "warning", class: "service", reason: "Gong has no call of the last 30 days." },
          remedy: "See in Gong whether calls are still recorded: Admin center > Data capture.",
        },
      },
      {
        kind: "allowance",
        name: "rate limit",
        remaining: "x-ratelimit-remaining",
        limit: "x-ratelimit-limit",
        published: "3 a second and 10,000 a day for the whole company",
      },
    ],
  },
});
