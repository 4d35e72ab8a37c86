/**
 * How does a CI server read the integration test's report? As JUnit XML: a suite a service, a case a check. A definite no is a failure, what nobody
 * knows is an error, a warning passes and says so in its output. https://github.com/testmoapp/junitxml
 */
import { type CheckResult } from "../probes/result";
import { type IntegrationTestReport, type ServiceReport } from "./integration-test";

/** The report as an XML document. */
export function integrationTestJunit(report: IntegrationTestReport): string {
  const suites = Object.entries(report.services).map(([name, service]) => ({ name, service, cases: casesOf(service) }));
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: "sophia-secrets test", ...countsOf(all), time: seconds(report.durationMs) })}>`,
    ...suites.flatMap(({ name, service, cases }) => [
      `  <testsuite${attributes({ name, ...countsOf(cases), time: seconds(service.durationMs), timestamp: report.timestamp })}>`,
      ...cases.flatMap((one, index) => testCase(name, one, index === 0 ? service.durationMs : 0)),
      "  </testsuite>",
    ]),
    "</testsuites>",
    "",
  ].join("\n");
}

const STATUS = { passed: "passed", rejected: "failed", unknown: "unknown" } as const;

/** Without `--deep` the log-in is the only check. */
function casesOf({ checks, outcome, error, recommendations, class: group }: ServiceReport): readonly CheckResult[] {
  const [remedy] = recommendations;
  return (
    checks ?? [
      {
        ...{ name: "log in", status: STATUS[outcome], reason: error ?? "Logged in." },
        ...(group ? { class: group } : {}),
        ...(remedy === undefined ? {} : { remedy }),
      },
    ]
  );
}

function countsOf(cases: readonly CheckResult[]): Record<string, string> {
  const count = (status: CheckResult["status"]): string => String(cases.filter((one) => one.status === status).length);
  return { tests: String(cases.length), failures: count("failed"), errors: count("unknown"), skipped: "0" };
}

function testCase(
  service: string,
  { name, status, reason, remedy, ...rest }: CheckResult,
  durationMs: number,
): string[] {
  const open = `    <testcase${attributes({ name, classname: `sophia-secrets.${service}`, time: seconds(durationMs) })}`;
  if (status === "passed") return [`${open}/>`];
  const text = escapeXml([reason, remedy].filter((line) => line !== undefined).join("\n"));
  if (status === "warning") return [`${open}>`, `      <system-out>warning: ${text}</system-out>`, "    </testcase>"];
  const tag = status === "failed" ? "failure" : "error";
  const said = attributes({ message: reason, type: rest.class ?? "unknown" });
  return [`${open}>`, `      <${tag}${said}>${text}</${tag}>`, "    </testcase>"];
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(value).replaceAll("\n", "&#10;")}"`)
    .join("");
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Escapes what is markup, and replaces what no XML document may hold: https://www.w3.org/TR/xml/#charsets */
export function escapeXml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
