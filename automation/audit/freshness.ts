/** When was anything brought in or written out last? The original's part on synchronizing, told by the stores themselves. */
import { daysSince } from "./ages";
import { valueOf, type AuditEvidence } from "./evidence";
import { type OuterPlaceAudit } from "./place-audit";

/** One direction. */
export interface Freshness {
  /** ISO 8601 in UTC, `never` or `unknown`. */
  readonly last: string;
  /** Whole days since then. */
  readonly days: number | undefined;
  readonly isOld: boolean;
}

/** All directions. */
export interface FreshnessAudit {
  readonly repositories: Freshness;
  readonly organization: Freshness;
  readonly intake: Freshness;
}

/** Days after which a direction is old, where nobody says otherwise: those of the tools that this one replaces. */
export const OLD_DAYS = 30;

/**
 * `limits` are days, for `sync` and `import`. A write of long ago is no trouble by itself: what is in step was compared just now and needs no
 * writing. So a destination is old when the last write is and not all is in step, or when nothing was ever written.
 */
export function auditFreshness(
  evidence: AuditEvidence,
  places: readonly OuterPlaceAudit[],
  limits: Readonly<Record<string, number>>,
  now: number,
): FreshnessAudit {
  const github = places.filter(({ destination, isReader }) => destination === "github" && !isReader);
  const of = (isOrganization: boolean): Freshness => {
    const own = github.filter(({ where }) => (where.kind === "organization") === isOrganization);
    const times = own.flatMap(({ lastWrite }) => lastWrite ?? []).sort();
    const isInStep = own.every(({ variables }) => variables.every(({ status }) => status === "in step"));
    const days = daysSince(times.at(-1), now);
    if (evidence.ledger.state === "unreadable") return { last: "unknown", days: undefined, isOld: false };
    return {
      last: times.at(-1) ?? "never",
      days,
      isOld: days === undefined || (days >= (limits.sync ?? OLD_DAYS) && !isInStep),
    };
  };
  const { intake } = evidence.definitions;
  const written = valueOf(intake)?.writtenAt;
  const days = daysSince(written, now);
  return {
    repositories: of(false),
    organization: of(true),
    intake: {
      last: written ?? (intake.state === "absent" ? "never" : "unknown"),
      days,
      isOld: intake.state === "absent" || (days !== undefined && days >= (limits.import ?? OLD_DAYS)),
    },
  };
}
