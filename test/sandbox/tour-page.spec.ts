import assert from "node:assert/strict";
import { renderTourPage } from "../../sandbox/tour-page";
import { layOut } from "../../sandbox/tour-page/timeline-layout";
import { verdict } from "../../sandbox/tour-page/verdict";
import { type TourReport } from "../../sandbox/tour-report";
import { buildIntegrationTestReport } from "../../automation/reports/integration-test";
import { elementNames, requireOwnStyleOnly, requireSelfContained, requireStructure, textOf } from "../support/pages";
import { probeResult, rotationTime, serviceRotation, tourReport } from "../support/tour-fixture";

/** The same report with every text replaced by what `change` makes of it; words of fixed sets and times stay. */
function withHostileTexts(report: TourReport, hostile: string): TourReport {
  const keep =
    /^(passed|failed|rejected|unknown|same|different|absent|not sent|rotated|idle|OK|[ab]|\d{4}-\d\d-\d\dT.*)$/;
  const change = (value: unknown, key: string): unknown => {
    if (typeof value === "string") return keep.test(value) || ["source", "step"].includes(key) ? value : hostile;
    if (Array.isArray(value)) return value.map((item) => change(item, ""));
    if (typeof value !== "object" || value === null) return value;
    const isMap = key === "services" || key === "places" || key === "details";
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [isMap ? `${hostile}${name}` : name, change(item, name)]),
    );
  };
  return change(report, "") as TourReport;
}

