import assert from "node:assert/strict";
import { type ProbeResult } from "../../../automation/probes/result";
import {
  buildIntegrationTestReport,
  integrationTestExitCode,
  integrationTestFileName,
} from "../../../automation/reports/integration-test";
import { renderIntegrationTest } from "../../../automation/reports/integration-test-text";

const STARTED = Date.parse("2026-11-23T09:00:00Z");
const RUN = { startedAt: STARTED, durationMs: 1_234 };

const passed: ProbeResult = {
  service: "snowflake",
  outcome: "passed",
  reason: "Logged in as configured.",
  credentialRefused: false,
  details: { role: "SOPHIA_ROLE", warehouse: "SOPHIA_WH" },
  durationMs: 812,
  attempts: 1,
};

function failed(
  service: string,
  group: ProbeResult["class"],
  outcome: ProbeResult["outcome"] = "rejected",
): ProbeResult {
  return {
    service,
    outcome,
    ...(group ? { class: group } : {}),
    reason: `${service} said no.`,
    remedy: `Do something about ${service}.`,
    credentialRefused: false,
    details: {},
    durationMs: 20,
    attempts: 1,
  };
}

describe("the integration test's report", () => {
  it("keeps the keys of the tool that it replaces and adds its own", () => {
    const report = buildIntegrationTestReport([passed, failed("gong", "authentication")], RUN);
    assert.deepEqual(report, {
      schema: "sophia-secrets/integration-test",
      version: 1,
      timestamp: "2026-11-23T09:00:00.000Z",
      durationMs: 1_234,
      services: {
        snowflake: {
          status: "connected",
          details: { role: "SOPHIA_ROLE", warehouse: "SOPHIA_WH" },
          error: null,
          recommendations: [],
          outcome: "passed",
          durationMs: 812,
          attempts: 1,
        },
        gong: {
          status: "connection_error",
          details: {},
          error: "gong said no.",
          recommendations: ["Do something about gong."],
          outcome: "rejected",
          class: "authentication",
          durationMs: 20,
          attempts: 1,
        },
      },
      overall_status: "partial_connection",
      recommendations: [
        "[GONG] Do something about gong.",
        "[GENERAL] Some integrations failed, review individual service results",
        "[SECURITY] Rotate credentials regularly: npx sophia-secrets rotate --service all",
        "[SECURITY] Keep secrets in Pulumi ESC and sync them to GitHub: npx sophia-secrets sync-github",
      ],
    });
  });

  const statuses = [
    ["configuration", "config_error"],
    ["authentication", "connection_error"],
    ["permission", "connection_error"],
    ["rate-limit", "connection_error"],
    ["service", "connection_error"],
    ["connection", "error"],
    [undefined, "unknown"],
  ] as const;
  for (const [group, status] of statuses) {
    it(`calls ${group ?? "no class"} ${status}`, () => {
      assert.equal(buildIntegrationTestReport([failed("x", group)], RUN).services["x"]?.status, status);
    });
  }

  const outcomes = [
    ["all passed", [passed], "all_connected", 0],
    ["some failed", [passed, failed("gong", "service", "unknown")], "partial_connection", 1],
    ["all failed", [failed("gong", "service", "unknown")], "all_failed", 2],
    ["none run", [], "error", 2],
  ] as const;
  for (const [name, results, overall, code] of outcomes) {
    it(`exits ${code} where ${name}`, () => {
      const report = buildIntegrationTestReport(results, RUN);
      assert.deepEqual([report.overall_status, integrationTestExitCode(report)], [overall, code]);
    });
  }

  it("is kept under the name that it has always had", () => {
    assert.equal(integrationTestFileName(STARTED), "integration_test_results_20261123_090000.json");
  });

  it("reads well on a terminal", () => {
    const text = renderIntegrationTest(buildIntegrationTestReport([passed, failed("gong", "authentication")], RUN));
    assert.equal(
      text,
      [
        "Some integrations failed, review individual service results (1 of 2, 1.2 s).",
        "",
        "  SERVICE    STATUS            TIME    FINDINGS",
        "  snowflake  connected         812 ms  role SOPHIA_ROLE, warehouse SOPHIA_WH",
        "  gong       connection_error  20 ms   gong said no.",
        "",
        "What to do",
        "  gong: Do something about gong.",
        "",
      ].join("\n"),
    );
  });

  it("stays within the width, however long a text or a word is", () => {
    const long = {
      ...failed("gong", "service"),
      reason: "word ".repeat(60),
      remedy: `${"x".repeat(250)} ${"y ".repeat(200)}`,
    };
    for (const width of [100, 72]) {
      const lines = renderIntegrationTest(buildIntegrationTestReport([passed, long], RUN), { width }).split("\n");
      assert.deepEqual(
        lines.filter((line) => line.length > width),
        [],
      );
      assert.equal(lines.join("").match(/x/g)?.length, 250);
    }
  });

  it("has colour only when asked", () => {
    const report = buildIntegrationTestReport([passed, failed("gong", "service", "unknown")], RUN);
    const escapes = /\u001b\[\d+m/g;
    assert.doesNotMatch(renderIntegrationTest(report), escapes);
    const coloured = renderIntegrationTest(report, { colour: true });
    assert.match(coloured, escapes);
    assert.equal(coloured.replace(escapes, ""), renderIntegrationTest(report));
  });
});
