/** Does the audit find what is wrong at the stores themselves, and does the command that it names mend each finding? On the real engine. */
import assert from "node:assert/strict";
import { chmod, copyFile, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AuditDocument } from "../../../automation/reports/audit-json";
import { type RuleId } from "../../../automation/audit/findings";
import { variablesFor } from "../../../services/select";
import { said, startSpecSandbox, type ChildResult, type SpecSandbox } from "../../support/sandbox";

const SOPHIA = { kind: "repository", repository: "sophia" } as const;
const WEB = { kind: "repository", repository: "sophia-web" } as const;
const PROJECT = "prj_123456789";
type Report = AuditDocument;

describe("audit", function () {
  this.timeout(240_000);
  let sandbox: SpecSandbox;
  /** A folder with the stack's settings and nothing else: where reports may lie. */
  let folder: string;
  const printed: string[] = [];
  /** The audit after the first `up`. */
  let first: Report;
  before(async () => {
    sandbox = await startSpecSandbox();
    folder = join(sandbox.directory, "work");
  });
  after(() => sandbox?.dispose());

  const run = async (
    words: readonly string[],
    env: Readonly<Record<string, string | undefined>> = {},
  ): Promise<ChildResult> => {
    const result = await sandbox.cli(["audit", ...words], { env, cwd: folder });
    printed.push(result.stdout, result.stderr);
    return result;
  };
  const report = async (
    exitCode = 0,
    words: readonly string[] = [],
    env?: Readonly<Record<string, string | undefined>>,
  ): Promise<Report> => {
    const result = await run([...words, "--json"], env);
    assert.equal(result.code, exitCode, said(result));
    return JSON.parse(result.stdout) as Report;
  };
  const found = ({ findings }: Report, rule: RuleId) => findings.filter((one) => one.rule === rule);
  const cellOf = ({ places }: Report, place: string, name: string) =>
    places.find((one) => one.place === place)?.variables.find(({ variable }) => variable === name);
  /** Runs a command as it is recommended; what others' command lines do is done to the stand-ins. */
  const obey = async (command: string): Promise<void> => {
    for (const part of command.split(" && ")) {
      const [, name = "", repository = ""] = /^gh secret delete (\w+) --repo payready\/([\w-]+)$/.exec(part) ?? [];
      const words = part.split(" ").map((word) => word.replace(/^'(.*)'$/, "$1"));
      if (name !== "")
        sandbox.github.editOutside({ kind: "repository", repository }, { secret: name, value: undefined });
      else if (part.startsWith("chmod 600 ")) await chmod(join(folder, words[2] ?? ""), 0o600);
      else {
        assert.match(part, /^(npx sophia-secrets|pulumi) /);
        const result = await (words[0] === "npx" ? sandbox.cli(words.slice(2)) : sandbox.pulumi(words.slice(1)));
        assert.equal(result.code, 0, `${part}: ${said(result)}`);
      }
    }
  };
  /** Times of secrets at GitHub are whole seconds. */
  const nextSecond = () => new Promise((resolve) => setTimeout(resolve, 1100));

  it("says that a stack was never brought up, with exit code 6, and which command does it", async () => {
    const never = await report(6);
    assert.equal(never.isSetUp, false);
    assert.deepEqual(never.recommendations, [
      "Stack development was never brought up: npx sophia-secrets up --stack development",
    ]);
    const last = Object.values(never.rotation_status).map((status) => status.last_rotation);
    assert.deepEqual(last, ["never", "never", "never", "never"]);
    await obey(never.findings[0]?.command ?? "");
  });

  it("shows a table, and keeps the report with the original's keys in a file that only its owner can read", async () => {
    const result = await run([]);
    assert.equal(result.code, 0, said(result));
    assert.match(result.stdout, /│ SNOWFLAKE_PASSWORD +│ =  │ =  │ =  │/);
    const [file = "", ...more] = (await readdir(folder)).filter((name) =>
      /^secrets_audit_\d{8}_\d{6}\.json$/.test(name),
    );
    assert.deepEqual(more, []);
    assert.match(result.stderr, new RegExp(`Saved in ${file}`));
    assert.equal((await stat(join(folder, file))).mode & 0o777, 0o600);
    first = JSON.parse(await readFile(join(folder, file), "utf8")) as Report;
    assert.deepEqual(Object.keys(first).slice(0, 4), ["schema", "version", "timestamp", "organization"]);
    assert.equal(first.isSetUp, true);
    assert.equal(first.sync_status.github_repo.status, "ok");
  });

  it("knows the age of what the program made from Pulumi's state, and does not know that of an import", () => {
    const facts = Object.entries(first.rotation_status).map(([name, { urgency, basis }]) => [name, urgency, basis]);
    assert.deepEqual(facts, [
      ["snowflake", "OK", "generated"],
      ["gong", "NEVER", "imported"],
      ["vercel", "OK", "generated"],
      ["estuary", "OK", "generated"],
    ]);
  });

  it("finds everything in step after an up, at every place", () => {
    const { places, findings } = first;
    const names = ["esc payready/sophia/development", "github payready/sophia", `vercel ${PROJECT}`];
    assert.deepEqual(
      places.map(({ place }) => place),
      names,
    );
    for (const { place, variables } of places) {
      assert.ok(variables.length >= 13, place);
      for (const cell of variables) assert.equal(cell.status, "in step", `${place} ${JSON.stringify(cell)}`);
    }
    assert.deepEqual(findings.map(({ rule }) => rule).sort(), ["password-user", "rotation-never"]);
    assert.match(
      findings.find(({ rule }) => rule === "password-user")?.message ?? "",
      /this stack uses one; see first that no program needs SNOWFLAKE_PASSWORD, which goes$/,
    );
  });

  it("finds places behind after an import, and the up brings them on", async () => {
    const file = await sandbox.input("newer.env", "GONG_BASE_URL=https://newer.example\n");
    const imported = await sandbox.cli(["import-env", "--env-file", file]);
    assert.equal(imported.code, 0, said(imported));
    const behind = found(await report(7, ["--fail-on", "drift"]), "destination-behind");
    assert.deepEqual(
      behind.map(({ place, variables }) => [place, variables]),
      [
        ["github payready/sophia", ["GONG_BASE_URL"]],
        [`vercel ${PROJECT}`, ["GONG_BASE_URL"]],
      ],
    );
    await obey(behind[0]?.command ?? "");
  });

  it("finds what others have done to the stores, and its commands, run in the order given, leave nothing of it", async () => {
    await nextSecond();
    const { SNOWFLAKE_PASSWORD: shared, GONG_API_SECRET: secret } = sandbox.published();
    sandbox.github.editOutside(SOPHIA, { secret: "GONG_ACCESS_KEY", value: undefined });
    sandbox.github.editOutside(SOPHIA, { secret: "GONG_API_SECRET", value: "theirs" });
    sandbox.github.editOutside(SOPHIA, { variable: "SNOWFLAKE_SCHEMA", value: "THEIRS" });
    sandbox.vercel.editOutside(PROJECT, "SNOWFLAKE_ROLE", "preview", "THEIRS");
    const text = sandbox.esc.text("sophia", "development");
    sandbox.esc.edit("sophia", "development", text.replace("values:", "values:\n  extra: 1"));
    const other = { values: { environmentVariables: { SNOWFLAKE_PASSWORD: { "fn::secret": shared } } } };
    sandbox.esc.edit("sophia", "production", JSON.stringify(other));
    // The settings of the sandbox know one stack; the other one's stand beside them.
    await copyFile(join(folder, "Pulumi.development.yaml"), join(folder, "Pulumi.production.yaml"));
    await writeFile(join(folder, ".env"), "");
    await chmod(join(folder, ".env"), 0o644);

    const audited = await report(1, ["--fail-on", "drift", "--fail-on", "missing"]);
    const rules = ["published-edited", "shared-value", "destination-edited", "destination-missing", "env-file-mode"];
    const troubles = audited.findings.filter(({ rule }) => rules.includes(rule));
    assert.deepEqual(
      troubles.map(({ rule, message }) => `${rule}: ${message.replace(/\d+/g, "N")}`),
      [
        "shared-value: SNOWFLAKE_PASSWORD of snowflake has the same value in stack production",
        "published-edited: payready/sophia/development was edited outside: revision N, written by us N",
        "destination-edited: github payready/sophia was edited outside: SNOWFLAKE_SCHEMA, GONG_API_SECRET",
        "destination-edited: vercel prj_N was edited outside: SNOWFLAKE_ROLE",
        "destination-missing: github payready/sophia lacks GONG_ACCESS_KEY",
        "env-file-mode: Others can read .env (mode N)",
      ],
    );
    assert.deepEqual(audited.missingAtDestinations, [{ place: "github payready/sophia", name: "GONG_ACCESS_KEY" }]);
    // The rotation writes the published environment as well, so the edit is mended by its own command first.
    const order = [...troubles.filter(({ rule }) => rule === "published-edited"), ...troubles];
    for (const command of new Set(order.map((one) => one.command))) await obey(command);

    const after = await report();
    assert.deepEqual(
      after.findings.filter(({ rule }) => rules.includes(rule)),
      [],
    );
    assert.equal(sandbox.github.openedSecret(SOPHIA, "GONG_API_SECRET"), secret);
    assert.equal(sandbox.github.openedSecret(SOPHIA, "GONG_ACCESS_KEY"), sandbox.published().GONG_API_KEY);
    assert.equal(sandbox.vercel.variable(PROJECT, "SNOWFLAKE_ROLE", "preview"), "SOPHIA_ROLE");
    assert.doesNotMatch(sandbox.esc.text("sophia", "development"), /extra/);
    assert.notEqual(sandbox.published().SNOWFLAKE_PASSWORD, shared);
    const { rotation_status: status, services } = after;
    assert.deepEqual([status.snowflake?.basis, services.snowflake?.phase], ["rotated", "draining"]);
  });

  it("finds what stands in clear in the intake or at GitHub, and keys that nobody declares, by their paths", async () => {
    const text = sandbox.esc.text("sophia", "development-intake");
    const edited = text.replace('"estuary": {', '"gone": {"settings": {"OLD": "in-clear-value"}}, "estuary": {');
    assert.notEqual(edited, text);
    sandbox.esc.edit("sophia", "development-intake", edited);
    sandbox.github.editOutside(SOPHIA, { variable: "GONG_API_KEY", value: "shown" });
    const audited = await report();
    assert.deepEqual(
      found(audited, "plaintext-secret").map(({ variables, command }) => [variables, command]),
      [
        [
          ["services.gone.settings.OLD"],
          "pulumi env set --secret payready/sophia/development-intake services.gone.settings.OLD",
        ],
        [
          ["GONG_API_KEY"],
          "gh variable delete GONG_API_KEY --repo payready/sophia && npx sophia-secrets sync-github --repo payready/sophia --stack development",
        ],
      ],
    );
    assert.deepEqual(
      found(audited, "unused-key").map(({ variables }) => variables),
      [["services.gone.settings.OLD"]],
    );
    assert.doesNotMatch(JSON.stringify(audited), /in-clear-value/);
    sandbox.esc.edit("sophia", "development-intake", text);
    sandbox.github.editOutside(SOPHIA, { variable: "GONG_API_KEY", value: undefined });
  });

  it("finds organization secrets that every repository reads, and its command ends that", async () => {
    const synced = await sandbox.cli(["sync-github-org", "--org", "payready", "--visibility", "all"]);
    assert.equal(synced.code, 0, said(synced));
    const [all] = found(await report(), "visible-to-all");
    assert.match(all?.message ?? "", /Every repository of payready, public ones included/);
    await obey(all?.command ?? "");
  });

  it("finds a repository's own secret that hides the organization's, and its command ends that", async () => {
    sandbox.github.addRepository("sophia-web");
    const words = ["sync-github-org", "--org", "payready", "--visibility", "selected", "--repositories", "sophia-web"];
    const synced = await sandbox.cli(words);
    assert.equal(synced.code, 0, said(synced));
    sandbox.github.editOutside(WEB, { secret: "GONG_API_KEY", value: "theirs" });
    const hidden = await report();
    assert.deepEqual(found(hidden, "visible-to-all"), []);
    const cell = cellOf(hidden, "github organization payready", "GONG_API_KEY");
    assert.deepEqual([cell?.status, cell?.evidence], ["shadowed", "hidden by github payready/sophia-web"]);
    const [shadow] = found(hidden, "destination-shadowed");
    assert.equal(shadow?.message, "github organization payready is hidden by nearer entries: GONG_API_KEY");
    await obey(shadow?.command ?? "");
    assert.equal(cellOf(await report(), "github organization payready", "GONG_API_KEY")?.status, "in step");
  });

  it("does not ask to delete an entry of this stack that was edited and so hides the organization's: one finding mends both", async () => {
    const value = sandbox.published().SNOWFLAKE_ROLE;
    sandbox.github.editOutside(SOPHIA, { variable: "SNOWFLAKE_ROLE", value: "THEIRS" });
    const hidden = await report();
    assert.equal(cellOf(hidden, "github organization payready", "SNOWFLAKE_ROLE")?.status, "shadowed");
    assert.deepEqual(found(hidden, "destination-shadowed"), []);
    assert.deepEqual(
      found(hidden, "destination-edited").map(({ place, variables }) => [place, variables]),
      [["github payready/sophia", ["SNOWFLAKE_ROLE"]]],
    );
    sandbox.github.editOutside(SOPHIA, { variable: "SNOWFLAKE_ROLE", value });
  });

  it("shows what --access and --usage find with --output none, as the audit itself does", async () => {
    const shown = async (...words: string[]) => (await sandbox.cli(["audit", ...words, "--output", "none"])).stdout;
    assert.match(await shown("--access", "--review", "none"), /^Who may read what: stack development of payready/);
    assert.match(await shown("--usage"), /^How credentials were used: stack development of payready/);
  });

  it("leaves a place that does not answer unknown, with exit code 1, and judges the others", async () => {
    const audited = await report(1, [], { SOPHIA_VERCEL_URL: "http://127.0.0.1:9" });
    assert.equal(cellOf(audited, `vercel ${PROJECT}`, "GONG_API_KEY")?.status, "unknown");
    assert.equal(cellOf(audited, "github payready/sophia", "GONG_API_KEY")?.status, "in step");
    assert.deepEqual(
      found(audited, "unreadable").map(({ place }) => place),
      [`vercel ${PROJECT}`],
    );
  });

  it("says of a token that ESC refuses what to do, and reports nothing", async () => {
    const result = await run(["--json"], { PULUMI_ACCESS_TOKEN: "pul-wrong" });
    assert.ok(result.code === 2 || result.code === 3, said(result));
    assert.match(result.stderr, /PULUMI_ACCESS_TOKEN/);
    assert.equal(result.stdout, "");
  });

  it("goes on where the intake or the state cannot be read, and says which", async () => {
    const text = sandbox.esc.text("sophia", "development-intake");
    sandbox.esc.edit("sophia", "development-intake", "values: {rotation: 3}");
    const [malformed] = found(await report(1), "unreadable");
    assert.match(malformed?.message ?? "", /Not read: the intake\. .*malformed at values\.rotation/);
    sandbox.esc.edit("sophia", "development-intake", text);
    const state = join(sandbox.directory, "state", ".pulumi", "stacks", "sophia", "development.json");
    const whole = await readFile(state, "utf8");
    await writeFile(state, '{"version":3,"checkpoint":{"latest":{"resources":"none"}}}');
    assert.match(found(await report(1), "unreadable")[0]?.message ?? "", /Not read: Pulumi's state/);
    // What is no JSON is replaced by the newest whole checkpoint before it is read.
    for (const cut of ["{", ""]) {
      await writeFile(state, cut);
      assert.deepEqual(found(await report(), "unreadable"), []);
    }
    await writeFile(state, whole);
    assert.deepEqual(found(await report(), "unreadable"), []);
  });

  it("asks nobody when it is offline", async () => {
    const nowhere = "http://127.0.0.1:9";
    const env = {
      ...{ SOPHIA_ESC_URL: nowhere, SOPHIA_GITHUB_URL: nowhere, SOPHIA_VERCEL_URL: nowhere },
      ...{ GITHUB_TOKEN: undefined, SOPHIA_VERCEL_CONTROL_TOKEN: undefined, PULUMI_ACCESS_TOKEN: undefined },
    };
    sandbox.standIns().forEach((standIn) => standIn.clearRequests());
    const audited = await report(0, ["--offline"], env);
    assert.equal(sandbox.standIns().flatMap((standIn) => standIn.requests()).length, 0);
    assert.equal(audited.rotation_status.vercel?.basis, "generated");
    assert.ok(audited.places.every(({ state }) => state === "not asked"));
    assert.equal(cellOf(audited, "github payready/sophia", "GONG_API_KEY")?.status, "unknown");
  });

  it("takes other greatest ages from the command line", async () => {
    const audited = await report(1, ["--max-age", "vercel=1s", "--fail-on", "overdue"]);
    assert.equal(audited.rotation_status.vercel?.urgency, "DUE TODAY");
    assert.equal(audited.rotation_status.estuary?.urgency, "OK");
  });

  it("writes SARIF into a file and a page to standard output", async () => {
    const sarif = await run(["--format", "sarif", "--output", "audit.sarif"]);
    assert.deepEqual([sarif.code, sarif.stdout], [0, ""], said(sarif));
    const log = JSON.parse(await readFile(join(folder, "audit.sarif"), "utf8")) as { version: string };
    assert.equal(log.version, "2.1.0");
    const page = await run(["--format", "html"]);
    assert.match(page.stdout, /^<!doctype html>/);
    const refused = await run(["--output", "no/such/folder/x.json"]);
    assert.equal(refused.code, 2, said(refused));
    assert.match(refused.stderr, /no\/such\/folder\/x\.json cannot be written \(ENOENT\)/);
  });

  it("changes nothing", async () => {
    sandbox.standIns().forEach((standIn) => standIn.clearRequests());
    await report();
    assert.deepEqual(sandbox.changingRequests(), []);
  });

  it("prints no secret and keeps none", async () => {
    const kept = await Promise.all(
      (await readdir(folder)).filter((name) => /audit/.test(name)).map((name) => readFile(join(folder, name), "utf8")),
    );
    const everything = [...printed, ...kept].join("\n");
    const secrets = variablesFor("esc").flatMap(({ name, secret }) =>
      secret ? (sandbox.published()[name] ?? []) : [],
    );
    const tokens = ["GITHUB_TOKEN", "PULUMI_ACCESS_TOKEN", "SOPHIA_VERCEL_CONTROL_TOKEN"].map(
      (name) => sandbox.variables[name] ?? "",
    );
    assert.ok(secrets.length >= 5);
    for (const value of [...secrets, ...tokens]) assert.ok(value !== "" && !everything.includes(value));
  });
});