describe("the tour's page", () => {
  it("says in its one heading of the first level that all checks passed", () => {
    const page = renderTourPage(tourReport());
    assert.equal(page.match(/<h1>/g)?.length, 1);
    assert.match(textOf(page), /All 9 checks passed\./);
    assert.match(page, /<title>Sandbox report: passed \(development\)<\/title>/);
    assert.doesNotMatch(page, /What failed/);
  });

  it("shows failed checks at the top, before anything else, with what was found", () => {
    const { checks } = tourReport();
    const failing = checks.map((check, index) =>
      index === 4 ? { ...check, passed: false, detail: "Gong refused the pair: npx sophia-secrets test gong" } : check,
    );
    const page = renderTourPage(tourReport({ result: "failed", checks: failing }));
    const top = textOf(page.slice(0, page.indexOf("<nav")));
    assert.match(top, /1 of 9 checks failed: “Every service works after the rotation”\./);
    assert.match(top, /What failed Every service works after the rotation : Gong refused the pair: npx sophia-secrets/);
    assert.match(page, /<code>npx sophia-secrets test gong<\/code>/);
    const rows = textOf(page, "checks");
    assert.ok(rows.indexOf("works after the rotation") < rows.indexOf("Everything was created"));
  });

  it("never looks better than its worst check or than the tour's own result", () => {
    const [first, ...rest] = tourReport().checks;
    assert.ok(first);
    assert.match(verdict(tourReport({ checks: [{ ...first, passed: false }, ...rest] })), /^1 of 9 checks failed/);
    assert.equal(verdict(tourReport({ result: "failed" })), "The tour failed, though none of its checks says why.");
    assert.match(renderTourPage(tourReport({ result: "failed" })), /<title>Sandbox report: failed/);
  });

  it("marks stand-in plugins as what they are, and no others", () => {
    const text = textOf(renderTourPage(tourReport()), "tools");
    assert.match(text, /vercel 5\.4\.1 : stand-in plugin of this project, the official one could not be had/);
    assert.match(text, /pulumiservice 1\.3\.0 : stand-in plugin of this project, the official one could not be had/);
    assert.equal(text.match(/could not be had/g)?.length, 2);
    assert.match(text, /snowflake 1\.3\.0 official download/);
    const official = tourReport().tools.filter(({ source }) => source !== "stand-in");
    assert.match(textOf(renderTourPage(tourReport({ tools: official })), "tools"), /None of the plugins is a stand-in/);
  });

  it("lists every resource under the place where it is", () => {
    const report = tourReport();
    const page = renderTourPage(report);
    const text = textOf(page, "resources");
    for (const { name } of report.up.changes) assert.ok(text.includes(` ${name} `), name);
    const titles = [...page.matchAll(/scope="rowgroup"[^>]*>([^<]*\(\d+\))</g)].map(([, title]) => title);
    assert.deepEqual(titles, [
      "Pulumi ESC (3)",
      "GitHub (17)",
      "Vercel (14)",
      "Snowflake (6)",
      "Estuary (1)",
      "Generated material, in Pulumi&#39;s encrypted state (2)",
      "Components, which group the resources above (4)",
      "Pulumi&#39;s own: providers with their settings (2)",
    ]);
  });

  it("shows every service in each section that speaks of services", () => {
    const page = renderTourPage(tourReport());
    for (const id of ["probes", "rotation", "consumer", "places", "retired", "audit"]) {
      for (const title of ["Snowflake", "Gong", "Vercel", "Estuary"]) {
        assert.ok(textOf(page, id).includes(` ${title} `), `${title} in ${id}`);
      }
    }
  });

  it("shows what each probe found before and after, with the reason and the remedy of one that did not pass", () => {
    const rejected = probeResult("gong", {
      outcome: "rejected",
      class: "authentication",
      reason: "Gong refuses the pair.",
      remedy: "Make a new pair: npx sophia-secrets rotate --service gong",
    });
    const testAfter = buildIntegrationTestReport([probeResult("vercel"), rejected], { startedAt: 0, durationMs: 10 });
    const text = textOf(renderTourPage(tourReport({ testAfter })), "probes");
    assert.match(
      text,
      /Gong documentation passed 138 ms, 1 attempt users 3, status 200 rejected 138 ms, 1 attempt Gong refuses the pair\./,
    );
    assert.match(text, /Gong, after the rotation: Make a new pair: npx sophia-secrets rotate --service gong/);
    assert.match(text, /Snowflake documentation passed .* not tested/);
  });

  it("has every step with its times as text for those who cannot see the drawing", () => {
    const text = textOf(renderTourPage(tourReport()), "rotation");
    assert.match(text, /stage 0\.0 s 8\.9 s slot b, generation 1, exists and is registered verify 8\.9 s 10\.3 s/);
    assert.match(text, /both accepted from 10\.3 s to 28\.4 s/);
    assert.match(text, /stage 8\.4 s 7 created and 2 updated/);
  });

  it("says where each variable went in words, and counts what differs", () => {
    const { variables } = tourReport();
    const changed = variables.map((one, index) =>
      index === 2
        ? {
            ...one,
            places: { ...one.places, "github payready/sophia": "different", "vercel prj_sandbox": "absent" } as const,
          }
        : one,
    );
    const page = renderTourPage(tourReport({ variables: changed }));
    const text = textOf(page, "places");
    const fingerprint = variables[2]?.fingerprint ?? "";
    assert.match(text, /17 variables in 47 copies: 45 same, 1 different, 1 absent\./);
    assert.match(text, new RegExp(`SNOWFLAKE_PASSWORD secret ${fingerprint} same different absent`));
    assert.match(text, /VERCEL_PROJECT_ID plain \S+ same same not sent/);
    assert.match(page, /href="#mark-different"/);
  });

  it("says plainly that a consumer was refused and that an old credential still works", () => {
    const page = renderTourPage(
      tourReport({
        consumer: [{ service: "gong", uses: 1204, refusals: 3, unknown: 1 }],
        retired: [{ service: "gong", refused: false }],
      }),
    );
    assert.match(textOf(page, "consumer"), /It was refused 3 times\. .* Gong 1,204 3 times 1 /);
    assert.match(textOf(page, "retired"), /Gong not refused/);
  });

  it("shows the audit's findings and what a preview would change", () => {
    const { audit } = tourReport();
    const page = renderTourPage(
      tourReport({
        audit: {
          ...audit,
          services: [
            { service: "gong", status: "OVERDUE", dueInDays: -12, phase: "staged", missing: ["GONG_API_KEY"] },
          ],
          missingAtDestinations: [{ place: "github payready/sophia", name: "GONG_API_KEY" }],
          recommendations: ["Rotate gong (OVERDUE): sophia-secrets rotate --service gong"],
        },
        previewAfter: { changes: [{ op: "delete", type: "x:y:Thing", name: "gone" }], unchanged: 7, durationMs: 90 },
      }),
    );
    assert.match(textOf(page, "audit"), /Gong overdue never 12 days ago staged GONG_API_KEY/);
    assert.match(textOf(page, "audit"), /github payready\/sophia GONG_API_KEY/);
    assert.match(page, /<code>sophia-secrets rotate --service gong<\/code>/);
    assert.match(textOf(page, "preview"), /1 resource would change ; 7 resources as they are/);
    assert.match(textOf(page, "preview"), /x \(1\) Thing 1 delete gone/);
  });

  it("is the same for the same report", () => {
    assert.equal(renderTourPage(tourReport()), renderTourPage(tourReport()));
  });
});

