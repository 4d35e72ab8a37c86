import assert from "node:assert/strict";
import { type ProbeContext, runProbe, runProbes } from "../../../automation/probes/run";
import { createStandIn, type StandIn, type StandInReply } from "../../../sandbox/kit/stand-in";
import { services } from "../../../services";
import { acme, contextFor, HOSTILE, recordedHttp, step } from "./support";

const TOKEN = "cAnArY-token-1234567890";

describe("the probe runner", () => {
  let server: StandIn;
  let replies: StandInReply[] = [];

  beforeEach(async () => {
    replies = [];
    server = await createStandIn({
      name: "acme",
      routes: [{ method: "GET", path: "/*rest", handle: () => replies.shift() ?? { status: 200, body: {} } }],
    });
  });
  afterEach(() => server.close());

  const probe = (options: Partial<ProbeContext> = {}) =>
    runProbe(acme(), { ACME_TOKEN: TOKEN, ACME_URL: server.url }, contextFor(server.url, options));

  for (const status of [429, 500, 503]) {
    it(`asks again after ${status}, three times in all, and stays undecided`, async () => {
      replies = Array.from({ length: 9 }, () => ({ status }));
      const { http, waits } = recordedHttp();
      const result = await probe({ http });
      assert.deepEqual([result.outcome, result.class], ["unknown", status === 429 ? "rate-limit" : "service"]);
      assert.deepEqual([result.attempts, server.requests().length], [3, 3]);
      assert.deepEqual(waits, [250, 500]);
    });
  }

  it("passes when a later attempt passes", async () => {
    replies = [{ status: 503 }];
    const result = await probe();
    assert.deepEqual([result.outcome, result.attempts, server.requests().length], ["passed", 2, 2]);
  });

  it("asks as often as it is told to", async () => {
    replies = Array.from({ length: 9 }, () => ({ status: 503 }));
    await probe({ attempts: 5 });
    assert.equal(server.requests().length, 5);
  });

  it("does not ask again after a refusal", async () => {
    replies = [{ status: 401 }];
    const result = await probe();
    assert.deepEqual([result.outcome, server.requests().length], ["rejected", 1]);
  });

  it("asks again after a refusal where the credential is new", async () => {
    replies = [{ status: 401 }, { status: 403 }];
    const result = await probe({ retryRejected: 2 });
    assert.deepEqual([result.outcome, server.requests().length], ["passed", 3]);
  });

  it("stops after the given number of further refusals", async () => {
    replies = Array.from({ length: 9 }, () => ({ status: 401 }));
    const result = await probe({ retryRejected: 2 });
    assert.deepEqual([result.outcome, result.class, server.requests().length], ["rejected", "authentication", 3]);
  });

  it("counts refusals and missing answers apart", async () => {
    replies = [{ status: 401 }, { status: 503 }, { status: 401 }, { status: 503 }];
    const result = await probe({ retryRejected: 2, attempts: 3 });
    assert.deepEqual([result.outcome, server.requests().length], ["passed", 5]);
  });

  it("waits as long as the service asks, in seconds or until a date", async () => {
    const now = Date.parse("2026-11-23T09:00:00Z");
    const later = new Date(now + 7_000).toUTCString();
    replies = [
      { status: 429, headers: { "retry-after": "3" } },
      { status: 503, headers: { "retry-after": later } },
    ];
    const { http, waits } = recordedHttp();
    const result = await probe({ http, now: () => now });
    assert.equal(result.outcome, "passed");
    assert.deepEqual(waits, [3000, 7000]);
  });

  it("does not wait past the deadline, and says how long the service wants", async () => {
    replies = [{ status: 429, headers: { "retry-after": "3600" } }];
    const { http, waits } = recordedHttp();
    const result = await probe({ http });
    assert.deepEqual([result.outcome, result.class, waits, result.attempts], ["unknown", "rate-limit", [], 1]);
    assert.match(result.remedy ?? "", /again in 3600 s/);
  });

  it("gives up at the deadline when nothing answers", async () => {
    server.addFault({ effect: { kind: "delay", milliseconds: 5_000 } });
    const started = Date.now();
    const result = await probe({ deadlineMs: 150 });
    assert.deepEqual([result.outcome, result.class, result.attempts], ["unknown", "connection", 1]);
    assert.match(result.reason, /did not answer in time/);
    assert.ok(Date.now() - started < 2_000);
  });

  it("ends at once when it is cancelled, without a verdict", async () => {
    server.addFault({ effect: { kind: "delay", milliseconds: 5_000 } });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    const result = await probe({ signal: abort.signal });
    assert.deepEqual([result.outcome, result.class, result.reason], ["unknown", undefined, "The probe was cancelled."]);
    assert.equal(server.requests().length, 1);
  });

  it("names every missing variable and sends nothing", async () => {
    const service = acme([step({ auth: { basic: ["ACME_KEY", "ACME_SECRET"] }, path: [{ variable: "ACME_ID" }] })]);
    const result = await runProbe(service, { ACME_URL: server.url, ACME_ID: "" }, contextFor(server.url));
    assert.deepEqual([result.outcome, result.class, result.attempts], ["unknown", "configuration", 0]);
    assert.equal(
      result.reason,
      "Missing required environment variable(s): ACME_ID, ACME_KEY, ACME_SECRET. Set, but empty: ACME_ID.",
    );
    assert.equal(server.requests().length, 0);
  });

  it("measures with the injected clock", async () => {
    let time = 1_000;
    const result = await probe({ now: () => (time += 40) });
    assert.ok(result.durationMs >= 40 && result.durationMs % 40 === 0);
  });

  it("reports a defect of its own as undecided and goes on with the other services", async () => {
    const broken = acme([step({ auth: { bearer: { captured: "nothing" } } })]);
    const values = { ACME_TOKEN: TOKEN, ACME_URL: server.url };
    const [first, second] = await runProbes([broken, { ...acme(), name: "other" }], values, contextFor(server.url));
    assert.deepEqual([first?.outcome, first?.class, first?.service], ["unknown", undefined, "acme"]);
    assert.match(first?.reason ?? "", /defect of this program/);
    assert.deepEqual([second?.outcome, second?.service], ["passed", "other"]);
  });

  it("runs the services at once", async () => {
    server.addFault({ times: 4, effect: { kind: "delay", milliseconds: 200 } });
    const started = Date.now();
    const values = { ACME_TOKEN: TOKEN, ACME_URL: server.url };
    await runProbes([acme(), acme(), acme(), acme()], values, contextFor(server.url));
    assert.ok(Date.now() - started < 700);
  });

  it("keeps its verdict when a secret equals one of its words", async () => {
    replies = [{ status: 401 }];
    const values = { ACME_TOKEN: "rejected", ACME_KEY: "refused", ACME_URL: server.url };
    const result = await runProbe(acme(), values, contextFor(server.url));
    assert.deepEqual([result.outcome, result.class], ["rejected", "authentication"]);
    assert.match(result.reason, /\[secret\]/);
  });

  it("shows no value in any result, whatever is answered", async () => {
    const names = services.flatMap((service) => Object.keys(service.variables));
    const kinds: StandInReply[] = [200, 400, 401, 403, 404, 422, 429, 500].map((status) => ({ status }));
    for (const [index, reply] of kinds.entries()) {
      const values = Object.fromEntries(names.map((name) => [name, `canary-${name}-${index}`]));
      const echo = { ...values, error: Object.values(values).join(" "), message: values, canaryList: [] };
      const url = await (async () => {
        await server.close();
        server = await createStandIn({
          name: "echo",
          routes: ["GET", "POST"].map((method) => ({
            method,
            path: "/*rest",
            handle: (request) => ({ ...reply, body: { ...echo, path: request.path, sent: request.headers } }),
          })),
        });
        return server.url;
      })();
      const overHttp = services.filter((service) => service.probe.kind === "http");
      const given = { ...values, GONG_BASE_URL: url, ESTUARY_API_URL: url };
      const results = await runProbes(overHttp, given, contextFor(url));
      assert.equal(results.length, overHttp.length);
      assert.doesNotMatch(JSON.stringify(results), /canary-/);
    }
    const hostile = { GONG_API_KEY: HOSTILE.key, GONG_API_SECRET: HOSTILE.secret, GONG_BASE_URL: server.url };
    const text = JSON.stringify(await runProbes(services, hostile, contextFor(server.url)));
    assert.doesNotMatch(text, /cAnArY/);
    assert.ok(!text.includes(Buffer.from(`${HOSTILE.key}:${HOSTILE.secret}`).toString("base64")));
  });
});
