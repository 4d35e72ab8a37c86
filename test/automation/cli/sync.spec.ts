/** Do the sync commands bring exactly one place about, on the real engine, and is every later `up` of one mind with them? */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { services } from "../../../services";
import { variablesFor, variablesOf } from "../../../services/select";
import { type GitHubScope } from "../../../sandbox/github";
import { said, startSpecSandbox, type ChildResult, type SpecSandbox } from "../../support/sandbox";

type Names = Record<"added" | "changed" | "removed" | "unchanged" | "repaired", readonly string[]>;
interface Report {
  readonly places: readonly (Names & {
    readonly overwritten: readonly { readonly name: string; readonly remedy: string }[];
    readonly writes?: { readonly here: number; readonly asCopies: number; readonly repositories: number };
  })[];
  readonly remembered: boolean;
}
interface Failure {
  readonly error: { readonly code: string; readonly message: string; readonly suggestions: readonly string[] };
}

const SOPHIA = { kind: "repository", repository: "sophia" } as const;
const WEB = { kind: "repository", repository: "sophia-web" } as const;
const PRODUCTION = { kind: "environment", repository: "sophia", environment: "production" } as const;
const ORGANIZATION = { kind: "organization" } as const;
const CONTROL = services.flatMap(variablesOf).filter(({ destinations }) => destinations.length === 0);

