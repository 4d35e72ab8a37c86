/** Does the report of a stack say what is so, never look better than it is, and hold together whatever names come from outside? */
import assert from "node:assert/strict";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finding } from "../../../automation/audit/findings";
import { stackReport, type StackReport } from "../../../automation/report";
import { newestTest, testOfNow, type NewestTest } from "../../../automation/report/saved-test";
import { buildIntegrationTestReport } from "../../../automation/reports/integration-test";
import { ageScale, percent } from "../../../automation/reports/page/age-bar";
import { tickWords } from "../../../automation/reports/page/words";
import { reportPage } from "../../../automation/reports/report-page";
import { services } from "../../../services";
import { elementNames, requireOwnStyleOnly, requireSelfContained, requireStructure, textOf } from "../../support/pages";
import { probeResult } from "../../support/tour-fixture";
import { auditOf, daysAgo, historyFrom, illReport, NOW, testOf, wellReport } from "./report-fixture";

const HOSTILE = `<script>alert(1)</script>"'\`&--> \u001b[31m\u202e{{x}} \ud800 javascript:x \r\n end`;
const QUIET = historyFrom({});
const verdictOf = (audit = auditOf({}), test: NewestTest = testOf({})) =>
  stackReport(services, audit, QUIET, test).verdict;

describe("the verdict", () => {
  const place = finding("destination-missing", { location: "x", message: "x lacks y", command: "z" });
  const never = finding("rotation-never", { location: "x", message: "rotate x", command: "z" });

  it("says that all is in order only where everything was looked at", () => {
    assert.deepEqual(verdictOf(), { standing: "in order", sentence: "All is in order on stack development." });
    const unseen = {
      standing: "unknown",
      sentence: "Nothing wrong was seen on stack development, but not all was looked at.",
    };
    assert.deepEqual(verdictOf(auditOf({}), { state: "none" }), unseen);
    assert.deepEqual(verdictOf(auditOf({}), { state: "unreadable", file: "x", reason: "y" }), unseen);
    const statuses = { "vercel prj_sophia": { GONG_API_KEY: "unknown" } } as const;
    assert.deepEqual(verdictOf(auditOf({ statuses })), unseen);
    assert.deepEqual(verdictOf(auditOf({ credentials: { gong: { unknown: ["rotation"] } } })), unseen);
  });

  it("counts what is wrong and what needs attention", () => {
    assert.equal(verdictOf(auditOf({ findings: [place] })).sentence, "One thing is wrong on stack development.");
    assert.equal(
      verdictOf(auditOf({ findings: [never, place, place] })).sentence,
      "2 things are wrong on stack development, and one thing needs attention.",
    );
    assert.deepEqual(verdictOf(auditOf({ findings: [never] })), {
      standing: "needs attention",
      sentence: "Nothing is wrong on stack development, but one thing needs attention.",
    });
    const due = finding("rotation-due-soon", { location: "x", message: "rotate x soon", command: "z" });
    assert.equal(verdictOf(auditOf({ findings: [due] })).standing, "in order");
  });

  it("says so where nothing is set up yet", () => {
    const findings = [finding("not-set-up", { location: "x", message: "Set it up", command: "z" })];
    assert.equal(verdictOf(auditOf({ findings })).sentence, "Stack development is not set up yet.");
  });
});

