/** Does the whole life of the credentials work, from the first `up` over several rotations to a second clone, with values that break careless code? */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type RotationReport } from "../../automation/rotation/report";
import { startConsumer } from "../../sandbox/consumer";
import { createGongAdmin } from "../../sandbox/gong-admin";
import { comparePlaces, placeFaults } from "../../sandbox/places";
import { services } from "../../services";
import { ArgumentWatch, Canaries, collectSecrets } from "../support/canaries";
import { copyCheckout, type CheckoutCopy } from "../support/checkout";
import * as hostile from "../support/hostile";
import { said, startSpecSandbox, type ChildResult, type SpecSandbox } from "../support/sandbox";

type Values = Readonly<Record<string, string>>;

const NAMES = services.flatMap(({ name, rotation }) => (rotation ? [name] : [])).sort();
const GONG_PENDING = { snowflake: "rotated", gong: "manual_pending", vercel: "rotated", estuary: "rotated" };

describe("the life of the credentials", function () {
  this.timeout(300_000);
  let sandbox: SpecSandbox;
  let watch: ArgumentWatch | undefined;
  let second: CheckoutCopy | undefined;
  const canaries = new Canaries();
  /** What consumers read before each rotation, the oldest first. */
  const former: Values[] = [];

  before(async () => {
    sandbox = await startSpecSandbox({ gongKey: hostile.HOSTILE_GONG });
    const settings = join(sandbox.directory, "work", "Pulumi.development.yaml");
    const text = await readFile(settings, "utf8");
    await writeFile(settings, replaceAll(text, hostile.HOSTILE_IDENTIFIERS));
    watch = new ArgumentWatch();
  });
  after(async () => {
    watch?.stop();
    await second?.dispose();
    await sandbox?.dispose();
  });

  /** Runs `rotate` and returns its outcomes by service. */
  async function rotate(...words: string[]): Promise<ChildResult & { outcomes: Record<string, string> }> {
    former.push(sandbox.published());
    const result = await sandbox.cliJson<RotationReport>(["rotate", ...words]);
    collectSecrets(canaries, sandbox);
    return { ...result, outcomes: Object.fromEntries(result.json.services.map((one) => [one.service, one.outcome])) };
  }

  /** A new pair, as a person makes it in Gong's own pages, in a file for `--from-file`. */
  async function newGongPair(): Promise<string> {
    const { gong, adminToken } = sandbox;
    const { accessKey, secret } = await createGongAdmin(gong.url, adminToken).makeKey();
    const pair = { GONG_API_KEY: accessKey, GONG_API_SECRET: secret };
    for (const [name, value] of Object.entries(pair)) canaries.add(name, value);
    return sandbox.input("gong.json", JSON.stringify(pair));
  }

  async function deleteGongKey(values: Values | undefined): Promise<void> {
    const { gong, adminToken } = sandbox;
    await createGongAdmin(gong.url, adminToken).deleteKey(values?.GONG_API_KEY ?? "");
  }

  it("imports an env file with quotes, dollar signs, line breaks and unicode", async () => {
    const file = await sandbox.input(".env", hostile.HOSTILE_ENV_FILE);
    const result = await sandbox.cli(["import-env", "--env-file", file]);
    assert.equal(result.code, 0, said(result));
    const { services: stored } = sandbox.esc.openValues("sophia", "development-intake") as {
      services: Record<string, { settings?: Values }>;
    };
    assert.equal(stored.other?.settings?.SOPHIA_OTHER, hostile.HOSTILE_OTHER);
  });

  it("brings everything about, with the same bytes in every place", async () => {
    const result = await sandbox.cli(["up"]);
    assert.equal(result.code, 0, said(result));
    collectSecrets(canaries, sandbox);
    const values = sandbox.published();
    assert.equal(values.GONG_API_KEY, hostile.HOSTILE_GONG.accessKey);
    assert.equal(values.GONG_ACCESS_KEY, hostile.HOSTILE_GONG.accessKey);
    assert.equal(values.GONG_API_SECRET, hostile.HOSTILE_GONG.secret);
    assert.equal(values.SNOWFLAKE_PRIVATE_KEY, hostile.HOSTILE_LINES);
    assert.equal(values.SNOWFLAKE_WAREHOUSE, hostile.HOSTILE_IDENTIFIERS.SOPHIA_WH);
    assert.equal(values.SNOWFLAKE_DATABASE, hostile.HOSTILE_IDENTIFIERS.SOPHIA_DB);
    assert.deepEqual(await differingPlaces(sandbox), []);
    assert.equal(sandbox.github.openedSecret({ kind: "repository", repository: "sophia" }, "SOPHIA_OTHER"), undefined);
  });

  it("makes credentials that every service accepts, and only those", async () => {
    assert.deepEqual(acceptedBy(sandbox, sandbox.published()), NAMES);
    const tested = await sandbox.cli(["test", "--output", "none"]);
    assert.equal(tested.code, 0, said(tested));
    assert.deepEqual(acceptedBy(sandbox, { ...sandbox.published(), SNOWFLAKE_PASSWORD: "wrong" }), [
      "estuary",
      "gong",
      "vercel",
    ]);
  });

  it("has nothing left to change", () => expectNoChanges(sandbox));

  it("rotates while a consumer uses every credential and is never refused", async () => {
    const file = await newGongPair();
    const before = sandbox.published();
    const consumer = startConsumer(sandbox.session());
    const late = acceptedWhenDraining(sandbox, before);
    const result = await rotate("--service", "all", "--grace", "2s", "--from-file", file).finally(async () => {
      for (const { service, uses, refusals, unknown } of await consumer.stop()) {
        assert.ok(uses > 10, `${service} was used ${uses} times`);
        assert.deepEqual([service, refusals, unknown], [service, 0, 0]);
      }
    });
    // Nobody has deleted Gong's old key yet: that is said, and it is no success.
    assert.deepEqual(result.outcomes, GONG_PENDING, said(result));
    assert.equal(result.code, 1);
    assert.deepEqual(await late, NAMES);
  });

  it("has every place read the new credential, which is accepted, and the one before refused", async () => {
    assert.deepEqual(acceptedBy(sandbox, sandbox.published()), NAMES);
    assert.deepEqual(acceptedBy(sandbox, former.at(-1)), ["gong"]);
    assert.deepEqual(sharedVariables(sandbox.published(), former.at(-1)), []);
    assert.deepEqual(await differingPlaces(sandbox), []);
  });

  it("finishes when the person has deleted the old key", async () => {
    await deleteGongKey(former.at(-1));
    const result = await rotate("--service", "gong", "--resume");
    assert.deepEqual(result.outcomes, { gong: "rotated" }, said(result));
    assert.equal(result.code, 0);
    assert.deepEqual(acceptedBy(sandbox, former[0]), []);
  });

  it("rotates twice more", async () => {
    const again = await rotate("--grace", "0", "--from-file", await newGongPair());
    assert.deepEqual([again.code, again.outcomes], [1, GONG_PENDING], said(again));
    await deleteGongKey(former.at(-1));
    former.push(sandbox.published());
    // For people this time: what it says meanwhile is looked at below as well.
    const third = await sandbox.cli(["rotate", "--grace", "0"]);
    collectSecrets(canaries, sandbox);
    assert.equal(third.code, 0, said(third));
    assert.deepEqual(acceptedBy(sandbox, sandbox.published()), NAMES);
    // Gong went on with the pair of the second run, which the third found in use.
    assert.deepEqual(
      former.slice(0, -1).map((values) => acceptedBy(sandbox, values)),
      [[], [], []],
    );
    assert.deepEqual(await differingPlaces(sandbox), []);
  });

  it("finds nothing to change from a second clone, by the plain CLI and by its own", async () => {
    second = await copyCheckout();
    const plain = await sandbox.pulumi(["preview", "--expect-no-changes", "--non-interactive"], { cwd: second.folder });
    assert.equal(plain.code, 0, said(plain));
    await expectNoChanges(sandbox, second.folder);
  });

  it("asked the services for nothing that they do not know, and no other host at all", () => {
    assert.deepEqual(sandbox.unexpectedRequests(), []);
  });

  describe("the values that existed meanwhile", () => {
    it("are many", () => {
      // Three generations of five secrets, two more of Gong's pair, seven tokens, what was imported and the fingerprints' key.
      assert.ok(canaries.count >= 20, `${canaries.count} values`);
    });

    it("stand nowhere in what the commands printed", () => {
      assert.ok(sandbox.transcript.join("").length > 1000);
      assert.deepEqual(canaries.inText("output", sandbox.transcript.join("\n")), []);
    });

    it("stand in no file but the passphrase's own", async () => {
      const passphrase = join(sandbox.directory, "passphrase");
      assert.deepEqual(await canaries.inFolder(sandbox.directory, [passphrase]), []);
      assert.notDeepEqual(await canaries.inFolder(sandbox.directory), []);
      for (const place of Object.values(sandbox.places)) assert.deepEqual(await canaries.inFolder(place), []);
    });

    it("were in no process's arguments", () => {
      const seen = watch?.stop() ?? [];
      if (process.platform === "linux") assert.ok(seen.some((line) => /pulumi.* up /.test(line)));
      assert.deepEqual(canaries.inText("arguments", seen.join("\n")), []);
    });
  });
});

