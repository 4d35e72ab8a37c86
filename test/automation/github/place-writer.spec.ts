/** Does the writer of a place at GitHub keep GitHub's limits, lose nothing when something fails, and write no more than is due? */
import assert from "node:assert/strict";
import { type WriteBudget, GITHUB_COM, OWN_SERVER } from "../../../automation/github/budget";
import { GitHubClient } from "../../../automation/github/client";
import { type KnownEntry, planEntries, countWrites } from "../../../automation/github/entries";
import { Pace } from "../../../automation/github/pace";
import { type PlaceAddress, PlaceApi } from "../../../automation/github/place-api";
import { clearPlace, readPlace, writePlace } from "../../../automation/github/place-writer";
import { BEGIN, VirtualClock } from "../../support/virtual-clock";
import { type GitHubOptions, type GitHubStandIn, startGitHub } from "../../../sandbox/github";

const TOKEN = "marked-admin-token-77ab";
const HOUR = 3600_000;
type Known = Readonly<Record<string, KnownEntry>>;

describe("automation/github/place-writer", function () {
  this.timeout(60_000);
  let github: GitHubStandIn;
  let clock: VirtualClock;
  let pace: Pace;
  let lines: string[];

  const open = async (options: Partial<GitHubOptions> = {}, budget: WriteBudget = GITHUB_COM): Promise<void> => {
    clock = new VirtualClock();
    lines = [];
    const now = () => new Date(clock.now());
    const names = { tokens: [TOKEN], organization: "payready", repositories: ["sophia", "web"] };
    github = await startGitHub({ ...names, hourlyLimit: 100_000, now, ...options });
    pace = new Pace(budget, clock);
  };
  afterEach(() => github.close());

  const apiOf = (place: Partial<PlaceAddress> = { repository: "sophia" }): PlaceApi => {
    const outside = { fetch, sleep: clock.sleep, random: () => 0.5, now: clock.now };
    const client = new GitHubClient({ api: `${github.url}/api/v3`, token: TOKEN }, pace, outside);
    return new PlaceApi(client, { owner: "payready", ...place });
  };
  const write = async (api: PlaceApi, values: Record<string, string>, known: Known = {}, kind = "secret" as const) => {
    const entries = Object.entries(values).map(([name, value]) => [name, { kind, mark: `m-${value}`, group: name }]);
    const wanted = Object.fromEntries(entries) as Record<string, KnownEntry & { group: string }>;
    const plan = planEntries(known, wanted);
    pace.announce(countWrites(plan));
    return writePlace(api, { known, wanted, values, plan, tell: (line) => lines.push(line) });
  };
  const numbered = (count: number, value = "v") =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`KEY_${index}`, `${value}${index}`]));
  const asked = () =>
    github.requests().map(({ method, path }) => `${method} ${path.replace("/api/v3/repos/payready", "")}`);
  const secretAt = (name: string) => github.openedSecret({ kind: "repository", repository: "sophia" }, name);
  it("waits for the hour's end where the hour's requests are used up", async () => {
    await open({ hourlyLimit: 40 }, OWN_SERVER);
    const { failures } = await write(apiOf(), numbered(60));
    assert.deepEqual(failures, []);
    assert.ok(clock.now() - BEGIN >= HOUR && clock.now() - BEGIN < 1.1 * HOUR);
  });

  it("counts what another run has written in the last minute", async () => {
    await open({ secondaryLimits: { contentPerMinute: 80, retryAfter: 60 } });
    const first = await write(apiOf(), numbered(70));
    pace = new Pace(GITHUB_COM, clock);
    await write(apiOf(), numbered(70, "new"), first.entries);
    assert.equal(github.limitsSeen().trips, 0);
    assert.ok(clock.now() - BEGIN >= 60_000);
  });

  it("writes what is due and nothing else, with one key, and knows GitHub's own time of it", async () => {
    await open();
    const first = await write(apiOf(), { A: "1", B: "2" });
    assert.deepEqual(first.entries["A"], { kind: "secret", mark: "m-1", updatedAt: "2026-11-23T09:00:00Z" });
    github.clearRequests();
    await write(apiOf(), { A: "1", B: "3" }, first.entries);
    assert.deepEqual(asked(), [
      "GET /sophia/actions/secrets/public-key",
      "PUT /sophia/actions/secrets/B",
      "GET /sophia/actions/secrets",
    ]);
    assert.equal(secretAt("B"), "3");
  });

  it("reads a key that has changed once more, for all that were sealed for the old one", async () => {
    await open();
    const api = apiOf();
    await api.prepare(["secret"]);
    github.rotateKey({ kind: "repository", repository: "sophia" });
    const { failures } = await write(api, numbered(6));
    assert.deepEqual(failures, []);
    assert.equal(asked().filter((line) => line.endsWith("public-key")).length, 2);
    assert.equal(secretAt("KEY_5"), "v5");
  });

  it("keeps what was written where one of three is refused, and writes the third at the next run", async () => {
    await open();
    github.addFault({
      path: "/api/v3/repos/payready/sophia/actions/secrets/B",
      nth: 1,
      effect: { kind: "status", status: 403 },
    });
    const { entries, failures } = await write(apiOf(), { A: "1", B: "2", C: "3" });
    assert.deepEqual(Object.keys(entries), ["A", "C"]);
    assert.match(failures.join(), /^PUT http:\S+\/actions\/secrets\/B: 403$/);
    github.clearRequests();
    const second = await write(apiOf(), { A: "1", B: "2", C: "3" }, entries);
    assert.deepEqual(second.failures, []);
    assert.equal(
      asked()
        .filter((line) => line.startsWith("PUT"))
        .join(),
      "PUT /sophia/actions/secrets/B",
    );
  });

  it("tries again what got no answer, and does not take its own variable for somebody else's", async () => {
    await open();
    github.addFault({
      method: "POST",
      path: "/api/v3/repos/payready/sophia/actions/variables",
      nth: 1,
      effect: { kind: "effect-without-reply" },
    } as never);
    const values = { ROLE: "reader" };
    const wanted = { ROLE: { kind: "variable", mark: "m", group: "g" } } as const;
    const { failures } = await writePlace(apiOf(), { known: {}, wanted, values, plan: planEntries({}, wanted) });
    assert.deepEqual(failures, []);
    assert.deepEqual(github.variables({ kind: "repository", repository: "sophia" }), { ROLE: "reader" });
  });

  it("refuses to write over a variable of somebody else", async () => {
    await open();
    github.editOutside({ kind: "repository", repository: "sophia" }, { variable: "ROLE", value: "theirs" });
    const wanted = { ROLE: { kind: "variable", mark: "m", group: "g" } } as const;
    const { failures, entries } = await writePlace(apiOf(), {
      known: {},
      wanted,
      values: { ROLE: "ours" },
      plan: planEntries({}, wanted),
    });
    assert.match(failures.join(), /409 there is one already, which this stack did not write/);
    assert.deepEqual(entries, {});
  });

  it("knows no more what is there where somebody else has written, and makes again what is gone", async () => {
    await open();
    const { entries } = await write(apiOf(), { A: "1", B: "2", C: "3" });
    clock.time += 5000;
    github.editOutside({ kind: "repository", repository: "sophia" }, { secret: "A", value: "theirs" });
    github.editOutside({ kind: "repository", repository: "sophia" }, { secret: "B", value: undefined });
    const read = await readPlace(apiOf(), entries, {});
    assert.deepEqual(
      Object.entries(read ?? {}).map(([name, { mark }]) => [name, mark]),
      [
        ["A", ""],
        ["C", "m-3"],
      ],
    );
    assert.equal(await readPlace(apiOf({ repository: "nowhere" }), entries, {}), undefined);
  });

  it("removes what it wrote and leaves what others wrote, theirs of our name too", async () => {
    await open();
    github.editOutside({ kind: "repository", repository: "sophia" }, { secret: "FOREIGN", value: "x" });
    const { entries } = await write(apiOf(), { A: "1", B: "2" });
    clock.time += 5000;
    github.editOutside({ kind: "repository", repository: "sophia" }, { secret: "A", value: "theirs" });
    assert.deepEqual(await clearPlace(apiOf(), entries), ["A"]);
    const left = github.secrets({ kind: "repository", repository: "sophia" }).map(({ name }) => name);
    assert.deepEqual(left, ["A", "FOREIGN"]);
  });

  it("gives 20 secrets to 200 selected repositories in 20 writes, with the repositories listed in two pages", async () => {
    const repositories = Array.from({ length: 200 }, (_, index) => `app-${index}`);
    await open({ repositories });
    await write(apiOf({ visibility: "selected", repositories }), numbered(20));
    assert.equal(github.requests().filter(({ method }) => method !== "GET").length, 20);
    assert.equal(github.requests().filter(({ path }) => path.endsWith("/repos")).length, 3);
    assert.deepEqual(github.secrets({ kind: "organization" })[0]?.repositories, repositories);
    assert.equal(github.workflowContext("app-199").secrets["KEY_19"], "v19");
  });
});
