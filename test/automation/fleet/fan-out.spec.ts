/** Are fifty stacks worked on a few at a time, whatever becomes of one of them? */
import assert from "node:assert/strict";
import { fanOut, fleetExitCode, type StackOutcome, type StackWorker } from "../../../automation/fleet/fan-out";
import { defaultParallel, STACK_MEMORY } from "../../../automation/fleet/parallel";
import { meansSeveral, selectStacks } from "../../../automation/fleet/select-stacks";
import { fleetMarkdown, fleetReport, formatFleetReport } from "../../../automation/reports/fleet";

const FIFTY = Array.from({ length: 50 }, (_, index) => `team-${String(index + 1).padStart(2, "0")}`);
const turn = () => new Promise<void>((done) => setImmediate(done));
const quiet = { signal: new AbortController().signal, now: () => 0 };

describe("the fan-out over stacks", () => {
  it("has fifty stacks at work, never more than asked at once and never fewer while some wait, and keeps their order", async () => {
    let atWork = 0;
    const seen: number[] = [];
    const worker: StackWorker = async (stack) => {
      seen.push((atWork += 1));
      // The later a stack comes in its group, the sooner it ends.
      for (let left = 5 - (Number(stack.slice(-2)) % 5); left > 0; left -= 1) await turn();
      atWork -= 1;
      return { exitCode: 0 };
    };
    const outcomes = await fanOut({ stacks: FIFTY, parallel: 4, worker, ...quiet });
    assert.deepEqual(
      outcomes.map(({ stack }) => stack),
      FIFTY,
    );
    assert.equal(Math.max(...seen), 4);
    assert.deepEqual(
      seen.slice(3).filter((count) => count !== 4),
      [],
    );
  });

  it("goes on past a stack that fails and past one whose worker breaks", async () => {
    const begun: string[] = [];
    const worker: StackWorker = (stack) => {
      begun.push(stack);
      if (stack === "team-07") return Promise.reject(new Error("no such program"));
      return Promise.resolve({ exitCode: stack === "team-03" ? 4 : 0 });
    };
    const outcomes = await fanOut({ stacks: FIFTY, parallel: 3, worker, ...quiet });
    assert.deepEqual(begun.sort(), FIFTY);
    assert.deepEqual(
      outcomes.flatMap(({ stack, exitCode, error }) => (exitCode === 0 ? [] : [[stack, exitCode, error?.message]])),
      [
        ["team-03", 4, undefined],
        ["team-07", 255, "The run of stack team-07 broke: no such program"],
      ],
    );
    assert.equal(fleetExitCode(outcomes, false), 1);
  });

  it("begins no further stack once the user ends it, and waits for those at work", async () => {
    const interrupt = new AbortController();
    const ended: string[] = [];
    const worker: StackWorker = async (stack, signal) => {
      if (stack === "team-05") interrupt.abort();
      while (!signal.aborted) await turn();
      // What is under way is brought to a good end.
      await turn();
      ended.push(stack);
      return { exitCode: 8 };
    };
    const outcomes = await fanOut({ stacks: FIFTY, parallel: 5, worker, ...quiet, signal: interrupt.signal });
    assert.deepEqual(ended.sort(), FIFTY.slice(0, 5));
    const report = fleetReport(outcomes, { parallel: 5, startedAt: "", endedAt: "" });
    assert.deepEqual([report.counts.cancelled, report.counts.not_begun], [5, 45]);
    assert.equal(fleetExitCode(outcomes, true), 8);
  });

  it("ends with 0 where all are done, with the code in which all agree, else with 1", () => {
    const code = (...codes: number[]) =>
      fleetExitCode(
        codes.map((exitCode, index) => ({ stack: `s${index}`, exitCode, durationMs: 0 })),
        false,
      );
    assert.deepEqual([code(0, 0), code(3, 3), code(10, 10), code(0, 4), code(3, 4), code(0, 1)], [0, 3, 10, 1, 1, 1]);
  });
});

describe("the stacks that --stack means", () => {
  const known = ["development", "production", "team-a", "team-b", "teamx"];

  it("are one by its name, several by a pattern or by several words, each once", () => {
    assert.deepEqual(selectStacks(["team-*"], known), ["team-a", "team-b"]);
    assert.deepEqual(selectStacks(["team-?", "production", "team-b"], known), ["team-a", "team-b", "production"]);
    assert.deepEqual(selectStacks(["*"], known), known);
    // A dot is a dot.
    assert.throws(() => selectStacks(["team.a*"], known), { code: "stack.no_match" });
    assert.deepEqual(
      [["a"], ["a", "b"], ["a*"], ["a?"], []].map((words) => meansSeveral(words)),
      [false, true, true, true, false],
    );
  });

  it("are refused where one is unknown or a pattern fits none, with those that there are", () => {
    assert.throws(() => selectStacks(["team-a", "nope"], known), { code: "stack.unknown", exitCode: 2 });
    assert.throws(
      () => selectStacks(["nope-*"], known),
      (error: { code: string; hint: string }) => {
        assert.equal(error.code, "stack.no_match");
        assert.match(error.hint, /development, production, team-a/);
        return true;
      },
    );
  });

  it("are worked on as many at a time as cores and memory carry, at least one", () => {
    assert.equal(defaultParallel(2, 24 * 1024 ** 3), 2);
    assert.equal(defaultParallel(16, 3.5 * STACK_MEMORY), 3);
    assert.equal(defaultParallel(64, 1024 ** 4), 8);
    assert.equal(defaultParallel(4, 0), 1);
  });
});

describe("the summary of many stacks", () => {
  const outcomes: StackOutcome[] = [
    {
      ...{ stack: "team-a", exitCode: 0, durationMs: 12_400 },
      report: {
        services: [
          { service: "snowflake", outcome: "rotated" },
          { service: "gong", outcome: "nothing_due" },
        ],
      },
    },
    {
      ...{ stack: "team-bc", exitCode: 6, durationMs: 600 },
      error: {
        ...{ code: "intake.missing", severity: "error", exitCode: 6, message: "There is no ESC environment\n  x." },
        suggestions: ["npx sophia-secrets import-env --stack team-bc"],
      },
    },
    { stack: "team-d", durationMs: 0 },
  ];
  const report = fleetReport(outcomes, { parallel: 2, startedAt: "", endedAt: "" });

  it("has a line a stack, what went wrong with what helps, and the command for the rest", () => {
    assert.equal(
      formatFleetReport(report),
      [
        "Rotation of 3 stacks: 1 done, 1 failed, 1 not begun, 2 at a time",
        "  team-a   done       rotated: snowflake; nothing due: gong (12 s)",
        "  team-bc  failed     exit 6: There is no ESC environment x. (1 s)",
        "                      npx sophia-secrets import-env --stack team-bc",
        "  team-d   not begun  ",
        "",
        "next: when the cause is mended, the same command with --stack team-bc --stack team-d",
      ].join("\n"),
    );
  });

  it("is a table in Markdown, in which a stack's words are text", () => {
    const text = fleetMarkdown(report);
    assert.match(text, /^### Rotation of 3 stacks: 1 done, 1 failed, 1 not begun$/m);
    assert.match(text, /^\| team-bc \| failed \| exit 6: There is no ESC environment x\. \|$/m);
  });
});
