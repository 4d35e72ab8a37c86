/** Are metrics what Prometheus and OpenTelemetry read? Against a strict reader, for any labels and numbers. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { collectMetrics } from "../../../automation/metrics/collect";
import { prometheusName, type Metric } from "../../../automation/metrics/metric";
import { otlpRequest } from "../../../automation/metrics/otlp";
import { prometheusText } from "../../../automation/metrics/prometheus";
import { auditFixture } from "../audit/fixture";
import { parsePrometheus } from "./prometheus-text";

const AT = Date.parse("2026-11-23T09:00:00.000Z");

const fixture = () =>
  collectMetrics({
    audit: auditFixture({
      services: auditFixture().services.map((one) =>
        one.service === "snowflake" ? { ...one, since: "2026-11-13T09:00:00.000Z", rotationsBegun: 3 } : one,
      ),
    }),
    phasesSince: { gong: "2026-11-23T08:00:00.000Z" },
    tests: {
      schema: "sophia-secrets/integration-test",
      timestamp: "2026-11-23T08:30:00.000Z",
      services: { gong: { outcome: "rejected", durationMs: 120 }, vercel: { outcome: "unknown", durationMs: 15_000 } },
    },
    version: "1.2.3",
  });
const sampleOf = (text: string, start: string) =>
  text
    .split("\n")
    .find((line) => line.startsWith(start))
    ?.slice(start.length + 1) ?? "nothing";

describe("the metrics of a stack", () => {
  const text = prometheusText(fixture());

  it("are text that a strict reader takes, under names after the conventions", () => {
    const families = parsePrometheus(text);
    assert.deepEqual(
      families.map(({ name }) => name.replace("sophia_secrets_", "")),
      [
        ...["build_info", "audit_timestamp_seconds", "audit_findings", "credential_age_seconds"],
        ...[
          "credential_age_limit_seconds",
          "credential_due_timestamp_seconds",
          "credential_missing",
          "rotations_total",
        ],
        ...["rotation_phase", "rotation_phase_duration_seconds", "probe_result", "probe_duration_seconds"],
        ...[
          "probe_timestamp_seconds",
          "destination_variables",
          "destination_readable",
          "token_expiry_timestamp_seconds",
        ],
      ],
    );
    for (const { samples } of families) for (const { labels } of samples) assert.equal(labels.stack, "development");
  });

  it("tell ages, limits and ends in seconds", () => {
    assert.equal(
      sampleOf(text, 'sophia_secrets_credential_age_seconds{stack="development",service="snowflake",basis="rotated"}'),
      String(10 * 86_400),
    );
    const limit = 'sophia_secrets_credential_age_limit_seconds{stack="development",service="snowflake"}';
    assert.equal(sampleOf(text, limit), String(30 * 86_400));
    const end = 'sophia_secrets_token_expiry_timestamp_seconds{stack="development",token="GITHUB_TOKEN"}';
    assert.equal(sampleOf(text, end), String(AT / 1000));
  });

  it("count rotations, phases and the time in a phase", () => {
    assert.equal(sampleOf(text, 'sophia_secrets_rotations_total{stack="development",service="snowflake"}'), "3");
    const phase = (name: string) =>
      sampleOf(text, `sophia_secrets_rotation_phase{stack="development",service="gong",phase="${name}"}`);
    assert.deepEqual([phase("staged"), phase("idle")], ["1", "0"]);
    const duration = 'sophia_secrets_rotation_phase_duration_seconds{stack="development",service="gong"}';
    assert.equal(sampleOf(text, duration), "3600");
    assert.equal(text.match(/rotation_phase_duration_seconds\{/g)?.length, 1);
  });

  it("keep a probe that was refused apart from one that nobody answered", () => {
    const result = (service: string, word: string) =>
      sampleOf(text, `sophia_secrets_probe_result{stack="development",service="${service}",result="${word}"}`);
    assert.deepEqual([result("gong", "rejected"), result("gong", "unknown")], ["1", "0"]);
    assert.deepEqual([result("vercel", "rejected"), result("vercel", "unknown")], ["0", "1"]);
  });

  it("count what is not in step, and places that could not be read", () => {
    const place = 'stack="development",destination="github",place="github payready/sophia"';
    assert.equal(sampleOf(text, `sophia_secrets_destination_variables{${place},status="edited_outside"}`), "1");
    assert.match(text, /destination_readable\{[^}]*place="github organization payready"\} 0/);
  });

  it("leave out what nobody knows, and never call it 0", () => {
    const { services } = auditFixture();
    const audit = auditFixture({
      services: services.map(({ rotatedAt: _at, since: _since, dueAt: _due, ...one }) => ({
        ...one,
        basis: "unknown",
        phase: "unknown",
        unknown: ["rotation", "missing"],
      })),
    });
    const unread = prometheusText(collectMetrics({ audit, phasesSince: {}, tests: undefined, version: "1" }));
    assert.doesNotMatch(unread, /credential_age_seconds|credential_missing|rotation_phase|rotations_total|probe_/);
    assert.match(unread, /credential_age_limit_seconds/);
  });

  it("give an import no age, of which only the least is known", () => {
    const [one] = auditFixture().services;
    const audit = auditFixture({ services: one ? [{ ...one, basis: "imported" }] : [] });
    assert.doesNotMatch(
      prometheusText(collectMetrics({ audit, phasesSince: {}, tests: undefined, version: "1" })),
      /credential_age_seconds/,
    );
  });
});

const anyMetric: fc.Arbitrary<Metric> = fc.record({
  name: fc.constantFrom("sophia.secrets.a", "sophia.secrets.b.c"),
  description: fc.string({ unit: "grapheme" }).map((text) => text.replace(/\r/g, "")),
  unit: fc.constantFrom("s", "", "{thing}"),
  kind: fc.constantFrom("gauge", "counter"),
  points: fc.uniqueArray(
    fc.record({
      attributes: fc.dictionary(
        fc.constantFrom("stack", "place", "token"),
        fc.string({ unit: "grapheme" }).map((text) => text.replace(/\r/g, "")),
      ),
      value: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    }),
    { selector: ({ attributes }) => JSON.stringify(Object.entries(attributes).sort()), minLength: 1 },
  ),
});

describe("any metric", () => {
  it("comes out of Prometheus' text as it went in", () => {
    fc.assert(
      fc.property(anyMetric, (metric) => {
        const [family, ...more] = parsePrometheus(prometheusText([metric]));
        assert.deepEqual(more, []);
        assert.equal(family?.name, prometheusName(metric));
        assert.equal(family.help, metric.description);
        assert.deepEqual(
          family.samples,
          metric.points.map(({ attributes, value }) => ({ labels: { ...attributes }, value })),
        );
      }),
    );
  });

  it("is in OTLP's JSON with its name, unit, numbers and time, each in the form of protobuf's mapping", () => {
    const request = otlpRequest(fixture(), { organization: "payready", stack: "development", version: "1", now: AT });
    const { resourceMetrics } = request as { resourceMetrics: [Resource] };
    const [{ resource, scopeMetrics }] = resourceMetrics;
    assert.deepEqual(resource.attributes[0], { key: "service.name", value: { stringValue: "sophia-secrets" } });
    const { metrics } = scopeMetrics[0];
    const rotations = metrics.find(({ name }) => name === "sophia.secrets.rotations");
    assert.deepEqual(rotations, {
      name: "sophia.secrets.rotations",
      description: "Rotations that were begun, given-up ones included.",
      unit: "{rotation}",
      sum: {
        ...{ aggregationTemporality: 2, isMonotonic: true },
        dataPoints: [
          {
            attributes: [
              { key: "stack", value: { stringValue: "development" } },
              { key: "service", value: { stringValue: "snowflake" } },
            ],
            timeUnixNano: "1795424400000000000",
            asDouble: 3,
          },
        ],
      },
    });
    assert.ok(metrics.every((one) => one.gauge !== undefined || one.name === "sophia.secrets.rotations"));
  });
});

interface Resource {
  readonly resource: { readonly attributes: readonly object[] };
  readonly scopeMetrics: [{ readonly metrics: readonly { readonly name: string; readonly gauge?: object }[] }];
}
