/** Is what `--json` prints what docs/schemas promise? Every verb against the sandbox, each answer validated. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type AnySchemaObject } from "ajv/dist/2020";
import { makeAlert } from "../../../automation/alerts/alert";
import { createCli } from "../../../automation/cli/cli";
import { exposureReport } from "../../../automation/rotation/exposure";
import { copyCheckout } from "../../support/checkout";
import { TOOLCHAIN_VARIABLE } from "../../support/engine";
import { CHECKOUT, runChild, said, startSpecSandbox, type ChildResult, type SpecSandbox } from "../../support/sandbox";
import { illReport, wellReport } from "../reports/report-fixture";
import { tourReport } from "../../support/tour-fixture";

const FOLDER = join(CHECKOUT, "docs", "schemas");
const read = (path: string): AnySchemaObject => JSON.parse(readFileSync(join(FOLDER, path), "utf8")) as AnySchemaObject;
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -5));

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true })
  .addFormat("date-time", (text: string) => new Date(text).toISOString() === text || /^\d{4}-.*T.*Z$/.test(text))
  .addFormat("uri", (text: string) => URL.canParse(text));
ajv.addSchema(read("shared/parts.json"), "shared/parts.json");
for (const name of names) ajv.addSchema(read(`${name}.json`), `${name}.json`);

/** Schemas that an answer was validated with. */
const seen = new Set<string>();

