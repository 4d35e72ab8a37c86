/** What is a stand-in? A loopback HTTP server with a route table, a log of what it was asked (never a value), and scripted faults. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { FaultScript, type Fault, type FaultEffect } from "./faults";

/** One request as a route handler sees it. */
export interface StandInRequest {
  readonly method: string;
  /** Path without the query, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The decoded `:name` parts of the route's pattern. */
  readonly params: Readonly<Record<string, string>>;
  /** The body as JSON; throws {@link HttpReply} 400 when it is none. */
  json<T = Record<string, unknown>>(): T;
}

/** What a handler answers. `body` of type string or Buffer is sent as it is, anything else as JSON; left out, the reply is empty. */
export interface StandInReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Thrown by a handler (or a guard that it calls) to answer at once. */
export class HttpReply extends Error {
  constructor(readonly reply: StandInReply) {
    super(`HTTP ${reply.status}`);
    this.name = "HttpReply";
  }
}

/** One line of a stand-in's route table; `path` is a pattern such as `/repos/:owner/:repo`, `*rest` takes the remainder. */
export interface Route {
  readonly method: string;
  readonly path: string;
  readonly handle: (request: StandInRequest) => StandInReply | Promise<StandInReply>;
}

/** What was asked, for assertions: names and numbers, never a value, so query strings are left out. */
export interface RequestRecord {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** 0 while it is being answered, or when the connection was broken on purpose. */
  readonly status: number;
  /** No route matched: the stand-in does not know what was asked of it. */
  readonly unexpected: boolean;
}

/** Options of {@link createStandIn}. */
export interface StandInOptions {
  /** A word for logs and errors, e.g. `github`. */
  readonly name: string;
  readonly routes: readonly Route[];
  /** Runs before every route, e.g. to refuse a bad token; answering ends the request. */
  readonly guard?: (request: StandInRequest) => StandInReply | undefined;
  /** The reply of an unknown route. @default 404 with a JSON message */
  readonly notFound?: (request: StandInRequest) => StandInReply;
  /** @default 0, a free one */
  readonly port?: number;
  /** Needed in the header `x-sandbox-admin` for `POST /_faults`; left out, faults can be set only in-process. */
  readonly adminToken?: string;
}

