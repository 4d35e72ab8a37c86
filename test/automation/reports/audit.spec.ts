/** Do the audit's reports say what was found, each in the form that its readers expect, and hold together whatever names come from outside? */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020";
import fc from "fast-check";
import stringWidth from "string-width";
import { RULES } from "../../../automation/audit/findings";
import { auditPage } from "../../../automation/reports/audit-html";
import { auditDocument, auditFileName } from "../../../automation/reports/audit-json";
import { auditSarif } from "../../../automation/reports/audit-sarif";
import { renderAudit } from "../../../automation/reports/audit-text";
import { elementNames, requireOwnStyleOnly, requireSelfContained, requireStructure, textOf } from "../../support/pages";
import { auditFixture, hostileAudit } from "../audit/fixture";

const HOSTILE = `<script>alert(1)</script>"'\`&--> \u001b[31m\u202e{{x}} \ud800 javascript:x %00 \r\n end`;

describe("the audit as JSON", () => {
  const document = auditDocument(auditFixture());

  it("has the original's keys with the original's words", () => {
    const { services, rotation_status: rotation, sync_status: sync } = document;
    const { variables_count: count, missing_variables: missing, status } = services.gong ?? {};
    assert.deepEqual({ count, missing, status }, { count: 1, missing: ["GONG_API_KEY"], status: "incomplete" });
    assert.equal(services.snowflake?.status, "complete");
    const original = Object.values(rotation).map((one) => [one.last_rotation, one.days_since_rotation, one.status]);
    assert.deepEqual(original, [
      ["2026-11-23T09:00:00.000Z", 0, "ok"],
      ["2025-06-18T00:00:00.000Z", 523, "needs_rotation"],
    ]);
    assert.deepEqual(sync, {
      github_repo: { last_sync: "2026-11-23T09:00:00.000Z", days_since_sync: 0, status: "ok" },
      github_org: { last_sync: "never", days_since_sync: "N/A", status: "needs_sync" },
      pulumi_import: { last_import: "2026-10-01T00:00:00.000Z", days_since_import: 53, status: "needs_import" },
      pulumi_export: { last_export: "not_tracked", days_since_export: "N/A", status: "not_tracked" },
      export_status: "not_tracked",
    });
    assert.equal(document.timestamp, "2026-11-23T09:00:00.000Z");
    assert.equal(document.recommendations.length, Object.keys(RULES).length);
  });

  it("asks for no organization's sync where there is no organization", () => {
    const places = auditFixture().places.slice(0, 1);
    assert.equal(auditDocument(auditFixture({ places })).sync_status.github_org.status, "not_used");
  });

  it("keeps to its schema", () => {
    const folder = join(__dirname, "..", "..", "..", "docs", "schemas");
    const read = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8")) as object;
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(read("shared/parts.json"), "shared/parts.json");
    const validate = ajv.compile(read("audit.json"));
    const json = JSON.parse(JSON.stringify(document)) as Record<string, unknown>;
    assert.ok(validate(json), JSON.stringify(validate.errors));
    assert.ok(!validate({ ...json, version: 1 }));
    assert.ok(!validate({ ...json, unheard: true }));
  });

  it("is kept under the original's name, in UTC", () =>
    assert.equal(auditFileName(Date.parse("2026-11-23T09:00:07.999Z")), "secrets_audit_20261123_090007.json"));
});

