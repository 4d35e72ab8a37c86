/** Who speaks to each service on the program's behalf? Explicit providers, with endpoints and controlling tokens from the settings. */
import * as github from "@pulumi/github";
import * as pulumi from "@pulumi/pulumi";
import * as pulumiservice from "@pulumi/pulumiservice";
import * as snowflake from "@pulumi/snowflake";
import * as vercel from "@pulumiverse/vercel";
import { providerDelayMs } from "../automation/github/budget";
import { type Settings } from "../automation/settings";
import { SophiaProvider } from "./github-entries";

/** One provider a service; every component takes the ones that it needs. */
export interface Providers {
  readonly esc: pulumiservice.Provider;
  /** The upstream provider, or ours where all of a place is written by one resource: only one of them is started. */
  readonly github: github.Provider | SophiaProvider;
  readonly snowflake: snowflake.Provider;
  readonly vercel: vercel.Provider;
}

/** Makes the providers. Tokens are secrets from here on and are kept encrypted in the state. */
export function createProviders(settings: Settings, opts: pulumi.ResourceOptions): Providers {
  const { endpoints, tokens } = settings;
  return {
    esc: new pulumiservice.Provider("esc", { apiUrl: endpoints.esc, accessToken: pulumi.secret(tokens.pulumi) }, opts),
    github:
      settings.github.writer === "batch"
        ? new SophiaProvider("sophia", { api: endpoints.github, token: tokens.github }, opts)
        : new github.Provider("github", githubArgs(settings), opts),
    snowflake: new snowflake.Provider("snowflake", snowflakeArgs(settings), opts),
    vercel: new vercel.Provider("vercel", { apiToken: pulumi.secret(tokens.vercel), team: settings.vercel.team }, opts),
  };
}

function githubArgs({ endpoints, tokens, github: { owner } }: Settings): github.ProviderArgs {
  return {
    baseUrl: `${endpoints.github}/`,
    owner,
    token: pulumi.secret(tokens.github),
    writeDelayMs: providerDelayMs(endpoints.github),
  };
}

/**
 * Snowflake's driver for Go tries a request that gets no answer again for ever unless it has a limit, and `up` would hang with the lock held.
 * Seconds; our statements take a moment. https://github.com/snowflakedb/gosnowflake (`retry.go`, `dsn.go`: RequestTimeout 0)
 */
const SNOWFLAKE_LIMITS = { requestTimeout: 60, loginTimeout: 60, clientTimeout: 60, maxRetryCount: 4 } as const;

function snowflakeArgs({ endpoints, tokens, snowflake: account }: Settings): snowflake.ProviderArgs {
  const address = endpoints.snowflake === "" ? undefined : new URL(endpoints.snowflake);
  return {
    organizationName: account.organizationName,
    accountName: account.accountName,
    user: tokens.snowflakeUser,
    password: pulumi.secret(tokens.snowflakePassword),
    role: account.adminRole,
    ...SNOWFLAKE_LIMITS,
    ...(address
      ? { host: address.hostname, port: Number(address.port || 443), protocol: address.protocol.replace(":", "") }
      : {}),
  };
}
