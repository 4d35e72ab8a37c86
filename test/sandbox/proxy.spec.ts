/** Does the proxy let programs reach the Vercel stand-in by Vercel's own address, and nothing else? */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, type PeerCertificate, type TLSSocket } from "node:tls";
import { type SandboxProxy, startProxy } from "../../sandbox/proxy";
import { startVercel, type VercelStandIn } from "../../sandbox/vercel";

const TOKEN = "controlTokenOfTheSandbox1";

interface Answer {
  readonly status: number;
  readonly body: string;
}

describe("sandbox proxy", () => {
  let folder: string;
  let vercel: VercelStandIn;
  let proxy: SandboxProxy;
  const sockets = new Set<Socket>();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sophia-proxy-"));
    vercel = await startVercel({ controlToken: TOKEN, team: { id: "team_1", slug: "payready" }, projects: [] });
    proxy = await startProxy({ vercelUrl: vercel.url, caFile: join(folder, "ca.pem") });
  });

  afterEach(async () => {
    sockets.forEach((socket) => socket.destroy());
    sockets.clear();
    await proxy.close();
    await vercel.close();
    await rm(folder, { recursive: true });
  });

  /** CONNECT, as a program with HTTPS_PROXY does it. */
  async function tunnel(authority: string): Promise<{ status: number; socket: Socket }> {
    const asking = httpRequest({ host: "127.0.0.1", port: proxy.port, method: "CONNECT", path: authority });
    asking.end();
    const [reply, socket] = (await once(asking, "connect")) as [{ statusCode: number }, Socket];
    sockets.add(socket);
    return { status: reply.statusCode, socket };
  }

  async function openTls(host: string, ca: string | undefined): Promise<TLSSocket> {
    const { socket } = await tunnel(`${host}:443`);
    const secure = connectTls({ socket, servername: host, ...(ca === undefined ? {} : { ca }) });
    sockets.add(secure);
    await once(secure, "secureConnect");
    return secure;
  }

  async function get(host: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
    const secure = await openTls(host, await readFile(proxy.caFile, "utf8"));
    const asking = httpsRequest({ createConnection: () => secure, host, path, headers });
    asking.end();
    const [reply] = (await once(asking, "response")) as [AsyncIterable<Buffer> & { statusCode: number }];
    const chunks: Buffer[] = [];
    for await (const chunk of reply) chunks.push(chunk);
    return { status: reply.statusCode, body: Buffer.concat(chunks).toString("utf8") };
  }

  it("passes api.vercel.com on to the stand-in, with the token and the query", async () => {
    const answer = await get("api.vercel.com", "/v8/projects?teamId=team_1", { authorization: `Bearer ${TOKEN}` });
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.body), { projects: [], pagination: { count: 0, next: null, prev: null } });
    assert.deepEqual(
      vercel.requests().map(({ method, path, status }) => ({ method, path, status })),
      [{ method: "GET", path: "/v8/projects", status: 200 }],
    );
  });

  it("does not soften a refusal of the stand-in", async () => {
    assert.equal((await get("api.vercel.com", "/v2/user", { authorization: "Bearer other" })).status, 403);
  });

  it("passes on the stand-in's broken connection as a broken connection", async () => {
    vercel.addFault({ effect: { kind: "effect-without-reply" } });
    await assert.rejects(get("api.vercel.com", "/v2/user"), { code: "ECONNRESET" });
  });

  it("answers the provider's two look-ups without a token", async () => {
    const frameworks = JSON.parse((await get("api-frameworks.zeit.sh", "/")).body) as { slug: string }[];
    assert.equal(frameworks[0]?.slug, "nextjs");
    const regions = JSON.parse((await get("dcs.vercel-infra.com", "/")).body) as Record<string, unknown>;
    assert.deepEqual(regions["iad1"], { caps: ["V2_DEPLOYMENT_CREATE"] });
    assert.equal((await get("dcs.vercel-infra.com", "/other")).status, 404);
    assert.deepEqual(vercel.requests(), []);
  });

  for (const authority of [
    "example.com:443",
    "api.vercel.com:80",
    "vercel.com:443",
    "api.vercel.com.example.com:443",
  ]) {
    it(`refuses ${authority} with 403 and records it`, async () => {
      assert.equal((await tunnel(authority)).status, 403);
      assert.deepEqual(proxy.refused(), [authority]);
      assert.deepEqual(proxy.connected(), []);
    });
  }

  it("refuses plain HTTP with 403 and records it", async () => {
    const asking = httpRequest({ host: "127.0.0.1", port: proxy.port, path: "http://example.com/a" });
    asking.end();
    const [reply] = (await once(asking, "response")) as [{ statusCode: number; resume(): void }];
    reply.resume();
    assert.equal(reply.statusCode, 403);
    assert.deepEqual(proxy.refused(), ["http://example.com/a"]);
  });

  it("sends nothing to a client that does not trust its CA", async () => {
    await assert.rejects(openTls("api.vercel.com", undefined), { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
    assert.deepEqual(vercel.requests(), []);
  });

  it("has one certificate for the three hosts, signed by a CA whose key is in no file", async () => {
    const pem = await readFile(proxy.caFile, "utf8");
    const authority = new X509Certificate(pem);
    const secure = await openTls("api.vercel.com", pem);
    const peer: PeerCertificate = secure.getPeerCertificate();
    assert.equal(authority.ca, true);
    assert.equal(peer.subjectaltname, "DNS:api.vercel.com, DNS:api-frameworks.zeit.sh, DNS:dcs.vercel-infra.com");
    assert.equal(new X509Certificate(peer.raw).verify(authority.publicKey), true);
    assert.deepEqual(await readdir(folder), ["ca.pem"]);
    assert.equal(pem.includes("PRIVATE"), false);
  });

  it("makes another CA each time", async () => {
    const first = await readFile(proxy.caFile, "utf8");
    const second = await startProxy({ vercelUrl: vercel.url, caFile: join(folder, "second.pem") });
    await second.close();
    assert.notEqual(await readFile(second.caFile, "utf8"), first);
  });
});
