/** Why did a place refuse us, and what to do about it? One remedy a cause, told apart by what the vendor said. */
import { type UnreadableError } from "../api-reader";
import { AutomationError, EXIT, type ExitCode } from "../errors";
import { retryAfterMs, type HttpResult } from "../http";
import { type Question } from "./questions";

interface Remedy {
  readonly word: string;
  readonly exitCode: ExitCode;
  readonly what: (question: Question) => string;
  readonly hint: (question: Question, answer: Answer) => string;
}

/** What a refusal has to show: the status alone, where an engine's error is all that there is. */
type Answer = Pick<HttpResult, "status"> & Partial<HttpResult>;

const RATE_LIMIT: Remedy = {
  word: "rate_limited",
  exitCode: EXIT.attention,
  what: ({ place }) => `${place}: too many requests with this token`,
  hint: (_question, answer) => `Wait ${waitOf(answer)}, then run the same command again.`,
};

const OUTAGE: Remedy = {
  word: "unavailable",
  exitCode: EXIT.attention,
  what: ({ place }) => `${place}: the service does not answer as it should`,
  hint: ({ statusPage }) => `Look at the service's status page, ${statusPage}, then run the same command again.`,
};

const SILENCE: Remedy = {
  word: "unreachable",
  exitCode: EXIT.attention,
  what: ({ place }) => `${place}: no answer`,
  hint: ({ endpointVariable }) =>
    `Check the network, a proxy in HTTPS_PROXY and the address in ${endpointVariable}, then run the same command again.`,
};

const TOKEN: Remedy = {
  word: "token_refused",
  exitCode: EXIT.authentication,
  what: ({ place, tokenVariable }) => `${place}: ${tokenVariable} is refused (wrong, expired or revoked)`,
  hint: ({ tokenVariable }) => `Put a valid token into ${tokenVariable}.`,
};

const SINGLE_SIGN_ON: Remedy = {
  word: "single_sign_on",
  exitCode: EXIT.authentication,
  what: ({ place, tokenVariable }) =>
    `${place}: the token of ${tokenVariable} is not authorized for the organization's single sign-on`,
  hint: () => "Authorize it: https://github.com/settings/tokens, “Configure SSO” beside the token.",
};

const ADDRESS: Remedy = {
  word: "address_refused",
  exitCode: EXIT.authentication,
  what: ({ place }) => `${place}: the organization's list of allowed addresses does not have this machine's`,
  hint: () => "Run the command from an allowed address, or have an owner add this one to the organization's list.",
};

const REMEDIES: Readonly<Record<number, Remedy>> = {
  301: {
    word: "moved",
    exitCode: EXIT.notFound,
    what: ({ place }) => `${place} has another name now`,
    hint: () => "Name it as it is called today.",
  },
  401: TOKEN,
  403: {
    word: "forbidden",
    exitCode: EXIT.authentication,
    what: ({ place, tokenVariable }) => `${place}: the token of ${tokenVariable} may not do this there`,
    hint: ({ tokenVariable, rights }, answer) =>
      `Give the token of ${tokenVariable} these rights: ${rights}.${neededRights(answer)}`,
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
    hint: ({ spelling }) => `Check how ${spelling} are spelled.`,
  },
  429: RATE_LIMIT,
};

/** The error for a place that could not be read, before anything was written. */
export function listingError(question: Question, error: UnreadableError): AutomationError {
  const { remedy, answer } = diagnose(error);
  return new AutomationError({
    code: `sync.${remedy.word}`,
    exitCode: remedy.exitCode,
    message: `${remedy.what(question)} (${error.reason}); nothing was changed.`,
    hint: remedy.hint(question, answer),
  });
}

/** What to do about a place that could not be read; for errors that are told in other words. */
export function listingHint(question: Question, error: UnreadableError): string {
  const { remedy, answer } = diagnose(error);
  return remedy.hint(question, answer);
}

