/** How often is a service asked? Repeats an attempt while another one may come out otherwise, within the deadline. */
import { backoffMs, type HttpDependencies } from "../http";
import { type Attempt } from "./result";

/** How much patience there is. */
export interface Patience {
  readonly http: Pick<HttpDependencies, "sleep" | "random">;
  /** Milliseconds left. */
  readonly remainingMs: () => number;
  /** Further attempts while the outcome is unknown. */
  readonly unknown: number;
  /** Further attempts after a refusal. */
  readonly rejected: number;
  readonly signal?: AbortSignal;
}

/** Waits between attempts as long as the service asks, else longer each time. Returns the last attempt; undefined when it was cancelled. */
export async function attemptPatiently(
  once: () => Promise<Attempt>,
  { http, remainingMs, signal, ...left }: Patience,
): Promise<Attempt | undefined> {
  const further = { unknown: left.unknown, rejected: left.rejected, passed: 0 };
  for (let sent = 0; ;) {
    if (signal?.aborted) return undefined;
    const attempt = await once();
    if (signal?.aborted) return undefined;
    if (!attempt.notSent) sent += 1;
    if (further[attempt.finding.outcome]-- <= 0 || !attempt.worthRetrying) return attempt;
    const wait = attempt.retryAfterMs ?? backoffMs(sent, http.random);
    if (wait >= remainingMs()) return attempt;
    await http.sleep(wait, signal).catch(() => undefined);
  }
}
