/** Do metrics reach a collector, and is it said where not? Over a real socket. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemHttp } from "../../../automation/http";
import { phasesSince } from "../../../automation/metrics/phase-since";
import { pushMetrics, pushTarget } from "../../../automation/metrics/push";
import { readTestResults } from "../../../automation/metrics/test-results";
import { startReceiver, type Receiver } from "../../support/receiver";
import { RotationWorld, servicesNamed } from "../../support/rotation-world";

const http = { ...systemHttp(), sleep: async () => undefined };

describe("the address of a collector", () => {
  it("is the one that was given, else that of OpenTelemetry's variables", () => {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: "https://otel.example.com/base/" };
    assert.equal(pushTarget("https://a.example.com/x", environment).url, "https://a.example.com/x");
    assert.equal(pushTarget(undefined, environment).url, "https://otel.example.com/base/v1/metrics");
    const own = { ...environment, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "https://own.example.com/in" };
    assert.equal(pushTarget(undefined, own).url, "https://own.example.com/in");
  });

  it("must be known, and https but for loopback", () => {
    assert.throws(() => pushTarget(undefined, {}), { code: "metrics.no_collector", exitCode: 2 });
    for (const url of ["http://collector.example.com", "https://user:pw@example.com", "ftp://x", "collector"])
      assert.throws(() => pushTarget(url, {}), { code: "metrics.unsafe_collector" }, url);
    assert.equal(pushTarget("http://127.0.0.1:4318/v1/metrics", {}).url, "http://127.0.0.1:4318/v1/metrics");
  });

  it("comes with the headers that open it, which no error shows", () => {
    const headers = (text: string) => pushTarget("https://x.example.com", { OTEL_EXPORTER_OTLP_HEADERS: text }).headers;
    assert.deepEqual(headers("authorization=Basic%20abc, X-Scope = b"), { authorization: "Basic abc", "x-scope": "b" });
    assert.deepEqual(headers(""), {});
    for (const text of ["Bearer canary", "a=%E0%A4%A"])
      assert.throws(
        () => headers(text),
        (error: Error) => !error.message.includes("canary") && /is malformed/.test(error.message),
      );
  });
});

describe("a push", () => {
  let collector: Receiver;
  beforeEach(async () => void (collector = await startReceiver()));
  afterEach(() => collector.close());
  const push = () =>
    pushMetrics({ resourceMetrics: [] }, { url: `${collector.url}/v1/metrics`, headers: { "x-scope": "b" } }, http);

  it("is one POST of JSON with those headers", async () => {
    await push();
    assert.deepEqual(
      collector.received.map(({ method, path, headers, body }) => [
        method,
        path,
        headers["content-type"],
        headers["x-scope"],
        body,
      ]),
      [["POST", "/v1/metrics", "application/json", "b", '{"resourceMetrics":[]}']],
    );
  });

  it("is tried again while the collector is overloaded, three times at most", async () => {
    collector.answers = [{ status: 503 }, { status: 429, headers: { "retry-after": "0" } }, { status: 200 }];
    await push();
    assert.equal(collector.received.length, 3);
    collector.answers = [{ status: 503 }];
    await assert.rejects(push(), { code: "metrics.push_failed", exitCode: 1, message: /\(status 503\)/ });
    assert.equal(collector.received.length, 6);
  });

  it("fails where the collector refuses it, or takes only a part", async () => {
    collector.answers = [{ status: 401 }];
    await assert.rejects(push(), { message: /\(status 401\)/ });
    assert.equal(collector.received.length, 1);
    collector.answers = [{ status: 200, body: '{"partialSuccess":{"rejectedDataPoints":"2","errorMessage":"x"}}' }];
    await assert.rejects(push(), { message: /\(2 points were rejected\)/ });
    collector.answers = [{ status: 302, headers: { location: "http://127.0.0.1:1/elsewhere" } }];
    await assert.rejects(push(), { message: /\(status 302\)/ });
  });

  it("fails where nobody answers", async () => {
    await collector.close();
    await assert.rejects(push(), { message: /\(ECONNREFUSED\)/ });
  });
});

describe("the newest test results", () => {
  let folder: string;
  before(async () => void (folder = await mkdtemp(join(tmpdir(), "sophia-metrics-"))));
  after(() => rm(folder, { recursive: true, force: true }));
  const report = (timestamp: string) => ({
    ...{ schema: "sophia-secrets/integration-test", version: 1, timestamp, durationMs: 1, overall_status: "error" },
    services: { gong: { outcome: "passed", durationMs: 5, status: "connected" } },
  });
  const put = (name: string, content: unknown) => writeFile(join(folder, name), JSON.stringify(content));

  it("are those of the file that was named, else of the newest file, else none", async () => {
    assert.equal(await readTestResults(folder), undefined);
    await put("integration_test_results_20261122_235959.json", report("2026-11-22T23:59:59.000Z"));
    await put("integration_test_results_20261123_000000.json", report("2026-11-23T00:00:00.000Z"));
    await put("mine.json", report("2026-11-01T00:00:00.000Z"));
    assert.equal((await readTestResults(folder))?.timestamp, "2026-11-23T00:00:00.000Z");
    const named = await readTestResults(folder, "mine.json");
    assert.equal(named?.timestamp, "2026-11-01T00:00:00.000Z");
    assert.deepEqual(named.services, { gong: { outcome: "passed", durationMs: 5 } });
  });

  it("cannot be read from a file of another kind, or from none", async () => {
    await put("other.json", { schema: "sophia-secrets/audit" });
    for (const [file, why] of [
      ["other.json", "it is no report"],
      ["nowhere.json", "ENOENT"],
    ] as const)
      await assert.rejects(readTestResults(folder, file), { code: "metrics.test_results", message: new RegExp(why) });
  });
});

describe("the time in a phase", () => {
  it("begins with the revision of the intake that brought the phase, and is not there while nothing is under way", async () => {
    const world = await RotationWorld.start();
    try {
      const phases = async () => {
        const { intake } = await world.session.intake.require();
        return phasesSince(
          world.session,
          Object.fromEntries(servicesNamed("snowflake", "gong").map(({ name }) => [name, intake.rotation(name).phase])),
        );
      };
      assert.deepEqual(await phases(), {});
      const before = world.esc.revisions("sophia", "development-intake").length;
      await assert.rejects(world.driver({ killAfter: 1 }).run({ services: servicesNamed("snowflake") }));
      const staged = world.esc.revisions("sophia", "development-intake")[before];
      assert.deepEqual(await phases(), { snowflake: staged?.created });
      world.editIntake((text) => `${text}# somebody's remark\n`);
      assert.deepEqual(await phases(), { snowflake: staged?.created });
    } finally {
      await world.close();
    }
  });
});