describe("the sync commands", function () {
  this.timeout(300_000);
  let sandbox: SpecSandbox;
  before(async () => void (sandbox = await startSpecSandbox()));
  after(() => sandbox?.dispose());

  /** What a place at GitHub holds, in clear. */
  const held = (scope: GitHubScope): Record<string, string | undefined> => ({
    ...Object.fromEntries(
      sandbox.github.secrets(scope).map(({ name }) => [name, sandbox.github.openedSecret(scope, name)]),
    ),
    ...sandbox.github.variables(scope),
  });
  /** What a place must hold: every declared variable that has a value. */
  const expected = () => {
    const published = sandbox.published();
    const names = variablesFor("github").map(({ name }) => name);
    return Object.fromEntries(names.flatMap((name) => (published[name] ? [[name, published[name]]] : [])));
  };
  /** Requests that change something, those of Snowflake's log-in (which every provider makes) left out. */
  const writes = () => sandbox.changingRequests().filter((request) => !request.startsWith("snowflake:"));
  const forget = () => sandbox.standIns().forEach((standIn) => standIn.clearRequests());
  const sync = async (...words: string[]): Promise<Report["places"][number] & { readonly remembered: boolean }> => {
    forget();
    const result = await sandbox.cliJson<Report>(words);
    assert.equal(result.code, 0, said(result));
    assert.equal(result.json.places.length, 1, said(result));
    return { ...(result.json.places[0] as Report["places"][number]), remembered: result.json.remembered };
  };
  const refused = async (exitCode: number, ...words: string[]): Promise<Failure["error"]> => {
    forget();
    const result: ChildResult = await sandbox.cli([...words, "--json"]);
    assert.equal(result.code, exitCode, said(result));
    assert.deepEqual(writes(), [], "nothing may be changed");
    const { error } = JSON.parse(result.stderr.trim().split("\n").at(-1) ?? "") as Failure;
    assert.match(error.message, /nothing was changed/i);
    return error;
  };
  const destinations = () =>
    sandbox.esc.openValues("sophia", "development-intake").destinations as Record<string, unknown> | undefined;

  it("say that the stack must be brought up first", async () => {
    const error = await refused(6, "sync-github", "--repo", "payready/sophia");
    assert.equal(error.code, "sync.never_up");
    assert.match(error.suggestions.join(), /sophia-secrets up --stack development/);
  });

  it("write nothing, to ESC neither, where everything is as it should be", async () => {
    const up = await sandbox.cli(["up"]);
    assert.equal(up.code, 0, said(up));
    const { unchanged, ...rest } = await sync("sync-github", "--repo", "payready/sophia");
    assert.deepEqual(unchanged, Object.keys(expected()).sort());
    const nothing = { added: [], changed: [], removed: [], repaired: [], overwritten: [], remembered: false };
    assert.deepEqual(rest, { place: "github payready/sophia", ...nothing });
    assert.deepEqual(writes(), []);
  });

  it("bring back what somebody has deleted, and only that", async () => {
    sandbox.github.editOutside(SOPHIA, { secret: "GONG_API_KEY", value: undefined });
    sandbox.github.editOutside(SOPHIA, { variable: "SNOWFLAKE_ROLE", value: "FOREIGN" });
    const { added, changed } = await sync("sync-github", "--repo", "payready/sophia");
    assert.deepEqual([added, changed], [["GONG_API_KEY"], ["SNOWFLAKE_ROLE"]]);
    assert.deepEqual(held(SOPHIA), expected());
    assert.equal(writes().length, 2, writes().join("\n"));
  });

  it("repair a secret that somebody has written over, and only that", async () => {
    // Times of secrets are whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    sandbox.github.editOutside(SOPHIA, { secret: "GONG_API_SECRET", value: "theirs" });
    const words = ["sync-github", "--repo", "payready/sophia"];
    const found = await sync(...words, "--dry-run");
    const remedy = "npx sophia-secrets sync-github --repo payready/sophia --stack development";
    assert.deepEqual([found.changed, found.repaired], [["GONG_API_SECRET"], []]);
    assert.deepEqual(found.overwritten, [{ name: "GONG_API_SECRET", remedy }]);
    assert.deepEqual(writes(), []);
    assert.equal(sandbox.github.openedSecret(SOPHIA, "GONG_API_SECRET"), "theirs");

    const { changed, repaired, overwritten } = await sync(...words);
    assert.deepEqual([changed, repaired, overwritten], [["GONG_API_SECRET"], ["GONG_API_SECRET"], []]);
    const path = "/api/v3/repos/payready/sophia/actions/secrets/GONG_API_SECRET";
    // Never deleted first: a job that is queued in between would read nothing.
    assert.deepEqual(writes(), [`github: PUT ${path}`]);
    assert.deepEqual(held(SOPHIA), expected());
    assert.deepEqual((await sync(...words)).changed, []);
    assert.deepEqual(writes(), []);
  });

  it("refuse another owner, and a repository that does not exist", async () => {
    const foreign = await refused(2, "sync-github", "--repo", "somebody/sophia");
    assert.equal(foreign.code, "sync.foreign_owner");
    assert.equal((await refused(2, "sync-github-org", "--org", "somebody")).code, "sync.foreign_owner");
    const missing = await refused(6, "sync-github", "--repo", "payready/missing");
    assert.equal(missing.code, "sync.not_found");
    assert.equal(destinations(), undefined);
  });

  it("refuse entries of our names that others have made, unless they may be adopted", async () => {
    sandbox.github.addRepository("sophia-web");
    sandbox.github.editOutside(WEB, { secret: "FOREIGN", value: "theirs" });
    sandbox.github.editOutside(WEB, { secret: "GONG_API_KEY", value: "theirs" });
    const words = ["sync-github", "--repo", "payready/sophia-web"];
    const error = await refused(2, ...words);
    assert.match(error.message, /sophia-web has GONG_API_KEY already, which this stack did not write\. Add --adopt/);
    const { added } = await sync(...words, "--adopt", "--dry-run");
    assert.deepEqual(added, Object.keys(expected()).sort());
    assert.deepEqual(writes(), []);
    assert.equal(destinations(), undefined);
    assert.equal(sandbox.github.openedSecret(WEB, "GONG_API_KEY"), "theirs");
  });

  it("write one new repository and nothing else, though more has changed", async () => {
    const settings = join(sandbox.directory, "work", "Pulumi.development.yaml");
    const text = await readFile(settings, "utf8");
    await writeFile(settings, text.replace(/(sophia:vercelTargets:\n {4}- )preview/, "$1production"));
    const words = ["sync-github", "--repo", "Payready/sophia-web", "--adopt"];
    const { added, remembered } = await sync(...words).finally(() => writeFile(settings, text));
    assert.deepEqual([added, remembered], [Object.keys(expected()).sort(), true]);
    assert.deepEqual(held(WEB), { ...expected(), FOREIGN: "theirs" });
    const elsewhere = writes().filter((request) => !request.includes("/repos/payready/sophia-web/"));
    assert.deepEqual(elsewhere, ["esc: PATCH /api/esc/environments/payready/sophia/development-intake"]);
    assert.deepEqual(destinations(), { github: { repositories: ["sophia-web"] } });
  });

  it("refuse what does not fit, counting what others have put there", async () => {
    sandbox.github.addRepository("full");
    const full = { kind: "repository", repository: "full" } as const;
    for (let index = 0; index < 96; index += 1)
      sandbox.github.editOutside(full, { secret: `FOREIGN_${index}`, value: "theirs" });
    const error = await refused(2, "sync-github", "--repo", "payready/full");
    assert.match(error.message, /too many secrets \(96 there, \d+ to add, 100 fit\)/);
    assert.deepEqual(destinations(), { github: { repositories: ["sophia-web"] } });
  });

  it("write an environment that is there, and leave the making of it to people", async () => {
    const words = ["sync-github", "--repo", "payready/sophia", "--environment", "production"];
    assert.match((await refused(6, ...words)).suggestions.join(), /--method PUT .*environments\/production/);
    await makeEnvironment(sandbox, "sophia", "production");
    await sync(...words);
    assert.deepEqual(held(PRODUCTION), expected());
  });

  it("write the organization, private at first, and change who reads when told", async () => {
    const words = ["sync-github-org", "--org", "payready"];
    await sync(...words);
    assert.deepEqual(held(ORGANIZATION), expected());
    const audience = () => [...new Set(sandbox.github.secrets(ORGANIZATION).map(({ visibility }) => visibility))];
    assert.deepEqual(audience(), ["private"]);
    await refused(2, ...words, "--visibility", "selected");
    await refused(6, ...words, "--visibility", "selected", "--repositories", "missing");
    await sync(...words, "--visibility", "selected", "--repositories", "sophia-web");
    assert.deepEqual(audience(), ["selected"]);
    assert.equal(sandbox.github.workflowContext("full").secrets.GONG_API_KEY, undefined);
    await sync(...words);
    assert.deepEqual(writes(), []);
    assert.deepEqual(audience(), ["selected"]);
  });

  it("plan two hundred repositories as the organization's, and say how many writes that spares", async () => {
    const repositories = Array.from({ length: 200 }, (_, index) => `app-${index + 1}`);
    for (const name of repositories) sandbox.github.addRepository(name);
    const words = ["sync-github-org", "--dry-run", "--visibility", "selected", "--repositories"];
    const { changed, writes: planned } = await sync(...words, repositories.join());
    const names = Object.keys(expected());
    assert.deepEqual(changed, names.sort());
    assert.deepEqual(planned, { here: names.length, asCopies: names.length * 200, repositories: 200 });
    assert.deepEqual(writes(), []);
    const shown = await sandbox.cli([...words, repositories.join()]);
    assert.match(
      shown.stdout,
      new RegExp(`${names.length} writes instead of ${names.length * 200}: each once for 200`),
    );
  });

  it("write the project of the stack at Vercel, and no other", async () => {
    assert.equal((await refused(2, "sync-vercel", "--project", "prj_other")).code, "sync.foreign_project");
    const { unchanged } = await sync("sync-vercel", "--project", "prj_123456789");
    assert.ok(unchanged.includes("GONG_API_KEY"));
    assert.deepEqual(writes(), []);
  });

  it("have made places that follow every rotation from then on", async () => {
    const before = held(WEB).SNOWFLAKE_PASSWORD;
    const rotated = await sandbox.cli(["rotate", "--service", "snowflake", "--grace", "0"]);
    assert.equal(rotated.code, 0, said(rotated));
    assert.notEqual(held(WEB).SNOWFLAKE_PASSWORD, before);
    assert.deepEqual(held(WEB), { ...expected(), FOREIGN: "theirs" });
    assert.deepEqual([held(PRODUCTION), held(ORGANIZATION)], [expected(), expected()]);
  });

  it("leave nothing for an up to change", async () => {
    const preview = await sandbox.cli(["preview", "--expect-no-changes"]);
    assert.equal(preview.code, 0, said(preview));
  });

  it("give no place a controlling token, and print no secret", () => {
    const tokens = CONTROL.map(({ name }) => sandbox.variables[name]).filter((value) => value !== undefined);
    assert.equal(tokens.length, CONTROL.length);
    for (const scope of [SOPHIA, WEB, PRODUCTION, ORGANIZATION]) {
      const entries = held(scope);
      for (const { name } of CONTROL) assert.equal(entries[name], undefined);
      for (const token of tokens) assert.ok(!Object.values(entries).includes(token));
    }
    const printed = sandbox.transcript.join("\n");
    const secrets = variablesFor("esc").filter(({ secret }) => secret);
    for (const value of [...tokens, ...secrets.flatMap(({ name }) => sandbox.published()[name] ?? [])])
      assert.ok(!printed.includes(value));
  });
});

/** As a person does it in the repository's settings. */
async function makeEnvironment(sandbox: SpecSandbox, repository: string, name: string): Promise<void> {
  const { SOPHIA_GITHUB_URL, GITHUB_TOKEN } = sandbox.variables;
  const response = await fetch(`${SOPHIA_GITHUB_URL}/repos/payready/${repository}/environments/${name}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${GITHUB_TOKEN}` },
  });
  assert.equal(response.status, 200);
}
