/**
 * What does a spec speak to that needs ESC and nothing else? The handful of calls of the client, on a loopback port, with real evaluation.
 * It follows https://www.pulumi.com/docs/reference/deployments-rest-api/ only as far as the client goes: one token, no encryption, no tags.
 */
import { evaluateEnvironment } from "../../sandbox/esc/evaluation/evaluate";
import { NumberText } from "../../sandbox/esc/go-text";
import { describeDiagnostics, exportProperties } from "../../sandbox/esc/evaluation/results";
import {
  createStandIn,
  HttpReply,
  type StandIn,
  type StandInReply,
  type StandInRequest,
} from "../../sandbox/kit/stand-in";

/** A running ESC. */
export interface TinyEsc extends StandIn {
  readonly token: string;
  /** Writes a definition past the client, as somebody else would; the revision that it made. */
  write(environment: string, yaml: string): number;
  /** The latest definition; throws when there is none. */
  text(environment: string): string;
  /** Request headers of the updates, in order. */
  readonly updates: readonly StandInRequest["headers"][];
  /** Called before an update is looked at: a hook for a foreign change in between. */
  beforeUpdate: (() => void) | undefined;
  /** Names of environments of which the definition can be read and not opened. */
  readonly unopenable: Set<string>;
  /** Numbers of revisions that are listed and cannot be read. */
  readonly retracted: Set<number>;
}

/** So many revisions are listed at once. */
const PAGE = 20;

/** When a revision was written, ISO: one a day. */
export function revisionTime(revision: number): string {
  return new Date(Date.UTC(2026, 0, revision, 9)).toISOString();
}

/** Starts it; names are those of project `sophia` of organization `payready`. */
export async function startTinyEsc(token = "pul-tiny-token"): Promise<TinyEsc> {
  const environments = new Map<string, string[]>();
  const sessions = new Map<string, unknown>();
  const updates: StandInRequest["headers"][] = [];
  const unopenable = new Set<string>();
  const retracted = new Set<number>();
  const base = "/api/esc/environments/:organization/:project/:environment";

  const history = ({ params: { organization, project, environment = "" } }: StandInRequest): string[] => {
    const found = organization === "payready" && project === "sophia" ? environments.get(environment) : undefined;
    if (!found) throw new HttpReply({ status: 404, body: { code: 404, message: "Not Found" } });
    return found;
  };
  const stamp = (texts: readonly string[]) => ({
    etag: `"${texts.length}-tag"`,
    "pulumi-esc-revision": String(texts.length),
  });
  const read = (request: StandInRequest): StandInReply => {
    const texts = history(request);
    return { status: 200, headers: stamp(texts), body: texts.at(-1) ?? "" };
  };
  const update = (request: StandInRequest): StandInReply => {
    updates.push(request.headers);
    esc.beforeUpdate?.();
    const texts = history(request);
    const { etag } = request.headers as { etag?: string };
    if (etag !== undefined && etag !== stamp(texts).etag) return { status: 409, body: { message: "Conflict" } };
    const text = request.body.toString("utf8");
    const refused = evaluate(text);
    if ("reply" in refused) return refused.reply;
    texts.push(text);
    return { status: 200, headers: stamp(texts), body: {} };
  };
  const open = (request: StandInRequest): StandInReply => {
    const texts = history(request);
    if (unopenable.has(request.params.environment ?? "")) return { status: 404, body: { message: "Not Found" } };
    const revision = request.params.version === undefined ? texts.length : Number(request.params.version);
    const text = texts[revision - 1];
    if (text === undefined) return { status: 404, body: { message: "Not Found" } };
    const found = evaluate(text);
    if ("reply" in found) return found.reply;
    const id = `session-${sessions.size}`;
    sessions.set(id, found.properties);
    return { status: 200, body: { id } };
  };
  const list = (request: StandInRequest): StandInReply => {
    const before = Number(request.query.get("before") ?? Infinity);
    const all = history(request).map((_, index) => ({ number: index + 1, created: revisionTime(index + 1) }));
    const page = all.filter(({ number }) => number < before).reverse();
    return { status: 200, body: page.slice(0, Math.min(PAGE, Number(request.query.get("count")))) };
  };
  const readAt = (request: StandInRequest): StandInReply => {
    const body = history(request)[Number(request.params.version) - 1];
    return body === undefined || retracted.has(Number(request.params.version))
      ? { status: 404, body: { message: "Not Found" } }
      : { status: 200, body };
  };
  const create = (request: StandInRequest): StandInReply => {
    const { name } = request.json<{ name: string }>();
    if (environments.has(name)) return { status: 409, body: { message: "Conflict" } };
    environments.set(name, [""]);
    return { status: 200 };
  };

  const standIn = await createStandIn({
    name: "tiny ESC",
    guard: ({ headers }) => (headers.authorization === `token ${token}` ? undefined : { status: 401 }),
    routes: [
      { method: "GET", path: "/api/user", handle: () => ({ status: 200, body: { githubLogin: "tester" } }) },
      { method: "POST", path: "/api/esc/environments/:organization", handle: create },
      { method: "GET", path: base, handle: read },
      { method: "PATCH", path: base, handle: update },
      { method: "GET", path: `${base}/versions`, handle: list },
      { method: "GET", path: `${base}/versions/:version`, handle: readAt },
      { method: "POST", path: `${base}/open`, handle: open },
      { method: "POST", path: `${base}/versions/:version/open`, handle: open },
      {
        method: "GET",
        path: `${base}/open/:id`,
        handle: ({ params }) => ({ status: 200, body: { properties: sessions.get(params.id ?? "") } }),
      },
    ],
  });
  const esc: TinyEsc = {
    ...standIn,
    token,
    updates,
    unopenable,
    retracted,
    beforeUpdate: undefined,
    write: (environment, yaml) => {
      const texts = environments.get(environment) ?? [""];
      environments.set(environment, texts);
      return texts.push(yaml);
    },
    text: (environment) => {
      const text = environments.get(environment)?.at(-1);
      if (text === undefined) throw new Error(`there is no environment ${environment}`);
      return text;
    },
  };
  return esc;
}

/** Imports are not served: the intake has none. Ciphertext counts as opened to a text of its own. */
function evaluate(text: string): { readonly properties: unknown } | { readonly reply: StandInReply } {
  const source = { text, decrypt: (ciphertext: string) => `opened ${ciphertext}` };
  const { value, diagnostics } = evaluateEnvironment("sophia/spec", source, { load: () => undefined });
  if (diagnostics.some(({ severity }) => severity === "error")) {
    return { reply: { status: 400, body: { message: describeDiagnostics(diagnostics), diagnostics } } };
  }
  return { properties: value && withNumbers(exportProperties(value)) };
}

function withNumbers(properties: unknown): unknown {
  const plain = (_: string, value: unknown) => (value instanceof NumberText ? Number(value.text) : value);
  return JSON.parse(JSON.stringify(properties, plain)) as unknown;
}
