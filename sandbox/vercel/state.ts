/** What does the Vercel stand-in know? One user, one team, its projects, shared variables, deployments, and the user's tokens. */
import { type StandInRequest } from "../kit/stand-in";
import { type VercelDeployment } from "./deployments";
import { ProjectStore } from "./projects";
import { failure } from "./replies";
import { type SharedVariable } from "./shared-variables";
import { TokenStore } from "./tokens";

/** The team that owns everything; both forms stand for it in `?teamId=`. */
export interface VercelTeam {
  /** e.g. `team_abc` */
  readonly id: string;
  readonly slug: string;
}

/** Somebody in the team. */
export interface VercelMember {
  readonly username: string;
  readonly role: "OWNER" | "MEMBER" | "DEVELOPER" | "SECURITY" | "BILLING" | "VIEWER" | "CONTRIBUTOR";
  /** Has not taken the invitation yet, where false. @default true */
  readonly confirmed?: boolean;
  /** Milliseconds since 1970; no two the same. */
  readonly createdAt: number;
}

/** The stand-in's memory. */
export class VercelState {
  readonly user = { id: "usr_sandbox", email: "sandbox@payready.invalid", username: "sandbox", name: "Sandbox" };
  readonly tokens = new TokenStore(this);
  readonly projects = new ProjectStore(this);
  members: readonly VercelMember[] = [{ username: "sandbox", role: "OWNER", createdAt: Date.parse("2024-01-02") }];
  readonly shared = new Map<string, SharedVariable>();
  readonly deployments: VercelDeployment[] = [];
  /** The team's rule that production and preview take sensitive variables only. */
  sensitivePolicy: "on" | null = null;
  /** How many of the next deployments end in ERROR. */
  doomedDeployments = 0;
  private lastTick = 0;

  constructor(
    readonly team: VercelTeam,
    /** From a deployment's creation to READY. */
    readonly buildMilliseconds: number,
    readonly now: () => number,
  ) {}

  /** A date of creation (milliseconds); no two are the same, because lists are paged by it. */
  tick(): number {
    this.lastTick = Math.max(this.now(), this.lastTick + 1);
    return this.lastTick;
  }

  /** The team of `?teamId=` or `?slug=`; `undefined` when the request names none. Throws 403 for another team than ours. */
  requestedTeam(request: StandInRequest): string | undefined {
    const wanted = request.query.get("teamId") ?? request.query.get("slug");
    if (wanted === null) return undefined;
    if (wanted === this.team.id || wanted === this.team.slug) return this.team.id;
    throw this.outOfScope(wanted);
  }

  /** 403 for a scope that the token has no access to; a personal account, which owns nothing here, is one. */
  outOfScope(scope: string) {
    return failure(
      403,
      "forbidden",
      `Not authorized: Trying to access resource under scope "${scope}". ` +
        "You must re-authenticate to this scope or use a token with access to this scope.",
    );
  }
}
