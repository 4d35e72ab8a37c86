/** Does any command let a secret out? Marked values in every channel, every verb of the command line, talkative and quiet, well served and badly. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createGongAdmin } from "../../sandbox/gong-admin";
import { ArgumentWatch, Canaries, collectSecrets } from "../support/canaries";
import { copyCheckout, type CheckoutCopy } from "../support/checkout";
import { said, startSpecSandbox, type ChildOptions, type ChildResult, type SpecSandbox } from "../support/sandbox";

/** A value that no program makes by chance, with what every encoding changes. */
const mark = (name: string) => `canary-${name}-"7/+ &<ü>%`;

/** Nobody but whoever planted these knows them, so no redactor can: what holds them must not be shown at all. */
const UNKNOWN = {
  comment: mark("comment"),
  badLine: mark("bad-line"),
  environment: mark("environment"),
  errorBody: mark("error-body"),
  notes: mark("notes"),
};

const ENV_FILE = `# ${UNKNOWN.comment}
GONG_BASE_URL=https://us-1.api.gong.io # ${UNKNOWN.comment}
export SOPHIA_OTHER='${mark("other")}'
SOPHIA_LINES='-----BEGIN PRIVATE KEY-----
${mark("first-line")}
${mark("second-line")}
-----END PRIVATE KEY-----'
`;

/** What a service may send back: whatever it was sent, in the forms in which programs quote it. */
const echo = (values: readonly (string | undefined)[]) => {
  const texts = values.flatMap((value) => (value ? [value, Buffer.from(value).toString("base64")] : []));
  return { message: texts.join(" "), error: { message: texts.join(" ") }, errors: [{ message: texts.join(" ") }] };
};

/**
 * The lines of every verb, in an order in which they can be run: `up` and what goes through it come first and last. Where a line is to write a
 * file, the file is one of {@link MEANT}. What needs the engine stands here in one form, and in the other among those that are {@link REFUSED}.
 */
const LINES: readonly string[] = [
  ...["import-env --dry-run --json", "import-env", "import-env --env-file bad.env", "import-env --force"],
  ...["up", "preview --json"],
  ...["export-env --env-file .env.out --force --json", "export-env --env-file .env.out --force"],
  ...["export-env --env-file .env.out", "status", "status --json"],
  ...["test --output .env.test.json", "test gong --source env-file --env-file .env.out --json"],
  ...["validate", "validate --json", "doctor", "doctor --json"],
  ...["services --json", "services show", "template", "template --json", "completion bash"],
  ...["audit", "audit --format html --output audit.html --json", "audit --offline --format sarif --output -"],
  ...["audit --access --output none", "audit --access --json --output none", "audit --usage", "audit --usage --json"],
  ...["metrics", "metrics --json", "metrics --format otlp-json"],
  ...["report --test --output report.html", "report --json", "report --output -"],
  ...["list --json", "prune --json"],
  ...["sync-github --dry-run", "sync-github --repo payready/sophia --environment production --json"],
  ...["sync-github-org --dry-run", "sync-vercel --force --json"],
  ...["run -- SHOW", "rotate --schedule", "rotate --dry-run --json"],
  ...["rotate --service all --grace 0 --from-file GONG", "sandbox status", "sandbox status --json"],
];

/** Lines for services that refuse: with a status and in a form each, those that ask ESC first and those that get past it. */
const REFUSED = [
  { status: 403, isEsc: true, lines: ["status", "up", "preview"] },
  {
    ...{ status: 403, isEsc: false },
    lines: [
      "test",
      "doctor",
      "audit",
      "list",
      "prune",
      "sync-github",
      "sync-vercel --force",
      "rotate --service vercel",
    ],
  },
  { status: 422, isEsc: true, lines: ["up --json"] },
  {
    status: 422,
    isEsc: false,
    lines: ["test --json", "doctor --json", "sync-github --json", "sync-github-org --json"],
  },
] as const;

/** What these print is for a program or a shell, in one form. */
const ONE_FORM = ["completion", "run"];

/** Files that hold values because they are asked to. */
const MEANT = [".env", "bad.env", ".env.out", "secrets_config.json"];