describe("the tour's page as a document", () => {
  const page = renderTourPage(tourReport());

  it("allows its own style sheet and nothing else", () => requireOwnStyleOnly(page));

  it("has no scripts, no handlers, no style attributes and loads nothing", () => requireSelfContained(page));

  it("escapes every text of the report", () => {
    for (const hostile of [
      `<img src=x onerror="alert(1)">`,
      `"><svg onload='x'>`,
      "${7*7}`'\"",
      "</title></style><p>",
    ]) {
      const evil = renderTourPage(withHostileTexts(tourReport(), hostile));
      assert.ok(!evil.includes(hostile.replace(/^\$\{7\*7\}/, "")), hostile);
      assert.deepEqual(elementNames(evil), elementNames(renderTourPage(withHostileTexts(tourReport(), "harmless"))));
      assert.doesNotMatch(evil, /<[^<>"]*("[^"]*"[^<>"]*)*\son\w+=/);
      assert.ok(textOf(evil).includes(hostile.replace(/\s+/g, " ").replace(/`.*/, "")));
    }
  });

  it("has headings, tables and links that hold together", () => requireStructure(page));
});

describe("the time line", () => {
  const { rotation } = tourReport();

  it("places both credentials in seconds since the start", () => {
    const row = layOut(rotation).rows[0];
    assert.deepEqual(row?.old, { from: 0, until: 28.4 });
    assert.deepEqual(row?.fresh, { from: 10.3 });
    assert.deepEqual(row?.both, { from: 10.3, until: 28.4 });
    assert.equal(layOut(rotation).end, 29.2);
  });

  it("puts the labels of close steps on lines of their own, the last one highest", () => {
    const marks = layOut(rotation).rows[0]?.marks.map(({ step, level }) => `${step} ${level}`);
    assert.deepEqual(marks, ["stage 1", "verify 0", "promote 2", "confirm 1", "drain 0", "retire 0"]);
  });

  it("lets an old credential that still lives go on, and shows no new one that was never accepted", () => {
    const draining = serviceRotation("gong", [1, 2, 3, 4, 4], [], { bothAlive: { from: rotationTime(2) } });
    const { bothAlive: _, ...aborted } = serviceRotation("vercel", [1, 2], [], { outcome: "aborted" });
    const rows = layOut({ ...rotation, services: [draining, aborted] }).rows;
    assert.deepEqual(rows[0]?.old, { from: 0 });
    assert.deepEqual(rows[0]?.both, { from: 2 });
    assert.equal(rows[1]?.fresh, undefined);
    assert.equal(rows[1]?.both, undefined);
    const page = renderTourPage(tourReport({ rotation: { ...rotation, services: [draining, aborted] } }));
    assert.match(textOf(page, "rotation"), /both accepted 27\.2 s, and on/);
    assert.match(textOf(page, "rotation"), /new credential at no time/);
  });

  it("ends a new credential that was pointed back with the run", () => {
    const back = serviceRotation("gong", [1, 2, 3, 4], [], {
      outcome: "pointed_back",
      bothAlive: { from: rotationTime(2) },
    });
    const row = layOut({ ...rotation, services: [back] }).rows[0];
    assert.deepEqual(
      [row?.old, row?.fresh, row?.both],
      [{ from: 0 }, { from: 2, until: 29.2 }, { from: 2, until: 29.2 }],
    );
  });

  it("takes times that are none, and a run without services", () => {
    const odd = { ...rotation, startedAt: "yesterday", endedAt: "", services: rotation.services };
    assert.doesNotMatch(renderTourPage(tourReport({ rotation: odd })), /NaN|Infinity/);
    assert.doesNotMatch(
      renderTourPage(tourReport({ rotation: { ...rotation, services: [], ups: [] } })),
      /<svg\s+class="timeline"/,
    );
  });

  it("has round lines on its axis, at most eleven", () => {
    assert.deepEqual(layOut(rotation).ticks, [0, 5, 10, 15, 20, 25]);
    for (const seconds of [1, 14, 15.5, 77, 86_400]) {
      const { ticks } = layOut({ ...rotation, services: [], endedAt: rotationTime(seconds) });
      assert.ok(ticks.length >= 4 && ticks.length <= 11, `${seconds}: ${ticks.length}`);
    }
  });
});
