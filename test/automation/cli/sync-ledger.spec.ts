/** Do list and prune tell what is ours from what is not, and is nothing touched that we do not manage? On the real engine. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { variablesFor } from "../../../services/select";
import { type GitHubScope } from "../../../sandbox/github";
import { said, startSpecSandbox, type SpecSandbox } from "../../support/sandbox";

interface Entry {
  readonly name: string;
  readonly kind: string;
  readonly ownership: string;
  readonly status: string;
  readonly service?: string;
}
interface List {
  readonly places: readonly { readonly place: string; readonly former: boolean; readonly entries: readonly Entry[] }[];
}
interface Prune {
  readonly places: readonly { readonly place: string; readonly former: boolean; readonly removed: readonly string[] }[];
  readonly forgotten: boolean;
}
type Names = Record<"added" | "changed" | "removed" | "unchanged" | "repaired", readonly string[]>;

const SOPHIA = { kind: "repository", repository: "sophia" } as const;
const WEB = { kind: "repository", repository: "sophia-web" } as const;
const ORGANIZATION = { kind: "organization" } as const;
const PROJECT = "prj_123456789";
const GONG = ["GONG_ACCESS_KEY", "GONG_API_KEY", "GONG_API_SECRET"];

describe("the ledger commands", function () {
  this.timeout(300_000);
  let sandbox: SpecSandbox;

  before(async () => {
    sandbox = await startSpecSandbox();
    sandbox.github.addRepository("sophia-web");
    for (const scope of [SOPHIA, WEB, ORGANIZATION]) {
      sandbox.github.editOutside(scope, { secret: "FOREIGN_KEY", value: "theirs" });
      sandbox.github.editOutside(scope, { variable: "FOREIGN_ROLE", value: "theirs" });
    }
    sandbox.vercel.editOutside(PROJECT, "FOREIGN_KEY", "preview", "theirs");
    await done("up");
    await done("sync-github", "--repo", "sophia-web");
    await done("sync-github-org", "--org", "payready");
  });
  after(() => sandbox?.dispose());

  const done = async (...words: string[]) => {
    const result = await sandbox.cli(words);
    assert.equal(result.code, 0, said(result));
    return result;
  };
  const json = async <T>(...words: string[]): Promise<T> => {
    sandbox.standIns().forEach((standIn) => standIn.clearRequests());
    const result = await sandbox.cliJson<T>(words);
    assert.equal(result.code, 0, said(result));
    return result.json;
  };
  /** Requests that change something, those of Snowflake's log-in (which every provider makes) left out. */
  const writes = () => sandbox.changingRequests().filter((request) => !request.startsWith("snowflake:"));
  const variablesAt = (scope: GitHubScope) => sandbox.github.variables(scope);
  const namesAt = (scope: GitHubScope) =>
    [...sandbox.github.secrets(scope).map(({ name }) => name), ...Object.keys(variablesAt(scope))].sort();
  const declared = () => {
    const published = sandbox.published();
    return variablesFor("github").flatMap(({ name }) => (published[name] ? [name] : []));
  };
  const list = async (...words: string[]) => (await json<List>("list", ...words)).places;
  const statuses = (entries: readonly Entry[], ...others: string[]) =>
    entries
      .filter(({ status }) => others.includes(status))
      .map(({ name, ownership, status }) => `${name} ${ownership} ${status}`);
  const assertForeignUntouched = () => {
    for (const scope of [SOPHIA, WEB, ORGANIZATION]) {
      assert.equal(sandbox.github.openedSecret(scope, "FOREIGN_KEY"), "theirs");
      assert.equal(variablesAt(scope).FOREIGN_ROLE, "theirs");
    }
    assert.equal(sandbox.vercel.variable(PROJECT, "FOREIGN_KEY", "preview"), "theirs");
  };
  const waitForNextSecond = () => new Promise((resolve) => setTimeout(resolve, 1100));

  it("list every name at each place, ours in step and others' as foreign, and write nothing", async () => {
    const places = await list();
    const labels = ["github payready/sophia", "github payready/sophia-web", "github organization payready"];
    assert.deepEqual(
      places.map(({ place, former }) => [place, former]),
      [...labels, `vercel ${PROJECT}`].map((place) => [place, false]),
    );
    for (const { place, entries } of places) {
      const ours = entries.filter(({ ownership }) => ownership === "managed");
      assert.deepEqual([...new Set(ours.map(({ status }) => status))], ["in step"], place);
      const foreign = place.startsWith("vercel") ? ["FOREIGN_KEY"] : ["FOREIGN_KEY", "FOREIGN_ROLE"];
      assert.deepEqual(
        statuses(entries, "foreign"),
        foreign.map((name) => `${name} foreign foreign`),
      );
      if (place.startsWith("github")) assert.deepEqual(ours.map(({ name }) => name).sort(), declared().sort());
    }
    assert.deepEqual(writes(), []);
  });

  it("list one repository, one service, in lines that fit a terminal", async () => {
    const [place, ...others] = await list("--repo", "payready/sophia-web", "--service", "gong");
    assert.deepEqual([place?.place, others], ["github payready/sophia-web", []]);
    assert.deepEqual([...new Set(place?.entries.map(({ service }) => service))], ["gong"]);
    const { stdout } = await done("list");
    assert.match(stdout, /^ {2}GONG_API_KEY +secret +in step +2\d{3}-/m);
    assert.match(stdout, /^ {2}FOREIGN_ROLE +variable +foreign +2\d{3}-/m);
    for (const line of stdout.split("\n")) assert.ok(line.length <= 100, line);
  });

  it("list what somebody has deleted, changed, or written over, and sync one service of it only", async () => {
    await waitForNextSecond();
    sandbox.github.editOutside(SOPHIA, { secret: "GONG_API_KEY", value: undefined });
    sandbox.github.editOutside(SOPHIA, { secret: "GONG_API_SECRET", value: "theirs" });
    sandbox.github.editOutside(SOPHIA, { variable: "SNOWFLAKE_ROLE", value: "FOREIGN" });
    const [place] = await list("github", "--repo", "sophia");
    assert.deepEqual(statuses(place?.entries ?? [], "missing", "behind", "edited outside"), [
      "GONG_API_KEY managed missing",
      "GONG_API_SECRET managed edited outside",
      "SNOWFLAKE_ROLE managed behind",
    ]);
    const { places } = await json<{ places: readonly Names[] }>(
      ...["sync-github", "--repo", "sophia", "--service", "gong"],
    );
    const { added, changed, removed, repaired } = places[0] as Names;
    assert.deepEqual([added, changed, removed], [["GONG_API_KEY"], ["GONG_API_SECRET"], []]);
    assert.deepEqual(repaired, ["GONG_API_SECRET"]);
    assert.equal(variablesAt(SOPHIA).SNOWFLAKE_ROLE, "FOREIGN");
    await done("sync-github", "--repo", "sophia", "--service", "snowflake");
    assert.notEqual(variablesAt(SOPHIA).SNOWFLAKE_ROLE, "FOREIGN");
    assertForeignUntouched();
  });

  it("write unchanged secrets again only when told, those of the place and the service alone", async () => {
    const { places } = await json<{ places: readonly Names[] }>(
      ...["sync-github", "--repo", "sophia-web", "--service", "gong", "--force"],
    );
    assert.deepEqual(places[0]?.changed, GONG);
    const base = "/api/v3/repos/payready/sophia-web/actions/secrets";
    assert.deepEqual(writes().sort(), GONG.map((name) => `github: PUT ${base}/${name}`).sort());
    const gong = GONG.map((name) => [sandbox.github.openedSecret(WEB, name), sandbox.published()[name]]);
    for (const [there, published] of gong) assert.equal(there, published);
  });

  it("refuse a service that has nothing to write, an unknown place, and one of the settings file", async () => {
    const cases: [words: string[], code: string][] = [
      [["sync-github", "--service", "pulumi"], "cli.unknown_service"],
      [["list", "--service", "nope"], "cli.unknown_service"],
      [["prune", "--forget", "payready/sophia"], "sync.settings_differ"],
      [["prune", "--forget", "payready/nowhere"], "sync.unknown_place"],
      [["prune", "--forget", "payready/sophia:production"], "sync.unknown_place"],
      [["prune", "--forget", "somebody"], "sync.foreign_owner"],
    ];
    for (const [words, code] of cases) {
      const result = await sandbox.cli([...words, "--json"]);
      assert.equal(result.code, 2, said(result));
      const { error } = JSON.parse(result.stderr.trim().split("\n").at(-1) ?? "") as { error: { code: string } };
      assert.equal(error.code, code, said(result));
    }
  });

  it("prune nothing where all that we wrote is wanted", async () => {
    assert.deepEqual((await json<Prune>("prune")).places, []);
    assert.deepEqual(writes(), []);
  });

  it("tell of a write that was refused what to do about it, and still know afterwards what is theirs", async () => {
    const effect = { kind: "status", status: 403, body: { message: "Resource not accessible" } } as const;
    sandbox.github.addFault({ method: "PUT", path: "/sophia/actions/secrets/", times: 9, effect });
    const words = ["sync-github", "--repo", "sophia", "--service", "gong"];
    // What is to be written again is taken out of the state first: a lock of a dead run must not be in its way.
    const locks = join(sandbox.directory, "state", ".pulumi", "locks", "organization", "sophia", "development");
    const dead = {
      pid: spawnSync("true").pid,
      username: "ci",
      hostname: hostname(),
      timestamp: "2026-11-23T09:00:00Z",
    };
    await mkdir(locks, { recursive: true });
    await writeFile(join(locks, "dead.json"), JSON.stringify(dead));
    const result = await sandbox.cli([...words, "--force", "--json"]);
    sandbox.github.clearFaults();
    assert.deepEqual(await readdir(locks), []);
    assert.equal(result.code, 3, said(result));
    assert.match(result.stderr, /"code":"sync\.forbidden"/);
    assert.match(result.stderr, /Give the token of GITHUB_TOKEN these rights: the repository's secrets/);
    // The state has forgotten them, to write them again with one request.
    const [place] = await list("github", "--repo", "sophia");
    assert.deepEqual(
      statuses(place?.entries ?? [], "behind", "taken"),
      GONG.map((name) => `${name} managed behind`),
    );
    const { places } = await json<{ places: readonly Names[] }>(...words);
    assert.deepEqual([places[0]?.added, places[0]?.changed], [[], GONG]);
  });

  it("prune shows what is to go, asks, and takes away a forgotten place's names but nobody else's", async () => {
    const words = ["prune", "--forget", "payready/sophia-web"];
    const refused = await sandbox.cli(words, { env: { SOPHIA_SECRETS_YES: undefined } });
    assert.equal(refused.code, 2, said(refused));
    assert.match(
      refused.stderr,
      /github payready\/sophia-web \(the stack writes there no longer\)\n {2}to delete +ESTUARY/,
    );
    for (const line of refused.stderr.split("\n")) assert.ok(line.length <= 100, line);

    const planned = await json<Prune>(...words, "--dry-run");
    assert.deepEqual(writes(), []);
    const names = declared().sort();
    assert.deepEqual(planned.places, [
      { place: "github payready/sophia-web", former: true, removed: names, editedOutside: [] },
    ]);
    assert.deepEqual(namesAt(WEB), [...names, "FOREIGN_KEY", "FOREIGN_ROLE"].sort());

    const pruned = await json<Prune>(...words, "--yes");
    assert.deepEqual([pruned.places, pruned.forgotten], [planned.places, true]);
    assert.deepEqual(namesAt(WEB), ["FOREIGN_KEY", "FOREIGN_ROLE"]);
    const elsewhere = writes().filter((request) => !request.includes("DELETE /api/v3/repos/payready/sophia-web/"));
    assert.deepEqual(elsewhere, ["esc: PATCH /api/esc/environments/payready/sophia/development-intake"]);
    assertForeignUntouched();
    const preview = await sandbox.cli(["preview", "--expect-no-changes"]);
    assert.equal(preview.code, 0, said(preview));
  });

  it("prune names without a value any more, at the places asked for, and no name that others have since made", async () => {
    const session = sandbox.session();
    await session.intake.change(() => [{ path: ["services", "gong", "slots", "a"], remove: true }]);
    const [place] = await list("vercel");
    assert.deepEqual(
      statuses(place?.entries ?? [], "left over"),
      GONG.map((name) => `${name} former left over`),
    );
    // Deleted and made anew by somebody else: the state takes it for ours still, and says whose it is now.
    await waitForNextSecond();
    sandbox.github.editOutside(SOPHIA, { secret: "GONG_API_KEY", value: "theirs" });
    const { places } = await json<Prune>("prune", "github", "vercel");
    assert.deepEqual(
      places.map((one) => [one.place, one.removed]),
      ["github payready/sophia", `vercel ${PROJECT}`].map((label) => [label, GONG]),
    );
    assert.deepEqual(
      namesAt(SOPHIA).filter((name) => GONG.includes(name)),
      [],
    );
    assert.deepEqual(
      namesAt(ORGANIZATION).filter((name) => GONG.includes(name)),
      GONG,
    );
    sandbox.github.editOutside(SOPHIA, { secret: "GONG_API_KEY", value: "theirs" });
    assert.deepEqual((await json<Prune>("prune", "github")).places, []);
    assert.equal(sandbox.github.openedSecret(SOPHIA, "GONG_API_KEY"), "theirs");
    const [sophia] = await list("github");
    assert.deepEqual(statuses(sophia?.entries ?? [], "foreign"), [
      "FOREIGN_KEY foreign foreign",
      "FOREIGN_ROLE foreign foreign",
      "GONG_API_KEY foreign foreign",
    ]);
    assertForeignUntouched();
  });

  it("up leaves what is not ours alone too, and takes the rest of what is not wanted away", async () => {
    const up = await sandbox.cli(["up", "--yes"]);
    // Attention: Gong's variables are missing now.
    assert.equal(up.code, 1, said(up));
    assertForeignUntouched();
    assert.equal(sandbox.github.openedSecret(SOPHIA, "GONG_API_KEY"), "theirs");
    assert.deepEqual(
      namesAt(ORGANIZATION).filter((name) => GONG.includes(name)),
      [],
    );
  });

  it("print no secret", () => {
    const printed = sandbox.transcript.join("\n");
    const secrets = variablesFor("esc").filter(({ secret }) => secret);
    for (const { name } of secrets) {
      const value = sandbox.published()[name];
      assert.ok(value === undefined || !printed.includes(value), name);
    }
  });
});