describe("marked values in every channel", function () {
  this.timeout(600_000);
  let sandbox: SpecSandbox;
  let copy: CheckoutCopy;
  let watch: ArgumentWatch;
  let arguments_: readonly string[] = [];
  const canaries = new Canaries();
  /** The verbs that were run, in words and with `--json`. */
  const forms = { words: new Set<string>(), json: new Set<string>() };

  before(async () => {
    sandbox = await startSpecSandbox({ asChildren: true });
    copy = await copyCheckout();
    for (const [name, value] of Object.entries(UNKNOWN)) canaries.add(name, value);
    for (const name of ["other", "first-line", "second-line", "configuration"]) canaries.add(name, mark(name));
    await writeFile(join(copy.folder, ".env"), ENV_FILE, { mode: 0o600 });
    await writeFile(join(copy.folder, "bad.env"), `${ENV_FILE}${UNKNOWN.badLine}\n`, { mode: 0o600 });
    // Has to be there: Node 20 takes an --env-file behind the script's name for its own as well.
    await writeFile(join(copy.folder, ".env.out"), "OLD=1\n", { mode: 0o600 });
    const notes = { services: { [UNKNOWN.notes]: UNKNOWN.notes }, pulumi: {}, github_repo: { repo: UNKNOWN.notes } };
    await writeFile(join(copy.folder, "secrets_config.json"), JSON.stringify(notes));
    const secret = ["config", "set", "--secret", "sophia:legacyToken", "--stack", "development"];
    const set = await sandbox.pulumi(secret, { stdin: mark("configuration") });
    assert.equal(set.code, 0, said(set));
    watch = new ArgumentWatch();
    collectSecrets(canaries, sandbox);
  });
  after(async () => {
    watch?.stop();
    await copy?.dispose();
    await sandbox?.dispose();
  });

  /** Runs a line in the copy; `SHOW` is a program that prints every secret it got, `GONG` a file with a new pair. */
  async function run(line: string, options: ChildOptions = {}): Promise<ChildResult> {
    const words = await Promise.all(line.split(" ").map(replaceWord));
    const result = await sandbox.cli(words.flat(), {
      ...{ cwd: copy.folder, ...options },
      env: { SOME_SESSION_TOKEN: UNKNOWN.environment, ...options.env },
    });
    collectSecrets(canaries, sandbox);
    forms[words.flat().includes("--json") ? "json" : "words"].add(words[0]?.[0] ?? "");
    assert.notEqual(result.code, 255, `${line}: a defect: ${said(result)}`);
    assert.deepEqual(canaries.inText(line, result.stdout), [], line);
    assert.deepEqual(canaries.inText(line, result.stderr), [], line);
    return result;
  }

  async function replaceWord(word: string): Promise<string[]> {
    const names =
      "Object.entries(process.env).filter(([name]) => /GONG|SNOWFLAKE|VERCEL|ESTUARY|^SOPHIA_O/.test(name))";
    if (word === "SHOW") return [process.execPath, "-e", `for (const [, value] of ${names}) console.log(value)`];
    if (word !== "GONG") return [word];
    const { accessKey, secret } = await createGongAdmin(sandbox.gong.url, sandbox.adminToken).makeKey();
    canaries.add("new key", accessKey);
    canaries.add("new secret", secret);
    return [await sandbox.input("gong.json", JSON.stringify({ GONG_API_KEY: accessKey, GONG_API_SECRET: secret }))];
  }

  it("come out of no verb, in words or in JSON, with --verbose", async () => {
    for (const line of LINES) {
      const { stdout } = await run(line.includes(" -- ") ? line.replace(" ", " --verbose ") : `${line} --verbose`);
      if (line === "run -- SHOW") assert.match(stdout, /\[secret\]/, "the program did get values");
    }
  });

  it("come out of no verb when every service refuses and sends back what it was sent", async () => {
    const { PULUMI_ACCESS_TOKEN, GITHUB_TOKEN, ...others } = sandbox.variables as Record<string, string>;
    const published = sandbox.published();
    const sent: Readonly<Record<string, readonly (string | undefined)[]>> = {
      esc: [PULUMI_ACCESS_TOKEN],
      github: [GITHUB_TOKEN],
      vercel: [others.SOPHIA_VERCEL_CONTROL_TOKEN, published.VERCEL_ACCESS_TOKEN],
      snowflake: [others.SOPHIA_SNOWFLAKE_ADMIN_PASSWORD, published.SNOWFLAKE_PASSWORD],
      gong: [published.GONG_API_KEY, published.GONG_API_SECRET],
      estuary: [others.SOPHIA_ESTUARY_CONTROL_TOKEN, published.ESTUARY_API_KEY],
    };
    const known = Object.keys(sent);
    const named = sandbox.standIns().map((standIn) => [standIn.name.toLowerCase(), standIn] as const);
    const nameOf = (name: string) => known.find((word) => name.includes(word)) ?? assert.fail(`who is ${name}?`);
    for (const { status, isEsc, lines } of REFUSED) {
      for (const [name, standIn] of named.filter(([name]) => (nameOf(name) === "esc") === isEsc)) {
        const body = { ...echo(sent[nameOf(name)] ?? []), detail: UNKNOWN.errorBody };
        standIn.addFault({ times: 1000, effect: { kind: "status", status, body } });
      }
      for (const line of lines) {
        const { code } = await run(`${line} --verbose`);
        assert.notEqual(code, 0, line);
      }
      for (const [, standIn] of named) standIn.clearFaults();
    }
  });

  it("were looked for in both forms of every verb that there is", async () => {
    const { stdout } = await run("--help");
    const verbs = [...stdout.matchAll(/^ {2}([a-z][a-z-]+) .*$/gm)].map(([, verb = ""]) => verb);
    const all = [...new Set(verbs)].filter((verb) => verb !== "help").sort();
    assert.ok(all.length > 15, all.join());
    const missing = ({ words, json }: typeof forms) => [
      ...all.filter((verb) => !words.has(verb)),
      ...all.filter((verb) => !json.has(verb) && !ONE_FORM.includes(verb)),
    ];
    assert.deepEqual(missing(forms), []);
  });

  it("come out of no verb when the environment holds what is not usable", async () => {
    for (const [name, line] of [
      ["PULUMI_ACCESS_TOKEN", "status"],
      ["GITHUB_TOKEN", "sync-github --dry-run"],
      ["SOPHIA_ESC_URL", "status"],
      ["SOPHIA_GITHUB_URL", "list"],
      ["PULUMI_STACK", "status"],
    ] as const) {
      const result = await run(`${line} --verbose`, { env: { [name]: `x${mark("session")}` } });
      assert.notEqual(result.code, 0, `${name}: ${said(result)}`);
    }
  });

  it("stand in no file that was not asked to hold them", async () => {
    arguments_ = watch.stop();
    const meant = MEANT.map((name) => join(copy.folder, name));
    const settings = await readFile(join(copy.folder, "Pulumi.development.yaml"), "utf8");
    assert.deepEqual(canaries.inText("settings", settings), []);
    const found = (await canaries.inFolder(copy.folder, meant)).filter((where) => !/\/node_modules\//.test(where));
    assert.deepEqual(found, []);
    assert.deepEqual(await canaries.inFolder(sandbox.directory, [join(sandbox.directory, "passphrase")]), []);
    for (const place of Object.values(sandbox.places)) assert.deepEqual(await canaries.inFolder(place), []);
  });

  it("were in no process's arguments", () => {
    if (process.platform === "linux") assert.ok(arguments_.some((line) => /sophia-secrets\.js rotate/.test(line)));
    assert.deepEqual(canaries.inText("arguments", arguments_.join("\n")), []);
  });

  it("are found where they are: the search itself works", async () => {
    assert.ok(canaries.count > 20, `${canaries.count} values`);
    for (const name of MEANT) {
      const text = await readFile(join(copy.folder, name), "utf8");
      assert.notDeepEqual(canaries.inText(name, text), [], name);
    }
  });
});
