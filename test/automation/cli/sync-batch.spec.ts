/** Does a stack that writes each place at GitHub by one resource do everything that one with a resource a variable does, and move there and back? */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { variablesFor } from "../../../services/select";
import { type GitHubScope } from "../../../sandbox/github";
import { said, startSpecSandbox, type SpecSandbox } from "../../support/sandbox";

interface Report {
  readonly places: readonly Readonly<
    Record<"added" | "changed" | "unchanged" | "repaired" | "removed", readonly string[]>
  >[];
}

interface List {
  readonly places: readonly {
    readonly entries: readonly Readonly<Record<"name" | "ownership" | "status", string>>[];
  }[];
}

const ORGANIZATION = { kind: "organization" } as const;
const SOPHIA = { kind: "repository", repository: "sophia" } as const;
const GONG_SECRETS = ["GONG_ACCESS_KEY", "GONG_API_KEY", "GONG_API_SECRET"];
const PATH = "/api/v3/repos/payready/sophia/";

describe("a stack with sophia:githubWriter batch", function () {
  this.timeout(300_000);
  let sandbox: SpecSandbox;
  before(async () => {
    sandbox = await startSpecSandbox();
    for (const scope of [SOPHIA, ORGANIZATION])
      sandbox.github.editOutside(scope, { secret: "FOREIGN_KEY", value: "theirs" });
  });
  after(() => sandbox?.dispose());

  const setWriter = async (writer: string): Promise<void> => {
    const settings = join(sandbox.directory, "work", "Pulumi.development.yaml");
    const text = (await readFile(settings, "utf8")).replace(/^ {2}sophia:githubWriter: .*\n/m, "");
    await writeFile(settings, text.replace(/^config:\n/m, `config:\n  sophia:githubWriter: ${writer}\n`));
  };
  const held = () => ({
    ...Object.fromEntries(
      sandbox.github.secrets(SOPHIA).map(({ name }) => [name, sandbox.github.openedSecret(SOPHIA, name)]),
    ),
    ...sandbox.github.variables(SOPHIA),
  });
  const namesAt = (scope: GitHubScope) =>
    [...sandbox.github.secrets(scope).map(({ name }) => name), ...Object.keys(sandbox.github.variables(scope))].sort();
  const expected = () => {
    const published = sandbox.published();
    return Object.fromEntries(
      variablesFor("github").flatMap(({ name }) => (published[name] ? [[name, published[name]]] : [])),
    );
  };
  const expectedAtSophia = () => ({ ...expected(), FOREIGN_KEY: "theirs" });
  const writes = () =>
    sandbox.github
      .requests()
      .flatMap(({ method, path }) => (method === "GET" ? [] : [`${method} ${path.replace(`${PATH}actions/`, "")}`]));
  const run = async (...words: string[]) => {
    sandbox.github.clearRequests();
    const result = await sandbox.cli(words);
    assert.equal(result.code, 0, said(result));
    return result;
  };
  const sync = async (...words: string[]): Promise<Report["places"][number]> => {
    sandbox.github.clearRequests();
    const result = await sandbox.cliJson<Report>(["sync-github", "--repo", "payready/sophia", ...words]);
    assert.equal(result.code, 0, said(result));
    return result.json.places[0] ?? assert.fail("no place");
  };
  const noChanges = async () => {
    const preview = await sandbox.pulumi(["preview", "--expect-no-changes"]);
    assert.equal(preview.code, 0, said(preview));
  };

  it("comes there from one resource a variable without deleting anything, and a plain pulumi up does not move it", async () => {
    await run("up");
    await setWriter("batch");
    const preview = await run("preview");
    assert.doesNotMatch(preview.stdout, /sophia-/, "the program waits for the intake to say so");
    assert.match(preview.stderr, /sophia:githubWriter asks for batch/);
    const moved = await run("up");
    assert.deepEqual(
      writes().filter((line) => line.startsWith("DELETE")),
      [],
    );
    const ours = sandbox.github.secrets(SOPHIA).filter(({ name }) => name !== "FOREIGN_KEY");
    const secrets = ours.map(({ name }) => `PUT secrets/${name}`);
    assert.deepEqual(
      writes()
        .filter((line) => line.startsWith("PUT"))
        .sort(),
      secrets.sort(),
    );
    assert.match(moved.stderr, /forget {3}sophia-GONG_API_KEY/);
    assert.deepEqual(held(), expectedAtSophia());
    await noChanges();
  });

  it("finds and repairs what others have written over, deleted or changed, and only that", async () => {
    await new Promise((resolve) => setTimeout(resolve, 1100));
    sandbox.github.editOutside(SOPHIA, { secret: "GONG_API_SECRET", value: "theirs" });
    sandbox.github.editOutside(SOPHIA, { secret: "GONG_API_KEY", value: undefined });
    sandbox.github.editOutside(SOPHIA, { variable: "SNOWFLAKE_ROLE", value: "FOREIGN" });
    const planned = await sync("--dry-run");
    assert.deepEqual([planned.added, planned.changed], [["GONG_API_KEY"], ["GONG_API_SECRET", "SNOWFLAKE_ROLE"]]);
    assert.deepEqual(writes(), []);
    const { added, changed, repaired } = await sync();
    assert.deepEqual(
      [added, changed, repaired],
      [["GONG_API_KEY"], ["GONG_API_SECRET", "SNOWFLAKE_ROLE"], ["GONG_API_SECRET"]],
    );
    assert.deepEqual(writes().sort(), [
      "PATCH variables/SNOWFLAKE_ROLE",
      "PUT secrets/GONG_API_KEY",
      "PUT secrets/GONG_API_SECRET",
    ]);
    assert.deepEqual(held(), expectedAtSophia());
  });

  it("writes a service's secrets again where it is told to, and after a refusal in the middle the same command without more", async () => {
    const effect = { kind: "status", status: 403, body: { message: "Resource not accessible" } } as const;
    sandbox.github.addFault({ method: "PUT", path: "secrets/GONG_API_SECRET", effect });
    sandbox.github.clearRequests();
    const refused = await sandbox.cli(["sync-github", "--repo", "payready/sophia", "--service", "gong", "--force"]);
    assert.equal(refused.code, 3, said(refused));
    assert.match(refused.stderr, /Give the token of GITHUB_TOKEN these rights: the repository's secrets/);
    assert.deepEqual(
      writes().sort(),
      GONG_SECRETS.map((name) => `PUT secrets/${name}`),
    );
    const { added, changed } = await sync("--service", "gong");
    assert.deepEqual([added, changed], [[], ["GONG_API_SECRET"]]);
    assert.deepEqual(writes(), ["PUT secrets/GONG_API_SECRET"]);
  });

  it("writes to the organization too, lists what is whose, and takes away what it wrote to a place that is given up", async () => {
    await run("sync-github-org", "--org", "payready");
    const names = Object.keys(expected()).sort();
    assert.deepEqual(namesAt(ORGANIZATION), [...names, "FOREIGN_KEY"].sort());
    const { json } = await sandbox.cliJson<List>(["list", "github", "github-org"]);
    for (const { entries } of json.places) {
      assert.deepEqual(
        entries.filter(({ name }) => name === "FOREIGN_KEY").map(({ ownership, status }) => [ownership, status]),
        [["foreign", "foreign"]],
      );
      const own = entries.filter(({ name }) => name !== "FOREIGN_KEY");
      assert.deepEqual([...new Set(own.map(({ ownership, status }) => `${ownership} ${status}`))], ["managed in step"]);
      assert.equal(own.length, names.length);
    }
    assert.equal(json.places.length, 2);
    await run("prune", "--forget", "payready", "--yes");
    assert.deepEqual(namesAt(ORGANIZATION), ["FOREIGN_KEY"]);
    assert.ok(writes().every((line) => line.startsWith("DELETE /api/v3/orgs/payready/")));
    assert.deepEqual(held(), expectedAtSophia());
  });

  it("rotates, with the variables of the credential written side by side, and is in step for the audit", async () => {
    const before = held().SNOWFLAKE_PASSWORD;
    await run("rotate", "--service", "snowflake", "--grace", "0");
    const written = writes();
    assert.deepEqual(written.sort(), ["PATCH variables/SNOWFLAKE_USER", "PUT secrets/SNOWFLAKE_PASSWORD"]);
    assert.notEqual(held().SNOWFLAKE_PASSWORD, before);
    assert.deepEqual(held(), expectedAtSophia());
    const audit = await sandbox.cliJson<{
      places: readonly { place: string; variables: readonly { status: string }[] }[];
    }>(["audit"]);
    const place = audit.json.places.find((one) => one.place === "github payready/sophia");
    assert.deepEqual([...new Set(place?.variables.map(({ status }) => status))], ["in step"]);
  });

  it("goes back to one resource a variable without deleting anything", async () => {
    await setWriter("resources");
    await run("up");
    assert.deepEqual(
      writes().filter((line) => !line.startsWith("PUT")),
      [],
    );
    assert.deepEqual(held(), expectedAtSophia());
    await noChanges();
  });

  it("has printed no secret", () => {
    const printed = sandbox.transcript.join("\n");
    for (const { name, secret } of variablesFor("esc")) {
      const value = sandbox.published()[name];
      if (secret && value !== undefined) assert.ok(!printed.includes(value), name);
    }
  });
});
