/** Is a use called unusual when it is, and only then? The rules by themselves, for any history. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { judgeUse, LIMITS, median, type UseEvent, type UseRule } from "../../../automation/audit/usage/rules";

const NOW = Date.parse("2026-11-23T09:00:00.000Z");
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const window = { now: NOW, from: NOW - 7 * DAY };
const base = { subject: "snowflake A", ok: true, who: "ci", address: "198.51.100.1", client: "JavaScript" };
const at = (daysAgo: number, hours = 0, more: Partial<UseEvent> = {}): UseEvent => ({
  ...base,
  at: new Date(NOW - daysAgo * DAY - hours * HOUR - 60_000).toISOString(),
  ...more,
});
/** So many uses at the same time of each of the six days before. */
const usual = (perDay: number, hours = 0): UseEvent[] =>
  [1, 2, 3, 4, 5, 6].flatMap((day) => Array.from({ length: perDay }, () => at(day, hours)));
const rulesOf = (events: readonly UseEvent[]): UseRule[] => judgeUse(events, window).findings.map(({ rule }) => rule);

describe("the use of a credential", () => {
  it("is unusual from an address, with a client, or by a user that was never seen before", () => {
    const before = usual(3);
    assert.deepEqual(rulesOf([...before, at(0)]), []);
    assert.deepEqual(rulesOf([...before, at(0, 0, { address: "203.0.113.9" })]), ["new-address"]);
    assert.deepEqual(rulesOf([...before, at(0, 0, { client: "PythonConnector" })]), ["new-client"]);
    assert.deepEqual(rulesOf([...before, at(0, 0, { who: "mallory" })]), ["new-user"]);
    const [found] = judgeUse([...before, at(0, 0, { address: "203.0.113.9" })], window).findings;
    assert.equal(found?.message, "snowflake A: 203.0.113.9, address not seen before");
  });

  it("is unusual more than two hours from every hour of the days before, around midnight too", () => {
    const before = usual(3, 8); // 00:59 UTC
    assert.deepEqual(rulesOf([...before, at(0, 6)]), []); // 02:59
    assert.deepEqual(rulesOf([...before, at(0, 10)]), []); // 22:59
    assert.deepEqual(rulesOf([...before, at(0, 11)]), ["hour"]); // 21:59
    assert.deepEqual(rulesOf([...before, at(0, 5)]), ["hour"]); // 03:59
  });

  it("is unusual where it is more than three times the median, and twenty more", () => {
    const many = (count: number) => Array.from({ length: count }, () => at(0));
    assert.deepEqual(rulesOf([...usual(3), ...many(22)]), []);
    assert.deepEqual(rulesOf([...usual(3), ...many(23)]), ["volume"]);
    assert.deepEqual(rulesOf([...usual(20), ...many(60)]), []);
    assert.deepEqual(rulesOf([...usual(20), ...many(61)]), ["volume"]);
  });

  it("is unusual with three failures, unless failing so often is usual", () => {
    const failures = (day: number, count: number) => Array.from({ length: count }, () => at(day, 0, { ok: false }));
    assert.deepEqual(rulesOf(failures(0, 2)), []);
    assert.deepEqual(rulesOf(failures(0, 3)), ["failed"]);
    const sad = [1, 2, 3, 4, 5, 6].flatMap((day) => failures(day, 2));
    assert.deepEqual(rulesOf([...sad, ...failures(0, 6)]), []);
    assert.deepEqual(rulesOf([...sad, ...failures(0, 7)]), ["failed"]);
  });

  it("by a failed attempt gives no address or client that was used", () => {
    assert.deepEqual(rulesOf([...usual(3), at(0, 0, { ok: false, address: "203.0.113.9" })]), []);
    const failedBefore = [1, 2, 3].map((day) => at(day, 0, { ok: false, address: "203.0.113.9" }));
    assert.deepEqual(rulesOf([...usual(3), ...failedBefore, at(0, 0, { address: "203.0.113.9" })]), ["new-address"]);
  });

  it("is called neither usual nor unusual where there is too little of a past", () => {
    const strange = at(0, 5, { address: "203.0.113.9", client: "x", who: "y" });
    const short = [...Array.from({ length: 50 }, () => at(1)), at(2), strange];
    const few = [at(1), at(2), at(3), strange];
    for (const events of [[strange], short, few]) {
      const { findings, subjects } = judgeUse(events, window);
      assert.deepEqual(findings, []);
      assert.deepEqual(subjects[0]?.unknown, ["new-user", "new-address", "new-client", "hour", "volume"]);
    }
    assert.deepEqual(judgeUse([...usual(3), strange], window).subjects[0]?.unknown, []);
  });

  it("is not looked at before the log is whole, nor after now", () => {
    const cut = { now: NOW, from: NOW - 3.5 * DAY };
    assert.equal(judgeUse(usual(3), cut).subjects[0]?.baselineDays, 2);
    assert.deepEqual(rulesOf([...usual(3), at(-1, 0, { address: "203.0.113.9" })]), []);
  });

  it("of one credential says nothing of another", () => {
    const other = at(0, 0, { subject: "snowflake B", address: "203.0.113.9" });
    assert.deepEqual(rulesOf([...usual(3), other]), []);
  });
});

const anyEvent = fc.record({
  subject: fc.constantFrom("a", "b"),
  ok: fc.boolean(),
  who: fc.constantFrom("u", "v"),
  address: fc.constantFrom("1", "2", "3"),
  client: fc.constantFrom("js", "py"),
  at: fc.integer({ min: NOW - 8 * DAY, max: NOW }).map((time) => new Date(time).toISOString()),
});

describe("any history", () => {
  it("comes to the same in any order", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 80 }), fc.infiniteStream(fc.nat()), (events, numbers) => {
        const shuffled = events
          .map((event) => ({ event, key: numbers.next().value as number }))
          .sort((left, right) => left.key - right.key)
          .map(({ event }) => event);
        assert.deepEqual(judgeUse(shuffled, window), judgeUse(events, window));
      }),
    );
  });

  it("that repeats itself each day has nothing unusual in it", () => {
    const daily = fc.array(fc.record({ minutes: fc.integer({ min: 1, max: 1439 }), event: anyEvent }), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(daily, (day) => {
        const events = [0, 1, 2, 3, 4, 5, 6].flatMap((ago) =>
          day.map(({ minutes, event }) => ({
            ...event,
            at: new Date(NOW - ago * DAY - minutes * 60_000).toISOString(),
          })),
        );
        assert.deepEqual(judgeUse(events, window).findings, []);
      }),
    );
  });

  it("finds an address that nobody had before whenever what is usual is known", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 80 }), (events) => {
        const stranger = { ...base, subject: "a", address: "stranger", at: new Date(NOW).toISOString() };
        const { findings, subjects } = judgeUse([...events, stranger], window);
        const isKnown = subjects.find(({ subject }) => subject === "a")?.unknown.length === 0;
        const isFound = findings.some(({ rule, message }) => rule === "new-address" && message.includes("stranger"));
        assert.equal(isFound, isKnown);
      }),
    );
  });

  it("has a median with as many numbers on either side", () => {
    assert.deepEqual([median([]), median([5]), median([1, 9]), median([9, 1, 2])], [0, 5, 5, 2]);
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), (numbers) => {
        const middle = median(numbers);
        assert.ok(numbers.filter((one) => one < middle).length <= numbers.length / 2);
        assert.ok(numbers.filter((one) => one > middle).length <= numbers.length / 2);
      }),
    );
    assert.equal(LIMITS.factor, 3);
  });
});
