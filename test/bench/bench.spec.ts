/** Can the bench be believed? What it computes from runs, what it says of a wrong effect, and who is faster. */
import assert from "node:assert/strict";
import { Stopped, type Row, type Run } from "../../bench/case";
import { pageText } from "../../bench/page";
import { plotGrowth } from "../../bench/plot";
import { type Results } from "../../bench/results";
import { runRounds } from "../../bench/rounds";
import { summarize } from "../../bench/statistics";
import { busyTime, longestChain } from "../../bench/stand-ins/traffic";
import { formatTable } from "../../bench/table";
import { growthOf, holds, targetsOf } from "../../bench/targets";
import { createStandIn } from "../../sandbox/kit/stand-in";

const run = (wallMs: number, more: Partial<Run> = {}): Run => ({
  ...{ wallMs, cpuMs: wallMs / 2, calls: 1, writes: 0, atOnce: 1, chain: ["esc GET /api/user"], serviceMs: 1 },
  ...more,
});
const row = (contender: string, runs: readonly Run[], more: Partial<Row> = {}): Row => ({
  ...{ comparison: "sync-100x20-20", title: "100 secrets", latencyMs: 20, step: "a tenth changed", contender, runs },
  ...more,
});
const results = (rows: readonly Row[]): Results => ({
  ...{ schema: "sophia-secrets/bench", version: 2, quick: false, rows },
  ...{ startedAt: "2026-01-01T10:00:00Z", endedAt: "2026-01-01T10:14:00Z" },
  machine: { cores: 2, processor: "a processor", memoryGb: 8, system: "Linux", load: 1, versions: { gh: "1.2.3" } },
});

describe("the bench", () => {
  it("takes the longest chain of calls of which each began after the one before had ended", () => {
    const calls = [
      { begun: 0, ended: 10 },
      { begun: 1, ended: 4 },
      { begun: 5, ended: 9 },
      { begun: 8, ended: 12 },
      { begun: 12, ended: 13 },
    ];
    assert.deepEqual(longestChain(calls), [calls[1], calls[2], calls[4]]);
    assert.equal(busyTime(calls), 13);
    assert.equal(busyTime([]), 0);
  });

  it("says medians and how far the runs lie apart", () => {
    const summary = summarize(row("ours", [run(100), run(300), run(110)]));
    assert.equal(summary?.wallMs, 110);
    assert.equal(summary?.spread.toFixed(2), "1.82");
    assert.match(formatTable([row("ours", [run(100), run(300), run(110)])]), /182 % \(!\)/);
  });

  it("voids a row of which one run had a wrong effect, ours too", () => {
    const wrong = row("ours", [run(1), run(1, { wrong: "KEY is not what the input says" })]);
    assert.equal(summarize(wrong), undefined);
    assert.match(formatTable([wrong]), /void: KEY is not what the input says/);
    assert.ok(targetsOf([wrong]).every((target) => holds(target) === undefined));
  });

  it("says of one that a service has stopped how far it came, and of one that failed that it did", async () => {
    const standIns = { ask: async () => undefined as never, close: async () => undefined };
    const ends = (error: Error) => () => Promise.reject(error);
    const rows = await runRounds(
      {
        ...{ id: "limits-1x1-0", title: "1 secret", latencyMs: 0 },
        contenders: [
          { name: "gh", round: ends(new Stopped("80 of 100 got there")) },
          { name: "script", round: ends(new Error("no such program\nand more")) },
        ],
      },
      standIns,
    );
    assert.deepEqual(
      rows.map(({ contender, notRun, stopped, failed }) => ({ contender, notRun, stopped, failed })),
      [
        { contender: "gh", notRun: "80 of 100 got there", stopped: true, failed: undefined },
        { contender: "script", notRun: "it failed: no such program and more", stopped: undefined, failed: true },
      ],
    );
    assert.match(formatTable(rows), /gh +80 of 100 got there\n +script +not run: it failed: no such program and more/);
  });

  it("judges targets by the best of ours against the rival of the same step", () => {
    const rows = [
      row("ours, a resource each", [run(900)]),
      row("ours, one resource", [run(200)]),
      row("gh", [run(700)]),
    ];
    const target = targetsOf(rows).find(({ text }) => text.startsWith("`gh` in a loop"));
    assert.deepEqual([target?.measured, target && holds(target)], [3.5, true]);
    assert.equal(targetsOf(rows).find(({ text }) => text.startsWith("`--version`"))?.measured, undefined);
  });

  it("compares the growth of the time with that of the work", () => {
    const sized = (work: number, wallMs: number) => row("ours", [run(wallMs)], { growth: { series: "keys", work } });
    const [growth] = growthOf([sized(16, 400), sized(1, 100), sized(4, 150)]);
    assert.deepEqual([growth?.work, growth?.factor], [16, 4]);
    assert.match(plotGrowth(results([sized(1, 100), sized(16, 400)])), /^<svg [^]*keys[^]*<\/svg>\n$/);
  });

  it("writes on the page where a rival is faster, why, and what was not run", () => {
    const page = pageText(
      results([row("ours", [run(500)]), row("gh", [run(100)]), row("script", [], { notRun: "no time", step: "" })]),
    );
    assert.match(
      page,
      /\*\*gh\*\*: one compiled program[^]*100 secrets, a tenth changed at 20 ms: 100 ms, ours 500 ms/,
    );
    assert.match(page, /not run: no time/);
    assert.match(page, /\| `gh` in a loop ÷ ours[^|]*\| ≥ 3 \| 0\.20 \| \*\*no\*\* \|/);
    assert.match(
      page,
      /in the way[^]*- `gh` in a loop ÷ ours[^\n]*: a run of the engine[^\n]*, gh's whole loop 100 ms: /,
    );
    assert.doesNotMatch(page, /- `--version` ÷/);
  });

  it("lets a stand-in answer as late as it is told, to many at once", async () => {
    const standIn = await createStandIn({
      name: "late",
      routes: [{ method: "GET", path: "/", handle: () => ({ status: 204 }) }],
    });
    try {
      const seen: number[] = [];
      standIn.observe(() => void seen.push(standIn.requests().length));
      standIn.setLatency(300);
      const begun = performance.now();
      await Promise.all([1, 2, 3].map(() => fetch(standIn.url)));
      assert.ok(performance.now() - begun >= 299);
      // All three were there before the first had its effect.
      assert.deepEqual(seen, [3, 3, 3]);
    } finally {
      await standIn.close();
    }
  });
});
