/** What happens when a new credential does not work, or nobody can tell? Consumers keep what they have, and the next run mends it. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type RotationReport } from "../../automation/rotation/report";
import { type DestinationEntry } from "../../automation/destinations";
import { said, startSpecSandbox, type ChildResult, type SpecSandbox } from "../support/sandbox";
import { withDriver } from "../sandbox/snowflake-client";

const PROJECT = "prj_123456789";
/** The probe of a Vercel token; the provider asks other paths. Three times: a refusal and an unknown answer are both tried again twice. */
const VERCEL_PROBE = { method: "GET", path: `^/v9/projects/${PROJECT}$`, times: 3 } as const;
const SECOND_USER = "SOPHIA_SERVICE_ALT";

describe("a new credential that does not work", function () {
  this.timeout(300_000);
  let sandbox: SpecSandbox;

  before(async () => {
    sandbox = await startSpecSandbox();
    const up = await sandbox.cli(["up"]);
    assert.equal(up.code, 0, said(up));
  });
  after(() => sandbox?.dispose());

  async function rotate(...services: string[]): Promise<ChildResult & { outcomes: Record<string, string> }> {
    const words = services.flatMap((service) => ["--service", service]);
    const result = await sandbox.cliJson<RotationReport>(["rotate", ...words, "--grace", "0"]);
    return { ...result, outcomes: Object.fromEntries(result.json.services.map((one) => [one.service, one.outcome])) };
  }

  describe("refused by the service", () => {
    let before: View;
    let tokensBefore: readonly string[];

    it("aborts with exit code 1", async () => {
      before = await view(sandbox);
      tokensBefore = tokens(sandbox);
      sandbox.vercel.addFault({ ...VERCEL_PROBE, effect: { kind: "status", status: 403, body: { error: {} } } });
      const result = await rotate("vercel");
      sandbox.vercel.clearFaults();
      assert.deepEqual([result.code, result.outcomes], [1, { vercel: "aborted" }], said(result));
    });

    it("has changed nothing that consumers read, in no place", async () => {
      assert.deepEqual(await view(sandbox), before);
    });

    it("has taken the refused token away again and kept the one in use", () => {
      assert.deepEqual(tokens(sandbox), tokensBefore);
    });

    it("leaves nothing to change and no lock", async () => {
      const preview = await sandbox.cli(["preview", "--expect-no-changes"]);
      assert.equal(preview.code, 0, said(preview));
      const { json } = await sandbox.cliJson<Status>(["status"]);
      const vercel = json.services.find(({ service }) => service === "vercel");
      assert.deepEqual([vercel?.phase, vercel?.owner], ["idle", undefined]);
    });
  });

  describe("one of several: refused at Snowflake, no answer from Vercel", () => {
    let before: View;
    let oldToken: string | undefined;
    let oldKey: string | undefined;

    it("still rotates the third, and says each one's outcome", async () => {
      before = await view(sandbox);
      ({ VERCEL_ACCESS_TOKEN: oldToken, ESTUARY_API_KEY: oldKey } = sandbox.published());
      sandbox.vercel.addFault({ ...VERCEL_PROBE, effect: { kind: "status", status: 503 } });
      const disabled = disableWhenItExists(sandbox, SECOND_USER);
      const result = await rotate("snowflake", "vercel", "estuary");
      await disabled;
      const expected = { snowflake: "aborted", vercel: "stopped", estuary: "rotated" };
      assert.deepEqual([result.code, result.outcomes], [1, expected], said(result));
    });

    it("has changed only the third's variable", async () => {
      const after = await view(sandbox);
      const names = Object.keys(before.values).filter((name) => before.values[name] !== after.values[name]);
      assert.deepEqual(names, ["ESTUARY_API_KEY"]);
      const written = after.entries.filter((entry) => !before.entries.some((old) => isSame(old, entry)));
      assert.deepEqual(new Set(written.map(({ name }) => name)), new Set(["ESTUARY_API_KEY"]));
      assert.equal(sandbox.estuary.accepts(oldKey ?? ""), false);
    });

    it("has removed Snowflake's refused user; the one in use still gets in", () => {
      assert.equal(sandbox.snowflake.user(SECOND_USER), undefined);
      const { SNOWFLAKE_USER = "", SNOWFLAKE_PASSWORD = "" } = sandbox.published();
      assert.equal(sandbox.snowflake.tryLogin(SNOWFLAKE_USER, SNOWFLAKE_PASSWORD).ok, true);
    });

    it("has revoked nothing at Vercel: both tokens are alive, because nobody knows", async () => {
      assert.equal(sandbox.published().VERCEL_ACCESS_TOKEN, oldToken);
      assert.equal(tokens(sandbox).length, 3);
      const { json } = await sandbox.cliJson<Status>(["status"]);
      assert.equal(json.services.find(({ service }) => service === "vercel")?.phase, "staged");
    });

    it("goes on by the same command: what was under way finishes, what was aborted begins anew", async () => {
      sandbox.vercel.clearFaults();
      const minted = () =>
        sandbox.vercel.requests().filter(({ method, path }) => method === "POST" && /tokens$/.test(path));
      const mintedBefore = minted().length;
      const result = await rotate("snowflake", "vercel");
      assert.deepEqual([result.code, result.outcomes], [0, { snowflake: "rotated", vercel: "rotated" }], said(result));
      // It took up the token that was staged, and did not make another.
      assert.equal(minted().length, mintedBefore);
      assert.equal(tokens(sandbox).length, 2);
      assert.equal(tokens(sandbox).includes(oldToken ?? ""), false);
      assert.equal(sandbox.published().SNOWFLAKE_USER, SECOND_USER);
      const tested = await sandbox.cli(["test", "--output", "none"]);
      assert.equal(tested.code, 0, said(tested));
    });
  });

  describe("handed over by a person", () => {
    it("is refused before it is stored anywhere", async () => {
      const before = await view(sandbox);
      const intake = sandbox.esc.openValues("sophia", "development-intake").services;
      const pair = { GONG_API_KEY: "A-KEY-THAT-GONG-DOES-NOT-KNOW", GONG_API_SECRET: "no-secret-of-theirs" };
      const result = await sandbox.cliJson<RotationReport>(["rotate", "--service", "gong", "--from-file", "-"], {
        stdin: JSON.stringify(pair),
      });
      assert.deepEqual([result.code, result.json.services[0]?.outcome], [1, "aborted"], said(result));
      assert.deepEqual(await view(sandbox), before);
      assert.deepEqual(sandbox.esc.openValues("sophia", "development-intake").services, intake);
    });

    it("is asked for when it is missing; nothing is claimed to be rotated", async () => {
      const before = await view(sandbox);
      const result = await rotate("gong");
      assert.deepEqual([result.code, result.outcomes], [1, { gong: "manual_pending" }], said(result));
      assert.deepEqual(await view(sandbox), before);
    });
  });
});

