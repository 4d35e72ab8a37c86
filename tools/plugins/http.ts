/** How does a plugin send a request? Over node:http and node:tls, with the proxy and certificate settings that Go programs, the official plugins among them, honour. */
import { readFileSync } from "node:fs";
import { type IncomingHttpHeaders, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { type Socket } from "node:net";
import { connect as tlsConnect, type TLSSocket } from "node:tls";
import { PluginError } from "./resource";

/** A request; `body` is sent as it is. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly timeoutMilliseconds: number;
}

/** A whole response, whatever its status. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Sends one request on a connection of its own. `HTTPS_PROXY`, `NO_PROXY` and `SSL_CERT_FILE` of the environment are read as Go's net/http and crypto/x509
 * read them (https://pkg.go.dev/net/http#ProxyFromEnvironment, https://pkg.go.dev/crypto/x509#SystemCertPool).
 * Throws {@link PluginError} when no response arrives; its text has the method, the host and the reason.
 */
export async function sendRequest(request: HttpRequest, environment: NodeJS.ProcessEnv): Promise<HttpResponse> {
  const url = new URL(request.url);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new PluginError(`${request.method} failed: unsupported protocol ${url.protocol}`);
  }
  try {
    const signal = AbortSignal.timeout(request.timeoutMilliseconds);
    const tunnel = url.protocol === "https:" ? await openTunnel(url, environment, signal) : undefined;
    const trusted = trustedCertificates(environment);
    return await exchange(url, request, { tunnel, trusted, signal });
  } catch (error) {
    throw new PluginError(`${request.method} at ${url.host} failed: ${reasonOf(error)}`);
  }
}

/** How a request is to travel. */
interface Connection {
  readonly tunnel: TLSSocket | undefined;
  readonly trusted: { readonly ca?: Buffer };
  readonly signal: AbortSignal;
}

function exchange(url: URL, request: HttpRequest, { tunnel, trusted, signal }: Connection): Promise<HttpResponse> {
  const send = url.protocol === "https:" && !tunnel ? httpsRequest : httpRequest;
  const payload = request.body === undefined ? undefined : Buffer.from(request.body);
  return new Promise((resolve, reject) => {
    const outgoing = send(
      {
        method: request.method,
        host: url.hostname.replace(/^\[|\]$/g, ""),
        port: url.port || (url.protocol === "https:" ? 443 : 80),
        path: url.pathname + url.search,
        headers: {
          host: url.host,
          ...request.headers,
          ...(payload || request.method !== "GET" ? { "content-length": payload?.length ?? 0 } : {}),
        },
        signal,
        // An agent, even none, would make connections itself.
        ...(tunnel ? { createConnection: () => tunnel } : { agent: false }),
        ...trusted,
      },
      (incoming) => void collect(incoming).then(resolve, reject),
    );
    outgoing.on("error", reject);
    outgoing.end(payload);
  });
}

async function collect(incoming: IncomingMessage): Promise<HttpResponse> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    body: Buffer.concat(chunks).toString("utf8"),
  };
}

/** The TLS connection through the proxy, undefined when the host is reached directly. */
async function openTunnel(
  url: URL,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<TLSSocket | undefined> {
  const proxy = proxyFor(url, environment);
  if (!proxy) return undefined;
  const socket = await connectThroughProxy(proxy, `${url.hostname}:${url.port || 443}`, signal);
  const secure = tlsConnect({ socket, servername: url.hostname, ...trustedCertificates(environment) });
  await new Promise<void>((resolve, reject) => {
    secure.once("secureConnect", resolve);
    // Stays: a connection that breaks later, without a listener, would end the process.
    secure.on("error", reject);
    signal.addEventListener("abort", () => secure.destroy(signal.reason as Error), { once: true });
  });
  return secure;
}

function connectThroughProxy(proxy: URL, target: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const credentials = decodeURIComponent(`${proxy.username}:${proxy.password}`);
    const connecting = httpRequest({
      method: "CONNECT",
      host: proxy.hostname.replace(/^\[|\]$/g, ""),
      port: proxy.port || 80,
      path: target,
      headers: {
        host: target,
        ...(proxy.username ? { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` } : {}),
      },
      signal,
      agent: false,
    });
    connecting.once("connect", (response, socket) => {
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`the proxy ${proxy.host} answered ${response.statusCode ?? 0} to CONNECT`));
    });
    connecting.once("response", (response) => {
      response.destroy();
      reject(new Error(`the proxy ${proxy.host} answered ${response.statusCode ?? 0} to CONNECT`));
    });
    connecting.on("error", reject);
    connecting.end();
  });
}

/** The proxy for an https address, undefined for none: loopback hosts and those in `NO_PROXY` are always reached directly. */
export function proxyFor(url: URL, environment: NodeJS.ProcessEnv): URL | undefined {
  const setting = environment["HTTPS_PROXY"] || environment["https_proxy"];
  if (!setting) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (host === "localhost" || host === "::1" || /^127(\.\d+){3}$/.test(host)) return undefined;
  const exceptions = (environment["NO_PROXY"] || environment["no_proxy"] || "").split(",").map((item) => item.trim());
  if (exceptions.some((exception) => isException(host, exception))) return undefined;
  const proxy = new URL(setting.includes("://") ? setting : `http://${setting}`);
  if (proxy.protocol !== "http:") throw new Error("HTTPS_PROXY must be an http:// address");
  return proxy;
}

function isException(host: string, exception: string): boolean {
  if (exception === "") return false;
  if (exception === "*") return true;
  const domain = exception.replace(/:\d+$/, "");
  return host === domain || host.endsWith(domain.startsWith(".") ? domain : `.${domain}`);
}

/** `SSL_CERT_FILE` replaces the certificates that are trusted otherwise, it does not add to them. */
function trustedCertificates(environment: NodeJS.ProcessEnv): { ca?: Buffer } {
  const file = environment["SSL_CERT_FILE"];
  if (!file) return {};
  try {
    return { ca: readFileSync(file) };
  } catch {
    throw new Error("the file that SSL_CERT_FILE names cannot be read");
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "no response";
  if (error.name === "TimeoutError" || error.name === "AbortError") return "no response in time";
  const code = (error as NodeJS.ErrnoException).code;
  return code && !error.message.includes(code) ? `${error.message} (${code})` : error.message;
}
