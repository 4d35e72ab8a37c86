/** What does a declared step look like on the wire? Resolves references and encodes every value for the place where it goes. */
import { type HttpStep, type JsonPart, type Known, type Reference, type Service } from "../../services/service";
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

/** What earlier steps have captured, by its name. */
export type Captured = ReadonlyMap<string, readonly string[]>;

/** One request gets at most this long, so that a request which hangs leaves time for another attempt. */
const REQUEST_TIMEOUT_MS = 15_000;

/** The variables without which the steps cannot be sent. */
export function requiredByHttp(service: Service, steps: readonly HttpStep[]): string[] {
  const names = steps.flatMap((step) => [
    ...baseVariable(step),
    ...referenced(step.path),
    ...referenced(Object.values(step.query ?? {})).filter((name) => !isOptional(service, name)),
    ...credentialNames(step),
    ...Object.values(step.body ?? {}).flatMap(referencedInBody),
  ]);
  return [...new Set(names)];
}

/** The request of a step. Throws {@link UnusableValueError} where a value cannot go where it should. */
export function buildRequest(step: HttpStep, context: HttpAttemptContext, captured: Captured): HttpRequest {
  const resolve = (reference: string | Reference): string => valueOf(reference, context, captured);
  const path = step.path.map((part) => (typeof part === "string" ? part : encodeSegment(resolve(part), part)));
  const query = Object.entries(step.query ?? {}).flatMap(([key, part]) =>
    isLeftOut(part, context) ? [] : [`${encodeURIComponent(key)}=${encodeText(resolve(part), part)}`],
  );
  const body = step.body && resolveBody(step.body, resolve, captured);
  return {
    method: step.method,
    url: `${baseOf(step, context)}/${path.join("/")}${query.length > 0 ? `?${query.join("&")}` : ""}`,
    headers: {
      accept: "application/json",
      "user-agent": "sophia-secrets",
      authorization: authorization(step, context, captured),
      ...(body ? { "content-type": "application/json" } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
    timeoutMs: Math.max(1, Math.min(REQUEST_TIMEOUT_MS, context.remainingMs())),
    ...(context.signal ? { signal: context.signal } : {}),
  };
}

function resolveBody(
  part: JsonPart,
  resolve: (reference: string | Reference) => string,
  captured: Captured,
): string | readonly string[] | object {
  if (typeof part === "string" || isReference(part)) return resolve(part);
  if (isEvery(part)) return part.every.flatMap((name) => captured.get(name) ?? []);
  return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, resolveBody(inner, resolve, captured)]));
}

function isReference(part: JsonPart): part is Reference {
  if (typeof part === "string") return false;
  const { variable, captured, day } = part as Readonly<Record<string, unknown>>;
  return typeof variable === "string" || typeof captured === "string" || typeof day === "number";
}

function isEvery(part: JsonPart): part is { readonly every: readonly string[] } {
  return typeof part !== "string" && "every" in part && Array.isArray(part.every);
}

function baseOf(step: HttpStep, context: HttpAttemptContext): string {
  const text =
    "variable" in step.base ? valueOf(step.base, context, new Map()) : (context.endpoints[step.base.endpoint] ?? "");
  return parseBase(text, addressName(step));
}

/** Basic takes any text as UTF-8 (https://www.rfc-editor.org/rfc/rfc7617), but no colon in the user; the others are sent as they are. */
function authorization(step: HttpStep, context: HttpAttemptContext, captured: Captured): string {
  const { auth } = step;
  if ("basic" in auth) {
    const [user, password] = auth.basic.map((name) => valueOf({ variable: name }, context, captured)) as [
      string,
      string,
    ];
    if (user.includes(":")) throw new UnusableValueError("malformed-value", [auth.basic[0]]);
    return `Basic ${Buffer.from(`${user}:${password}`, "utf8").toString("base64")}`;
  }
  const reference: Known = "bearer" in auth ? auth.bearer : auth.token;
  const token = valueOf(reference, context, captured);
  if (!/^[\x21-\x7e]+$/.test(token)) throw new UnusableValueError("malformed-value", [nameOf(reference)]);
  return `${"bearer" in auth ? "Bearer" : "token"} ${token}`;
}

function valueOf(
  reference: string | Reference,
  { service, values, now }: Pick<HttpAttemptContext, "service" | "values" | "now">,
  captured: Captured,
): string {
  if (typeof reference === "string") return reference;
  if ("day" in reference) return startOfDay(now(), reference.day);
  const value =
    "captured" in reference ? captured.get(reference.captured)?.[0] : findValue(service, values, reference.variable);
  // The runner has looked for missing variables already: this is a probe that refers to what no step captures.
  if (value === undefined) throw new Error(`${service.name}: the probe has nothing for ${nameOf(reference)}`);
  return value;
}

/** ISO 8601 without fractions, which not every service takes. */
function startOfDay(now: number, offset: number): string {
  const dayMs = 86_400_000;
  return new Date((Math.floor(now / dayMs) + offset) * dayMs).toISOString().replace(".000Z", "Z");
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
  if ("day" in reference) return "a day";
  return "variable" in reference ? reference.variable : reference.captured;
}

function referenced(parts: readonly (string | Reference)[]): string[] {
  return parts.flatMap((part) => (typeof part !== "string" && "variable" in part ? [part.variable] : []));
}

function referencedInBody(part: JsonPart): string[] {
  if (typeof part === "string" || isEvery(part)) return [];
  return isReference(part) ? referenced([part]) : Object.values(part).flatMap(referencedInBody);
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
