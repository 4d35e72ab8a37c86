/** How fast may we write to GitHub, and how long will it take? Its limits, and what we allow ourselves of them. */

/** What a writer allows itself. Windows slide: no minute and no hour, wherever it begins, has more. */
export interface WriteBudget {
  /** Requests at the same time. */
  readonly concurrent: number;
  /** Writes in any 60 seconds. @default no limit */
  readonly writesPerMinute?: number;
  /** Points in any 60 seconds; a write is {@link WRITE_POINTS}, a read one. @default no limit */
  readonly pointsPerMinute?: number;
  /** Writes in any hour, from the first refusal on: GitHub does not say whether it counts secrets towards its 500 an hour. @default no limit */
  readonly writesPerHourOnceRefused?: number;
}

/** https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#calculating-points-for-the-secondary-rate-limit */
export const WRITE_POINTS = 5;

/**
 * For github.com, a tenth and more below its secondary limits (80 writes that make content a minute and 500 an hour, 900 points a minute, 100
 * requests at once), because others use the same token, and because GitHub counts when a request arrives, not when it is sent.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
 */
export const GITHUB_COM: WriteBudget = {
  concurrent: 8,
  writesPerMinute: 72,
  pointsPerMinute: 780,
  writesPerHourOnceRefused: 450,
};

/** For a GitHub Enterprise Server, whose limits are off unless its administrator has set some; a refusal is obeyed all the same. */
export const OWN_SERVER: WriteBudget = { concurrent: 50 };

/** The budget for the API at this address. */
export function budgetFor(api: string): WriteBudget {
  return isGitHubCom(api) ? GITHUB_COM : OWN_SERVER;
}

/** Milliseconds that Pulumi's GitHub provider sleeps after each write (`write_delay_ms`): GitHub's advice is a second. A server of one's own has no such limit. */
export function providerDelayMs(api: string): number {
  return isGitHubCom(api) ? 1000 : 0;
}

/** What that provider takes, a resource for each entry. */
export function providerBudget(api: string): WriteBudget {
  const delay = providerDelayMs(api);
  return delay === 0 ? OWN_SERVER : { concurrent: 1, writesPerMinute: 60_000 / delay };
}

/** Whether the address is that of github.com's API, or of a company's own part of it (`api.COMPANY.ghe.com`), which has the same limits. */
function isGitHubCom(api: string): boolean {
  const { hostname } = new URL(api);
  return hostname === "api.github.com" || hostname.endsWith(".ghe.com");
}

/** Milliseconds that so many writes take at least, from a moment on in which nothing was written for a minute. */
export function writingMs(writes: number, { writesPerMinute }: WriteBudget): number {
  if (writesPerMinute === undefined || writes <= 0) return 0;
  return Math.floor((writes - 1) / writesPerMinute) * 60_000;
}

/** `2000 writes: about 27 min, at 72 a minute (…)`; undefined where nothing has to wait. */
export function describeWriting(writes: number, budget: WriteBudget): string | undefined {
  const milliseconds = writingMs(writes, budget);
  if (milliseconds === 0) return undefined;
  const { writesPerMinute, writesPerHourOnceRefused } = budget;
  const hours = writesPerHourOnceRefused === undefined ? 0 : Math.floor((writes - 1) / writesPerHourOnceRefused);
  const worst = hours > 0 ? `; ${hours} h if it counts secrets towards its 500 an hour` : "";
  return `${writes} writes: about ${describeMs(milliseconds)}, at ${writesPerMinute} a minute (GitHub takes 80${worst})`;
}

/** How long writing takes, where GitHub makes it take long. */
export interface WritingTime {
  readonly writes: number;
  readonly seconds: number;
  /** {@link describeWriting} */
  readonly text: string;
}

/** The time of so many writes; undefined where none of them has to wait. */
export function timeOfWriting(writes: number, budget: WriteBudget): WritingTime | undefined {
  const text = describeWriting(writes, budget);
  return text === undefined ? undefined : { writes, seconds: writingMs(writes, budget) / 1000, text };
}

/** `40 s`, `27 min`, `3 h 5 min`. */
export function describeMs(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
