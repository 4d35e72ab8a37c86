import assert from "node:assert/strict";
import { createServer } from "node:net";
import { type AddressInfo } from "node:net";
import { runProbe } from "../../../automation/probes/run";
import { createStandIn, type StandIn, type StandInReply, type StandInRequest } from "../../../sandbox/kit/stand-in";
import { gong } from "../../../services/gong";
import { acme, contextFor, HOSTILE, recordedHttp, step } from "./support";

type Handler = (request: StandInRequest) => StandInReply;

const TOKEN = "cAnArY-token-1234567890";

describe("probes over HTTP", () => {
  let server: StandIn | undefined;
  let seen: StandInRequest[] = [];

  async function serve(handle: Handler): Promise<string> {
    seen = [];
    server = await createStandIn({
      name: "acme",
      routes: ["GET", "POST"].map((method) => ({
        method,
        path: "/*rest",
        handle: (request) => {
          seen.push(request);
          return handle(request);
        },
      })),
    });
    return server.url;
  }

  async function probeAnswer(reply: StandInReply, service = acme()) {
    const url = await serve(() => reply);
    const values = { ACME_TOKEN: TOKEN, ACME_URL: url, ACME_ID: "id-1", ACME_KEY: "user", ACME_SECRET: "pass" };
    return runProbe(service, values, contextFor(url));
  }

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  it("passes a 2xx answer and reports how many there are of what", async () => {
    const body = { things: [{ name: "secret thing" }, {}], records: { totalRecords: 41, cursor: "abc" } };
    const result = await probeAnswer({ status: 200, body });
    assert.equal(result.outcome, "passed");
    assert.equal(result.class, undefined);
    assert.equal(result.remedy, undefined);
    assert.equal(result.attempts, 1);
    assert.deepEqual(result.details, { things: 2, totalRecords: 41, status: 200 });
    assert.equal(seen[0]?.headers.authorization, `Bearer ${TOKEN}`);
  });

  const refusals: [string, StandInReply, Record<string, unknown>][] = [
    ["401", { status: 401 }, { outcome: "rejected", class: "authentication", credentialRefused: true }],
    ["403", { status: 403 }, { outcome: "rejected", class: "permission", credentialRefused: true }],
    ["404", { status: 404 }, { outcome: "rejected", class: "configuration", credentialRefused: false }],
    [
      "400 with an OAuth refusal",
      { status: 400, body: { error: "invalid_grant" } },
      { outcome: "rejected", class: "authentication", credentialRefused: true },
    ],
    [
      "400 with a refusal in plain text",
      { status: 400, body: "invalid bearer token" },
      { outcome: "rejected", class: "authentication", credentialRefused: true },
    ],
    ["another 400", { status: 400, body: { error: "bad filter" } }, { outcome: "unknown", class: "service" }],
    ["422", { status: 422 }, { outcome: "unknown", class: "service", credentialRefused: false }],
    ["a redirect", { status: 302, headers: { location: "/log-in" } }, { outcome: "unknown", class: "configuration" }],
    ["a web page", { status: 200, body: "<html>" }, { outcome: "unknown", class: "configuration" }],
    ["GraphQL errors", { status: 200, body: { errors: [{ message: "x" }] } }, { outcome: "unknown", class: "service" }],
  ];
  for (const [name, reply, expected] of refusals) {
    it(`asks once and judges ${name}`, async () => {
      const result = await probeAnswer(reply);
      for (const [key, value] of Object.entries(expected)) assert.equal(result[key as "outcome"], value, key);
      assert.equal(seen.length, 1);
      assert.equal(result.attempts, 1);
      assert.ok(result.remedy);
    });
  }

  it("names both causes where the vendor answers 403 to a bad token too", async () => {
    const { remedy } = await probeAnswer({ status: 403, body: { error: { code: "forbidden" } } });
    assert.match(remedy ?? "", /\(ACME_TOKEN\) is no longer valid.*rotate --service acme.*lacks a permission/);
  });

  it("names the id and the address in the remedy of a 404", async () => {
    const service = acme([step({ path: ["v9", { variable: "ACME_ID" }] })]);
    const { remedy } = await probeAnswer({ status: 404 }, service);
    assert.match(remedy ?? "", /^Verify ACME_ID and ACME_URL;/);
  });

  it("takes GitHub's 403 of a used-up rate limit for a rate limit", async () => {
    const result = await probeAnswer({ status: 403, headers: { "x-ratelimit-remaining": "0" } });
    assert.deepEqual([result.outcome, result.class, result.credentialRefused], ["unknown", "rate-limit", false]);
    assert.equal(seen.length, 3);
  });

  it("sends basic credentials as UTF-8, whatever is in them", async () => {
    const url = await serve(() => ({ status: 200, body: {} }));
    const values = { GONG_API_KEY: HOSTILE.key, GONG_API_SECRET: HOSTILE.secret, GONG_BASE_URL: url };
    const result = await runProbe(gong, values, contextFor(url));
    assert.equal(result.outcome, "passed");
    const encoded = seen[0]?.headers.authorization?.replace("Basic ", "") ?? "";
    assert.equal(Buffer.from(encoded, "base64").toString("utf8"), `${HOSTILE.key}:${HOSTILE.secret}`);
  });

  it("refuses a colon in the user of basic credentials, because the server would split there", async () => {
    const url = await serve(() => ({ status: 200, body: {} }));
    const values = { GONG_API_KEY: "a:b", GONG_API_SECRET: "c", GONG_BASE_URL: url };
    const result = await runProbe(gong, values, contextFor(url));
    assert.deepEqual([result.outcome, result.class, result.attempts], ["unknown", "configuration", 0]);
    assert.match(result.remedy ?? "", /GONG_API_KEY/);
    assert.equal(seen.length, 0);
  });

  for (const token of ["line\nbreak-in-token", " blank-before", "blank-after ", "ünïcödé-token"]) {
    it(`sends nothing where the token cannot be a header: ${JSON.stringify(token)}`, async () => {
      const url = await serve(() => ({ status: 200, body: {} }));
      const result = await runProbe(acme(), { ACME_TOKEN: token, ACME_URL: url }, contextFor(url));
      assert.deepEqual([result.outcome, result.class, result.attempts], ["unknown", "configuration", 0]);
      assert.match(result.reason, /^ACME_TOKEN /);
      assert.equal(seen.length, 0);
    });
  }

  it("percent-encodes references in the path and the query", async () => {
    const service = acme([step({ path: ["v9", { variable: "ACME_ID" }], query: { team: { variable: "ACME_KEY" } } })]);
    const url = await serve(() => ({ status: 200, body: {} }));
    const id = "../a b?c#d/ü%2f";
    const values = { ACME_TOKEN: TOKEN, ACME_URL: `${url}/base/`, ACME_ID: id, ACME_KEY: "x&y=z+ ü" };
    await runProbe(service, values, contextFor(url));
    assert.equal(seen[0]?.path, `/base/v9/${encodeURIComponent(id)}`);
    assert.equal(seen[0]?.query.get("team"), "x&y=z+ ü");
  });

  it("does not let an id of two dots climb out of the path", async () => {
    const service = acme([step({ path: ["v9", { variable: "ACME_ID" }] })]);
    const url = await serve(() => ({ status: 200, body: {} }));
    const result = await runProbe(service, { ACME_TOKEN: TOKEN, ACME_URL: url, ACME_ID: ".." }, contextFor(url));
    assert.deepEqual([result.class, result.attempts, seen.length], ["configuration", 0, 0]);
  });

  it("leaves an optional variable without a value out of the query", async () => {
    const service = acme([step({ query: { region: { variable: "ACME_REGION" }, fixed: "1" } })]);
    const url = await serve(() => ({ status: 200, body: {} }));
    await runProbe(service, { ACME_TOKEN: TOKEN, ACME_URL: url }, contextFor(url));
    assert.deepEqual([...(seen[0]?.query ?? [])], [["fixed", "1"]]);
  });

  for (const address of [
    "http://example.invalid",
    "ftp://127.0.0.1",
    "not a url",
    "https://u:p@127.0.0.1",
    "https://h/?q",
  ]) {
    it(`sends no credential to ${address}`, async () => {
      const result = await runProbe(acme(), { ACME_TOKEN: TOKEN, ACME_URL: address }, contextFor(""));
      assert.deepEqual([result.outcome, result.class, result.attempts], ["unknown", "configuration", 0]);
      assert.match(result.remedy ?? "", /ACME_URL/);
    });
  }

  describe("with a captured token", () => {
    const exchange = step({
      purpose: "exchange the key",
      method: "POST",
      path: ["token"],
      body: { grant_type: "refresh_token", refresh_token: { variable: "ACME_SECRET" } },
      capture: { property: "access_token", as: "accessToken" },
    });
    const list = step({ purpose: "list with it", auth: { token: { captured: "accessToken" } } });
    const values = (url: string) => ({ ACME_TOKEN: TOKEN, ACME_SECRET: HOSTILE.secret, ACME_URL: url });

    it("uses it in the next step", async () => {
      const url = await serve(({ path }) => ({
        status: 200,
        body: path === "/token" ? { access_token: "at-123456" } : [],
      }));
      const result = await runProbe(acme([exchange, list]), values(url), contextFor(url));
      assert.equal(result.outcome, "passed");
      assert.deepEqual(seen[0]?.json(), { grant_type: "refresh_token", refresh_token: HOSTILE.secret });
      assert.equal(seen[1]?.headers.authorization, "token at-123456");
    });

    it("does not pass when the answer lacks it", async () => {
      const url = await serve(() => ({ status: 200, body: { token: "at-123456" } }));
      const result = await runProbe(acme([exchange, list]), values(url), contextFor(url));
      assert.deepEqual([result.outcome, result.class, seen.length], ["unknown", "service", 1]);
      assert.match(result.reason, /no access_token in the answer/);
    });

    for (const [status, group] of [
      [401, "authentication"],
      [403, "permission"],
    ] as const) {
      it(`does not take a ${status} after the exchange for proof that the credential is dead`, async () => {
        const url = await serve(({ path }) =>
          path === "/token" ? { status: 200, body: { access_token: "at-123456" } } : { status },
        );
        const result = await runProbe(acme([exchange, list]), values(url), contextFor(url));
        assert.deepEqual([result.outcome, result.class, result.credentialRefused], ["rejected", group, false]);
      });
    }
  });

  describe("without an answer", () => {
    const probe = (url: string, options = {}) =>
      runProbe(acme(), { ACME_TOKEN: TOKEN, ACME_URL: url }, contextFor("", { attempts: 1, ...options }));

    it("tells a refused connection", async () => {
      const closed = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => closed.once("listening", resolve));
      const { port } = closed.address() as AddressInfo;
      await new Promise((resolve) => closed.close(resolve));
      const result = await probe(`http://127.0.0.1:${port}`);
      assert.deepEqual([result.outcome, result.class], ["unknown", "connection"]);
      assert.match(result.reason, /takes connections \(ECONNREFUSED\)/);
      assert.match(result.remedy ?? "", /ACME_URL/);
    });

    it("tells an unknown name", async () => {
      const failed = Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" });
      const http = {
        ...recordedHttp().http,
        fetch: () => Promise.reject(new TypeError("fetch failed", { cause: failed })),
      };
      const result = await probe("https://acme.example", { http });
      assert.equal(result.class, "connection");
      assert.match(result.reason, /looked up \(ENOTFOUND\)/);
    });

    it("tells failed TLS", async () => {
      const url = await serve(() => ({ status: 200 }));
      const result = await probe(url.replace("http:", "https:"));
      assert.equal(result.class, "connection");
      assert.match(result.reason, /could not be trusted \(ERR_SSL/);
      assert.match(result.remedy ?? "", /NODE_EXTRA_CA_CERTS/);
    });

    it("tells a broken connection", async () => {
      const url = await serve(() => ({ status: 200, body: {} }));
      server?.addFault({ effect: { kind: "reset" } });
      const result = await probe(url);
      assert.equal(result.class, "connection");
      assert.match(result.reason, /broke/);
    });

    it("does not take half a body for an answer", async () => {
      const url = await serve(() => ({ status: 200, body: { things: [] } }));
      server?.addFault({ effect: { kind: "cut-body" } });
      const result = await probe(url);
      assert.deepEqual([result.outcome, result.class], ["unknown", "connection"]);
    });
  });
});
