/** How do we call an outside service? One fetch wrapper: deadline, bounded retries with jitter, Retry-After, errors without bodies. */

import { setTimeout } from "node:timers/promises";

/** The injected outside world of a request. */
export interface HttpDependencies {
  readonly fetch: typeof fetch;
  /** Waits; rejects when the signal fires. Milliseconds. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
}

/** One request. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds for one attempt, the body's arrival included. @default 15000 */
  readonly timeoutMs?: number;
  /** Attempts in all. Only for requests that may be repeated without harm. @default 1 */
  readonly attempts?: number;
  readonly signal?: AbortSignal;
}

/** What came back. */
export interface HttpResult {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The request got no answer (name look-up, connection, TLS, time-out, a body cut short). Names method and host, never a body. */
export class NoAnswerError extends Error {
  constructor(
    readonly method: string,
    readonly origin: string,
    /** `ECONNREFUSED`, `ENOTFOUND`, `timeout` … */
    readonly reason: string,
  ) {
    super(`${method} ${origin}: no answer (${reason})`);
    this.name = "NoAnswerError";
  }
}

const LONGEST_WAIT_MS = 30_000;

/** Sends the request; any HTTP status is a result. Throws {@link NoAnswerError} when the last attempt got no answer. */
export async function sendRequest(request: HttpRequest, dependencies: HttpDependencies): Promise<HttpResult> {
  const attempts = request.attempts ?? 1;
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await sendOnce(request, dependencies);
    const last = attempt >= attempts || request.signal?.aborted;
    if (outcome instanceof NoAnswerError) {
      if (last) throw outcome;
    } else if (last || !isPassing(outcome.status)) {
      return outcome;
    }
    await dependencies.sleep(waitBefore(attempt, outcome, dependencies.random), request.signal);
  }
}

/** A host name, as `URL` has it, that means this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(127(\.\d+){3}|localhost|\[::1\])$/.test(hostname);
}

/** 429 and 5xx: the same request may well succeed later, so it says nothing about the credential. */
export function isPassing(status: number): boolean {
  return status === 429 || status >= 500;
}

async function sendOnce(request: HttpRequest, { fetch }: HttpDependencies): Promise<HttpResult | NoAnswerError> {
  const deadline = AbortSignal.timeout(request.timeoutMs ?? 15_000);
  const signal = request.signal ? AbortSignal.any([request.signal, deadline]) : deadline;
  try {
    const response = await fetch(request.url, {
      method: request.method,
      // Not followed, because the next host must not get the credential; a redirect is a result, which tells more than "no answer".
      redirect: "manual",
      signal,
      ...(request.headers ? { headers: request.headers } : {}),
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (error) {
    const origin = URL.canParse(request.url) ? new URL(request.url).origin : "an address that is not a URL";
    return new NoAnswerError(request.method, origin, deadline.aborted ? "timeout" : reasonOf(error));
  }
}

/**
 * Milliseconds that the service asks to wait, in either form of the header (seconds or a date); undefined where it does not say.
 * https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterMs(headers: Headers, now: number = Date.now()): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Milliseconds before the attempt after this one (1, 2 …): doubles each time, with jitter of half to one and a half. */
export function backoffMs(attempt: number, random: () => number): number {
  return Math.min(250 * 2 ** (attempt - 1) * (0.5 + random()), LONGEST_WAIT_MS);
}

function waitBefore(attempt: number, outcome: HttpResult | NoAnswerError, random: () => number): number {
  const asked = outcome instanceof NoAnswerError ? undefined : retryAfterMs(outcome.headers);
  return Math.min(asked ?? backoffMs(attempt, random), LONGEST_WAIT_MS);
}

/** The code of the innermost cause: fetch wraps them as `fetch failed`. */
function reasonOf(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  const { code, message } = inner as { code?: unknown; message?: unknown };
  // undici has no code for it.
  const refusedByProxy = /^Proxy response \((\d{3})\)/.exec(typeof message === "string" ? message : "");
  if (refusedByProxy) return `proxy ${refusedByProxy[1]}`;
  return typeof code === "string" ? code : inner instanceof Error ? inner.name : "unknown";
}

/**
 * The real outside world: fetch, timers and Math.random (for jitter only). `environment` names the proxies, as for curl and Go: HTTPS_PROXY for
 * https, HTTP_PROXY for http, NO_PROXY; lower case too. Loopback is always reached directly.
 */
export function systemHttp(environment: NodeJS.ProcessEnv = process.env): HttpDependencies {
  return {
    fetch: createFetch(environment),
    sleep: (milliseconds, signal) => setTimeout(milliseconds, undefined, signal ? { signal } : {}),
    random: Math.random,
  };
}

/** Node 20's own fetch knows no proxies; undici is loaded when a request may need one. https://undici.nodejs.org/#/docs/api/EnvHttpProxyAgent */
function createFetch(environment: NodeJS.ProcessEnv): typeof fetch {
  const named = (name: string): string | undefined => environment[name.toLowerCase()] ?? environment[name];
  const proxies = { "https:": named("HTTPS_PROXY"), "http:": named("HTTP_PROXY") };
  const noProxy = named("NO_PROXY") ?? "";
  let proxied: Promise<typeof fetch> | undefined;
  const load = async (): Promise<typeof fetch> => {
    const undici = await import("undici");
    const [httpProxy, httpsProxy] = [proxies["http:"] ?? "", proxies["https:"] ?? ""];
    const dispatcher = new undici.EnvHttpProxyAgent({ httpProxy, httpsProxy, noProxy });
    type Fetch = (input: unknown, init: object) => Promise<Response>;
    return (input, init) => (undici.fetch as unknown as Fetch)(input, { ...init, dispatcher });
  };
  return async (input, init) => {
    const { protocol, hostname } = new URL(input instanceof Request ? input.url : input);
    // Plain http is for loopback only, and what goes there must not leave the machine by a proxy. Go's programs do the same.
    if (!proxies[protocol as keyof typeof proxies] || isLoopback(hostname)) return fetch(input, init);
    proxied ??= load();
    return (await proxied)(input, init);
  };
}
