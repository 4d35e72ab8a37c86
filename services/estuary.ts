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
      token: {
        kind: "estuary-token",
        variables: { token: "ESTUARY_API_KEY", url: "ESTUARY_API_URL" },
        // https://github.com/estuary/flow/pull/3058
        usage: {
          ...{ kind: "token-list", token: "ESTUARY_API_KEY", asWhom: "estuary" },
          ...{ base: { variable: "ESTUARY_API_URL" }, path: "/api/graphql" },
          query: "query { serviceAccounts(first: 100) { edges { node { apiKeys { id lastUsedAt } } } } }",
          list: ["data", "serviceAccounts", "edges", "node", "apiKeys"],
          identity: { kind: "encoded-id", id: "id" },
          usedAt: "lastUsedAt",
        },
      },
    },
    retirement: [
      "Log in as the user who made the token and open https://dashboard.estuary.dev/admin/api.",
      "Revoke the token that was imported; those whose names begin with sophia- are looked after by this project.",
    ],
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