describe("what to do", () => {
  const toDos = (test: NewestTest, audit = auditOf({})) => stackReport(services, audit, QUIET, test).toDos;
  const refused = {
    gong: { outcome: "rejected", reason: "Gong refuses the pair", advice: ["Make a new one."] },
  } as const;

  it("has a failed test with its reason, its advice and the command that shows whether it is mended", () => {
    assert.deepEqual(toDos(testOf(refused)), [
      {
        level: "error",
        message: "The test of gong failed",
        reason: "Gong refuses the pair. Make a new one.",
        command: "npx sophia-secrets test gong --stack development",
        services: ["gong"],
      },
    ]);
  });

  it("does not call wrong what failed before the credential was replaced", () => {
    const [first] = toDos(testOf(refused, 71));
    assert.deepEqual(
      [first?.level, first?.message],
      ["warning", "The test of gong failed before its last rotation, and was not run since"],
    );
    const { services: standings } = stackReport(services, auditOf({}), QUIET, testOf(refused, 71));
    assert.equal(standings.find(({ service }) => service === "gong")?.isTestStale, true);
  });

  it("asks for a test where there is none, or only an old one", () => {
    for (const [test, message] of [
      [{ state: "none" }, "No test says whether the services work"],
      [testOf({}, 8), "The newest test is 8 days old"],
      [{ state: "unreadable", file: "x.json", reason: "it is no report" }, "x.json cannot be read"],
    ] as const) {
      const [note] = toDos(test);
      assert.deepEqual([note?.level, note?.message], ["note", message]);
      assert.equal(note?.command, "npx sophia-secrets report --test --stack development");
    }
    assert.deepEqual(toDos(testOf({}, 6)), []);
  });

  it("puts what is wrong before everything else, wherever it comes from", () => {
    assert.deepEqual(
      illReport().toDos.map(({ level }) => level),
      [...Array<string>(6).fill("error"), ...Array<string>(3).fill("warning"), "note"],
    );
  });
});

describe("the newest test", () => {
  let folder: string;
  const NAME = "integration_test_results_20261122_041200.json";
  const save = (name: string, text: unknown) =>
    writeFile(join(folder, name), typeof text === "string" ? text : JSON.stringify(text));
  const report = buildIntegrationTestReport([probeResult("gong")], { startedAt: Date.parse(NOW), durationMs: 5 });
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "sophia-report-"))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("is the newest by name, as test writes it", async () => {
    await save(NAME, report);
    await save("integration_test_results_20261121_041200.json", "nonsense");
    await save("integration_test_results.json", "nonsense");
    const services = [{ service: "gong", outcome: "passed", advice: [] }];
    assert.deepEqual(await newestTest(folder, "development"), { state: "read", file: NAME, timestamp: NOW, services });
    assert.deepEqual(testOfNow(report), { state: "read", timestamp: NOW, services });
  });

  it("can be of the tools before this one", async () => {
    const gong = { status: "connection_error", details: {}, error: "401", recommendations: ["Check it"] };
    await save(NAME, { timestamp: "2026-11-22T04:12:00", services: { gong, vercel: { status: "connected" } } });
    const found = await newestTest(folder, "development");
    assert.deepEqual(found.state === "read" && found.services, [
      { service: "gong", outcome: "rejected", reason: "401", advice: ["Check it"] },
      { service: "vercel", outcome: "passed", advice: [] },
    ]);
  });

  it("is passed over where it is of another stack", async () => {
    await save(NAME, { ...report, stack: "production" });
    assert.deepEqual(await newestTest(folder, "development"), { state: "none" });
    assert.equal((await newestTest(folder, "production")).state, "read");
  });

  it("is said to be unreadable where it is no report, too large, or a link to something else", async () => {
    const unreadable = async () => {
      const found = await newestTest(folder, "development");
      return found.state === "unreadable" && found.reason;
    };
    await save(NAME, "{");
    assert.equal(await unreadable(), "it is no report of a test");
    await save(NAME, { timestamp: "yesterday", services: {} });
    assert.equal(await unreadable(), "it is no report of a test");
    await save(NAME, " ".repeat(1_000_001));
    assert.equal(await unreadable(), "it is no plain file, or too large");
    await rm(join(folder, NAME));
    await save("elsewhere", report);
    await symlink(join(folder, "elsewhere"), join(folder, NAME));
    assert.equal(await unreadable(), "it is no plain file, or too large");
  });
});