type Status = { readonly services: readonly { service: string; phase: string; owner?: string }[] };

/** What consumers read, wherever they read it, and when it was last written there. */
interface View {
  readonly text: string;
  readonly revision: number | undefined;
  readonly values: Readonly<Record<string, string>>;
  readonly entries: readonly DestinationEntry[];
  readonly vercel: readonly (string | undefined)[];
}

async function view(sandbox: SpecSandbox): Promise<View> {
  const { esc, vercel } = sandbox;
  return {
    text: esc.text("sophia", "development"),
    revision: esc.revisions("sophia", "development").at(-1)?.number,
    values: sandbox.published(),
    entries: await sandbox.session().destinations().list(),
    vercel: vercel.variables(PROJECT).map(({ key }) => vercel.variable(PROJECT, key, "preview")),
  };
}

function isSame(one: DestinationEntry, other: DestinationEntry): boolean {
  return one.place === other.place && one.name === other.name && one.updatedAt === other.updatedAt;
}

/** The bearers that Vercel takes, sorted; the controlling one is among them. */
function tokens({ vercel }: SpecSandbox): string[] {
  return vercel
    .tokens()
    .map(({ bearerToken }) => bearerToken)
    .sort();
}

/** What an administrator may do at any moment: disables the user as soon as it has its role, which is before it is tried. */
async function disableWhenItExists({ snowflake, variables }: SpecSandbox, user: string): Promise<void> {
  for (const until = Date.now() + 60_000; (snowflake.user(user)?.roles.length ?? 0) === 0; await sleep(20)) {
    if (Date.now() > until) throw new Error(`${user} was never made`);
  }
  const { SOPHIA_SNOWFLAKE_ADMIN_USER: username = "", SOPHIA_SNOWFLAKE_ADMIN_PASSWORD: password = "" } = variables;
  await withDriver(snowflake, { username, password }, `ALTER USER ${user} SET DISABLED = TRUE`);
}
