/** How is a probe over HTTPS carried out? Turns declared steps into requests, sends them in order and judges the answers. */
import { type HttpStep, type Reference, type Service } from "../../services/service";
import {
  isPassing,
  NoAnswerError,
  retryAfterMs,
  sendRequest,
  type HttpDependencies,
  type HttpRequest,
  type HttpResult,
} from "../http";
import { judge, judgeConnection, type Subject } from "./remedies";
import { type Attempt } from "./result";
import { findValue, isOptional, parseBase, UnusableValueError } from "./values";

/** What an attempt may use. */
export interface HttpAttemptContext {
  readonly service: Service;
  readonly steps: readonly HttpStep[];
  readonly values: Readonly<Record<string, string>>;
  /** Addresses by the name of the endpoint. */
  readonly endpoints: Readonly<Record<string, string>>;
  readonly http: HttpDependencies;
  readonly now: () => number;
  /** Milliseconds left for the whole attempt. */
  readonly remainingMs: () => number;
  readonly signal?: AbortSignal;
}

/** One request gets at most this long, so that a request which hangs leaves time for another attempt. */
const REQUEST_TIMEOUT_MS = 15_000;

/** The variables without which the steps cannot be sent. */
export function requiredByHttp(service: Service, steps: readonly HttpStep[]): string[] {
  const names = steps.flatMap((step) => [
    ...baseVariable(step),
    ...referenced(step.path),
    ...referenced(Object.values(step.query ?? {})).filter((name) => !isOptional(service, name)),
    ...credentialNames(step),
    ...referenced(Object.values(step.body ?? {})),
  ]);
  return [...new Set(names)];
}

/** Sends the steps one after the other; the first that does not pass decides. Never throws for what a service does. */
export async function attemptHttp(context: HttpAttemptContext): Promise<Attempt> {
  const captured = new Map<string, string>();
  let counts: Record<string, string | number> = {};
  for (const [index, step] of context.steps.entries()) {
    const subject: Subject = { service: context.service, names: [], purpose: step.purpose };
    let request: HttpRequest;
    try {
      request = buildRequest(step, context, captured);
    } catch (error) {
      if (!(error instanceof UnusableValueError)) throw error;
      return { ...judge(error.kind, { ...subject, names: error.names }), notSent: index === 0 };
    }
    let answer: HttpResult;
    try {
      answer = await sendRequest(request, context.http);
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
      return judgeConnection({ ...subject, names: [addressName(step)], code: error.reason });
    }
    const verdict = judgeAnswer(answer, step, index === 0, context);
    if (verdict) return verdict;
    const json = parseObject(answer.text) ?? {};
    if (step.capture) {
      const value = json[step.capture.property];
      if (typeof value !== "string" || value === "") {
        return judge("unexpected-answer", { ...subject, code: `no ${step.capture.property} in the answer` });
      }
      captured.set(step.capture.as, value);
    }
    counts = { ...counts, ...countsOf(json), status: answer.status };
  }
  const purpose = context.steps.map((step) => step.purpose).join(", ");
  return {
    finding: { outcome: "passed", reason: `Done: ${purpose}.`, credentialRefused: false, details: counts },
    worthRetrying: false,
  };
}

/** The verdict on an answer, or undefined when the step passed. `first`: no step before it has shown that the credential is alive. */
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
  if (status === 401 || refusesGrant(answer)) {
    return judge(first ? "unauthorized" : "session-refused", { ...credential, code: `HTTP ${status}` });
  }
  if (status === 403) return judge(first ? "forbidden" : "lacks-permission", credential);
  if (status === 404) return judge("not-found", { ...credential, names: [...pathVariables(step), addressName(step)] });
  if (status >= 300 && status < 400) return judge("not-the-api", address);
  return judge("unexpected-answer", { ...credential, code: `HTTP ${status}` });
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