describe("the audit as SARIF", () => {
  interface Sarif {
    readonly version: string;
    readonly $schema: string;
    readonly runs: readonly {
      readonly tool: {
        readonly driver: {
          readonly name: string;
          readonly semanticVersion: string;
          readonly rules: readonly Record<string, unknown>[];
        };
      };
      readonly results: readonly {
        readonly ruleId: string;
        readonly ruleIndex: number;
        readonly level: string;
        readonly message: { readonly text: string };
        readonly partialFingerprints: Record<string, string>;
        readonly locations: readonly {
          readonly physicalLocation: {
            readonly artifactLocation: { readonly uri: string };
            readonly region: { readonly startLine: number };
          };
        }[];
      }[];
    }[];
  }
  const log = (audit = auditFixture()) => JSON.parse(JSON.stringify(auditSarif(audit, "1.2.3"))) as Sarif;

  it("has what the format requires: a version, one run, a driver with rules, and results that refer to them", () => {
    const { version, $schema, runs } = log();
    assert.equal(version, "2.1.0");
    assert.match($schema, /sarif-schema-2\.1\.0\.json$/);
    assert.equal(runs.length, 1);
    const { driver } = runs[0]?.tool ?? assert.fail();
    assert.deepEqual([driver.name, driver.semanticVersion], ["sophia-secrets", "1.2.3"]);
    assert.deepEqual(
      driver.rules.map(({ id }) => id),
      Object.keys(RULES),
    );
    for (const rule of driver.rules) assert.ok((rule.shortDescription as { text: string }).text.endsWith("."));
    const results = runs[0]?.results ?? [];
    assert.equal(results.length, Object.keys(RULES).length);
    for (const result of results) {
      assert.equal(driver.rules[result.ruleIndex]?.id, result.ruleId);
      assert.ok(["error", "warning", "note"].includes(result.level));
      assert.match(result.message.text, /^Found .* To mend it: npx sophia-secrets mend /);
      assert.deepEqual(
        result.locations.map(({ physicalLocation: { artifactLocation, region } }) => [
          artifactLocation.uri,
          region.startLine,
        ]),
        [["services/gong.ts", 1]],
      );
    }
  });

  it("knows a finding again the next day, when its message counts another day", () => {
    const [first] = auditFixture().findings;
    assert.ok(first);
    const prints = ["40 days", "41 days"].map(
      (message) => log(auditFixture({ findings: [{ ...first, message }] })).runs[0]?.results[0]?.partialFingerprints,
    );
    assert.deepEqual(prints[0], prints[1]);
    const other = log(auditFixture({ findings: [{ ...first, service: "vercel" }] }));
    assert.notDeepEqual(other.runs[0]?.results[0]?.partialFingerprints, prints[0]);
  });

  it("makes relative references of any location", () =>
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (location) => {
        const [finding] = auditFixture().findings;
        assert.ok(finding);
        const uri = log(auditFixture({ findings: [{ ...finding, location }] })).runs[0]?.results[0]?.locations[0]
          ?.physicalLocation.artifactLocation.uri;
        assert.match(uri ?? "?", /^[A-Za-z0-9\-_.!~*'()%/]*$/);
      }),
    ));
});

describe("the audit as a page", () => {
  const page = auditPage(auditFixture());

  it("loads nothing and runs nothing: one style sheet, which the policy knows by its hash", () => {
    requireOwnStyleOnly(page);
    requireSelfContained(page);
  });

  it("says every finding with its command, the gravest first, and every cell's status in a word", () => {
    for (const rule of Object.keys(RULES)) {
      assert.ok(page.includes(`Found ${rule}`), rule);
      assert.ok(textOf(page, "todo").includes(` npx sophia-secrets mend ${rule} --stack development `), rule);
    }
    const headings = [...textOf(page, "todo").matchAll(/(Wrong now|Needs attention|Good to know) \d+ things/g)];
    assert.deepEqual(
      headings.map(([, heading]) => heading),
      ["Wrong now", "Needs attention", "Good to know"],
    );
    const text = textOf(page, "places");
    for (const status of ["in step", "behind", "edited outside", "missing", "shadowed", "foreign", "unknown"])
      assert.match(text, new RegExp(` V\\d ${status} `));
    assert.match(text, /1 of 7 copies are in step, 1 behind, .* and 1 unknown\./);
    assert.match(
      text,
      /github payready\/sophia: written last by us 23 November 2026, 09:00:00 UTC; of others, never touched: THEIRS/,
    );
    assert.match(text, /github organization payready: not read: status 403; visibility: private/);
  });

  it("shows each age against its limit, in words too", () => {
    const text = textOf(page, "ages");
    assert.match(
      text,
      /Snowflake data-team in time .*rotated today; limit 30 days in 30 days 23 December 2026 idle none/,
    );
    assert.match(text, /Gong sales overdue .*limit 60 days 463 days ago 17 August 2025 staged GONG_API_KEY/);
    assert.match(page, /aria-label="523 days old, limit 60 days"/);
  });

  it("can be read by those who do not see it", () => requireStructure(page));

  it("makes no markup of hostile names, and shows what would hide", () => {
    const hostile = auditPage(hostileAudit(HOSTILE));
    assert.doesNotMatch(hostile, /<script|\u001b|\u202e|\ud800(?![\udc00-\udfff])/);
    assert.ok(hostile.includes("&lt;script&gt;alert(1)&lt;/script&gt;"));
    const plain = hostileAudit(HOSTILE.replace(/[^ ]/g, "x"));
    assert.deepEqual(elementNames(hostile), elementNames(auditPage(plain)));
  });

  it("is the same for the same audit", () => assert.equal(auditPage(auditFixture()), page));
});

