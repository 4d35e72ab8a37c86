/** What is mended before an `up`, and whose lock is taken away? */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseLocks, removeAbandoned } from "../../automation/stack-lock";
import { planRepair } from "../../automation/stack-repair";
import { parseStackState, type StackResource } from "../../automation/stack-state";

const PARENT = "urn:pulumi:development::sophia::sophia:index:GitHubActionsSecrets";
const SECRET = "github:index/actionsSecret:ActionsSecret";

function resource(type: string, name: string, isHalfWritten = false): StackResource {
  return { urn: `${PARENT}$${type}::${name}`, type, name, isHalfWritten };
}

const secret = resource(SECRET, "sophia-GONG_API_KEY");
const refused = resource(SECRET, "sophia-GONG_API_SECRET", true);
const variable = resource("github:index/actionsVariable:ActionsVariable", "sophia-GONG_BASE_URL");
const user = resource("snowflake:index/legacyServiceUser:LegacyServiceUser", "snowflake-user-b", true);

describe("the repair before an up", () => {
  it("is nothing where the last run ended well", () => {
    assert.deepEqual(planRepair([secret, variable], {}), { forget: [], look: [], replace: [] });
  });

  it("forgets a GitHub secret whose write was refused, so that it is written again", () => {
    assert.deepEqual(planRepair([secret, refused], {}), { forget: [refused.urn], look: [], replace: [] });
  });

  it("looks first where something else is half written: to replace it could take away what consumers use", () => {
    assert.deepEqual(planRepair([user], {}), { forget: [], look: [user.urn], replace: [] });
  });

  it("leaves what is half written to a run that looks by itself, and so tells what it mends", () => {
    assert.deepEqual(planRepair([user], { refresh: true }), { forget: [], look: [], replace: [] });
  });

  it("touches nothing outside of the targets", () => {
    const targets = [`urn:pulumi:**::sophia:index:GitHubActionsSecrets$**::${secret.name}`];
    assert.deepEqual(planRepair([secret, refused, user], { targets }), { forget: [], look: [], replace: [] });
  });

  it("writes a secret again without the moment of absence that a replacement has", () => {
    const replace = [secret, variable].map(
      ({ name }) => `urn:pulumi:**::sophia:index:GitHubActionsSecrets$**::${name}`,
    );
    assert.deepEqual(planRepair([secret, refused, variable], { replace }), {
      forget: [secret.urn, refused.urn],
      look: [],
      replace: [replace[1]],
    });
  });

  it("knows a half-written resource by the errors that the engine keeps in the state", () => {
    const resources = [
      { urn: secret.urn, type: SECRET, id: "sophia:GONG_API_KEY" },
      { urn: refused.urn, type: SECRET, initErrors: ["422"] },
      { urn: variable.urn, type: variable.type, initErrors: null },
    ];
    const parsed = parseStackState({ deployment: { resources } });
    assert.deepEqual(
      parsed.map(({ id, isHalfWritten }) => [id, isHalfWritten]),
      [
        ["sophia:GONG_API_KEY", false],
        [undefined, true],
        [undefined, false],
      ],
    );
  });
});

describe("Pulumi's lock", () => {
  let folder: string;
  const lockFile = (name: string) => join(folder, name);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sophia locks "));
    for (const name of ["dead.json", "dead.json.attrs", "live.json"]) await writeFile(lockFile(name), "{}");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const line = (name: string, host: string, pid: number, scheme = "file") =>
    `  ${pathToFileURL(lockFile(name)).href.replace("file", scheme)}?no_tmp_dir=true: created by ci@${host} (pid ${pid}) at 2026-11-23T09:00:00Z`;
  const refusal = (...lines: string[]) =>
    parseLocks(["code: 255", "stderr: error: the stack is currently locked by some lock(s).", ...lines].join("\n"));
  const hasEnded = (owner: string) => owner === "runner:7";
  const left = async () => (await readdir(folder)).sort();

  it("is read out of the CLI's refusal", () => {
    const at = Date.parse("2026-11-23T09:00:00Z");
    assert.deepEqual(
      refusal(line("dead.json", "runner", 7), line("live.json", "other", 8, "s3")).map((lock) => [lock.owner, lock.at]),
      [
        ["runner:7", at],
        ["other:8", at],
      ],
    );
    assert.deepEqual(parseLocks("conflict: another update is in progress"), []);
  });

  it("of a dead process of this machine is taken away, and no other", async () => {
    assert.equal(await removeAbandoned(refusal(line("dead.json", "runner", 7)), hasEnded), true);
    assert.deepEqual(await left(), ["live.json"]);
  });

  it("stays where one of those who hold it may be alive", async () => {
    const both = refusal(line("live.json", "runner", 8), line("dead.json", "runner", 7));
    assert.equal(await removeAbandoned(both, hasEnded), false);
    assert.equal(await removeAbandoned(refusal(line("dead.json", "elsewhere", 7)), hasEnded), false);
    assert.deepEqual(await left(), ["dead.json", "dead.json.attrs", "live.json"]);
  });

  it("stays in a bucket, where another machine of the same name may hold it, and where nobody is named", async () => {
    assert.equal(await removeAbandoned(refusal(line("dead.json", "runner", 7, "s3")), () => true), false);
    assert.equal(await removeAbandoned(refusal(), () => true), false);
    assert.deepEqual(await left(), ["dead.json", "dead.json.attrs", "live.json"]);
  });
});
