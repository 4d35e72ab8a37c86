/** Does the writer keep GitHub's limits by itself, and does it take the time that it says? Hours of a virtual clock, and GitHub's own counting. */
import assert from "node:assert/strict";
import {
  budgetFor,
  describeMs,
  describeWriting,
  GITHUB_COM,
  OWN_SERVER,
  providerBudget,
  providerDelayMs,
  timeOfWriting,
} from "../../../automation/github/budget";
import { GitHubClient } from "../../../automation/github/client";
import { countWrites, planEntries, type Entries, type KnownEntry } from "../../../automation/github/entries";
import { Pace } from "../../../automation/github/pace";
import { PlaceApi } from "../../../automation/github/place-api";
import { writePlace } from "../../../automation/github/place-writer";
import { GITHUB_COM_LIMITS, type SecondaryLimits } from "../../../sandbox/github";
import { SecondaryCounter } from "../../../sandbox/github/secondary-limits";
import { BEGIN, VirtualClock } from "../../support/virtual-clock";

const MINUTE = 60_000;
const KEY = Buffer.alloc(32, 7).toString("base64");

/** GitHub as far as counting goes: it refuses like the stand-in, keeps names only, and needs no sockets. */
class CountingGitHub {
  readonly names = new Map<string, Set<string>>();
  readonly counter: SecondaryCounter;
  requests = 0;
  writes = 0;

  constructor(limits: SecondaryLimits, clock: VirtualClock) {
    this.counter = new SecondaryCounter(limits, clock.now);
  }

  readonly fetch = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    const { method = "GET" } = init;
    this.requests += 1;
    const refused = this.counter.enter({ method });
    if (refused)
      return new Response(JSON.stringify(refused.body), { status: refused.status, headers: refused.headers ?? {} });
    await new Promise((resolve) => setImmediate(resolve));
    this.counter.leave();
    const [path = "", query] = new URL(String(input)).pathname.split("/secrets").concat(new URL(String(input)).search);
    const name = query ?? "";
    const held = this.names.get(path) ?? new Set<string>();
    this.names.set(path, held);
    if (method === "PUT") {
      this.writes += 1;
      held.add(name);
      return new Response(null, { status: 204 });
    }
    if (name === "/public-key") return Response.json({ key_id: "1", key: KEY });
    const page = Number(new URL(String(input)).searchParams.get("page"));
    const secrets = [...held].slice((page - 1) * 100, page * 100).map((one) => ({ name: one.slice(1) }));
    return Response.json({ secrets });
  };
}

