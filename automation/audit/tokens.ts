/** When do tokens end by themselves? The controlling ones, and those that the program made. */
import { type ApiReader } from "../api-reader";
import { type Settings } from "../settings";
import { secondsToIso } from "./access/place";
import { isoTime, type Ledger } from "./ledger";

/** A token with its end. Times are ISO 8601 in UTC. */
export interface TokenAudit {
  /** The environment variable of a controlling token, or the resource that the program made. */
  readonly token: string;
  /** When it was made, where the service says it; GitHub does not. */
  readonly createdAt?: string;
  /** `no end`: the service says that there is none. `unknown`: it says nothing, or could not be asked. */
  readonly expires: "at" | "no end" | "unknown";
  readonly expiresAt?: string;
  /** Negative when it has passed. */
  readonly daysLeft?: number;
  readonly state: "ok" | "expiring" | "expired" | "unknown";
}

const DAY_MS = 86_400_000;
/** Time enough for a person to make a new one. */
const SOON_DAYS = 14;

/** Every token of which something is known. A service that cannot be asked leaves its token `unknown`. */
export async function auditTokens(
  settings: Settings,
  api: ApiReader | undefined,
  ledger: Ledger | undefined,
  now: number,
): Promise<TokenAudit[]> {
  const ask = [pulumiToken, githubToken, vercelToken];
  const control = api ? await Promise.all(ask.map((one) => one(settings, api, now))) : [];
  const ofProgram = (ledger?.entries ?? []).flatMap(({ name, expiresAt }) =>
    expiresAt === undefined ? [] : [endingAt(name, expiresAt, now)],
  );
  return [...control, ...ofProgram];
}

interface PulumiToken {
  readonly name: string;
  readonly created?: string;
  /** Seconds since 1970; 0 for none. */
  readonly expires?: number;
}

/**
 * Pulumi Cloud says by what name the token goes, and lists the tokens of its user, team or organization: the one of that name, where no other has it.
 * https://www.pulumi.com/docs/reference/cloud-rest-api/access-tokens/ and `serviceTokenInfo` of https://github.com/pulumi/esc
 */
async function pulumiToken({ endpoints, tokens }: Settings, api: ApiReader, now: number): Promise<TokenAudit> {
  const token = "PULUMI_ACCESS_TOKEN";
  const ask = (path: string) =>
    ({ url: `${endpoints.esc}/api/${path}`, token: tokens.pulumi, scheme: "token" }) as const;
  try {
    type Info = { readonly name?: string; readonly organization?: string; readonly team?: string };
    const { tokenInfo } = await api.json<{ tokenInfo?: Info }>(ask("user"));
    const { name, organization = "", team } = tokenInfo ?? {};
    if (name === undefined) return unknown(token);
    const owner = organization === "" ? "user" : `orgs/${encodeURIComponent(organization)}`;
    const path = team ? `${owner}/teams/${encodeURIComponent(team)}/tokens` : `${owner}/tokens`;
    const listed = await api.continued<PulumiToken>(ask(`${path}?filter=active`), "tokens");
    const [own, ...others] = listed.filter((one) => one.name === name);
    if (!own || others.length > 0) return unknown(token);
    const end = secondsToIso(own.expires);
    return { ...(end === undefined ? endless(token) : endingAt(token, end, now)), ...made(own.created) };
  } catch {
    return unknown(token);
  }
}

/** Of tokens with an end, GitHub says it in a header. https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/token-expiration-and-revocation */
async function githubToken({ endpoints, tokens }: Settings, api: ApiReader, now: number): Promise<TokenAudit> {
  const token = "GITHUB_TOKEN";
  try {
    const answer = await api.get({ url: `${endpoints.github}/rate_limit`, token: tokens.github });
    if (answer.status !== 200) return unknown(token);
    const header = answer.headers.get("github-authentication-token-expiration");
    if (header === null) return endless(token);
    // `2026-12-31 23:59:59 UTC`, in older answers with an offset for the zone.
    const expiresAt = isoTime(Date.parse(header));
    return expiresAt === undefined ? unknown(token) : endingAt(token, expiresAt, now);
  } catch {
    return unknown(token);
  }
}

/** https://vercel.com/docs/rest-api/authentication/get-auth-token-metadata */
async function vercelToken({ endpoints, tokens }: Settings, api: ApiReader, now: number): Promise<TokenAudit> {
  const name = "SOPHIA_VERCEL_CONTROL_TOKEN";
  try {
    const url = `${endpoints.vercel}/v5/user/tokens/current`;
    type Metadata = { readonly expiresAt?: unknown; readonly createdAt?: unknown };
    const { token } = await api.json<{ token?: Metadata }>({ url, token: tokens.vercel });
    if (!token) return unknown(name);
    const expiresAt = isoTime(token.expiresAt);
    return { ...(expiresAt === undefined ? endless(name) : endingAt(name, expiresAt, now)), ...made(token.createdAt) };
  } catch {
    return unknown(name);
  }
}

/** A token that ends at an ISO time, as it stands at `now` (milliseconds since 1970). */
export function endingAt(token: string, expiresAt: string, now: number): TokenAudit {
  const left = Date.parse(expiresAt) - now;
  const daysLeft = Math.floor(left / DAY_MS);
  const state = left <= 0 ? "expired" : daysLeft < SOON_DAYS ? "expiring" : "ok";
  return { token, expires: "at", expiresAt, daysLeft, state };
}

function made(time: unknown): Pick<TokenAudit, "createdAt"> {
  const createdAt = isoTime(time);
  return createdAt === undefined ? {} : { createdAt };
}

function endless(token: string): TokenAudit {
  return { token, expires: "no end", state: "ok" };
}

function unknown(token: string): TokenAudit {
  return { token, expires: "unknown", state: "unknown" };
}
