/**
 * When does GitHub say that somebody asks too much, though the hour is not used up? Its secondary limits, by sliding windows.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
 */
import { type StandInReply, type StandInRequest } from "../kit/stand-in";
import { failureReply } from "./replies";

/** GitHub's numbers; those left out do not count. */
export interface SecondaryLimits {
  /** Requests at the same time. */
  readonly concurrent?: number;
  /** A write is five points, anything else one. */
  readonly pointsPerMinute?: number;
  /** Writes that make content. */
  readonly contentPerMinute?: number;
  readonly contentPerHour?: number;
  /** Seconds in `Retry-After`; left out, the reply has no such header. */
  readonly retryAfter?: number;
}

/** What github.com documents. Whether a secret counts as content it does not say: `contentPerHour` is for those who fear so. */
export const GITHUB_COM_LIMITS: SecondaryLimits = {
  ...{ concurrent: 100, pointsPerMinute: 900, contentPerMinute: 80, retryAfter: 60 },
};

/** How somebody behaved. */
export interface LimitRecord {
  /** How often a limit was tripped. */
  readonly trips: number;
  /** Requests that came although `Retry-After` was not over. */
  readonly ignored: number;
  /** The most at the same time. */
  readonly mostConcurrent: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Counts all requests, whoever asks; a limit that was tripped lasts until `Retry-After` is over. */
export class SecondaryCounter {
  private requests: { at: number; points: number; isContent: boolean }[] = [];
  private limitedUntil = 0;
  private running = 0;
  private readonly record = { trips: 0, ignored: 0, mostConcurrent: 0 };

  constructor(
    private readonly limits: SecondaryLimits,
    private readonly now: () => number,
  ) {}

  /** The refusal, or undefined where the request may pass; then {@link SecondaryCounter.leave} must follow. */
  enter({ method }: Pick<StandInRequest, "method">): StandInReply | undefined {
    const now = this.now();
    if (now < this.limitedUntil) {
      this.record.ignored += 1;
      return this.refusal();
    }
    const isContent = method !== "GET" && method !== "HEAD";
    this.requests = this.requests.filter(({ at }) => at > now - HOUR);
    if (!this.fits(now, isContent)) {
      this.record.trips += 1;
      this.limitedUntil = now + (this.limits.retryAfter ?? 60) * 1000;
      return this.refusal();
    }
    this.requests.push({ at: now, points: isContent ? 5 : 1, isContent });
    this.running += 1;
    this.record.mostConcurrent = Math.max(this.record.mostConcurrent, this.running);
    return undefined;
  }

  leave(): void {
    this.running -= 1;
  }

  seen(): LimitRecord {
    return { ...this.record };
  }

  private fits(now: number, isContent: boolean): boolean {
    const { concurrent = Infinity, pointsPerMinute = Infinity, contentPerMinute = Infinity } = this.limits;
    const { contentPerHour = Infinity } = this.limits;
    const minute = this.requests.filter(({ at }) => at > now - MINUTE);
    const points = minute.reduce((sum, one) => sum + one.points, isContent ? 5 : 1);
    const content = (requests: typeof minute) => requests.filter((one) => one.isContent).length + (isContent ? 1 : 0);
    return (
      this.running < concurrent &&
      points <= pointsPerMinute &&
      (!isContent || (content(minute) <= contentPerMinute && content(this.requests) <= contentPerHour))
    );
  }

  private refusal(): StandInReply {
    const { retryAfter } = this.limits;
    const reply = failureReply(403, "You have exceeded a secondary rate limit. Please wait before you try again.");
    return { ...reply, headers: retryAfter === undefined ? {} : { "retry-after": String(retryAfter) } };
  }
}