/**
 * The error of an `up` that a place has refused, with the remedy for its status where the engine's text tells one: a token that may list may
 * not be allowed to write. Any other error is given back as it is.
 */
export function writingError(error: unknown, question: Question | undefined): unknown {
  if (!(error instanceof AutomationError) || !error.code.startsWith("stack.") || !question) return error;
  const status = statusIn(error.message);
  if (status === undefined || (status < 500 && !REMEDIES[status])) return error;
  const remedy = remedyFor({ status });
  return new AutomationError({
    code: `sync.${remedy.word}`,
    exitCode: remedy.exitCode === EXIT.authentication ? EXIT.authentication : EXIT.resource,
    message: `${remedy.what(question)} (status ${status}); what was written before is in the state. ${error.message}`,
    hint: `${remedy.hint(question, { status })} What is left is written by the same command.`,
    ...(error.stackName === undefined ? {} : { stack: error.stackName }),
    cause: error,
  });
}

function diagnose({ answer }: UnreadableError): { remedy: Remedy; answer: Answer } {
  if (!answer) return { remedy: SILENCE, answer: { status: 0 } };
  return { remedy: remedyFor(answer), answer };
}

/**
 * A 403 has several causes. GitHub's limits: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api ; its single
 * sign-on: https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api#personal-access-tokens-and-saml-sso ; Vercel says
 * 403 to a token that it does not know, too, and marks it: https://vercel.com/docs/rest-api/errors
 */
function remedyFor({ status, headers, text = "" }: Answer): Remedy {
  if (status === 403) {
    if (headers?.get("x-ratelimit-remaining") === "0" || headers?.has("retry-after")) return RATE_LIMIT;
    if (headers?.has("x-github-sso")) return SINGLE_SIGN_ON;
    if (/"(invalidToken|missingToken)"\s*:\s*true/.test(text)) return TOKEN;
    if (/IP allow list/i.test(text)) return ADDRESS;
  }
  return REMEDIES[status] ?? OUTAGE;
}

/** How long a limit lasts, as far as the answer says it. */
function waitOf({ headers }: Answer): string {
  const milliseconds = headers && retryAfterMs(headers);
  if (milliseconds !== undefined) return `${Math.ceil(milliseconds / 1000)} s`;
  const reset = Number(headers?.get("x-ratelimit-reset") ?? Number.NaN);
  return Number.isFinite(reset) && reset > 0
    ? `until ${new Date(reset * 1000).toISOString().replace(".000Z", "Z")}`
    : "until the limit is lifted (an hour at most)";
}

/** GitHub says what was missing: permissions for fine-grained tokens, scopes for classic ones. */
function neededRights({ headers }: Answer): string {
  const permissions = headers?.get("x-accepted-github-permissions");
  if (permissions) return ` GitHub asks for: ${permissions}.`;
  const has = headers?.get("x-oauth-scopes");
  const needs = headers?.get("x-accepted-oauth-scopes");
  if (has === null || has === undefined) return "";
  return ` It has: ${has === "" ? "no scope" : has}${needs ? `; GitHub asks for one of: ${needs}` : ""}.`;
}

/** The status that a provider quotes: GitHub's as `PUT https://…: 403 Resource …`, Vercel's as the word of its error. */
function statusIn(message: string): number | undefined {
  const quoted = /\b(?:GET|PUT|POST|PATCH|DELETE) \S+: (\d{3})\b/.exec(message)?.[1];
  if (quoted !== undefined) return Number(quoted) === 400 ? 422 : Number(quoted);
  return Object.entries(VERCEL_WORDS).find(([word]) => message.includes(` ${word} - `))?.[1];
}

/** https://vercel.com/docs/rest-api/errors */
const VERCEL_WORDS: Readonly<Record<string, number>> = {
  forbidden: 403,
  not_found: 404,
  rate_limited: 429,
  too_many_requests: 429,
  bad_request: 422,
  internal_server_error: 500,
  service_unavailable: 503,
};
