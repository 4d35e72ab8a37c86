/** A destination refused to say what it holds: why, and what to do about it? One remedy a status, told before anything is written. */
import { AutomationError, EXIT, type ExitCode } from "../errors";
import { type HttpResult } from "../http";

/** Who asked what of whom. */
export interface Question {
  /** `github payready/sophia`, `github organization payready`, `vercel prj_…`. */
  readonly place: string;
  /** Environment variable with the controlling token. */
  readonly tokenVariable: string;
  /** What the token must be allowed, in the vendor's words. */
  readonly rights: string;
  /** What else may be behind a 404. */
  readonly absence: string;
}

interface Remedy {
  readonly word: string;
  readonly exitCode: ExitCode;
  readonly what: (question: Question) => string;
  readonly hint: (question: Question) => string;
}

const RATE_LIMIT: Remedy = {
  word: "rate_limited",
  exitCode: EXIT.attention,
  what: ({ place }) => `${place}: too many requests with this token`,
  hint: () => "Wait until the limit is lifted (an hour at most), then run the same command again.",
};

const OUTAGE: Remedy = {
  word: "unavailable",
  exitCode: EXIT.attention,
  what: ({ place }) => `${place}: the service does not answer as it should`,
  hint: () => "Look at the service's status page, then run the same command again.",
};

const REMEDIES: Readonly<Record<number, Remedy>> = {
  301: {
    word: "moved",
    exitCode: EXIT.notFound,
    what: ({ place }) => `${place} has another name now`,
    hint: () => "Name it as it is called today.",
  },
  401: {
    word: "token_refused",
    exitCode: EXIT.authentication,
    what: ({ place, tokenVariable }) => `${place}: ${tokenVariable} is refused (wrong, expired or revoked)`,
    hint: ({ tokenVariable }) => `Put a valid token into ${tokenVariable}.`,
  },
  403: {
    word: "forbidden",
    exitCode: EXIT.authentication,
    what: ({ place, tokenVariable }) =>
      `${place}: the token of ${tokenVariable} may not read secrets and variables there`,
    hint: ({ tokenVariable, rights }) => `Give the token of ${tokenVariable} these rights: ${rights}.`,
  },
  404: {
    word: "not_found",
    exitCode: EXIT.notFound,
    what: ({ place, tokenVariable }) => `${place} does not exist, or the token of ${tokenVariable} cannot see it`,
    hint: ({ absence }) => absence,
  },
  422: {
    word: "refused",
    exitCode: EXIT.usage,
    what: ({ place }) => `${place}: the request was refused as not valid`,
    hint: () => "Check how the owner, the repository and the environment are spelled.",
  },
  429: RATE_LIMIT,
};

/**
 * The error for an answer that is no list. A 403 of GitHub may be a rate limit:
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 */
export function listingError(
  question: Question,
  { status, headers }: Pick<HttpResult, "status" | "headers">,
): AutomationError {
  const isLimited = headers.get("x-ratelimit-remaining") === "0" || headers.has("retry-after");
  const remedy = status === 403 && isLimited ? RATE_LIMIT : (REMEDIES[status] ?? OUTAGE);
  return describe(question, remedy, `status ${status}`);
}

/** The error for no answer at all; `reason` as `ECONNREFUSED` or `timeout`. */
export function unreachableError(question: Question, reason: string): AutomationError {
  return describe(question, OUTAGE, reason);
}

function describe(question: Question, { word, exitCode, what, hint }: Remedy, detail: string): AutomationError {
  return new AutomationError({
    code: `sync.${word}`,
    exitCode,
    message: `${what(question)} (${detail}); nothing was changed.`,
    hint: hint(question),
  });
}
