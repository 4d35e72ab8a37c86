/** Who gets in with these values? Asked of the stand-ins themselves, not by the product's own probes. */
import { type GitHubScope } from "../../sandbox/github";
import { type SpecSandbox } from "./sandbox";

/** Names and values as a consumer reads them. */
export type Values = Readonly<Record<string, string>>;

/** The services that let somebody in who has these values, sorted. Snowflake is asked by password. */
export function acceptedBy({ snowflake, gong, vercel, estuary }: SpecSandbox, values: Values = {}): string[] {
  const value = (name: string) => values[name] ?? "";
  const accepted = {
    snowflake: snowflake.tryLogin(value("SNOWFLAKE_USER"), value("SNOWFLAKE_PASSWORD")).ok,
    gong: gong.accepts(value("GONG_API_KEY"), value("GONG_API_SECRET")),
    vercel: vercel.tokens().some(({ bearerToken }) => bearerToken === value("VERCEL_ACCESS_TOKEN")),
    estuary: estuary.accepts(value("ESTUARY_API_KEY")),
  };
  return Object.entries(accepted)
    .flatMap(([name, isAccepted]) => (isAccepted ? [name] : []))
    .sort();
}

/** What a place at GitHub holds in clear: opened sealed boxes, and variables. */
export function heldAtGitHub({ github }: SpecSandbox, scope: GitHubScope): Values {
  const secrets = github.secrets(scope).map(({ name }) => [name, github.openedSecret(scope, name) ?? ""]);
  return { ...(Object.fromEntries(secrets) as Values), ...github.variables(scope) };
}

/** The names whose values differ, sorted. */
export function changedNames(before: Values, after: Values): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]).sort();
}
