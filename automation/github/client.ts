/** How does a writer speak to GitHub? Paced requests that obey its limits, are tried again where that is safe, and never show a body. */
import { numberedPages } from "../api-reader";
import { backoffMs, NoAnswerError, retryAfterMs, sendRequest, type HttpDependencies, type HttpResult } from "../http";
import { type Pace } from "./pace";

/** The outside world of a writer. */
export interface WriterDependencies extends HttpDependencies {
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Where, and as whom. */
export interface WriterAddress {
  /** The API without a slash at the end. */
  readonly api: string;
  readonly token: string;
}

/** GitHub did not do what was asked. The text names method, address and status, so that `automation/sync/remedies.ts` finds the remedy. */
export class GitHubRefusal extends Error {
  constructor(
    method: string,
    url: string,
    /** 0 where there was no answer. */
    readonly status: number,
    detail: string,
  ) {
    super(`${method} ${url}: ${status === 0 ? detail : `${status} ${detail}`.trim()}`);
    this.name = "GitHubRefusal";
  }
}

/** Tries of a request that fails, and refusals because of a limit that one request lives through. */
const ATTEMPTS = 4;
const REFUSALS = 6;
const MINUTE = 60_000;

/** A client of one GitHub. */
export class GitHubClient {
  constructor(
    private readonly address: WriterAddress,
    readonly pace: Pace,
    private readonly dependencies: WriterDependencies,
  ) {}

  /** Every item of a list in pages, under `key` or the list itself. Throws a {@link GitHubRefusal}. */
  async pages<T>(path: string, key: string | undefined, pageSize: number): Promise<T[]> {
    return numberedPages(pageSize, async (query) => {
      const body = await this.get<unknown>(`${path}?${query}`);
      const items = key === undefined ? body : (body as Record<string, unknown>)[key];
      // Part of a list must not pass for the whole.
      if (!Array.isArray(items)) throw this.refusal("GET", path, 200, `without ${key ?? "a list"}`);
      return items as T[];
    });
  }

  /** The JSON of a 200. Throws a {@link GitHubRefusal}. */
  async get<T>(path: string): Promise<T> {
    const { status, text } = await this.pace.read(() => this.send("GET", path));
    if (status !== 200) throw this.refusal("GET", path, status);
    try {
      return JSON.parse(text) as T;
    } catch {
      throw this.refusal("GET", path, status, "with a body that is not JSON");
    }
  }

  /** The error for an answer that is not what was wanted. */
  refusal(method: string, path: string, status: number, detail = ""): GitHubRefusal {
    return new GitHubRefusal(method, `${this.address.api}/${path.replace(/\?.*/, "")}`, status, detail);
  }

  /** Sends a request for which the caller has waited at the pace; any status is an answer. Throws where there is none. */
  async send(method: string, path: string, body?: object): Promise<HttpResult> {
    let failures = 0;
    for (let refusals = 0; ;) {
      const sentAt = this.dependencies.now();
      const outcome = await this.sendOnce(method, path, body);
      const wait = outcome instanceof NoAnswerError ? undefined : this.limitMs(outcome, refusals);
      if (wait !== undefined && refusals < REFUSALS) {
        refusals += 1;
        this.pace.pause(wait, sentAt);
        await this.pace.single(method !== "GET");
        continue;
      }
      const passes = outcome instanceof NoAnswerError || outcome.status >= 500;
      failures += 1;
      if (passes && failures < ATTEMPTS) {
        await this.dependencies.sleep(backoffMs(failures, this.dependencies.random));
        await this.pace.single(method !== "GET");
        continue;
      }
      if (outcome instanceof NoAnswerError) throw this.refusal(method, path, 0, `no answer (${outcome.reason})`);
      this.minding(outcome);
      return outcome;
    }
  }

  private async sendOnce(method: string, path: string, body?: object): Promise<HttpResult | NoAnswerError> {
    const headers = {
      ...{ authorization: `Bearer ${this.address.token}`, accept: "application/vnd.github+json" },
      ...{ "user-agent": "sophia-secrets", "x-github-api-version": "2022-11-28" },
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const request = { method, url: `${this.address.api}/${path}`, headers, timeoutMs: 30_000 };
    try {
      return await sendRequest(
        { ...request, ...(body === undefined ? {} : { body: JSON.stringify(body) }) },
        this.dependencies,
      );
    } catch (error) {
      if (error instanceof NoAnswerError) return error;
      throw error;
    }
  }

  /**
   * Milliseconds to wait where the answer is a limit, else undefined: what it asks for, else the hour's end, else a minute, doubled with each.
   * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
   */
  private limitMs({ status, headers, text }: HttpResult, refusals: number): number | undefined {
    const asked = retryAfterMs(headers, this.dependencies.now());
    const isSpent = headers.get("x-ratelimit-remaining") === "0";
    const isSecondary = status === 403 && /secondary rate limit|abuse detection/i.test(text);
    if (status !== 429 && !(status === 403 && (asked !== undefined || isSpent || isSecondary))) return undefined;
    return asked ?? (isSpent ? this.untilReset(headers) : undefined) ?? MINUTE * 2 ** refusals;
  }

  /** The last request of the hour: the next one would be refused. */
  private minding({ headers }: HttpResult): void {
    if (headers.get("x-ratelimit-remaining") !== "0") return;
    const wait = this.untilReset(headers);
    if (wait !== undefined) this.pace.hold(wait);
  }

  private untilReset(headers: Headers): number | undefined {
    const reset = Number(headers.get("x-ratelimit-reset") ?? Number.NaN);
    return reset > 0 ? Math.max(1000, reset * 1000 - this.dependencies.now()) : undefined;
  }
}
