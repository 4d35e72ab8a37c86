/** How is a probe over HTTPS carried out? Turns declared steps into requests, sends them in order and judges the answers. */
import { type HttpStep } from "../../services/service";
import { isPassing, NoAnswerError, retryAfterMs, sendRequest, type HttpRequest, type HttpResult } from "../http";
import {
  addressName,
  buildRequest,
  type Captured,
  credentialNames,
  type HttpAttemptContext,
  pathVariables,
} from "./http-request";
import { parseObject } from "../json";
import { judge, judgeConnection, type Subject } from "./remedies";
import { type Attempt } from "./result";
import { UnusableValueError } from "./values";

/** An answer that lets a probe go on. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Empty for an answer without a JSON body. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** How an answer is looked at. */
export interface AskOptions {
  readonly captured: Captured;
  /** No request before this one has shown that the credential is alive. */
  readonly first: boolean;
  /** A status by which the service says that there is none, which is an answer too. */
  readonly none?: number;
}

/** Sends the steps one after the other; the first that does not pass decides. Never throws for what a service does. */
export async function attemptHttp(context: HttpAttemptContext): Promise<Attempt> {
  const captured = new Map<string, readonly string[]>();
  let counts: Record<string, string | number> = {};
  for (const [index, step] of context.steps.entries()) {
    const answer = await askStep(step, context, { captured, first: index === 0 });
    if ("finding" in answer) return answer;
    const { json, status } = answer;
    if (step.capture) {
      const value = json[step.capture.property];
      if (typeof value !== "string" || value === "") {
        const code = `no ${step.capture.property} in the answer`;
        return judge("unexpected-answer", { service: context.service, names: [], purpose: step.purpose, code });
      }
      captured.set(step.capture.as, [value]);
    }
    counts = { ...counts, ...countsOf(json), status };
  }
  const purpose = context.steps.map((step) => step.purpose).join(", ");
  return {
    finding: { outcome: "passed", reason: `Done: ${purpose}.`, credentialRefused: false, details: counts },
    worthRetrying: false,
  };
}

/** Sends one request, once: its answer, or the verdict where it does not pass. Never throws for what a service does. */
export async function askStep(
  step: HttpStep,
  context: HttpAttemptContext,
  options: AskOptions,
): Promise<Answer | Attempt> {
  const subject: Subject = { service: context.service, names: [], purpose: step.purpose };
  let request: HttpRequest;
  try {
    request = buildRequest(step, context, options.captured);
  } catch (error) {
    if (!(error instanceof UnusableValueError)) throw error;
    return { ...judge(error.kind, { ...subject, names: error.names }), notSent: options.first };
  }
  try {
    const result = await sendRequest(request, context.http);
    const { status, headers, text } = result;
    if (status === options.none) return { status, headers, json: {} };
    return judgeAnswer(result, step, options.first, context) ?? { status, headers, json: parseObject(text) ?? {} };
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    return judgeConnection({ ...subject, names: [addressName(step)], code: error.reason });
  }
}

/** The verdict on an answer, or undefined when the step passed. */
function judgeAnswer(
  answer: HttpResult,
  step: HttpStep,
  first: boolean,
  context: HttpAttemptContext,
): Attempt | undefined {
  const { status } = answer;
  const credential = { service: context.service, names: credentialNames(step), purpose: step.purpose };
  const address = { ...credential, names: [addressName(step)], code: status };
  if (status >= 200 && status < 300) {
    const json = parseObject(answer.text);
    if (hasErrors(json)) return judge("unexpected-answer", { ...credential, code: "errors in the answer" });
    return status === 204 || json ? undefined : judge("not-the-api", address);
  }
  if (isRateLimit(answer)) return judgeRateLimit(answer, { ...credential, code: status }, context.now());
  if (isPassing(status) || status === 408 || status === 425) {
    return withWait(
      judge("service-down", { ...credential, code: status }),
      retryAfterMs(answer.headers, context.now()),
    );
  }
  if (status === 401 || refusesGrant(answer) || (status === 403 && step.open)) {
    return judge(first || step.open ? "unauthorized" : "session-refused", { ...credential, code: `HTTP ${status}` });
  }
  if (status === 403) return judgeForbidden(step, first, { ...credential, about: pathVariables(step) });
  if (status === 404) return judge("not-found", { ...credential, names: [...pathVariables(step), addressName(step)] });
  if (status >= 300 && status < 400) return judge("not-the-api", address);
  return judge("unexpected-answer", { ...credential, code: `HTTP ${status}` });
}

/** Where the vendor names the scope of a request, 403 is about that; else a first 403 may as well be about the credential. */
function judgeForbidden({ scope }: HttpStep, first: boolean, credential: Subject): Attempt {
  if (scope !== undefined) return judge("missing-scope", { ...credential, scope });
  return judge(first ? "forbidden" : "lacks-permission", credential);
}

/** GitHub says "too many requests" with 403 as well: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
function isRateLimit({ status, headers }: HttpResult): boolean {
  if (status === 429) return true;
  return status === 403 && (headers.has("retry-after") || headers.get("x-ratelimit-remaining") === "0");
}

function judgeRateLimit(answer: HttpResult, subject: Subject, now: number): Attempt {
  const wait = retryAfterMs(answer.headers, now);
  return withWait(
    judge("rate-limit", wait === undefined ? subject : { ...subject, seconds: Math.ceil(wait / 1000) }),
    wait,
  );
}

function withWait(attempt: Attempt, wait: number | undefined): Attempt {
  return wait === undefined ? attempt : { ...attempt, retryAfterMs: wait };
}

const NOT_THIS_CREDENTIAL =
  /\binvalid_(grant|client|token)\b|\b(invalid|expired|unknown|revoked)\b.{0,20}\b(token|secret|credentials?|api key)\b|\btoken (has |is )?(expired|invalid|revoked)\b/i;

/** A token endpoint says "not this credential" with 400: https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
function refusesGrant({ status, text }: HttpResult): boolean {
  return status === 400 && NOT_THIS_CREDENTIAL.test(text.slice(0, 2_000));
}

/** GraphQL answers 200 whatever happened: https://spec.graphql.org/October2021/#sec-Response-Format */
function hasErrors(json: Record<string, unknown> | undefined): boolean {
  return Array.isArray(json?.errors) && json.errors.length > 0;
}

/** How many there are of what: the lengths of the answer's lists and the totals that it states. Numbers under the vendor's own names. */
function countsOf(json: Record<string, unknown>): Record<string, number> {
  const facts: Record<string, number> = {};
  const note = (name: string, count: unknown): void => {
    if (typeof count === "number" && /^[a-z][A-Za-z]{1,30}$/.test(name) && Object.keys(facts).length < 6)
      facts[name] = count;
  };
  for (const [name, value] of Object.entries(json)) {
    if (Array.isArray(value)) note(name, value.length);
    else if (typeof value === "object" && value !== null) {
      for (const [inner, total] of Object.entries(value)) if (inner.startsWith("total")) note(inner, total);
    }
  }
  return facts;
}