function buildRequest(step: HttpStep, context: HttpAttemptContext, captured: ReadonlyMap<string, string>): HttpRequest {
  const resolve = (reference: string | Reference): string => valueOf(reference, context, captured);
  const path = step.path.map((part) => (typeof part === "string" ? part : encodeSegment(resolve(part), part)));
  const query = Object.entries(step.query ?? {}).flatMap(([key, part]) =>
    isLeftOut(part, context) ? [] : [`${encodeURIComponent(key)}=${encodeText(resolve(part), part)}`],
  );
  const body = step.body && Object.entries(step.body).map(([key, part]) => [key, resolve(part)]);
  return {
    method: step.method,
    url: `${baseOf(step, context)}/${path.join("/")}${query.length > 0 ? `?${query.join("&")}` : ""}`,
    headers: {
      accept: "application/json",
      "user-agent": "sophia-secrets",
      authorization: authorization(step, context, captured),
      ...(body ? { "content-type": "application/json" } : {}),
    },
    ...(body ? { body: JSON.stringify(Object.fromEntries(body)) } : {}),
    timeoutMs: Math.max(1, Math.min(REQUEST_TIMEOUT_MS, context.remainingMs())),
    ...(context.signal ? { signal: context.signal } : {}),
  };
}

function baseOf(step: HttpStep, context: HttpAttemptContext): string {
  const text =
    "variable" in step.base ? valueOf(step.base, context, new Map()) : (context.endpoints[step.base.endpoint] ?? "");
  return parseBase(text, addressName(step));
}

/** Basic takes any text as UTF-8 (https://www.rfc-editor.org/rfc/rfc7617), but no colon in the user; the others are sent as they are. */
function authorization(step: HttpStep, context: HttpAttemptContext, captured: ReadonlyMap<string, string>): string {
  const { auth } = step;
  if ("basic" in auth) {
    const [user, password] = auth.basic.map((name) => valueOf({ variable: name }, context, captured)) as [
      string,
      string,
    ];
    if (user.includes(":")) throw new UnusableValueError("malformed-value", [auth.basic[0]]);
    return `Basic ${Buffer.from(`${user}:${password}`, "utf8").toString("base64")}`;
  }
  const reference = "bearer" in auth ? auth.bearer : auth.token;
  const token = valueOf(reference, context, captured);
  if (!/^[\x21-\x7e]+$/.test(token)) throw new UnusableValueError("malformed-value", [nameOf(reference)]);
  return `${"bearer" in auth ? "Bearer" : "token"} ${token}`;
}

function valueOf(
  reference: string | Reference,
  { service, values }: Pick<HttpAttemptContext, "service" | "values">,
  captured: ReadonlyMap<string, string>,
): string {
  if (typeof reference === "string") return reference;
  const value =
    "captured" in reference ? captured.get(reference.captured) : findValue(service, values, reference.variable);
  // The runner has looked for missing variables already: this is a probe that refers to what no step captures.
  if (value === undefined) throw new Error(`${service.name}: the probe has nothing for ${nameOf(reference)}`);
  return value;
}

/** `.` and `..` would change the path even when percent-encoded (https://url.spec.whatwg.org/#double-dot-path-segment). */
function encodeSegment(text: string, reference: string | Reference): string {
  if (text === "." || text === "..") throw new UnusableValueError("malformed-value", [nameOf(reference)]);
  return encodeText(text, reference);
}

function encodeText(text: string, reference: string | Reference): string {
  try {
    return encodeURIComponent(text);
  } catch {
    throw new UnusableValueError("malformed-value", [nameOf(reference)]);
  }
}

function isLeftOut(part: string | Reference, { service, values }: HttpAttemptContext): boolean {
  if (typeof part === "string" || !("variable" in part) || !isOptional(service, part.variable)) return false;
  return findValue(service, values, part.variable) === undefined;
}

function nameOf(reference: string | Reference): string {
  if (typeof reference === "string") return reference;
  return "variable" in reference ? reference.variable : reference.captured;
}

function referenced(parts: readonly (string | Reference)[]): string[] {
  return parts.flatMap((part) => (typeof part !== "string" && "variable" in part ? [part.variable] : []));
}

function baseVariable({ base }: HttpStep): string[] {
  return "variable" in base ? [base.variable] : [];
}

/** The variable or the setting (see `automation/settings.ts`) that says where the request goes. */
function addressName({ base }: HttpStep): string {
  return "variable" in base ? base.variable : `SOPHIA_${base.endpoint.toUpperCase()}_URL`;
}

function credentialNames({ auth }: HttpStep): string[] {
  return "basic" in auth ? [...auth.basic] : referenced(["bearer" in auth ? auth.bearer : auth.token]);
}

function pathVariables(step: HttpStep): string[] {
  return referenced([...step.path, ...Object.values(step.query ?? {})]);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
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
