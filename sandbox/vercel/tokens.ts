/** Which bearer tokens are good, and how are they minted and revoked? */
import { randomBytes } from "node:crypto";
import { type Route, type StandInRequest } from "../kit/stand-in";
import { badRequest, failure, notFound, pageReply, randomAlphanumerics } from "./replies";
import { type VercelState } from "./state";

/** A token of the sandbox's user. Dates are milliseconds since 1970. */
export interface VercelToken {
  readonly id: string;
  readonly name: string;
  readonly bearerToken: string;
  /** The team that it is limited to; `null` means the whole account. */
  readonly teamId: string | null;
  /** Minted tokens are limited: they cannot mint, nor delete another token. */
  readonly isLimited: boolean;
  readonly createdAt: number;
  readonly expiresAt?: number;
  /** When it was last used; its creation before that. */
  activeAt: number;
}

/** The tokens that are alive. */
export class TokenStore {
  private readonly byBearer = new Map<string, VercelToken>();

  constructor(private readonly state: VercelState) {}

  /** The controlling token, which the sandbox is started with: it has the rights of the whole account. */
  addControl(bearerToken: string): void {
    this.add({ name: "sandbox control", bearerToken, teamId: null, isLimited: false });
  }

  mint(name: string, teamId: string | null, expiresAt: number | undefined): VercelToken {
    // The Pulumi provider takes only tokens with 24 letters and digits in a row; Vercel's own look like that.
    const bearerToken = randomAlphanumerics(24);
    return this.add({ name, bearerToken, teamId, isLimited: true, ...(expiresAt === undefined ? {} : { expiresAt }) });
  }

  list(): readonly VercelToken[] {
    return [...this.byBearer.values()];
  }

  find(id: string): VercelToken | undefined {
    return this.list().find((token) => token.id === id);
  }

  /** Every call with it is refused from now on. */
  delete(token: VercelToken): void {
    this.byBearer.delete(token.bearerToken);
  }

  /** The token of the request, marked as used now. Throws 403 when it is missing, unknown, deleted or expired. */
  authenticate(request: StandInRequest): VercelToken {
    const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (bearer === undefined) {
      throw failure(403, "forbidden", "The request is missing an authentication token", { missingToken: true });
    }
    const token = this.byBearer.get(bearer);
    const now = this.state.now();
    if (!token || (token.expiresAt !== undefined && token.expiresAt <= now)) {
      throw failure(403, "forbidden", "Not authorized", { invalidToken: true });
    }
    token.activeAt = now;
    return token;
  }

  private add(facts: Omit<VercelToken, "id" | "createdAt" | "activeAt">): VercelToken {
    const createdAt = this.state.tick();
    const token = { ...facts, id: randomBytes(32).toString("hex"), createdAt, activeAt: createdAt };
    this.byBearer.set(token.bearerToken, token);
    return token;
  }
}

/** https://vercel.com/docs/rest-api/authentication/create-an-auth-token and its neighbours. */
export function tokenRoutes(state: VercelState): Route[] {
  const { tokens } = state;
  const named = (request: StandInRequest): VercelToken => {
    const id = request.params["token"] ?? "";
    const found = id === "current" ? tokens.authenticate(request) : tokens.find(id);
    if (!found) throw notFound("Token");
    return found;
  };
  const list: Route["handle"] = (request) => pageReply(request, tokens.list(), "tokens", tokenBody);
  const read: Route["handle"] = (request) => ({ status: 200, body: { token: tokenBody(named(request)) } });
  return [
    {
      method: "POST",
      path: "/v3/user/tokens",
      handle: (request) => {
        if (tokens.authenticate(request).isLimited) {
          throw failure(403, "forbidden", "Limited tokens cannot create additional user tokens.");
        }
        const { name, expiresAt } = request.json();
        if (typeof name !== "string" || name === "") throw badRequest("Missing required property `name`.");
        if (expiresAt !== undefined && (typeof expiresAt !== "number" || expiresAt <= state.now())) {
          throw badRequest("`expiresAt` must be a date in the future, in milliseconds.");
        }
        const token = tokens.mint(name, state.requestedTeam(request) ?? null, expiresAt);
        return { status: 200, body: { token: tokenBody(token), bearerToken: token.bearerToken } };
      },
    },
    { method: "GET", path: "/v5/user/tokens", handle: list },
    { method: "GET", path: "/v6/user/tokens", handle: list },
    { method: "GET", path: "/v5/user/tokens/:token", handle: read },
    { method: "GET", path: "/v6/user/tokens/:token", handle: read },
    {
      method: "DELETE",
      path: "/v3/user/tokens/:token",
      handle: (request) => {
        const own = tokens.authenticate(request);
        const token = named(request);
        if (own.isLimited && own !== token)
          throw failure(403, "forbidden", "Limited tokens cannot delete other tokens.");
        tokens.delete(token);
        return { status: 200, body: { tokenId: token.id } };
      },
    },
  ];
}

/** Never the bearer itself: Vercel shows it once, when it is minted. */
function tokenBody(token: VercelToken): object {
  return {
    id: token.id,
    name: token.name,
    type: "token",
    origin: "manual",
    prefix: token.bearerToken.slice(0, 4),
    suffix: token.bearerToken.slice(-4),
    teamId: token.teamId,
    scopes: [
      { type: token.teamId === null ? "user" : "team", ...(token.teamId === null ? {} : { teamId: token.teamId }) },
    ],
    createdAt: token.createdAt,
    activeAt: token.activeAt,
    ...(token.expiresAt === undefined ? {} : { expiresAt: token.expiresAt }),
  };
}
