import { defineService, plain, secret } from "./service";

/** Estuary Flow: a long-lived credential is exchanged for an access token of an hour at each use. */
export const estuary = defineService({
  name: "estuary",
  title: "Estuary",
  owner: "data-team",
  description: "Real-time data streaming and ETL",
  docs: "https://docs.estuary.dev/guides/how_to_generate_refresh_token/",
  variables: {
    ESTUARY_API_KEY: secret({ description: "API key", aliases: ["ESTUARY_ACCESS_TOKEN"] }),
    ESTUARY_API_URL: plain({
      description: "Address of the control plane's API",
      config: "estuaryApiUrl",
      defaultValue: "https://api.estuary.dev",
    }),
  },
  rotation: {
    everyDays: 60,
    strategies: {
      token: { kind: "estuary-token", variables: { token: "ESTUARY_API_KEY", url: "ESTUARY_API_URL" } },
    },
  },
  probe: {
    kind: "http",
    steps: [
      {
        purpose: "list the prefixes that the key may read",
        method: "POST",
        base: { variable: "ESTUARY_API_URL" },
        path: ["api", "graphql"],
        auth: { bearer: { variable: "ESTUARY_API_KEY" } },
        body: { query: "query { prefixes(first: 1, by: { minCapability: read }) { edges { node { prefix } } } }" },
      },
    ],
  },
});
