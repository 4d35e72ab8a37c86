/** What does `import-env` do with a file that is older than ESC, with the Python tools' notes, and at which cost? The real command line, ESC's stand-in. */
import assert from "node:assert/strict";
import { startEscCheckout, type EscCheckout } from "../../support/esc-checkout";

interface Report {
  readonly revision?: number;
  readonly stale?: string;
  readonly lines: readonly { readonly name: string; readonly action: string; readonly reason?: string }[];
  readonly secretsConfig?: { readonly file: string; readonly services: readonly { action: string; service: string }[] };
}
interface Failure {
  readonly error: { readonly code: string; readonly message: string; readonly suggestions: readonly string[] };
}

describe("import-env", function () {
  this.timeout(60_000);
  let checkout: EscCheckout;
  const revisions = () => checkout.esc.revisions("sophia", "development-intake").length;
  const actions = ({ lines }: Report) =>
    lines.map(({ name, action, reason }) => [name, action, reason].join(" ").trim());

  beforeEach(async () => void (checkout = await startEscCheckout()));
  afterEach(() => checkout.dispose());

  describe("of a file that is older than ESC", () => {
    /** Exports MINE, THEIRS, BOTH, then changes THEIRS and BOTH in ESC, and MINE and BOTH in the file. */
    beforeEach(async () => {
      await checkout.put(".env", "MINE=mine-1\nTHEIRS=theirs-1\nBOTH=both-1\n");
      await checkout.json("import-env");
      await checkout.json("export-env");
      await checkout.put(".env", "THEIRS=theirs-2\nBOTH=both-2\n");
      await checkout.json("import-env");
    });
    const edit = async (...changes: readonly (readonly [string, string])[]) => {
      let text = await checkout.get(".env.new");
      for (const [from, to] of changes) text = text.replace(from, to);
      await checkout.put(".env.new", text);
    };

    it("brings in the file's changes and keeps ESC's, in one revision, without being asked", async () => {
      await edit(["mine-1", "mine-3"]);
      const before = revisions();
      const report = await checkout.json<Report>("import-env --env-file .env.new");
      assert.deepEqual(actions(report), ["BOTH newer", "MINE change", "THEIRS newer"]);
      assert.equal(report.stale, "it was exported at revision 2, and payready/sophia/development-intake is at 3 now");
      assert.deepEqual(checkout.others(), { MINE: "mine-3", THEIRS: "theirs-2", BOTH: "both-2" });
      assert.equal(revisions(), before + 1);
    });

    it("refuses to decide over what both have changed, by name, and stores nothing of the file", async () => {
      await edit(["mine-1", "mine-3"], ["both-1", "both-3"]);
      const before = revisions();
      const { error } = await checkout.json<Failure>("import-env --env-file .env.new", 2);
      assert.equal(error.code, "import.stale");
      assert.match(error.message, /is at 3 now, and would overwrite BOTH\. Nothing was changed\.$/);
      assert.match(error.suggestions.join(), /--dry-run, or add --force/);
      assert.equal(revisions(), before);
      const dry = await checkout.json<Report>("import-env --env-file .env.new --dry-run", 1);
      assert.deepEqual(actions(dry), ["BOTH newer changed on both sides", "MINE change", "THEIRS newer"]);
    });

    it("lets the file win with --force", async () => {
      await edit(["both-1", "both-3"]);
      await checkout.json("import-env --env-file .env.new --force");
      assert.deepEqual(checkout.others(), { MINE: "mine-1", THEIRS: "theirs-1", BOTH: "both-3" });
    });

    it("says in words what stays", async () => {
      const { code, stdout, stderr } = await checkout.cli("import-env --env-file .env.new");
      assert.equal(code, 0);
      assert.match(stderr, /^note: newer in ESC and kept: BOTH, THEIRS; --force takes the file's\.$/m);
      assert.match(stdout, /: 0 added, 0 changed, 1 the same, 0 skipped, 2 newer in ESC\n$/);
    });
  });

  describe("beside the notes of the Python tools", () => {
    const NOTES = {
      ...{ services: {}, last_updated: "2025-06-18T12:00:00", pulumi: {}, github_repo: {}, github_org: {} },
      rotation: { services: ["gong"], last_rotation: "2025-06-18T12:00:00.5" },
    };
    const records = () => checkout.esc.openValues("sophia", "development-intake").rotation as Record<string, object>;

    it("takes the time of the last rotation with the values, in one revision, and only once", async () => {
      await checkout.put(".env", "SOME=some-value\n");
      await checkout.put("secrets_config.json", JSON.stringify(NOTES));
      const first = await checkout.json<Report>("import-env");
      assert.deepEqual(first.secretsConfig?.services, [{ service: "gong", action: "taken" }]);
      assert.equal(revisions(), 2, "made, then one revision");
      assert.deepEqual(records().gong, {
        ...{ current: "a", slots: { a: { generation: 1 } }, phase: "idle" },
        ...{ rotatedAt: "2025-06-18T12:00:00.500Z", rotatedAtSource: "secrets_config.json" },
      });
      const second = await checkout.json<Report>("import-env");
      assert.deepEqual(second.secretsConfig?.services, [{ service: "gong", action: "taken already" }]);
      assert.equal(revisions(), 2);
    });

    it("changes nothing at --dry-run, at a file that is none, and leaves it out when told", async () => {
      await checkout.put(".env", "SOME=some-value\n");
      await checkout.put("secrets_config.json", JSON.stringify(NOTES));
      assert.deepEqual((await checkout.json<Report>("import-env --dry-run")).secretsConfig?.services, [
        { service: "gong", action: "taken" },
      ]);
      await checkout.put("secrets_config.json", "{}");
      const { error } = await checkout.json<Failure>("import-env", 2);
      assert.equal(error.code, "secrets_config.malformed");
      assert.equal(revisions(), 0);
      assert.equal((await checkout.json<Report>("import-env --no-secrets-config")).secretsConfig, undefined);
      assert.deepEqual(checkout.others(), { SOME: "some-value" });
      assert.equal(records(), undefined);
    });

    it("takes them from where it is told, for the chosen services", async () => {
      await checkout.put(".env", "SOME=some-value\n");
      await checkout.put("old.json", JSON.stringify(NOTES));
      const { secretsConfig } = await checkout.json<Report>("import-env --secrets-config old.json --service other");
      assert.deepEqual(secretsConfig?.services, [{ service: "gong", action: "unknown" }]);
    });
  });

  it("refuses an old name beside the new one when their values differ, by name", async () => {
    const OLD: Readonly<Record<string, string>> = {
      VERCEL_API_TOKEN: "VERCEL_ACCESS_TOKEN",
      GONG_ACCESS_KEY: "GONG_API_KEY",
      GONG_ACCESS_KEY_SECRET: "GONG_API_SECRET",
      GONG_CLIENT_SECRET: "GONG_API_SECRET",
      ESTUARY_ACCESS_TOKEN: "ESTUARY_API_KEY",
    };
    const names = Object.entries(OLD);
    const [oldNames, newNames] = [names.map(([old]) => old), [...new Set(names.map(([, name]) => name))]];
    await checkout.put(".env", [...oldNames, ...newNames].map((name) => `${name}=value-of-${name}\n`).join(""));
    const { error } = await checkout.json<Failure>("import-env", 2);
    assert.equal(error.code, "import.refused");
    for (const name of oldNames) assert.ok(error.message.includes(`${name} (conflict)`), name);
    for (const name of newNames) assert.equal(error.message.includes(`${name} (`), false, name);
    assert.equal(revisions(), 0);
    const own = oldNames.filter((name) => name !== "GONG_CLIENT_SECRET").map((name) => `${name}=value-of-${name}\n`);
    await checkout.put(".env", own.join(""));
    const { stderr } = await checkout.cli("import-env");
    assert.deepEqual(
      stderr.match(/^warning: .*$/gm),
      ["VERCEL_API_TOKEN", "GONG_ACCESS_KEY_SECRET", "ESTUARY_ACCESS_TOKEN"].map(
        (name) => `warning: ${name} is an old name; it is stored as ${OLD[name]}.`,
      ),
    );
  });

  describe("asks no more of ESC than it must, however many values there are", () => {
    const calls = async (line: string): Promise<string[]> => {
      checkout.esc.clearRequests();
      await checkout.json(line);
      return checkout.esc.requests().map(({ method, path }) => `${method} ${path.split("/").slice(5).join("/")}`);
    };
    const open = ["POST sophia/development-intake/versions/N/open", "GET sophia/development-intake/open/ID"];
    const plain = (path: string) => path.replace(/versions\/\d+/, "versions/N").replace(/open\/[^/]{9,}$/, "open/ID");
    const FIRST = ["GET sophia/development-intake", "POST sophia/development/open", "POST "];
    const READ = ["GET sophia/development-intake", ...open];

    it("4 calls to find nothing new, 1 more to write, 7 where nothing was there, 4 to export", async () => {
      const file = (last: string) =>
        Array.from({ length: 500 }, (_, index) => `KEY_${index}=value-${index}\n`).join("") + last;
      await checkout.put(".env", file(""));
      const write = "PATCH sophia/development-intake";
      assert.deepEqual((await calls("import-env")).map(plain), [...FIRST, ...READ, write]);
      assert.deepEqual((await calls("import-env")).map(plain), [...READ, "POST sophia/development/open"]);
      await checkout.put(".env", file("LAST=value-last\n"));
      assert.deepEqual((await calls("import-env")).map(plain), [...READ, "POST sophia/development/open", write]);
      assert.deepEqual((await calls("export-env")).map(plain), [...READ, "POST sophia/development/open"]);
      assert.equal(Object.keys(checkout.others()).length, 501);
    });
  });
});
