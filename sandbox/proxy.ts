/**
 * How do programs that know only `https://api.vercel.com` reach the sandbox, and how is it seen that nothing leaves the machine?
 * A loopback proxy for `HTTPS_PROXY`: it answers CONNECT for three hosts, ends TLS itself, and refuses every other host with 403.
 *
 *   api.vercel.com             is passed on to the Vercel stand-in
 *   api-frameworks.zeit.sh     GET / → the frameworks that the Vercel provider checks `framework` against, without a token
 *   dcs.vercel-infra.com       GET / → the regions that it checks region fields against, without a token
 *
 * Clients must trust the certificate of a CA that is made at start (Go: `SSL_CERT_FILE`, with `SSL_CERT_DIR` on an empty folder; Node:
 * `NODE_EXTRA_CA_CERTS`). Its private key never leaves this process's memory. Set the proxy variable in upper case only: gRPC in Node
 * sends even loopback traffic to a lower-case `https_proxy`.
 */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { type AddressInfo, type Socket } from "node:net";
import { type Duplex } from "node:stream";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** Options of {@link startProxy}. */
export interface ProxyOptions {
  /** Where the Vercel stand-in listens, e.g. `http://127.0.0.1:4001`. */
  readonly vercelUrl: string;
  /** Further hosts, and the address of the stand-in that answers for each. @default none */
  readonly others?: Readonly<Record<string, string>>;
  /** Where the CA's certificate is written (PEM); an existing file is replaced. */
  readonly caFile: string;
  /** @default 0, a free one */
  readonly port?: number;
}

/** A running proxy. */
export interface SandboxProxy {
  /** The value for `HTTPS_PROXY`. */
  readonly url: string;
  readonly port: number;
  readonly caFile: string;
  /** `host:port` of every CONNECT, and the URL of every plain request, that was refused; in order. */
  refused(): readonly string[];
  /** `host:port` of every CONNECT that was answered; in order. */
  connected(): readonly string[];
  /** Ends open connections and frees the port; the CA file stays. */
  close(): Promise<void>;
}

const VERCEL_HOST = "api.vercel.com";

const DAY = 24 * 3600 * 1000;

const FRAMEWORKS = ["nextjs", "remix", "sveltekit", "astro", "nuxtjs", "vite", "blitzjs", "gatsby"];

const REGIONS = ["iad1", "cdg1", "fra1", "lhr1", "sfo1", "hnd1", "sin1", "syd1"];

/** Hosts that need no stand-in of their own: the body of `GET /`. */
const FIXED_BODIES: Readonly<Record<string, unknown>> = {
  "api-frameworks.zeit.sh": FRAMEWORKS.map((slug) => ({ slug })),
  "dcs.vercel-infra.com": Object.fromEntries(REGIONS.map((region) => [region, { caps: ["V2_DEPLOYMENT_CREATE"] }])),
};

const ALLOWED_HOSTS = [VERCEL_HOST, ...Object.keys(FIXED_BODIES)];

const KEY_ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** Makes the CA, writes its certificate and starts the proxy. Throws when the port is taken or the file cannot be written. */
export async function startProxy(options: ProxyOptions): Promise<SandboxProxy> {
  const targets: Readonly<Record<string, string>> = { [VERCEL_HOST]: options.vercelUrl, ...options.others };
  const allowed = [...new Set([...ALLOWED_HOSTS, ...Object.keys(targets)])];
  const { secureContext, caPem } = await makeCertificates(allowed);
  await writeFile(options.caFile, caPem, { mode: 0o644 });
  const refused: string[] = [];
  const connected: string[] = [];
  const sockets = new Set<Duplex>();
  // What CONNECT named counts, not the Host header: one must not reach api.vercel.com through another name.
  const hosts = new WeakMap<Duplex, string>();
  // Never listens: it is handed the decrypted streams.
  const inner = createServer((request, response) =>
    answer(targets, hosts.get(request.socket) ?? "", request, response),
  );
  inner.keepAliveTimeout = 60_000;
  const server = createServer((request, response) => {
    refused.push(request.url ?? "");
    response.writeHead(403, { "content-type": "text/plain", connection: "close" });
    response.end("The sandbox's proxy passes nothing on in plain HTTP.\n");
  });
  server.on("connection", (socket: Socket) => keep(sockets, socket));
  server.on("connect", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const authority = request.url ?? "";
    if (!allowed.some((host) => authority === `${host}:443`)) {
      refused.push(authority);
      socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
      return;
    }
    connected.push(authority);
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    if (head.length > 0) socket.unshift(head);
    const secure = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: ["http/1.1"] });
    hosts.set(secure, authority.replace(":443", ""));
    keep(sockets, secure);
    inner.emit("connection", secure);
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    caFile: options.caFile,
    refused: () => [...refused],
    connected: () => [...connected],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A client that does not trust the CA, or goes away, is no fault of the proxy. */
