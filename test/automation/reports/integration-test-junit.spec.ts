import assert from "node:assert/strict";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { buildIntegrationTestReport } from "../../../automation/reports/integration-test";
import { escapeXml, integrationTestJunit } from "../../../automation/reports/integration-test-junit";
import { type ProbeResult } from "../../../automation/probes/result";

const RUN = { startedAt: Date.parse("2026-11-28T14:00:00Z"), durationMs: 1_234 };
const base: ProbeResult = {
  ...{ service: "gong", outcome: "passed", reason: "Done.", credentialRefused: false, details: {}, durationMs: 250 },
  attempts: 1,
};
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "",
  htmlEntities: true,
  isArray: (name) => /^test(suite|case)$/.test(name),
});

interface Case {
  readonly name: string;
  readonly classname: string;
  readonly time: string;
  readonly failure?: { readonly message: string; readonly type: string; readonly "#text": string };
  readonly error?: { readonly type: string };
  readonly "system-out"?: string;
}
interface Suites {
  readonly tests: string;
  readonly failures: string;
  readonly errors: string;
  readonly testsuite: readonly {
    readonly name: string;
    readonly timestamp: string;
    readonly testcase: readonly Case[];
  }[];
}

function read(results: readonly ProbeResult[]): Suites {
  const xml = integrationTestJunit(buildIntegrationTestReport(results, RUN));
  assert.equal(XMLValidator.validate(xml), true);
  return (parser.parse(xml) as { testsuites: Suites }).testsuites;
}

describe("the integration test as JUnit XML", () => {
  it("has a suite a service and counts a definite no as a failure, no answer as an error", () => {
    const no = {
      ...base,
      service: "vercel",
      outcome: "rejected",
      class: "permission",
      reason: "No.",
      remedy: "Do.",
    } as const;
    const nobodyKnows = {
      ...base,
      service: "estuary",
      outcome: "unknown",
      class: "connection",
      reason: "Silence.",
    } as const;
    const suites = read([base, no, nobodyKnows]);
    assert.deepEqual([suites.tests, suites.failures, suites.errors], ["3", "1", "1"]);
    assert.deepEqual(
      suites.testsuite.map(({ name, timestamp }) => [name, timestamp]),
      ["gong", "vercel", "estuary"].map((name) => [name, "2026-11-28T14:00:00.000Z"]),
    );
    const [passed, failed, unknown] = suites.testsuite.map(({ testcase }) => testcase[0]);
    assert.deepEqual(passed, { name: "log in", classname: "sophia-secrets.gong", time: "0.250" });
    assert.deepEqual(failed?.failure, { message: "No.", type: "permission", "#text": "No.\nDo." });
    assert.equal(unknown?.error?.type, "connection");
  });

  it("has a case for each check of --deep; a warning passes and says so", () => {
    const checks = [
      { name: "log in", status: "passed", reason: "Done." },
      { name: "calls", status: "warning", class: "service", reason: "None.", remedy: "Look." },
    ] as const;
    const { failures, testsuite } = read([{ ...base, checks }]);
    assert.equal(failures, "0");
    assert.deepEqual(
      testsuite[0]?.testcase.map((one) => [one.name, one["system-out"]]),
      [
        ["log in", undefined],
        ["calls", "warning: None.\nLook."],
      ],
    );
  });

  it("stays XML whatever a reason holds", () => {
    const reason = `<a href="x">'&amp;]]> \u0000\u001b\ud800 \ufffe 𝄞 ü\nline`;
    const { testsuite } = read([{ ...base, outcome: "rejected", reason }]);
    const message = testsuite[0]?.testcase[0]?.failure?.message;
    assert.equal(message, `<a href="x">'&amp;]]> \ufffd\ufffd\ufffd \ufffd 𝄞 ü\nline`);
    assert.equal(escapeXml("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&apos;");
  });
});
