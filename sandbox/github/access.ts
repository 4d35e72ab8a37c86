/** Who may ask this, and how often? Tokens, roles and GitHub's rate limits. */
import { setTimeout } from "node:timers/promises";
import { HttpReply, type Route, type StandInReply, type StandInRequest } from "../kit/stand-in";
import { failure, failureReply, notFound } from "./replies";
import { SecondaryCounter, type LimitRecord, type SecondaryLimits } from "./secondary-limits";
import { type GitHubRepository, type GitHubRole, type GitHubState } from "./state";

const SCOPES: Readonly<Record<GitHubRole, string>> = {
  admin: "admin:org, repo, workflow",
  reader: "repo",
  stranger: "",
};

const HOUR = 3600 * 1000;

/** Requests of one token in its present hour; `resetAt` in milliseconds. */
interface Window {
  used: number;
  resetAt: number;
}

/** Checks tokens and counts requests (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api). */
export class Access {
  private readonly windows = new Map<string, Window>();
  private readonly secondary: SecondaryCounter;

  /** `answerMs` is how long each request takes. */
  constructor(
    private readonly state: GitHubState,
    private readonly hourlyLimit: number,
    secondary: SecondaryLimits = {},
    private readonly answerMs = 0,
  ) {
    this.secondary = new SecondaryCounter(secondary, () => state.now().getTime());
  }

  /** How the secondary limits were kept. */
  limitsSeen(): LimitRecord {
    return this.secondary.seen();
  }

  /** 401 without a good token, 403 when its hour is used up. */
  readonly guard = (request: StandInRequest): StandInReply | undefined => {
    const token = bearerOf(request);
    if (token === undefined) return failureReply(401, "Requires authentication");
    if (!this.state.roleOf(token)) return failureReply(401, "Bad credentials");
    if (request.path.endsWith("/rate_limit")) return undefined;
    const window = this.window(token);
    if (window.used >= this.hourlyLimit) {
      const reply = failureReply(403, "API rate limit exceeded for the token.");
      return { ...reply, headers: this.rateHeaders(token) };
    }
    window.used += 1;
    return undefined;
  };

  /** Gives every reply of these routes, refusals too, the headers of GitHub. */
  withHeaders(routes: readonly Route[]): Route[] {
    return routes.map((route) => ({
      ...route,
      handle: async (request) => {
        const headers = this.headers(request);
        const refused = this.secondary.enter(request);
        if (refused) return { ...refused, headers: { ...headers, ...refused.headers } };
        try {
          if (this.answerMs > 0) await setTimeout(this.answerMs);
          const reply = await route.handle(request);
          return { ...reply, headers: { ...headers, ...reply.headers } };
        } catch (error) {
          if (!(error instanceof HttpReply)) throw error;
          throw new HttpReply({ ...error.reply, headers: { ...headers, ...error.reply.headers } });
        } finally {
          this.secondary.leave();
        }
      },
    }));
  }

  /** Numbers of `GET /rate_limit`; the reset in seconds since 1970. */
  rate(request: StandInRequest): { limit: number; used: number; remaining: number; reset: number } {
    const window = this.window(bearerOf(request) ?? "");
    return {
      limit: this.hourlyLimit,
      used: window.used,
      remaining: this.hourlyLimit - window.used,
      reset: Math.ceil(window.resetAt / 1000),
    };
  }

  /** The repository that `:owner/:repo` or `:id` names. Throws 404 when it must not be seen, 403 when it must not be administered. */
  repository(request: StandInRequest, need: "read" | "administer"): GitHubRepository {
    const { owner, repo = "", id } = request.params;
    const role = this.role(request);
    if (role === "stranger") throw notFound();
    if (owner !== undefined) this.requireOrganizationName(owner);
    const found = id === undefined ? this.state.requireRepository(repo) : this.state.requireRepositoryById(id);
    if (need === "administer" && role !== "admin") {
      throw failure(403, "Resource not accessible by personal access token");
    }
    return found;
  }

  /** The organization that `:org` names. Throws 404 or 403 likewise. */
  organization(request: StandInRequest, need: "read" | "administer"): string {
    this.requireOrganizationName(request.params["org"] ?? "");
    const role = this.role(request);
    if (need === "administer" && role !== "admin") {
      throw role === "stranger"
        ? notFound()
        : failure(403, "You must be an org admin or have the required permission.");
    }
    return this.state.organization;
  }

  role(request: StandInRequest): GitHubRole {
    return this.state.roleOf(bearerOf(request)) ?? "stranger";
  }

  private requireOrganizationName(name: string): void {
    if (name.toLowerCase() !== this.state.organization.toLowerCase()) throw notFound();
  }

  private headers(request: StandInRequest): Record<string, string> {
    return {
      "x-oauth-scopes": SCOPES[this.role(request)],
      "x-github-media-type": "github.v3; format=json",
      ...this.rateHeaders(bearerOf(request) ?? ""),
    };
  }

  private rateHeaders(token: string): Record<string, string> {
    const window = this.window(token);
    return {
      "x-ratelimit-limit": String(this.hourlyLimit),
      "x-ratelimit-used": String(window.used),
      "x-ratelimit-remaining": String(this.hourlyLimit - window.used),
      "x-ratelimit-reset": String(Math.ceil(window.resetAt / 1000)),
      "x-ratelimit-resource": "core",
    };
  }

  private window(token: string): Window {
    const now = this.state.now().getTime();
    const present = this.windows.get(token);
    if (present && present.resetAt > now) return present;
    const fresh = { used: 0, resetAt: now + HOUR };
    this.windows.set(token, fresh);
    return fresh;
  }
}

/** The token of `Authorization: Bearer …` or, as older clients send it, `token …`. */
export function bearerOf(request: StandInRequest): string | undefined {
  return /^(?:bearer|token) (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
}
