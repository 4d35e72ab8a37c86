import { type HttpCheck } from "./deep";
import { defineService, type HttpStep, plain, secret } from "./service";

type Name = "ESTUARY_API_KEY" | "ESTUARY_API_URL";

const KEY = { bearer: { variable: "ESTUARY_API_KEY" } } as const;

const PREFIXES: HttpStep<Name> = {
  purpose: "list the prefixes that the key may read",
  ...{ method: "POST", base: { variable: "ESTUARY_API_URL" }, path: ["api", "graphql"], auth: KEY },
  body: { query: "query { prefixes(first: 1, by: { minCapability: read }) { edges { node { prefix } } } }" },
};

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
      mistaken: {
        domain: "estuary.tech",
        because: "estuary.tech was a file storage service of the same name, not Estuary Flow",
      },
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
          query:
            "query ($after: String) { serviceAccounts(first: 100, after: $after) { pageInfo { hasNextPage endCursor } " +
            "edges { node { apiKeys { id lastUsedAt } } } } }",
          list: ["serviceAccounts", "apiKeys"],
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
    steps: [PREFIXES],
    deep: [
      {
        kind: "rows",
        name: "prefixes",
        request: PREFIXES,
        rows: ["data", "prefixes", "edges", "node"],
        label: ["prefix"],
        rules: [],
        capture: { prefix: ["prefix"] },
        empty: {
          ...{ level: "failed", class: "permission", reason: "The service account may read no prefix." },
          remedy: "Give it “read” on the catalog prefix: https://dashboard.estuary.dev/admin/accessGrants",
        },
      },
      tasks("captures", "capture"),
      tasks("materializations", "materialization"),
      {
        kind: "newest",
        name: "newest data",
        // https://github.com/estuary/flow/blob/master/crates/control-plane-api/src/server/public/graphql/catalog_stats/mod.rs
        request: {
          purpose: "read how old the newest data is",
          ...{ method: "POST", base: { variable: "ESTUARY_API_URL" }, path: ["api", "graphql"], auth: KEY },
          body: {
            query:
              "query ($names: [String!]!, $start: DateTime!, $end: DateTime!) { " +
              "catalogStats(by: { names: $names, grain: DAILY, start: $start, end: $end }) { edges { node { catalogName timestamp " +
              "taskStats { capture { lastPublishedAt } materialize { lastSourcePublishedAt } } } } } }",
            variables: { names: { every: ["captures", "materializations"] }, start: { day: -30 }, end: { day: 1 } },
          },
        },
        rows: ["data", "catalogStats", "edges", "node"],
        label: ["catalogName"],
        times: [
          ["taskStats", "capture", "lastPublishedAt"],
          ["taskStats", "materialize", "lastSourcePublishedAt"],
        ],
        of: ["captures", "materializations"],
        hours: 24,
        otherwise: {
          ...{ level: "warning", class: "service", reason: "{label} has moved nothing since {value}." },
          remedy:
            "Read the task's logs, then see whether its source has anything new: flowctl logs --task {label} --since 1d",
        },
      },
    ],
  },
});

/**
 * The tasks of one kind below the first prefix, and what is the matter with those that do not run.
 * Schema: https://github.com/estuary/ui/blob/main/schema.graphql (LiveSpec, LiveSpecStatus)
 */
function tasks(name: string, catalogType: "capture" | "materialization"): HttpCheck<Name> {
  return {
    kind: "rows",
    name,
    request: {
      purpose: `list ${name}`,
      ...{ method: "POST", base: { variable: "ESTUARY_API_URL" }, path: ["api", "graphql"], auth: KEY },
      body: {
        query:
          `query ($prefix: Prefix!) { liveSpecs(by: { prefix: $prefix, catalogType: ${catalogType} }, first: 100) { ` +
          "pageInfo { hasNextPage } edges { node { catalogName liveSpec { isDisabled } status { type } } } } }",
        variables: { prefix: { captured: "prefix" } },
      },
    },
    rows: ["data", "liveSpecs", "edges", "node"],
    more: ["data", "liveSpecs", "pageInfo", "hasNextPage"],
    label: ["catalogName"],
    rules: [
      {
        ...{ kind: "one-of", at: ["liveSpec", "isDisabled"], words: ["false"] },
        otherwise: {
          ...{ level: "failed", class: "configuration", reason: "{label} is paused." },
          remedy:
            "Enable it in the dashboard, or pull its specification, take “shards: disable” away and publish it: " +
            "flowctl catalog pull-specs --name {label} && flowctl catalog publish --source flow.yaml",
        },
      },
      {
        ...{ kind: "one-of", at: ["status", "type"], words: ["OK", "WARNING"] },
        otherwise: {
          ...{ level: "failed", class: "service", reason: "{label} has failed ({value})." },
          remedy: "Read why, mend it and publish it again: flowctl catalog status {label}",
        },
      },
      {
        ...{ kind: "one-of", at: ["status", "type"], words: ["OK"] },
        otherwise: {
          ...{ level: "warning", class: "service", reason: "{label} does not run quite as it should ({value})." },
          remedy: "Read why: flowctl catalog status {label}",
        },
      },
    ],
    empty: {
      ...{ level: "warning", class: "configuration", reason: `There are no ${name} below {prefix}.` },
      remedy: "See in the dashboard whether they are below another prefix: https://dashboard.estuary.dev",
    },
    capture: { [name]: ["catalogName"] },
  };
}
