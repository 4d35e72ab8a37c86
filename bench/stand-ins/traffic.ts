/** What was asked of the stand-ins while something was measured? Calls, and the longest chain of calls that waited for each other. */
import { subscribe } from "node:diagnostics_channel";
import { type IncomingMessage, type Server, type ServerResponse } from "node:http";

/** The traffic of one measured command. */
export interface Traffic {
  readonly calls: number;
  /** Calls that may change something: neither GET nor HEAD, nor the POST that opens an ESC environment. Snowflake's are statements, and not told apart. */
  readonly writes: number;
  /** The most that were open at once. */
  readonly atOnce: number;
  /** The longest chain of calls of which each began after the one before had ended. */
  readonly chain: readonly string[];
  /** Milliseconds in which at least one call was worked on. */
  readonly serviceMs: number;
}

interface Call {
  readonly name: string;
  readonly isWrite: boolean;
  readonly begun: number;
  ended: number;
}

interface HttpMessage {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly server: Server;
}

const NOTHING: Traffic = { calls: 0, writes: 0, atOnce: 0, chain: [], serviceMs: 0 };

/** Of what never touched a stand-in. */
export const noTraffic = (): Traffic => NOTHING;

/** Listens to every HTTP server of this process whose port `nameOf` knows; the name goes before each call. */
export class TrafficMeter {
  private calls: Call[] = [];
  private open = new Map<IncomingMessage, Call>();
  private atOnce = 0;

  constructor(private readonly nameOf: (port: number) => string | undefined) {
    // From the request's head to the last byte of the answer: https://nodejs.org/docs/latest-v20.x/api/diagnostics_channel.html#http
    subscribe("http.server.request.start", (message) => this.begin(message as HttpMessage));
    subscribe("http.server.response.finish", (message) => this.end((message as HttpMessage).request));
  }

  /** Forgets everything. */
  start(): void {
    this.calls = [];
    this.open.clear();
    this.atOnce = 0;
  }

  /** What came since {@link TrafficMeter.start}. */
  stop(): Traffic {
    const calls = this.calls.filter(({ ended }) => ended > 0);
    return {
      calls: this.calls.length,
      writes: this.calls.filter(({ isWrite }) => isWrite).length,
      atOnce: this.atOnce,
      chain: longestChain(calls).map(({ name }) => name),
      serviceMs: busyTime(calls),
    };
  }

  private begin({ request, server }: HttpMessage): void {
    const address = server.address();
    const service = typeof address === "object" && address ? this.nameOf(address.port) : undefined;
    if (service === undefined) return;
    const { method = "GET", url = "/" } = request;
    const path = url.split("?")[0] ?? url;
    const isReading = method === "GET" || method === "HEAD" || /\/api\/esc\/.*\/open$/.test(path);
    const isWrite = !isReading && service !== "snowflake";
    const call = { name: `${service} ${method} ${path}`, isWrite, begun: performance.now(), ended: 0 };
    this.calls.push(call);
    this.open.set(request, call);
    this.atOnce = Math.max(this.atOnce, this.open.size);
  }

  private end(request: IncomingMessage): void {
    const call = this.open.get(request);
    if (call) call.ended = performance.now();
    this.open.delete(request);
  }
}

/** The most calls that do not overlap: always the one next that ends first. */
export function longestChain<T extends { readonly begun: number; readonly ended: number }>(calls: readonly T[]): T[] {
  const chain: T[] = [];
  for (const call of [...calls].sort((left, right) => left.ended - right.ended)) {
    const last = chain[chain.length - 1];
    if (!last || call.begun >= last.ended) chain.push(call);
  }
  return chain;
}

/** Milliseconds that are covered by at least one call. */
export function busyTime(calls: readonly { readonly begun: number; readonly ended: number }[]): number {
  let [busy, until] = [0, 0];
  for (const { begun, ended } of [...calls].sort((left, right) => left.begun - right.begun)) {
    busy += Math.max(0, ended - Math.max(begun, until));
    until = Math.max(until, ended);
  }
  return busy;
}
