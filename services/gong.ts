import { defineService, plain, secret } from "./service";

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
    steps: [
      {
        purpose: "list users",
        method: "GET",
        base: { variable: "GONG_BASE_URL" },
        path: ["v2", "users"],
        auth: { basic: ["GONG_API_KEY", "GONG_API_SECRET"] },
      },
    ],
  },
});
