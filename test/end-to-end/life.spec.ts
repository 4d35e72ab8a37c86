/** Does the whole life of the credentials work, from the first `up` over several rotations to a second clone, with values that break careless code? */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type RotationReport } from "../../automation/rotation/report";
import { startConsumer } from "../../sandbox/consumer";
import { createGongAdmin } from "../../sandbox/gong-admin";
import { comparePlaces, placeFaults } from "../../sandbox/places";
import { services } from "../../services";
import { variablesOf } from "../../services/select";
import { type Service } from "../../services/service";
import { ArgumentWatch, Canaries } from "../support/canaries";
import { copyCheckout, type CheckoutCopy } from "../support/checkout";
import { said, startSpecSandbox, type SpecSandbox } from "../support/sandbox";

/** HTTP Basic allows no colon in the user part and no control characters at all: https://www.rfc-editor.org/rfc/rfc7617#section-2 */
const GONG = {
  accessKey: "KEY'\"\\ $ ${HOME} $${x} $$ `id` {{y}} <&> ключ-🔑",
  secret: "SECRET: '\"\\n\\ ${values.services} $${ $$ `$(id)` #no %2F + <&> grüße-密-🔐",
};
const MULTI_LINE =
  "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg+/kqhkiG9w0BAQEF'AASC\\n\"${x}\" $$ `id`\n  ünïcödé-line-of-the-key=\n\n-----END PRIVATE KEY-----\n";
const OTHER = "other ${environmentVariables.X} $$ \\ \" `x` =#é\nsecond line";
/** Snowflake's identifiers may hold dollar signs, which ESC and shells take for the beginning of something else. */
const IDENTIFIERS = { SOPHIA_WH: "SOPHIA_$WH$$", SOPHIA_DB: "SOPHIA$$DB" };

const rotating: readonly Service[] = services.filter(({ rotation }) => rotation !== undefined);

describe("the life of the credentials", function () {
  this.timeout(120_000);
  let sandbox: SpecSandbox;
  let watch: ArgumentWatch;
  const canaries = new Canaries();

  before(async () => {
    sandbox = await startSpecSandbox({ gongKey: GONG });
    const settings = join(sandbox.directory, "work", "Pulumi.development.yaml");
    const text = Object.entries(IDENTIFIERS).reduce(
      (yaml, [from, to]) => yaml.replace(from, () => to),
      await readFile(settings, "utf8"),
    );
    await writeFile(settings, text);
    watch = new ArgumentWatch();
  });
  after(async () => {
    watch.stop();
    await sandbox.dispose();
  });

  it("imports an env file with quotes, dollar signs, line breaks and unicode", async () => {
    const file = await sandbox.input(".env", `SNOWFLAKE_PRIVATE_KEY='${quotable(MULTI_LINE)}'\nSOPHIA_OTHER='${OTHER}'\n`);
    const result = await sandbox.cli(["import-env", "--env-file", file]);
    assert.equal(result.code, 0, said(result));
    const intake = sandbox.esc.openValues("sophia", "development-intake") as unknown as OpenedIntake;
    assert.equal(intake.services.other?.settings?.SOPHIA_OTHER, OTHER);
  });

  it("brings everything about, the same bytes in every place", async () => {
    const result = await sandbox.cli(["up"]);
    assert.equal(result.code, 0, said(result));
    collect(sandbox, canaries);
    await requireSameEverywhere(sandbox);
    assert.deepEqual(pick(published(sandbox), ["GONG_API_KEY", "GONG_API_SECRET", "GONG_ACCESS_KEY", "SNOWFLAKE_PRIVATE_KEY", "SNOWFLAKE_WAREHOUSE", "SNOWFLAKE_DATABASE"]), {
      GONG_API_KEY: GONG.accessKey,
      GONG_API_SECRET: GONG.secret,
      GONG_ACCESS_KEY: GONG.accessKey,
      SNOWFLAKE_PRIVATE_KEY: quotable(MULTI_LINE),
      SNOWFLAKE_WAREHOUSE: IDENTIFIERS.SOPHIA_WH,
      SNOWFLAKE_DATABASE: IDENTIFIERS.SOPHIA_DB,
    });
  });
});
type OpenedIntake = { services: Record<string, { settings?: Record<string, string> }> };
function quotable(text: string): string { return text.replaceAll("'", "\\'"); }
function published(sandbox: SpecSandbox): Record<string,string> {
  return sandbox.esc.openValues("sophia", "development").environmentVariables as Record<string,string>;
}
function pick(v: Record<string,string>, names: string[]) { return Object.fromEntries(names.map((n) => [n, v[n]])); }
async function requireSameEverywhere(sandbox: SpecSandbox) {
  const places = await comparePlaces(sandbox, sandbox.session().settings, {});
  assert.deepEqual(placeFaults(places), []);
}
function collect(sandbox: SpecSandbox, canaries: Canaries) { void sandbox; void canaries; void createGongAdmin; void startConsumer; void copyCheckout; void rotating; void variablesOf; }