function keep(sockets: Set<Duplex>, socket: Duplex): void {
  sockets.add(socket);
  socket.on("error", () => socket.destroy());
  socket.once("close", () => sockets.delete(socket));
}

function answer(
  targets: Readonly<Record<string, string>>,
  host: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const target = targets[host];
  if (target !== undefined) {
    passOn(new URL(target), request, response);
    return;
  }
  const isKnown = host in FIXED_BODIES && request.method === "GET" && request.url === "/";
  response.writeHead(isKnown ? 200 : 404, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(isKnown ? FIXED_BODIES[host] : { error: { code: "not_found", message: "Not found" } }));
}

/** Sends the request to the stand-in as it came; a connection that the stand-in breaks is broken here too, so that its faults come through. */
function passOn(target: URL, request: IncomingMessage, response: ServerResponse): void {
  const onward = httpRequest({
    host: target.hostname,
    port: target.port,
    method: request.method,
    path: request.url,
    headers: request.headers,
    agent: false,
  });
  onward.on("response", (reply) => {
    // How long this connection lasts is between the client and the proxy.
    const { connection: _connection, "keep-alive": _keepAlive, ...headers } = reply.headers;
    response.writeHead(reply.statusCode ?? 502, headers);
    reply.on("error", () => response.destroy());
    reply.pipe(response);
  });
  onward.on("error", () => response.destroy());
  response.on("close", () => onward.destroy());
  request.pipe(onward);
}

/** A CA and one certificate for all hosts, good from yesterday for 30 days. */
async function makeCertificates(hosts: readonly string[]): Promise<{ secureContext: SecureContext; caPem: string }> {
  const crypto = webcrypto;
  const caKeys = await crypto.subtle.generateKey(KEY_ALGORITHM, false, ["sign", "verify"]);
  const leafKeys = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ["sign", "verify"]);
  const validity = { notBefore: new Date(Date.now() - DAY), notAfter: new Date(Date.now() + 30 * DAY) };
  const authority = await X509CertificateGenerator.createSelfSigned(
    {
      ...validity,
      serialNumber: serialNumber(),
      name: "CN=Sophia sandbox CA (this machine only)",
      keys: caKeys,
      signingAlgorithm: KEY_ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(caKeys.publicKey, false, crypto),
      ],
    },
    crypto,
  );
  const leaf = await X509CertificateGenerator.create(
    {
      ...validity,
      serialNumber: serialNumber(),
      subject: `CN=${VERCEL_HOST}`,
      issuer: authority.subject,
      publicKey: leafKeys.publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: KEY_ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension(hosts.map((value) => ({ type: "dns" as const, value }))),
        await AuthorityKeyIdentifierExtension.create(authority, false, crypto),
      ],
    },
    crypto,
  );
  const keyBytes = Buffer.from(await crypto.subtle.exportKey("pkcs8", leafKeys.privateKey)).toString("base64");
  const key = `-----BEGIN PRIVATE KEY-----\n${keyBytes.replace(/(.{64})/g, "$1\n").trimEnd()}\n-----END PRIVATE KEY-----\n`;
  const caPem = `${authority.toString("pem")}\n`;
  return { secureContext: createSecureContext({ key, cert: `${leaf.toString("pem")}\n` }), caPem };
}

/** Positive and never twice the same: clients cache certificates by issuer and number. */
function serialNumber(): string {
  return `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString("hex")}`;
}
