/** Are the times that the Python tools noted taken over once, and never over a rotation of ours? */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AutomationError } from "../../../automation/errors";
import { parseSecretsConfig, planSecretsConfig, readSecretsConfig } from "../../../automation/env-file/secrets-config";
import { applyEdits, parseIntake } from "../../../automation/esc/intake";
import { type RotationRecord } from "../../../automation/rotation/record";
import { drain, giveUp, recordEdits } from "../../../automation/rotation/transitions";
import { services } from "../../../services";
import { parse } from "yaml";

const NOW = Date.parse("2025-07-01T00:00:00Z");
/** As `sophia_secrets.py` wrote it. */
const FILE = {
  services: {},
  last_updated: "2025-06-18T12:02:43.123456",
  pulumi: { stack: "development", last_import: "2025-06-18T11:00:00.000001", imported_count: 17 },
  github_repo: { repo: "payready/sophia", last_sync: "2025-06-18T11:30:00", synced_count: 9 },
  github_org: {},
  rotation: { services: ["snowflake", "gong"], last_rotation: "2025-06-18T12:02:43.123456" },
};
const AT = "2025-06-18T12:02:43.123Z";
const parsed = (rotation: object = FILE.rotation) =>
  parseSecretsConfig(JSON.stringify({ ...FILE, rotation }), "secrets_config.json", NOW);
const plan = (intake: unknown, rotation?: object) =>
  planSecretsConfig(parsed(rotation), parseIntake(intake, "x"), services);
const codeOf = async (action: () => unknown): Promise<string> => {
  try {
    await action();
  } catch (error) {
    if (error instanceof AutomationError) return error.code;
    return (error as Error).name;
  }
  return "no error";
};

describe("secrets_config.json", () => {
  it("is read as the Python tools wrote it, a time without a zone as UTC", () => {
    assert.deepEqual(parsed(), { file: "secrets_config.json", services: ["snowflake", "gong"], rotatedAt: AT });
    const zoned = { ...FILE.rotation, last_rotation: "2025-06-18T12:02:43+02:00" };
    assert.equal(parsed(zoned).rotatedAt, "2025-06-18T10:02:43.000Z");
  });

  it("may note no rotation", () => {
    assert.deepEqual(parsed({}), { file: "secrets_config.json", services: [] });
    assert.deepEqual(parsed({ services: [], last_rotation: null }).services, []);
  });

  it("gives a service without a record one, and a record without a time that time and no more", () => {
    const intake = { rotation: { gong: { current: "b", slots: { b: { generation: 2 } }, phase: "idle", mine: 1 } } };
    const { lines, edits } = plan(intake);
    assert.deepEqual(lines, [
      { service: "snowflake", action: "taken" },
      { service: "gong", action: "taken" },
    ]);
    const { values } = parse(applyEdits(JSON.stringify({ values: intake }), edits, "x")) as { values: unknown };
    assert.deepEqual(values, {
      rotation: {
        gong: { ...intake.rotation.gong, rotatedAt: AT, rotatedAtSource: "secrets_config.json" },
        snowflake: {
          ...{ current: "a", slots: { a: { generation: 1 } }, phase: "idle" },
          ...{ rotatedAt: AT, rotatedAtSource: "secrets_config.json" },
        },
      },
    });
  });

  it("is taken once, and never over a rotation of ours", () => {
    const record = { current: "a", slots: { a: { generation: 1 } }, phase: "idle" };
    const intake = {
      rotation: {
        snowflake: { ...record, rotatedAt: AT, rotatedAtSource: "secrets_config.json" },
        gong: { ...record, rotatedAt: "2024-01-01T00:00:00Z" },
      },
    };
    const { lines, edits } = plan(intake);
    assert.deepEqual(edits, []);
    assert.deepEqual(
      lines.map(({ action }) => action),
      ["taken already", "kept"],
    );
  });

  it("no longer counts after a rotation of ours, and counts again when that is given up", () => {
    const claimed: RotationRecord = {
      ...{ current: "b", slots: { a: { generation: 1 }, b: { generation: 2 } }, phase: "promoted" },
      ...{ rotatedAt: AT, rotatedAtSource: "secrets_config.json" },
    };
    const now = { rotatedAt: "2025-06-30T00:00:00.000Z", variables: [], retireAfter: "2025-07-01T00:00:00.000Z" };
    const confirmed = drain(claimed, now);
    assert.deepEqual([confirmed.rotatedAt, confirmed.rotatedAtSource], [now.rotatedAt, undefined]);
    const edit = recordEdits("gong", confirmed).find(({ path }) => path.at(-1) === "rotatedAtSource");
    assert.deepEqual(edit, { path: ["rotation", "gong", "rotatedAtSource"], remove: true });
    const back = giveUp(confirmed);
    assert.deepEqual([back.rotatedAt, back.rotatedAtSource], [AT, "secrets_config.json"]);
  });

  it("says which names are no service that rotates, and knows what all of them are", () => {
    const { lines } = plan({}, { ...FILE.rotation, services: ["all", "pinecone", "gong"] });
    assert.deepEqual(
      lines.map(({ service, action }) => `${service} ${action}`),
      [...services.filter(({ rotation }) => rotation).map(({ name }) => `${name} taken`), "pinecone unknown"],
    );
  });

  const FOREIGN: readonly (readonly [what: string, text: string])[] = [
    ["no JSON", '{"rotation": canary'],
    ["a list", '["canary"]'],
    ["another program's", '{"canary": {"rotation": true}}'],
    ["other types", JSON.stringify({ ...FILE, rotation: { services: "canary", last_rotation: 5 } })],
    ["no time", JSON.stringify({ ...FILE, rotation: { ...FILE.rotation, last_rotation: "canary" } })],
    ["no such day", JSON.stringify({ ...FILE, rotation: { ...FILE.rotation, last_rotation: "2025-13-41T00:00:00" } })],
    [
      "a time to come",
      JSON.stringify({ ...FILE, rotation: { ...FILE.rotation, last_rotation: "2026-01-01T00:00:00" } }),
    ],
  ];
  describe("on disk", () => {
    let folder: string;
    beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "sophia-config-"))));
    afterEach(() => rm(folder, { recursive: true, force: true }));
    const read = (named?: string | false, envFile = ".env") =>
      readSecretsConfig(named, envFile, { directory: folder, now: () => NOW });

    for (const [what, text] of FOREIGN) {
      it(`is refused when it is ${what}, without a word of it`, async () => {
        await writeFile(join(folder, "secrets_config.json"), text);
        assert.equal(await codeOf(() => read()), "secrets_config.malformed");
        await assert.rejects(read(), (error: AutomationError) => !/canary/.test(`${error.message}${error.stack}`));
      });
    }

    it("is looked for beside the env file, or where it is said to be, or not at all", async () => {
      assert.equal(await read(), undefined);
      await writeFile(join(folder, "secrets_config.json"), JSON.stringify(FILE));
      assert.deepEqual(await read(), parsed());
      assert.equal((await read(undefined, join(folder, "x.env")))?.rotatedAt, AT);
      assert.equal(await read(undefined, "-"), undefined);
      assert.equal(await read(false), undefined);
      await writeFile(join(folder, "old.json"), JSON.stringify({ ...FILE, rotation: {} }));
      assert.deepEqual(await read("old.json"), { file: "old.json", services: [] });
    });

    it("has to be there when it is named, and to be a file", async () => {
      assert.equal(await codeOf(() => read("nowhere.json")), "secrets_config.unreadable");
      assert.equal(await codeOf(() => read(".")), "secrets_config.unreadable");
    });
  });
});