describe("the audit as text", () => {
  const text = renderAudit(auditFixture());

  it("keeps to 100 columns, commands aside, which are never broken", () => {
    const commands = auditFixture().findings.map(({ command }) => `   ${command}`);
    for (const line of text.split("\n")) if (!commands.includes(line)) assert.ok(stringWidth(line) <= 100, line);
    for (const command of commands) assert.ok(text.split("\n").includes(command), command);
  });

  it("keeps to the width of a narrow terminal, its tables too", () => {
    const commands = auditFixture().findings.map(({ command }) => `   ${command}`);
    for (const width of [60, 80])
      for (const line of renderAudit(auditFixture(), { width }).split("\n"))
        if (!commands.includes(line)) assert.ok(stringWidth(line) <= width, line);
  });

  it("keeps to them with long names, too", () => {
    const long = "A_VERY_LONG_NAME_OF_A_VARIABLE_".repeat(6);
    for (const line of renderAudit(hostileAudit(long)).split("\n"))
      if (!line.startsWith("   A_VERY")) assert.ok(stringWidth(line) <= 100, line);
  });

  it("shows the rotation of each service and what its age rests on", () => {
    assert.match(text, /│ snowflake +│ OK +│ rotated today +│ 2026-12-23 \(30 d\) +│ none +│/);
    assert.match(text, /│ gong +│ OVERDUE, +│ rotated 2025-06-18 as +│ 2025-08-17 \(-463 d\) │ GONG_API_KEY +│/);
  });

  it("shows the matrix in signs that it explains", () => {
    const signs = { V0: "=", V1: "<", V2: "!", V3: "-", V4: "s", V5: "f", V6: "\\?" };
    for (const [name, sign] of Object.entries(signs)) assert.match(text, new RegExp(`│ ${name} +│ ${sign}  │    │`));
    assert.match(
      text,
      /= in step {3}< behind {3}! edited outside {3}- missing {3}s shadowed {3}f foreign {3}\? unknown/,
    );
    assert.match(text, /2 {2}github organization payready \(visibility: private; not read: status 403\)/);
  });

  it("numbers what to do, the most urgent first", () => {
    const numbered = [...text.matchAll(/^\d+\. (?:error|warning|note): Found (\S+)$/gm)].map(([, rule]) => rule);
    assert.deepEqual(numbered, Object.keys(RULES));
  });

  it("says so where there is nothing to do", () => {
    assert.match(
      renderAudit(auditFixture({ findings: [] })),
      /^Audit of stack development of payready, 2026-11-23 09:00 UTC\nNothing to do\.\n/,
    );
  });

  it("has colours only when told", () => {
    assert.doesNotMatch(text, /\u001b/);
    assert.match(renderAudit(auditFixture(), { colour: true }), /\u001b\[31m/);
  });

  it("lets no name from outside steer the terminal", () =>
    assert.doesNotMatch(renderAudit(hostileAudit(HOSTILE)), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/));
});
