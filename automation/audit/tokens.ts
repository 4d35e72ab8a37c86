/** When do tokens end by themselves? The controlling ones, and those that the program made. */
import { type ApiReader } from "../api-reader";
import { type Settings } from "../settings";
import { isoTime, type Ledger } from "./ledger";

/** A token with its end. Times are ISO 8601 in UTC. */
export interface TokenAudit {
  /** The environment variable of a controlling token, or the resource that the program made. */
  readonly token: string;
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
  const control = api ? await Promise.all([githubToken(settings, api, now), vercelToken(settings, api, now)]) : [];
  const made = (ledger?.entries ?? []).flatMap(({ name, expiresAt }) =>
    expiresAt === undefined ? [] : [endingAt(name, expiresAt, now)],
  );
  return [...control, ...made];
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
    const { token } = await api.json<{ token?: { expiresAt?: unknown } }>({ url, token: tokens.vercel });
    if (!token) return unknown(name);
    const expiresAt = isoTime(token.expiresAt);
    return expiresAt === undefined ? endless(name) : endingAt(name, expiresAt, now);
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

function endless(token: string): TokenAudit {
  return { token, expires: "no end", state: "ok" };
}

function unknown(token: string): TokenAudit {
  return { token, expires: "unknown", state: "unknown" };
}
