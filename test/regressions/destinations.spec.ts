/** Can the original's defects with GitHub, rotation and audit come back? Its defects 1 to 3, 12 to 15, 25 and 27, asked of the whole product on the real engine. */
import assert from "node:assert/strict";
import { parseDocument } from "yaml";
import { type RotationReport } from "../../automation/rotation/report";
import { createGongAdmin } from "../../sandbox/gong-admin";
import { services } from "../../services";
import { variablesFor, variablesOf } from "../../services/select";
import { ArgumentWatch, Canaries } from "../support/canaries";
import { acceptedBy, changedNames, heldAtGitHub, type Values } from "../support/consumers";
import { said, startSpecSandbox, type ChildResult, type SpecSandbox } from "../support/sandbox";

const REPOSITORY = { kind: "repository", repository: "sophia" } as const;
const ORGANIZATION = { kind: "organization" } as const;
const SYNC = ["sync-github", "--repo", "payready/sophia"];

interface Audit {
  readonly recommendations: readonly string[];
  readonly rotation_status: Readonly<Record<string, { readonly last_rotation: string; readonly status: string }>>;
}

describe("the original's defects at the stores", function () {
  this.timeout(300_000);
  let sandbox: SpecSandbox;
  let watch: ArgumentWatch | undefined;
  const canaries = new Canaries();
  before(async () => {
    sandbox = await startSpecSandbox();
    watch = new ArgumentWatch();
  });
  after(async () => {
    watch?.stop();
    await sandbox?.dispose();
  });

  /** Every secret that consumers read at this moment, and the controlling tokens. */
  const remember = () => {
    const exists = sandbox.esc.revisions("sophia", "development").length > 0;
    const values = { ...sandbox.variables, ...(exists ? sandbox.published() : {}) };
    const secrets = services.flatMap(variablesOf).filter(({ secret }) => secret);
    for (const { name } of secrets) canaries.add(name, values[name]);
  };
  async function run(code: number, ...words: string[]): Promise<ChildResult> {
    const result = await sandbox.cli(words);
    assert.equal(result.code, code, said(result));
    remember();
    return result;
  }
  async function audit(): Promise<Audit> {
    const { json, ...result } = await sandbox.cliJson<Audit>(["audit"]);
    assert.equal(result.code, 0, said(result));
    return json;
  }
  const expected = (): Values => {
    const published = sandbox.published();
    const names = variablesFor("github").map(({ name }) => name);
    return Object.fromEntries(names.flatMap((name) => (published[name] ? [[name, published[name]]] : [])));
  };
  const forget = () => sandbox.standIns().forEach((standIn) => standIn.clearRequests());
  /** Writes at GitHub since {@link forget}. */
  const written = () => sandbox.changingRequests().filter((request) => request.startsWith("github:"));
  /** Somebody's pair of Gong's, imported. */
  async function importPair(): Promise<Values> {
    const { accessKey, secret } = await createGongAdmin(sandbox.gong.url, sandbox.adminToken).makeKey();
    const pair = { GONG_API_KEY: accessKey, GONG_API_SECRET: secret };
    const lines = Object.entries(pair).map(([name, value]) => `${name}=${value}`);
    await run(0, "import-env", "--env-file", await sandbox.input(".env", lines.join("\n")));
    return pair;
  }

  it("defect 3: an audit of a stack that was never brought about says how to begin, and does not crash", async () => {
    const result = await sandbox.cli(["audit", "--json"]);
    assert.notEqual(result.code, 255, said(result));
    assert.match(`${result.stdout}${result.stderr}`, /sophia-secrets up/);
  });

  it("defect 27: everything comes about on the engine, with real values in it, and a second run takes nothing away", async () => {
    await run(0, "up");
    assert.deepEqual(acceptedBy(sandbox, sandbox.published()), ["estuary", "gong", "snowflake", "vercel"]);
    const unfilled = Object.entries(sandbox.published()).filter(([, value]) =>
      /\$\{|\[object|undefined|^$/.test(value),
    );
    assert.deepEqual(unfilled, []);
    const held = heldAtGitHub(sandbox, REPOSITORY);
    const { json } = await sandbox.cliJson<{ changes: readonly unknown[] }>(["up"]);
    assert.deepEqual(json.changes, []);
    assert.deepEqual(heldAtGitHub(sandbox, REPOSITORY), held);
  });

  it("defect 3: an audit ends with its recommendations, whatever state it finds", async () => {
    assert.match((await audit()).recommendations.join("\n"), /sophia-secrets rotate --service gong/);
    const text = sandbox.esc.text("sophia", "development-intake");
    const definition = parseDocument(text);
    definition.setIn(["values", "rotation", "snowflake"], {
      current: "b",
      slots: { a: { generation: 1 } },
      phase: "idle",
    });
    sandbox.esc.edit("sophia", "development-intake", definition.toString());
    const result = await sandbox
      .cli(["audit", "--json"])
      .finally(() => sandbox.esc.edit("sophia", "development-intake", text));
    assert.equal(result.code, 1, said(result));
    const { recommendations } = JSON.parse(result.stdout) as Audit;
    assert.match(
      recommendations[0] ?? "",
      /malformed at values\.rotation\.snowflake\.current.*: npx sophia-secrets doctor/,
    );
    assert.match(recommendations.join("\n"), /sophia-secrets rotate --service gong/);
  });

  it("defect 12: what GitHub's library opens is the value, byte for byte", async () => {
    sandbox.github.editOutside(REPOSITORY, { secret: "GONG_API_SECRET", value: undefined });
    await run(0, ...SYNC);
    assert.equal(sandbox.github.openedSecret(REPOSITORY, "GONG_API_SECRET"), sandbox.published().GONG_API_SECRET);
    assert.deepEqual(heldAtGitHub(sandbox, REPOSITORY), expected());
  });

  it("defect 13: only declared variables go out, no controlling token and no key that nobody declares", async () => {
    const tokens = ["PULUMI_ACCESS_TOKEN", "GITHUB_TOKEN"].map((name) => `${name}=${sandbox.variables[name]}`);
    const file = await sandbox.input(".env", [...tokens, "SOMETHING_ELSE=canary-something"].join("\n"));
    await run(0, "import-env", "--env-file", file);
    await run(0, ...SYNC);
    const declared = services.flatMap(variablesOf).filter(({ destinations }) => destinations.includes("github"));
    const names = Object.keys(heldAtGitHub(sandbox, REPOSITORY));
    assert.deepEqual(
      names.filter((name) => !declared.some((variable) => variable.name === name)),
      [],
    );
    assert.deepEqual(
      names.filter((name) => name.startsWith("GITHUB_")),
      [],
    );
  });

  it("defect 13: the stack that is named is the one that is sent, not one that somebody selected before", async () => {
    forget();
    await run(2, ...SYNC, "--stack", "production");
    assert.deepEqual(written(), []);
  });

  it("defect 14: one write that GitHub refuses makes the whole command fail, and is named", async () => {
    sandbox.github.editOutside(REPOSITORY, { secret: "GONG_API_SECRET", value: undefined });
    const refuse = { method: "PUT", path: "/secrets/GONG_API_SECRET$", times: 50 } as const;
    sandbox.github.addFault({ ...refuse, effect: { kind: "status", status: 422, body: { message: "no" } } });
    const failed = await sandbox.cli(SYNC);
    sandbox.github.clearFaults();
    assert.ok(failed.code > 0 && failed.code < 255, said(failed));
    assert.match(failed.stderr, /GONG_API_SECRET/);
    await run(0, ...SYNC);
    assert.deepEqual(heldAtGitHub(sandbox, REPOSITORY), expected());
  });

  it("defect 15: an organization's secrets are private, and selected repositories are really selected", async () => {
    await run(0, "sync-github-org", "--org", "payready");
    const audience = () =>
      sandbox.github
        .secrets(ORGANIZATION)
        .map(({ visibility, repositories }) => `${visibility} ${repositories?.join() ?? ""}`);
    assert.deepEqual([...new Set(audience())], ["private "]);
    sandbox.github.addRepository("sophia-web");
    await run(2, "sync-github-org", "--visibility", "selected");
    await run(0, "sync-github-org", "--visibility", "selected", "--repositories", "sophia-web");
    assert.deepEqual([...new Set(audience())], ["selected sophia-web"]);
  });

  it("defect 25: a changed value goes out to where there is an old one, and no value is made up", async () => {
    const before = sandbox.published();
    const pair = await importPair();
    await run(0, "up");
    assert.deepEqual(changedNames(before, sandbox.published()), ["GONG_ACCESS_KEY", "GONG_API_KEY", "GONG_API_SECRET"]);
    for (const scope of [REPOSITORY, ORGANIZATION]) {
      assert.deepEqual(heldAtGitHub(sandbox, scope), expected());
      assert.equal(sandbox.github.openedSecret(scope, "GONG_API_SECRET"), pair.GONG_API_SECRET);
    }
    const revision = sandbox.esc.revisions("sophia", "development-intake").length;
    const file = await sandbox.input(".env", "GONG_API_KEY=dummy_value_for_GONG_API_KEY\n");
    await run(2, "import-env", "--env-file", file);
    assert.equal(sandbox.esc.revisions("sophia", "development-intake").length, revision);
  });

  it("defect 25: entries beyond GitHub's first page are seen", async () => {
    for (let index = 0; index < 120; index += 1)
      sandbox.github.editOutside(ORGANIZATION, { secret: `A_FOREIGN_${index}`, value: "theirs" });
    forget();
    const { json, ...result } = await sandbox.cliJson<{ places: readonly { added: unknown[]; unchanged: string[] }[] }>(
      ["sync-github-org"],
    );
    assert.equal(result.code, 0, said(result));
    assert.deepEqual([json.places[0]?.added, written()], [[], []]);
    assert.deepEqual(json.places[0]?.unchanged, Object.keys(expected()).sort());
  });

  it("defect 1: a rotation changes the credential at the service and in every store, and kills the old one", async () => {
    const before = sandbox.published();
    await run(0, "rotate", "--service", "snowflake", "--service", "estuary", "--grace", "0");
    const now = sandbox.published();
    assert.deepEqual(changedNames(before, now), ["ESTUARY_API_KEY", "SNOWFLAKE_PASSWORD", "SNOWFLAKE_USER"]);
    assert.deepEqual(acceptedBy(sandbox, now), ["estuary", "gong", "snowflake", "vercel"]);
    assert.deepEqual(acceptedBy(sandbox, before), ["gong", "vercel"]);
    assert.deepEqual(heldAtGitHub(sandbox, REPOSITORY), expected());
  });

  it("defects 1 and 2: what nobody has made is not rotated, not made up, and not called in order", async () => {
    const [published, held] = [sandbox.published(), heldAtGitHub(sandbox, REPOSITORY)];
    const rotated = await sandbox.cliJson<RotationReport>(["rotate", "--service", "gong", "--grace", "0"]);
    assert.deepEqual([rotated.code, rotated.json.services[0]?.outcome], [1, "manual_pending"]);
    assert.deepEqual([sandbox.published(), heldAtGitHub(sandbox, REPOSITORY)], [published, held]);
    const { rotation_status: status } = await audit();
    assert.deepEqual([status.gong?.last_rotation, status.snowflake?.status], ["never", "ok"]);
    assert.ok(Math.abs(Date.now() - Date.parse(status.snowflake?.last_rotation ?? "")) < 3_600_000);
  });

  it("defect 7: no secret was in a process's arguments, in the output or in a temporary file", async () => {
    const seen = watch?.stop() ?? [];
    assert.ok(canaries.count >= 10, `${canaries.count} values`);
    if (process.platform === "linux") assert.ok(seen.some((line) => /pulumi.* up /.test(line)));
    assert.deepEqual(canaries.inText("arguments", seen.join("\n")), []);
    assert.deepEqual(canaries.inText("output", sandbox.transcript.join("\n")), []);
    for (const place of Object.values(sandbox.places)) assert.deepEqual(await canaries.inFolder(place), []);
  });
});
