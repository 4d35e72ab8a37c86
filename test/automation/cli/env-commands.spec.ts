/** Do the guide's lines for env files work as written? The real command line in a checkout of its own, ESC's stand-in at the other end. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse as parseDotenv } from "dotenv";
import { parse as parseYaml } from "yaml";
import { CONTROL_VARIABLES } from "../../../automation/settings";
import { publishedDefinition, settingReference, slotReference } from "../../../components/esc-definitions";
import { type EscStandIn } from "../../../sandbox/esc";
import { Canaries } from "../../support/canaries";
import { ESC_TOKEN, startEscCheckout, type EscCheckout } from "../../support/esc-checkout";
import { startTinyEsc } from "../../support/tiny-esc";
import { CHECKOUT, runChild, said, type ChildResult } from "../../support/sandbox";

const KEY = "canary-gong-key '\"\\ $ ${HOME} $${x} `id` {{y}} ключ";
const SECRET = "canary-gong-secret: \\n\\ ${values.services} $(id) %0A ::add-mask:: =grüße";
const PEM =
  '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg+/canary-pem-body\'AASC\n"${x}" \\ # no comment\n-----END PRIVATE KEY-----\n';
const OTHER = "canary-other  \twith \"quotes\" and 'these', #hash\n!!binary *alias";
const HOSTILE = { GONG_API_KEY: KEY, GONG_API_SECRET: SECRET, SNOWFLAKE_PRIVATE_KEY: PEM, SOME_OTHER: OTHER };
describe("import-env and export-env", function () {
  this.timeout(60_000);
  let checkout: EscCheckout;
  let esc: EscStandIn;
  let folder: string;
  const canaries = new Canaries();
  const transcript: string[] = [];
  for (const [name, value] of Object.entries(HOSTILE)) canaries.add(name, value);

  beforeEach(async () => {
    checkout = await startEscCheckout();
    ({ esc, folder } = checkout);
  });
  afterEach(() => checkout.dispose());

  /** The guide's line after the script's name. */
  async function cli(
    line: string,
    options: { stdin?: string; env?: Record<string, string> } = {},
  ): Promise<ChildResult> {
    const controls = CONTROL_VARIABLES.filter((name) => name !== "PULUMI_ACCESS_TOKEN");
    const env = { ...Object.fromEntries(controls.map((name) => [name, `control-${name}`])), ...options.env };
    const result = await checkout.cli(line, { ...options, env });
    transcript.push(result.stdout, result.stderr);
    return result;
  }
  async function succeed(line: string, options: Parameters<typeof cli>[1] = {}): Promise<ChildResult> {
    const result = await cli(line, options);
    assert.equal(result.code, 0, said(result));
    return result;
  }
  async function refused(line: string, options: Parameters<typeof cli>[1] = {}): Promise<string> {
    const result = await cli(`${line} --json`, options);
    assert.equal(result.code, 2, said(result));
    return (JSON.parse(result.stderr) as { error: { code: string } }).error.code;
  }
  const put = (name: string, text: string) => writeFile(join(folder, name), text);
  const get = (name: string) => readFile(join(folder, name), "utf8");
  const revisions = (stack = "development") => esc.revisions("sophia", `${stack}-intake`).length;
  type Stored = {
    services: Record<string, { settings?: Record<string, string>; slots?: { a: Record<string, string> } }>;
  };
  const stored = (stack = "development") => (esc.openValues("sophia", `${stack}-intake`) as Stored).services;
  /** Puts the hostile values in, in a form that only JSON's reader has to understand. */
  const seed = (stack = "development", values: Readonly<Record<string, string>> = HOSTILE) => {
    const secret = (text = "") => ({
      "fn::fromBase64": { "fn::secret": Buffer.from(text, "utf8").toString("base64") },
    });
    const { GONG_API_KEY, GONG_API_SECRET, SNOWFLAKE_PRIVATE_KEY, ...other } = values;
    const definition = {
      values: {
        services: {
          gong: { slots: { a: { GONG_API_KEY: secret(GONG_API_KEY), GONG_API_SECRET: secret(GONG_API_SECRET) } } },
          snowflake: { settings: { SNOWFLAKE_PRIVATE_KEY: secret(SNOWFLAKE_PRIVATE_KEY) } },
          other: { settings: Object.fromEntries(Object.entries(other).map(([name, text]) => [name, secret(text)])) },
        },
      },
    };
    esc.edit("sophia", `${stack}-intake`, JSON.stringify(definition));
  };
  /** What `up` would publish of it. */
  const publish = (stack = "development") => {
    const gong = (name: string) => ({ reference: slotReference("gong", "a", name) });
    const variables = {
      GONG_API_KEY: gong("GONG_API_KEY"),
      GONG_ACCESS_KEY: gong("GONG_API_KEY"),
      GONG_API_SECRET: gong("GONG_API_SECRET"),
      SNOWFLAKE_PRIVATE_KEY: { reference: settingReference("snowflake", "SNOWFLAKE_PRIVATE_KEY") },
      SNOWFLAKE_USER: { text: "SOPHIA_SERVICE_A" },
    };
    esc.edit("sophia", `${stack}-secrets`, "values:\n  fingerprintKey: {fn::secret: key-of-the-fingerprints}\n");
    const imports = [`sophia/${stack}-intake`, `sophia/${stack}-secrets`];
    esc.edit("sophia", stack, publishedDefinition({ imports, variables }));
  };

  it("works as the guide says, one line after the other", async () => {
    await put(".env", "GONG_API_KEY='canary-guide-key-1'\nGONG_API_SECRET=canary-guide-secret\nSOME_OTHER=x1\n");
    await succeed("import-env --env-file .env --stack development");
    assert.equal(stored().gong?.slots?.a.GONG_API_KEY, "canary-guide-key-1");
    assert.equal(stored().other?.settings?.SOME_OTHER, "x1");
    assert.equal(revisions(), 2, "made, then one revision");
    await succeed("import-env --env-file .env --stack production");
    await succeed("export-env --env-file .env.new --stack production");
    assert.deepEqual(parseDotenv(await get(".env.new")), {
      GONG_API_KEY: "canary-guide-key-1",
      GONG_ACCESS_KEY: "canary-guide-key-1",
      GONG_API_SECRET: "canary-guide-secret",
      SOME_OTHER: "x1",
    });
  });

  it("brings hostile values there and back, and an import of its own export writes nothing", async () => {
    seed();
    publish();
    const first = await succeed("export-env");
    const text = await get(".env.new");
    const expected = { ...HOSTILE, GONG_ACCESS_KEY: KEY, SNOWFLAKE_USER: "SOPHIA_SERVICE_A" };
    assert.deepEqual({ ...parseDotenv(text) }, expected);
    // Both have quotes of every kind in them.
    assert.equal(
      first.stderr,
      "note: python-dotenv does not read SNOWFLAKE_PRIVATE_KEY, SOME_OTHER from this file (back-ticks); --format json is for all.\n",
    );
    assert.match(text, /^# Do not commit.*\n# source: payready\/sophia\/development-intake revision 2\n# exported: 20/);
    assert.deepEqual(text.match(/^# (Snowflake|Gong|Other).*$/gm), [
      "# Snowflake",
      "# Gong",
      "# Other: no service declares these",
    ]);
    assert.match(first.stdout, /^\.env\.new: 6 variables of stack development \(snowflake 2, gong 3, other 1\)/);
    const again = await succeed("import-env --env-file .env.new");
    assert.match(again.stdout, /0 added, 0 changed, 6 the same, 0 skipped\n$/);
    assert.equal(revisions(), 2);
    await succeed("import-env --env-file .env.new --stack production --force");
    const before = revisions("production");
    await succeed("export-env --env-file .env.production --stack production");
    assert.deepEqual({ ...parseDotenv(await get(".env.production")) }, expected);
    await succeed("import-env --env-file .env.production --stack production");
    assert.equal(revisions("production"), before);
  });

  it("brings back what dotenv has no form for, and says who does not read it", async () => {
    const value = `canary-all-quotes '"\` #no \\"\n\\`;
    canaries.add("all quotes", value);
    seed("development", { ...HOSTILE, SOME_OTHER: value });
    const { stderr } = await succeed("export-env");
    assert.match(stderr, /^note: Node's dotenv does not read SOME_OTHER from this file;/m);
    await succeed("import-env --env-file .env.new --stack production --force");
    assert.equal(stored("production").other?.settings?.SOME_OTHER, value);
  });

  it("writes 0600 whatever the umask is, and leaves nothing beside it", async () => {
    seed();
    await succeed("export-env");
    assert.equal((await stat(join(folder, ".env.new"))).mode & 0o777, 0o600);
    const { stdout } = await promisify(execFile)("ls", ["-A"], { cwd: folder });
    assert.deepEqual(
      stdout.split("\n").filter((name) => name.startsWith(".env")),
      [".env.new"],
    );
  });

  it("keeps a file, a path that git would take, a tracked file and what a link points to; --force takes all but the link", async () => {
    seed();
    await put(".env.new", "keep=1\n");
    assert.equal(await refused("export-env"), "export.exists");
    assert.equal(await refused("export-env --env-file seen.txt"), "export.not_ignored");
    await put(".env.tracked", "");
    await promisify(execFile)("git", ["add", "-f", ".env.tracked"], { cwd: folder });
    await rm(join(folder, ".env.tracked"));
    assert.equal(await refused("export-env --env-file .env.tracked"), "export.not_ignored");
    await symlink("/dev/null", join(folder, ".env.link"));
    assert.equal(await refused("export-env --env-file .env.link --force"), "export.not_a_file");
    assert.equal(await refused("export-env --env-file missing/.env"), "export.no_folder");
    assert.equal(await get(".env.new"), "keep=1\n");
    assert.equal(esc.requests().length, 0, "refused before anything was opened");
    for (const name of [".env.new", "seen.txt", ".env.tracked"]) await succeed(`export-env --env-file ${name} --force`);
    assert.equal(parseDotenv(await get(".env.new")).SOME_OTHER, OTHER);
  });

  it("exports in every format, to standard output too, and only the chosen services", async () => {
    seed("development", { ...HOSTILE, SNOWFLAKE_PRIVATE_KEY: "one line" });
    const json = await cli("export-env --env-file - --format json");
    assert.deepEqual(JSON.parse(json.stdout), { ...HOSTILE, GONG_ACCESS_KEY: KEY, SNOWFLAKE_PRIVATE_KEY: "one line" });
    const yaml = await cli("export-env --env-file - --format yaml --service other");
    assert.deepEqual(parseYaml(yaml.stdout), { SOME_OTHER: OTHER });
    const shell = await cli("export-env --env-file - --format shell --service gong");
    const script = `${shell.stdout}\nprintf %s "$GONG_API_KEY"`;
    assert.equal((await promisify(execFile)("/bin/sh", ["-c", script])).stdout, KEY);
    const docker = await cli("export-env --env-file - --format docker --service gong");
    assert.ok(docker.stdout.includes(`\nGONG_API_SECRET=${SECRET}\n`));
    transcript.splice(-8);
    assert.equal(await refused("export-env --env-file .env.d --format docker"), "export.unwritable");
    assert.equal(await refused("export-env --service nonsense"), "cli.unknown_service");
    assert.equal(await refused("export-env --env-file -"), "cli.conflicting_options");
  });

  it("masks every line of every secret before it hands them to a GitHub Actions job", async () => {
    seed();
    publish();
    assert.equal(await refused("export-env --format github-env"), "cli.conflicting_options");
    assert.equal((await cli("export-env --format github-env")).code, 2);
    await put("github-env", "BEFORE=1\n");
    const env = { GITHUB_ACTIONS: "true", GITHUB_ENV: join(folder, "github-env") };
    const { stdout } = await succeed("export-env --format github-env", { env });
    transcript.splice(-2);
    const masks = stdout.trimEnd().split("\n");
    assert.ok(masks.every((line) => line.startsWith("::add-mask::")));
    const masked = masks.map((line) => line.slice("::add-mask::".length).replaceAll("%25", "%"));
    const secretLines = Object.values(HOSTILE).flatMap((value) => value.split("\n").filter((line) => line !== ""));
    assert.deepEqual([...masked].sort(), [...secretLines].sort());
    const text = await get("github-env");
    const [, delimiter = ""] = /^SOME_OTHER<<(EOF_[0-9a-f]{48})$/m.exec(text) ?? [];
    assert.ok(text.startsWith("BEFORE=1\n") && text.includes(`SOME_OTHER<<${delimiter}\n${OTHER}\n${delimiter}\n`));
    assert.ok(text.includes(`SNOWFLAKE_USER<<${delimiter}\nSOPHIA_SERVICE_A\n`), "plain values come unmasked");
  });

  it("refuses a controlling token under another name, and stores nothing of the file", async () => {
    await put(
      ".env",
      "GONG_BASE_URL=https://us-1.api.gong.io\nVERCEL_ACCESS_TOKEN=control-SOPHIA_VERCEL_CONTROL_TOKEN\n",
    );
    const result = await cli("import-env --env-file .env --stack development");
    assert.equal(result.code, 2, said(result));
    assert.match(
      result.stderr,
      /^error: VERCEL_ACCESS_TOKEN, as handed over, is a controlling token of this tool; nothing was changed\./,
    );
    assert.equal(
      esc.requests().some(({ method }) => method === "PATCH"),
      false,
    );
  });

  it("refuses what cannot be real, all or nothing, and takes it with --force", async () => {
    const text = "GONG_API_KEY=your-gong-api-key\nGONG_API_SECRET=[secret]\nSOME_OTHER=canary-real\nESTUARY_API_KEY=\n";
    await put(".env", `${text}GITHUB_TOKEN=canary-control\nSOPHIA_SNOWFLAKE_ADMIN_PASSWORD=canary-admin\n`);
    const dry = await cli("import-env --dry-run --json");
    assert.equal(dry.code, 1, said(dry));
    const { lines } = JSON.parse(dry.stdout) as { lines: { name: string; action: string; reason?: string }[] };
    assert.deepEqual(
      lines.map(({ name, action, reason }) => [name, action, reason].join(" ").trim()),
      [
        "GONG_API_KEY refuse placeholder",
        "GONG_API_SECRET refuse mask",
        "SOME_OTHER add",
        "ESTUARY_API_KEY skip empty",
        "GITHUB_TOKEN skip controlling token",
        "SOPHIA_SNOWFLAKE_ADMIN_PASSWORD skip controlling token",
      ],
    );
    assert.equal(await refused("import-env"), "import.refused");
    assert.equal(revisions(), 0);
    await succeed("import-env --force");
    assert.equal(stored().gong?.slots?.a.GONG_API_KEY, "your-gong-api-key");
    assert.deepEqual(Object.keys(stored().other?.settings ?? {}), ["SOME_OTHER"]);
  });

  it("shows names and the stack's own fingerprints at --dry-run, and writes nothing", async () => {
    seed();
    publish();
    await put(".env", `GONG_API_SECRET=canary-new-secret\nNEW=canary-new\nSNOWFLAKE_USER=SOPHIA_SERVICE_A\n`);
    const { stdout } = await succeed("import-env --dry-run");
    assert.match(stdout, /^ {2}change {2}GONG_API_SECRET {2}\(gong\) {2}[0-9a-f]{12}$/m);
    assert.match(stdout, /^ {2}add {5}NEW {2}\(other\) {2}[0-9a-f]{12}$/m);
    assert.match(stdout, /^ {2}same {4}SNOWFLAKE_USER {2}\(snowflake\) {2}[0-9a-f]{12}$/m);
    assert.equal(revisions(), 2, "only what the seed wrote");
    await succeed("import-env --service other");
    assert.equal(stored().gong?.slots?.a.GONG_API_SECRET, SECRET);
    assert.equal(stored().other?.settings?.NEW, "canary-new");
  });

  it("does not let an older file overwrite what is newer, or a file another stack, without --force", async () => {
    seed();
    await succeed("export-env --service other");
    await put("new", "SOME_OTHER=canary-newer\n");
    await succeed("import-env --env-file new");
    await succeed("import-env --env-file .env.new");
    assert.equal(stored().other?.settings?.SOME_OTHER, "canary-newer");
    assert.equal(await refused("import-env --env-file .env.new --stack production"), "import.stale");
    assert.equal(revisions("production"), 0);
    await succeed("import-env --env-file .env.new --force");
    assert.equal(stored().other?.settings?.SOME_OTHER, OTHER);
  });

  it("stores an old name under the new one and says so; two values for one variable are refused", async () => {
    await put(".env", "VERCEL_API_TOKEN=canary-vercel-token\n");
    const { stderr } = await succeed("import-env");
    assert.match(stderr, /^warning: VERCEL_API_TOKEN is an old name; it is stored as VERCEL_ACCESS_TOKEN\.$/m);
    assert.equal(stored().vercel?.slots?.a.VERCEL_ACCESS_TOKEN, "canary-vercel-token");
    await put(".env", "GONG_API_KEY=canary-one\nGONG_ACCESS_KEY=canary-two\n");
    assert.equal(await refused("import-env"), "import.refused");
  });

  it("reads standard input, and says which line is bad without a word of it", async () => {
    await succeed("import-env --env-file -", { stdin: "SOME_OTHER=canary-from-stdin\r\n" });
    assert.equal(stored().other?.settings?.SOME_OTHER, "canary-from-stdin");
    const bad = await cli("import-env --env-file -", { stdin: "A=1\ncanary-bad-line\n" });
    assert.equal(bad.code, 2);
    assert.match(
      bad.stderr,
      /^error: standard input cannot be read as an env file; nothing was changed\. line 2 is no NAME=VALUE\.$/m,
    );
    assert.equal(await refused("import-env --env-file nowhere"), "import.unreadable");
  });

  it("keeps comments and keys of others when it writes, and says what is not there to export", async () => {
    esc.edit("sophia", "development-intake", "# ours\nvalues:\n  theirs: {a: 1} # keep\n");
    assert.equal((await cli("export-env")).code, 6);
    await put(".env", "SOME_OTHER=canary-kept\n");
    await succeed("import-env");
    assert.match(esc.text("sophia", "development-intake"), /^# ours\nvalues:\n {2}theirs: \{ ?a: 1 ?\} # keep\n/);
  });

  it("merges a foreign change of other keys, and stops at one of its own", async () => {
    const tiny = await startTinyEsc(ESC_TOKEN);
    const env = { SOPHIA_ESC_URL: tiny.url };
    const intake = (settings: string) => `values:\n  services:\n    other:\n      settings: {${settings}}\n`;
    try {
      await put(".env", "MINE=canary-mine\n");
      for (const [foreign, code] of [["THEIRS: new", 0] as const, ["THEIRS: new, MINE: taken", 1] as const]) {
        tiny.write("development-intake", intake("THEIRS: old"));
        tiny.beforeUpdate = () => {
          tiny.beforeUpdate = undefined;
          tiny.write("development-intake", intake(foreign));
        };
        const result = await cli("import-env", { env });
        assert.equal(result.code, code, said(result));
        assert.ok(tiny.text("development-intake").includes("THEIRS: new"));
        assert.equal(tiny.text("development-intake").includes("canary-mine"), code === 0);
      }
    } finally {
      await tiny.close();
    }
  });

  it("gets --env-file itself when it is started as a program: Node 20 would take it", async () => {
    const command = join(CHECKOUT, "bin", "sophia-secrets.js");
    const words = ["export-env", "--env-file", "not-there-yet", "--help"];
    const result = await runChild(command, words, { env: { PATH: process.env.PATH ?? "" }, cwd: folder });
    assert.equal(result.code, 0, said(result));
  });

  after(() => {
    for (const text of ["canary-guide-key-1", "canary-guide-secret", "canary-real", "canary-control", "canary-admin"])
      canaries.add(text, text);
    for (const text of [
      "canary-new-secret",
      "canary-newer",
      "canary-vercel-token",
      "canary-from-stdin",
      "canary-bad-line",
    ])
      canaries.add(text, text);
    assert.deepEqual(canaries.inText("what was printed", transcript.join("\n")), []);
  });
});
