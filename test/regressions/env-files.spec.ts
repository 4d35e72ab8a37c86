/** Can the defects that the original tools had with env files come back? Its defects 5, 6, 8 to 11 and, where it edits YAML, 28. */
import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { parse as parseDotenv } from "dotenv";
import { parseDocument } from "yaml";
import { startEscCheckout, type EscCheckout } from "../support/esc-checkout";
import { said } from "../support/sandbox";

interface Stored {
  readonly services: Readonly<
    Record<
      string,
      { readonly settings?: Record<string, string>; readonly slots?: { readonly a: Record<string, string> } }
    >
  >;
}

describe("the original's defects with env files", function () {
  this.timeout(60_000);
  let checkout: EscCheckout;
  beforeEach(async () => void (checkout = await startEscCheckout()));
  afterEach(() => checkout.dispose());

  const stored = (stack = "development") =>
    (checkout.esc.openValues("sophia", `${stack}-intake`) as unknown as Stored).services;
  const text = () => checkout.esc.text("sophia", "development-intake");
  const succeed = async (line: string) => {
    const result = await checkout.cli(line);
    assert.equal(result.code, 0, said(result));
    return result;
  };
  const files = async () => (await readdir(checkout.folder)).sort();

  it("defect 5: an export forgets nothing of the import, and an import nothing of the rotation", async () => {
    await checkout.put(".env", "GONG_API_KEY=canary-key-5\nGONG_API_SECRET=canary-secret-5\n");
    await succeed("import-env");
    const record = "{current: a, slots: {a: {generation: 2}}, phase: idle, rotatedAt: 2026-11-01T00:00:00.000Z}";
    checkout.esc.edit("sophia", "development-intake", `${text()}  rotation: {gong: ${record}}\n`);
    const before = text();
    await succeed("export-env");
    assert.equal(text(), before);
    await checkout.put(".env", "SOME_OTHER=canary-other-5\n");
    await succeed("import-env");
    const values = checkout.esc.openValues("sophia", "development-intake") as { rotation: { gong: object } };
    assert.deepEqual(values.rotation.gong, {
      current: "a",
      slots: { a: { generation: 2 } },
      phase: "idle",
      rotatedAt: "2026-11-01T00:00:00.000Z",
    });
  });

  it("defect 6: an import goes into Pulumi ESC, encrypted there, and into no stack configuration", async () => {
    const settings = await checkout.get("Pulumi.development.yaml");
    await checkout.put(
      ".env",
      "GONG_API_KEY=canary-key-6\nGONG_API_SECRET=canary-secret-6\nGONG_BASE_URL=https://us-6.api.gong.io\n",
    );
    await succeed("import-env");
    assert.deepEqual(stored().gong, {
      slots: { a: { GONG_API_KEY: "canary-key-6", GONG_API_SECRET: "canary-secret-6" } },
      settings: { GONG_BASE_URL: "https://us-6.api.gong.io" },
    });
    assert.match(text(), /GONG_API_KEY:\s+fn::secret:/);
    assert.match(text(), /GONG_BASE_URL: '?https:\/\/us-6\.api\.gong\.io'?$/m);
    assert.doesNotMatch(text(), /canary/);
    assert.equal(await checkout.get("Pulumi.development.yaml"), settings);
  });

  it("defect 8: a line that cannot be read is named by its number, without a word of it", async () => {
    await checkout.put(".env", "GONG_BASE_URL=https://us-8.api.gong.io\ncanary-line-8 is no assignment\n");
    const result = await checkout.cli("import-env");
    assert.equal(result.code, 2, said(result));
    assert.match(result.stderr, /line 2 is no NAME=VALUE/);
    assert.doesNotMatch(checkout.transcript.join(""), /canary/);
  });

  it("defect 8: no part of a secret is shown, neither its first nor its last characters", async () => {
    await checkout.put(".env", "GONG_API_KEY=abcd-canary-wxyz\nGONG_API_SECRET=efgh-canary-stuv\n");
    await succeed("import-env --dry-run");
    await succeed("import-env");
    await succeed("import-env --json");
    await succeed("export-env");
    assert.doesNotMatch(checkout.transcript.join(""), /canary|abcd|wxyz|efgh|stuv/);
  });

  it("defect 9: what is written can be read by its owner only, whatever the umask is, and no copy of it is left", async () => {
    await checkout.put(".env", "GONG_API_KEY=canary-key-9\nGONG_API_SECRET=canary-secret-9\n");
    await succeed("import-env");
    const before = await files();
    await succeed("export-env");
    await succeed("export-env --force");
    assert.equal((await stat(join(checkout.folder, ".env.new"))).mode & 0o777, 0o600);
    assert.deepEqual(await files(), [...before, ".env.new"].sort());
  });

  it("defect 9: a file that is there is kept where the export fails", async () => {
    await checkout.put(".env.new", "KEEP=1\n");
    assert.equal((await checkout.cli("export-env --force")).code, 6, "there is nothing to export from");
    assert.equal((await checkout.cli("export-env")).code, 2);
    assert.equal(await checkout.get(".env.new"), "KEEP=1\n");
  });

  it("defect 10: `export`, quotes, comments and several lines are read as a shell and dotenv read them", async () => {
    const lines = [
      'export GONG_API_KEY="canary key 10" # a comment',
      "GONG_API_SECRET='canary-secret-10'",
      "SOME_TOKEN=canary-bare # a comment",
      'SOME_LINES="-----BEGIN KEY-----\ncanary-body\n-----END KEY-----"',
    ];
    await checkout.put(".env", `\uFEFF${lines.join("\r\n")}\r\n`);
    await succeed("import-env");
    assert.deepEqual(stored().gong?.slots?.a, { GONG_API_KEY: "canary key 10", GONG_API_SECRET: "canary-secret-10" });
    assert.deepEqual(stored().other?.settings, {
      SOME_TOKEN: "canary-bare",
      SOME_LINES: "-----BEGIN KEY-----\ncanary-body\n-----END KEY-----",
    });
  });

  it("defect 10: one bad line stores nothing, and that is no success", async () => {
    await checkout.put(".env", "GONG_API_KEY=canary-key-10\nthis line is none\n");
    assert.equal((await checkout.cli("import-env")).code, 2);
    assert.deepEqual(checkout.esc.revisions("sophia", "development-intake"), []);
  });

  it("defect 11: an export holds every value as it is, secrets and keys that begin with KEY included", async () => {
    const values = {
      KEYCLOAK_URL: "https://keycloak.example.com",
      KEY: "canary-one",
      SPACED: "canary   three   blanks",
      EQUALS: "a=b==c",
      TABLE: "KEY  VALUE  [secret]x",
    };
    const assignments = Object.entries(values).map(([name, value]) => `${name}='${value}'`);
    await checkout.put(".env", assignments.join("\n"));
    await succeed("import-env");
    await succeed("export-env");
    assert.deepEqual({ ...parseDotenv(await checkout.get(".env.new")) }, values);
  });

  it("defect 11: a name that no program could read is refused, not written", async () => {
    await checkout.put(".env", "snowflake:account=canary\n");
    assert.equal((await checkout.cli("import-env")).code, 2);
    assert.deepEqual(checkout.esc.revisions("sophia", "development-intake"), []);
  });

  it("defect 11: a stack without values gives no empty file, and no success", async () => {
    checkout.esc.edit("sophia", "development-intake", "values: {}\n");
    const result = await checkout.cli("export-env");
    assert.equal(result.code, 6, said(result));
    assert.ok(!(await files()).includes(".env.new"));
  });

  it("defect 28: a second import leaves each key once, all secrets encrypted, and no backup environment", async () => {
    await checkout.put(".env", "GONG_API_KEY=canary-first\nGONG_API_SECRET=canary-first\nSOME_OTHER=canary-first\n");
    await succeed("import-env");
    await checkout.put(".env", "GONG_API_KEY=canary-second\nGONG_API_SECRET=canary-second\nSOME_OTHER=canary-second\n");
    await succeed("import-env");
    // A duplicate key is an error of the parser.
    const document = parseDocument(text(), { uniqueKeys: true });
    assert.deepEqual(document.errors, []);
    assert.equal(text().match(/fn::secret/g)?.length, 3);
    assert.deepEqual(
      [stored().gong?.slots?.a.GONG_API_KEY, stored().other?.settings?.SOME_OTHER],
      ["canary-second", "canary-second"],
    );
    const made = checkout.esc
      .requests()
      .filter(({ method, path }) => method === "POST" && /environments\/payready(\/sophia)?$/.test(path));
    assert.equal(made.length, 1, "one environment was made");
  });

  it("defect 28: where nothing is set up there is an error, not an empty report", async () => {
    for (const verb of ["export-env", "audit", "status", "validate"]) {
      const outside = await checkout.cli(verb, { cwd: "/" });
      assert.deepEqual([outside.code, outside.stdout], [2, ""], said(outside));
      assert.match(outside.stderr, /^error: There is no Pulumi\.yaml in this folder or above it\./);
      const unknown = await checkout.cli(`${verb} --stack nobodys`);
      assert.deepEqual([unknown.code, unknown.stdout], [2, ""], said(unknown));
      assert.match(unknown.stderr, /^error: There is no stack nobodys/);
    }
  });
});
