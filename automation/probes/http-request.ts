/** What does a declared step look like on the wire? Resolves references and encodes every value for the place where it goes. */
import { type HttpStep, type Reference, type Service } from "../../services/service";
import { type HttpDependencies, type HttpRequest } from "../http";
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

/** The request of a step. Throws {@link UnusableValueError} where a value cannot go where it should. */
export function buildRequest(
  step: HttpStep,
  context: HttpAttemptContext,
  captured: ReadonlyMap<string, string>,
): HttpRequest {
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
export function addressName({ base }: HttpStep): string {
  return "variable" in base ? base.variable : `SOPHIA_${base.endpoint.toUpperCase()}_URL`;
}

/** The variables of which the credential consists. */
export function credentialNames({ auth }: HttpStep): string[] {
  return "basic" in auth ? [...auth.basic] : referenced(["bearer" in auth ? auth.bearer : auth.token]);
}

/** The variables that say what is asked for. */
export function pathVariables(step: HttpStep): string[] {
  return referenced([...step.path, ...Object.values(step.query ?? {})]);
}
