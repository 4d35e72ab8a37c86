/** What can a probe find out? The three-valued outcome, its class, and which of them is proof that a credential is dead. */

/**
 * - `passed`: the credential opened the service, and what it opened is what was configured.
 * - `rejected`: the service gave a definite no. The only outcome after which a rotation is aborted or pointed back.
 * - `unknown`: nobody knows: no answer, an overloaded service, or nothing was asked because a variable is missing. Never a reason to revoke.
 */
export type ProbeOutcome = "passed" | "rejected" | "unknown";

/** Where to look for the cause; each class has its own remedies (see `remedies.ts`). */
export type ProbeClass = "configuration" | "authentication" | "permission" | "connection" | "rate-limit" | "service";

/** What a single attempt found. No field holds a value of a secret or a piece of an answer. */
export interface Finding {
  readonly outcome: ProbeOutcome;
  /** Left out where it passed or was cancelled. */
  readonly class?: ProbeClass;
  /** One sentence. */
  readonly reason: string;
  /** Names the variable, the setting or the command to run next. */
  readonly remedy?: string;
  /**
   * The service turned the credential itself away, before anything else could matter. Only this is proof that a retired credential is dead:
   * one that logs in and then lacks a grant is `rejected` too, but alive.
   */
  readonly credentialRefused: boolean;
  /** Harmless facts: the current role, the count of users. */
  readonly details: Readonly<Record<string, string | number>>;
}

/** How a check of `test --deep` came out; a warning leaves the service connected. */
export type CheckStatus = "passed" | "warning" | "failed" | "unknown";

/** One check of `test --deep`. Like {@link Finding}, without a value of a secret. */
export interface CheckResult {
  /** One or two words: `calls`. */
  readonly name: string;
  readonly status: CheckStatus;
  /** Left out where it passed. */
  readonly class?: ProbeClass;
  readonly reason: string;
  readonly remedy?: string;
}

/** What a probe found about a service's credential in the end. */
export interface ProbeResult extends Finding {
  /** The service's word on the command line. */
  readonly service: string;
  /** From the first request to the verdict, waits included. */
  readonly durationMs: number;
  /** How often the service was asked; 0 where nothing was sent. */
  readonly attempts: number;
  /** The checks of `test --deep`: the log-in, then the service's own, unless the log-in has shown that they cannot tell anything. */
  readonly checks?: readonly CheckResult[];
}

/** A finding and what the runner needs to know to go on. */
export interface Attempt {
  readonly finding: Finding;
  /** Asking again can lead to something else. */
  readonly worthRetrying: boolean;
  /** Nothing was sent: does not count as an attempt. */
  readonly notSent?: boolean;
  /** Milliseconds that the service asked to wait. */
  readonly retryAfterMs?: number;
}