describe("the report's page", () => {
  const page = reportPage(illReport());

  it("loads nothing, runs nothing, and can be read by those who do not see it", () => {
    for (const text of [page, reportPage(wellReport())]) {
      requireOwnStyleOnly(text);
      requireSelfContained(text);
      requireStructure(text);
    }
    assert.match(page, /<title>development: wrong<\/title>/);
  });

  it("has a row for each service with what its word rests on", () => {
    const text = textOf(page, "services");
    assert.match(text, /Snowflake wrong 3 things to do overdue rotation draining \d+ of \d+ passed/);
    assert.match(text, /Vercel in order due soon (\d+) of \1 passed/);
    assert.match(text, /GitHub in order does not rotate none passed/);
  });

  it("tells every rotation, the newest first, with how long both were alive", () => {
    const text = textOf(page, "timeline");
    assert.match(
      text,
      /Every rotation, the newest first .* Snowflake slot b \(generation 1\) → slot a \(generation 2\) under way/,
    );
    assert.match(
      text,
      /Estuary slot a \(generation 1\) → slot b \(generation 1\) rotated 20 October 2026, 08:58:33 UTC/,
    );
    assert.match(text, /21 October 2026, 09:00:00 UTC 1 d 0 h/);
    assert.match(text, /since 26 June 2026, 09:00:00 UTC\./);
  });

  it("says what it does not know: a history and a test that could not be read, a history that was cut", () => {
    const audit = auditOf({});
    const unread = stackReport(services, audit, { state: "unreadable", reason: "ESC answered 500" }, { state: "none" });
    const text = reportPage(unread);
    assert.match(textOf(text, "timeline"), /Not known : ESC answered 500/);
    assert.match(textOf(text, "test"), /Not known : None was saved here\./);
    const history = { ...QUIET, isCut: true, since: daysAgo(3) } as StackReport["history"];
    assert.match(
      textOf(reportPage(stackReport(services, audit, history, testOf({}))), "timeline"),
      /older ones were not read/,
    );
    const empty = { state: "read", isCut: false, services: [] } as const;
    assert.match(
      textOf(reportPage(stackReport(services, audit, empty, testOf({}))), "timeline"),
      /There is no intake yet/,
    );
  });

  it("makes no markup of hostile names, and shows what would hide", () => {
    const change = (value: unknown, hostile: string, key = ""): unknown => {
      if (typeof value === "string") return KEPT.test(value) || FIXED.includes(key) ? value : hostile;
      if (Array.isArray(value)) return value.map((one) => change(one, hostile, key));
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, change(one, hostile, name)]));
    };
    const hostile = reportPage(change(illReport(), HOSTILE) as StackReport);
    const plain = reportPage(change(illReport(), HOSTILE.replace(/[^ ]/g, "x")) as StackReport);
    assert.doesNotMatch(hostile, /<script|\u001b|\u202e|\ud800(?![\udc00-\udfff])/);
    assert.ok(hostile.includes("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert.deepEqual(elementNames(hostile), elementNames(plain));
    requireSelfContained(hostile);
  });

  it("is the same for the same report", () => assert.equal(reportPage(illReport()), page));
});

/** Texts of fixed sets, and times. */
const KEPT = /^(\d{4}-\d\d-\d\dT.*|[a-z]{2,12}( [a-z]{2,9})?|[A-Z]{2,9}( [A-Z]+)?|[ab]|sophia-secrets\/report)$/;
const FIXED = ["service", "services"];

describe("the page's plots", () => {
  it("have a scale on which every age has its place, and what is far too old is at the end", () => {
    const scale = ageScale([
      { everyDays: 90, ageDays: 45 },
      { everyDays: 30, ageDays: 5000 },
    ]);
    assert.equal(percent(scale(0)), "0%");
    assert.equal(scale(90) / scale(45), 2);
    assert.equal(percent(scale(5000)), "100%");
    assert.ok(scale(90) > 40, "a limit is not a point beside somebody's five thousand days");
    assert.ok(ageScale([])(1) > 0);
  });

  it("name the lines of an axis as finely as they stand apart", () => {
    const at = new Date("2026-11-03T09:05:00Z");
    const day = 86_400_000;
    assert.deepEqual(
      [90 * day, 7 * day, 60_000, 5000].map((apart) => tickWords(at, apart)),
      ["Nov 2026", "3 Nov", "09:05", "09:05:00"],
    );
  });
});