/** A running stand-in. */
export interface StandIn {
  readonly name: string;
  /** `http://127.0.0.1:<port>`, no slash at the end. */
  readonly url: string;
  readonly port: number;
  requests(): readonly RequestRecord[];
  clearRequests(): void;
  addFault(fault: Fault): void;
  clearFaults(): void;
  /** Each request waits so long, by a timer, before it has its effect, as if the service were so far away. @default 0 */
  setLatency(milliseconds: number): void;
  /** Calls the listener after each request has had its effect and before it is answered. */
  observe(listener: (record: RequestRecord) => void): void;
  /** Ends open connections and frees the port. */
  close(): Promise<void>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const MAX_BODY_BYTES = 8 * 1024 * 1024;
const MAX_RECORDS = 50_000;

/** Starts a stand-in on a loopback port. Throws when the port is taken. */
export async function createStandIn(options: StandInOptions): Promise<StandIn> {
  const compiled = options.routes.map((route) => ({ route, match: compilePath(route.path) }));
  const faults = new FaultScript();
  const records: Mutable<RequestRecord>[] = [];
  const sockets = new Set<Socket>();
  const listeners: ((record: RequestRecord) => void)[] = [];
  let latencyMs = 0;

  const server = createServer((incoming, response) => {
    void serve(incoming, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    const url = new URL(incoming.url ?? "/", "http://stand-in");
    const method = incoming.method ?? "GET";
    const control = controlReply(method, url.pathname, incoming.headers, body);
    if (control) return send(response, control);

    const found = compiled.find(({ route, match }) => route.method === method && match(url.pathname));
    const request = makeRequest(method, url, incoming.headers, body, found?.match(url.pathname) ?? {});
    const entry = record({ method, path: url.pathname, unexpected: !found });
    if (latencyMs > 0) await sleep(latencyMs);
    const effect = faults.next(method, url.pathname);
    const before = effect && (await applyBefore(effect, response));
    if (before === "ended") return;
    const reply = before ?? (await answer(found?.route, request));
    entry.status = reply.status;
    for (const listener of listeners) listener(entry);
    if (effect && (await applyAfter(effect, reply, response))) entry.status = 0;
    else send(response, reply);
  }

  async function answer(route: Route | undefined, request: StandInRequest): Promise<StandInReply> {
    try {
      const refused = options.guard?.(request);
      if (refused) return refused;
      if (!route) return options.notFound?.(request) ?? { status: 404, body: { message: "Not Found" } };
      return await route.handle(request);
    } catch (error) {
      if (error instanceof HttpReply) return error.reply;
      // A fault of the stand-in itself: say which route and what kind, never what it was working on.
      return {
        status: 500,
        body: {
          message: `${options.name} stand-in: ${(error as Error).name} in ${request.method} ${route?.path ?? "?"}`,
        },
      };
    }
  }

  function controlReply(
    method: string,
    path: string,
    headers: IncomingHttpHeaders,
    body: Buffer,
  ): StandInReply | undefined {
    if (method === "GET" && path === "/_requests") return { status: 200, body: records };
    if (method !== "POST" || path !== "/_faults") return undefined;
    if (options.adminToken === undefined || headers["x-sandbox-admin"] !== options.adminToken) return { status: 403 };
    faults.add(JSON.parse(body.toString("utf8")) as Fault);
    return { status: 204 };
  }

  function record(asked: Pick<RequestRecord, "method" | "path" | "unexpected">): Mutable<RequestRecord> {
    if (records.length >= MAX_RECORDS) records.splice(0, MAX_RECORDS / 2);
    const entry = { at: new Date().toISOString(), status: 0, ...asked };
    records.push(entry);
    return entry;
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    name: options.name,
    url: `http://127.0.0.1:${port}`,
    port,
    requests: () => [...records],
    clearRequests: () => void records.splice(0),
    addFault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    setLatency: (milliseconds) => void (latencyMs = milliseconds),
    observe: (listener) => void listeners.push(listener),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function makeRequest(
  method: string,
  url: URL,
  headers: IncomingHttpHeaders,
  body: Buffer,
  params: Record<string, string>,
): StandInRequest {
  return {
    method,
    path: url.pathname,
    query: url.searchParams,
    headers,
    body,
    params,
    json: <T>() => {
      try {
        return JSON.parse(body.toString("utf8")) as T;
      } catch {
        throw new HttpReply({ status: 400, body: { message: "Problems parsing JSON" } });
      }
    },
  };
}

/** `:name` takes one segment (decoded), `*name` the rest; anything else must be equal. */
function compilePath(pattern: string): (path: string) => Record<string, string> | undefined {
  const names: string[] = [];
  const source = pattern
    .split("/")
    .map((segment) => {
      const kind = segment[0];
      if (kind !== ":" && kind !== "*") return segment.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
      names.push(segment.slice(1));
      return kind === ":" ? "([^/]+)" : "(.*)";
    })
    .join("/");
  const expression = new RegExp(`^${source}$`);
  return (path) => {
    const found = expression.exec(path);
    if (!found) return undefined;
    return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? "")]));
  };
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) throw new Error("body too large");
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, reply: StandInReply): void {
  const { payload, type } = encode(reply.body);
  response.writeHead(reply.status, {
    ...(type ? { "content-type": type } : {}),
    "content-length": payload.length,
    ...reply.headers,
  });
  response.end(payload);
}

function encode(body: unknown): { payload: Buffer; type?: string } {
  if (body === undefined) return { payload: Buffer.alloc(0) };
  if (Buffer.isBuffer(body)) return { payload: body };
  if (typeof body === "string") return { payload: Buffer.from(body), type: "text/plain; charset=utf-8" };
  return { payload: Buffer.from(JSON.stringify(body)), type: "application/json; charset=utf-8" };
}

/** Faults that strike before the handler runs: nothing has had an effect. */
async function applyBefore(effect: FaultEffect, response: ServerResponse): Promise<StandInReply | "ended" | undefined> {
  if (effect.kind === "delay") await sleep(effect.milliseconds);
  if (effect.kind === "status") {
    return {
      status: effect.status,
      ...(effect.headers ? { headers: effect.headers } : {}),
      body: effect.body ?? { message: "scripted fault" },
    };
  }
  const isStrike = effect.kind === "strike" && effect.when === "before";
  if (isStrike) await effect.act();
  if (effect.kind !== "reset" && !isStrike) return undefined;
  response.destroy();
  return "ended";
}

/** Faults that strike after it: the effect is there, the caller does not learn of it. */
async function applyAfter(effect: FaultEffect, reply: StandInReply, response: ServerResponse): Promise<boolean> {
  if (effect.kind === "strike") await effect.act();
  if (effect.kind === "effect-without-reply" || effect.kind === "strike") {
    response.destroy();
    return true;
  }
  if (effect.kind !== "cut-body") return false;
  const { payload } = encode(reply.body ?? "cut");
  response.writeHead(reply.status, { ...reply.headers, "content-length": payload.length });
  response.write(payload.subarray(0, Math.floor(payload.length / 2)), () => response.destroy());
  return true;
}