async function expectNoChanges(sandbox: SpecSandbox, cwd?: string): Promise<void> {
  const result = await sandbox.cli(["preview", "--expect-no-changes"], cwd === undefined ? {} : { cwd });
  assert.equal(result.code, 0, said(result));
}

/** The services that let somebody in who has these values, sorted. Asked of the stand-ins themselves, not by our probes. */
function acceptedBy({ snowflake, gong, vercel, estuary }: SpecSandbox, values: Values = {}): string[] {
  const value = (name: string) => values[name] ?? "";
  const accepted = {
    snowflake: snowflake.tryLogin(value("SNOWFLAKE_USER"), value("SNOWFLAKE_PASSWORD")).ok,
    gong: gong.accepts(value("GONG_API_KEY"), value("GONG_API_SECRET")),
    vercel: vercel.tokens().some(({ bearerToken }) => bearerToken === value("VERCEL_ACCESS_TOKEN")),
    estuary: estuary.accepts(value("ESTUARY_API_KEY")),
  };
  return Object.entries(accepted)
    .flatMap(([name, isAccepted]) => (isAccepted ? [name] : []))
    .sort();
}

/** The services that still take the old values when every place has the new ones: a reader may have opened them just before. */
async function acceptedWhenDraining(sandbox: SpecSandbox, values: Values): Promise<string[]> {
  const draining = () => {
    const { rotation } = sandbox.esc.openValues("sophia", "development-intake") as {
      rotation?: Record<string, { phase: string }>;
    };
    return rotation?.snowflake?.phase === "draining";
  };
  for (const until = Date.now() + 120_000; !draining(); await sleep(25)) {
    if (Date.now() > until) return ["the old credential had no time to drain"];
  }
  return acceptedBy(sandbox, values);
}

/** The credentials' variables that did not change. */
function sharedVariables(now: Values, before: Values = {}): string[] {
  const secrets = ["SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD", "GONG_API_KEY", "GONG_API_SECRET", "GONG_ACCESS_KEY"];
  return [...secrets, "VERCEL_ACCESS_TOKEN", "ESTUARY_API_KEY"].filter((name) => now[name] === before[name]);
}

/** Where a variable is missing or not the same, out of all that GitHub, Vercel and ESC hold. */
async function differingPlaces(sandbox: SpecSandbox): Promise<string[]> {
  const places = await comparePlaces(sandbox, sandbox.session().settings, {});
  assert.equal(places.length, 18);
  return placeFaults(places);
}

function replaceAll(text: string, replacements: Values): string {
  return Object.entries(replacements).reduce((result, [from, to]) => result.replaceAll(from, () => to), text);
}