function validate(answer: unknown, what: string): void {
  const { schema } = answer as { schema: string };
  const name = schema.replace(/^sophia-secrets\//, "");
  assert.ok(names.includes(name), `${what}: there is no docs/schemas/${name}.json`);
  const check = ajv.getSchema(`${name}.json`);
  assert.ok(check?.(answer), `${JSON.stringify(answer)}\n${what}: ${ajv.errorsText(check?.errors)}`);
  seen.add(name);
}

describe("the schemas of docs/schemas", () => {
  it("are one for each report that the code can make, and no other", () => {
    const files = ["automation", "sandbox"].flatMap((folder) =>
      readdirSync(join(CHECKOUT, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
    );
    const made = files
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) => {
        const text = readFileSync(join(CHECKOUT, file), "utf8");
        return [...text.matchAll(/\bschema: "sophia-secrets\/([a-z-]+)"/g)].map(([, name = ""]) => name);
      });
    const syncs = ["sync-github", "sync-github-org", "sync-vercel"];
    assert.deepEqual([...new Set([...made, ...syncs])].sort(), [...names].sort());
  });

  it("describe every property, and leave no object open by accident", () => {
    const faults: string[] = [];
    const walk = (node: unknown, path: string): void => {
      if (typeof node !== "object" || node === null) return;
      const { properties, additionalProperties } = node as AnySchemaObject;
      for (const [key, property] of Object.entries((properties ?? {}) as Record<string, AnySchemaObject>))
        if (typeof property.description !== "string" && typeof property.$ref !== "string")
          faults.push(`${path}/${key}`);
      if (properties && additionalProperties === undefined && !OPEN.test(path)) faults.push(`${path} is open`);
      for (const [key, value] of Object.entries(node)) walk(value, `${path}/${key}`);
    };
    for (const name of names) {
      const schema = read(`${name}.json`);
      assert.equal(schema.$schema, "https://json-schema.org/draft/2020-12/schema");
      walk(schema, name);
    }
    walk(read("shared/parts.json"), "parts");
    assert.deepEqual(faults, []);
  });

  it("fit a whole tour of the sandbox", () => validate(tourReport(), "sandbox run"));

  it("fit the evidence of an exposure", () => {
    const { rotation } = tourReport();
    const exposed = rotation.services.map(({ service, variables }) => ({
      ...{ service, isExposed: true, reason: "1 secrets of it are at github", made: "by pulumi" as const },
      variables: variables.map((name) => ({ name, fingerprint: "0123456789ab", places: [] })),
    }));
    validate(exposureReport({ place: "github" }, exposed, rotation), "rotate --exposed-at");
  });

  it("fit an alert", () => {
    const origin = {
      source: "test",
      organization: "payready",
      stack: "development",
      timestamp: "2026-11-23T09:00:00Z",
    } as const;
    const finding = { rule: "probe-rejected", level: "error", subject: "gong", message: "gong: refused" } as const;
    for (const findings of [[], [finding, { ...finding, command: "npx sophia-secrets test gong" }]])
      validate(makeAlert(origin, findings), "--alert");
  });

  it("fit the report of a stack that is well, and of one that is not", () => {
    for (const report of [wellReport(), illReport()]) validate(JSON.parse(JSON.stringify(report)), "report");
  });

  it("refuse what has another shape", () => {
    const check = ajv.getSchema("validate.json");
    const sound = { schema: "sophia-secrets/validate", version: 1, stack: "a", complete: 100, services: [] };
    assert.equal(check?.(sound), true);
    for (const change of [{ complete: 101 }, { complete: "100" }, { version: 2 }, { extra: 1 }, { stack: undefined }])
      assert.equal(check?.(JSON.parse(JSON.stringify({ ...sound, ...change }))), false, JSON.stringify(change));
  });
});

/** How a strategy and a probe are made up is the catalogue's own business. */
const OPEN = /^services\/.*\/(rotation|probe)$/;

describe("what --json prints", function () {
  this.timeout(240_000);
  let sandbox: SpecSandbox;
  const run = new Set<string>();
  before(async () => void (sandbox = await startSpecSandbox()));
  after(() => sandbox?.dispose());

  /** Runs a verb; whatever it prints must be one object that fits its schema, on standard output or, for an error, on the other. */
  async function expectValid(args: readonly string[], exitCode = 0, options = {}): Promise<unknown> {
    run.add(args[0] ?? "");
    const result = await sandbox.cli([...args, "--json"], options);
    return readAnswer(result, args, exitCode);
  }

  it("fits its schema before anything was brought about", async () => {
    await expectValid(["services"]);
    await expectValid(["services", "show", "gong"]);
    await expectValid(["template"]);
    await expectValid(["doctor"]);
    for (const shell of ["bash", "zsh", "fish"]) await expectValid(["completion", shell]);
    const file = await sandbox.input(
      "values.env",
      "GONG_API_KEY=key-of-the-schema-spec\nSOME_KEY=another-value\nGITHUB_TOKEN=x\n",
    );
    await expectValid(["import-env", "--dry-run", "--env-file", file]);
  });

  it("is the envelope of errors where something is wrong", async () => {
    await expectValid(["validate"], 6);
    await expectValid(["up", "--stack", "nowhere"], 2);
    await expectValid(["rotate", "--servce", "gong"], 2);
    await expectValid(["preview"], 2, { env: { PULUMI_ACCESS_TOKEN: undefined } });
  });

  it("fits its schema on a stack that was brought about", async () => {
    await expectValid(["up", "--yes"]);
    await expectValid(["preview"]);
    await expectValid(["validate"]);
    await expectValid(["status"]);
    await expectValid(["test", "gong", "vercel", "pulumi"]);
    await expectValid(["test", "gong", "snowflake", "vercel", "estuary", "--deep"]);
    await expectValid(["doctor"]);
  });

  it("fits its schema for values in and out", async () => {
    // Node 20 takes --env-file for its own, and wants the file to be there.
    const file = await sandbox.input("exported.env", "");
    await expectValid(["export-env", "--force", "--env-file", file]);
    await expectValid(["import-env", "--dry-run", "--env-file", file]);
    await expectValid(["import-env", "--env-file", file]);
    await expectValid(["sync-github", "--dry-run"]);
    await expectValid(["sync-github-org", "--dry-run", "--visibility", "private"]);
    await expectValid(["sync-vercel", "--yes"]);
    await expectValid(["list"]);
    await expectValid(["prune", "--dry-run"]);
  });

  it("fits its schema in every turn of a rotation", async () => {
    await expectValid(["rotate", "--schedule"]);
    await expectValid(["rotate", "--stack", "develop*", "--schedule"]);
    await expectValid(["rotate", "--service", "vercel", "--dry-run"]);
    await expectValid(["rotate", "--service", "vercel", "--yes"]);
    await expectValid(["status"]);
    await expectValid(["audit", "--output", "none"]);
    await expectValid(["metrics"]);
    await expectValid(["audit", "--access", "--review", "none"]);
    await expectValid(["audit", "--usage"]);
    await expectValid(["report", "--test"]);
    await expectValid(["rotate", "--service", "vercel", "--resume", "--grace", "0", "--yes"]);
    await expectValid(["rotate", "--service", "gong", "--yes"], 1);
  });

  it("fits its schema for a sandbox in the background", async () => {
    // `.sandbox` of the checkout itself may be somebody's.
    const copy = await copyCheckout();
    const cwd = copy.folder;
    const { home, temporary } = sandbox.places;
    const toolchain = { [TOOLCHAIN_VARIABLE]: process.env[TOOLCHAIN_VARIABLE] ?? "" };
    const env = { ...sandbox.variables, ...toolchain, HOME: home, TMPDIR: temporary };
    const command = async (action: string, exitCode: number) => {
      const args = [join(cwd, "bin", "sophia-secrets.js"), "sandbox", action, "--json"];
      readAnswer(await runChild(process.execPath, args, { cwd, env }), ["sandbox", action], exitCode);
    };
    run.add("sandbox");
    try {
      await command("status", 1);
      await command("start", 0);
      await command("status", 0);
      await command("gong-retire", 0);
    } finally {
      await command("stop", 0);
      await copy.dispose();
    }
  });

  it("run passes the program's own words on, whatever they are", async () => {
    run.add("run");
    const result = await sandbox.cli(["run", "--json", "--", "echo", "not json"]);
    assert.deepEqual([result.code, result.stdout], [0, "not json\n"], said(result));
  });

  it("was looked at for every verb, and every schema was used", () => {
    const verbs = createCli("0", async () => undefined).commands.map((command) => command.name());
    assert.deepEqual([...run].sort(), verbs.sort());
    assert.deepEqual([...seen].sort(), [...names].sort());
  });
});

function readAnswer(result: ChildResult, args: readonly string[], exitCode: number): unknown {
  const what = args.join(" ");
  assert.equal(result.code, exitCode, `${what}: ${said(result)}`);
  const text = result.stdout === "" ? result.stderr : result.stdout;
  const answer: unknown = JSON.parse(text);
  validate(answer, what);
  return answer;
}