describe("writing within GitHub's limits", function () {
  this.timeout(60_000);
  let clock: VirtualClock;
  let pace: Pace;
  let github: CountingGitHub;
  let lines: string[];
  let stopAfter: number;

  const open = (limits: SecondaryLimits) => {
    clock = new VirtualClock();
    pace = new Pace(GITHUB_COM, clock);
    github = new CountingGitHub(limits, clock);
    lines = [];
    stopAfter = Infinity;
  };
  const write = async (count: number, repository?: string, known: Entries<KnownEntry> = {}) => {
    const outside = { fetch: github.fetch as typeof fetch, sleep: clock.sleep, random: () => 0.5, now: clock.now };
    const client = new GitHubClient({ api: "https://github.test", token: "t" }, pace, outside);
    const api = new PlaceApi(client, { owner: "payready", ...(repository === undefined ? {} : { repository }) });
    const names = Array.from({ length: count }, (_, index) => `KEY_${index}`);
    const wanted = Object.fromEntries(
      names.map((name, index) => [name, { kind: "secret", mark: "m", group: `${index >> 1}` }] as const),
    );
    const values = Object.fromEntries(names.map((name) => [name, "v"]));
    const plan = planEntries(known, wanted);
    pace.announce(countWrites(plan));
    return writePlace(api, { known, wanted, values, plan, tell });
  };
  const tell = (line: string) => {
    if (lines.push(line) === stopAfter) pace.stop();
  };
  const minutes = () => Math.round((clock.now() - BEGIN) / MINUTE);
  const held = () => [...github.names.values()].reduce((sum, names) => sum + names.size, 0);

  it("writes 300 without a refusal, in the time that it says, and tells how far it is", async () => {
    open(GITHUB_COM_LIMITS);
    const { failures } = await write(300);
    assert.deepEqual([failures, held(), github.counter.seen().trips, minutes()], [[], 300, 0, 4]);
    assert.match(
      describeWriting(300, GITHUB_COM) ?? "",
      /^300 writes: about 4 min, at 72 a minute \(GitHub takes 80\)$/,
    );
    assert.ok(github.counter.seen().mostConcurrent <= GITHUB_COM.concurrent);
    assert.equal(lines[71], "72 of 300 written to GitHub, about 3 min left");
    assert.equal(lines.at(-1), "300 of 300 written to GitHub");
  });

  it("writes 2,000 to 20 repositories in 27 minutes, one budget for all, with no request more than they need", async () => {
    open(GITHUB_COM_LIMITS);
    await Promise.all(Array.from({ length: 20 }, (_, index) => write(100, `app-${index}`)));
    assert.deepEqual([held(), github.counter.seen().trips, minutes()], [2000, 0, 27]);
    // For each repository its key, each secret, and its list in full pages; the second page says that there are no more.
    assert.equal(github.requests, 20 * (1 + 100 + 2));
    assert.match(
      describeWriting(2000, GITHUB_COM) ?? "",
      /about 27 min.*4 h if it counts secrets towards its 500 an hour/,
    );
  });

  it("trips the limit of 500 an hour once, where GitHub has it, waits as it is told, and keeps to it from then on", async () => {
    open({ ...GITHUB_COM_LIMITS, contentPerHour: 500, retryAfter: 900 });
    const { failures } = await write(900);
    assert.deepEqual([failures, held(), github.counter.seen().trips, pace.refusals], [[], 900, 1, 1]);
    // Only what was under way at that moment.
    assert.ok(github.counter.seen().ignored < GITHUB_COM.concurrent);
    assert.ok(minutes() >= 60 && minutes() < 125, `${minutes()} min`);
  });

  it("waits a minute where it is not told how long, twice as long the next time", async () => {
    open({ contentPerMinute: 3 });
    const { failures } = await write(4);
    assert.deepEqual([failures, held()], [[], 4]);
    assert.ok(clock.now() - BEGIN >= MINUTE);
  });

  it("stops where it is told to, keeps what was written, and a later run writes the rest", async () => {
    open(GITHUB_COM_LIMITS);
    stopAfter = 100;
    const { entries, failures } = await write(300);
    const count = Object.keys(entries).length;
    assert.ok(count >= 100 && count < 100 + GITHUB_COM.concurrent, `${count} written`);
    assert.deepEqual([held(), failures.length], [count, 300 - count]);
    assert.deepEqual([...new Set(failures)], ["not written, because the run was cancelled"]);
    pace = new Pace(GITHUB_COM, clock);
    const second = await write(300, undefined, entries);
    assert.deepEqual([second.failures, Object.keys(second.entries).length, held()], [[], 300, 300]);
    assert.equal(github.writes, 300);
  });

  it("looks at no more places at once than it writes to", async () => {
    open(GITHUB_COM_LIMITS);
    const outside = { fetch: github.fetch as typeof fetch, sleep: clock.sleep, random: () => 0.5, now: clock.now };
    const client = new GitHubClient({ api: "https://github.test", token: "t" }, pace, outside);
    const places = Array.from({ length: 200 }, (_, index) => `app-${index}`);
    await Promise.all(
      places.map((repository) => new PlaceApi(client, { owner: "payready", repository }).list("secret")),
    );
    assert.deepEqual([github.requests, github.counter.seen().mostConcurrent], [200, GITHUB_COM.concurrent]);
  });

  it("never lets a pause come between the two halves of a pair", async () => {
    open({});
    const sent: number[] = [];
    const pairs = Array.from(
      { length: 50 },
      () => () => pace.write([0, 1].map(() => async () => void sent.push(clock.now()))),
    );
    await Promise.all(pairs.map((pair) => pair()));
    for (let index = 0; index < sent.length; index += 2) assert.equal(sent[index], sent[index + 1]);
    assert.ok(clock.now() - BEGIN >= MINUTE, "a pause there was");
  });
});

describe("the time that writing takes", () => {
  it("is nothing to speak of where all fits into a minute, or nobody limits it", () => {
    assert.equal(describeWriting(72, GITHUB_COM), undefined);
    assert.equal(describeWriting(5000, OWN_SERVER), undefined);
    assert.equal(describeWriting(73, GITHUB_COM), "73 writes: about 1 min, at 72 a minute (GitHub takes 80)");
  });

  it("is told for the API and the way of writing that are meant", () => {
    const told = timeOfWriting(2000, budgetFor("https://api.github.com")) ?? assert.fail("none");
    assert.deepEqual([told.writes, told.seconds], [2000, 27 * 60]);
    assert.equal(timeOfWriting(2000, providerBudget("https://api.github.com"))?.seconds, 33 * 60);
    assert.equal(timeOfWriting(68, budgetFor("https://api.github.com")), undefined);
    for (const budgetOf of [budgetFor, providerBudget])
      assert.equal(timeOfWriting(2000, budgetOf("http://127.0.0.1:1/api/v3")), undefined);
  });

  it("is in words", () => {
    assert.deepEqual([900, 60_000, 7_260_000, 7_200_000].map(describeMs), ["1 s", "1 min", "2 h 1 min", "2 h"]);
  });

  it("goes by whose server it is", () => {
    const slow = { concurrent: 1, writesPerMinute: 60 };
    const answers = (api: string) => [budgetFor(api), providerBudget(api), providerDelayMs(api)];
    assert.deepEqual(answers("https://api.github.com"), [GITHUB_COM, slow, 1000]);
    assert.deepEqual(answers("https://api.payready.ghe.com"), [GITHUB_COM, slow, 1000]);
    assert.deepEqual(answers("https://github.payready.com/api/v3"), [OWN_SERVER, OWN_SERVER, 0]);
    assert.deepEqual(answers("https://ghe.com.payready.com/api/v3"), [OWN_SERVER, OWN_SERVER, 0]);
  });
});
