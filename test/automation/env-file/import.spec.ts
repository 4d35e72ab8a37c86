/** Does every name of an env file go where it belongs, and nothing else anywhere? */
import assert from "node:assert/strict";
import { planImport, type ImportOptions } from "../../../automation/env-file/import";
import { findPlaceholder } from "../../../automation/env-file/placeholder";
import { parseIntake } from "../../../automation/esc/intake";
import { services } from "../../../services";
import { type Credential, type Service } from "../../../services/service";

const credentialOf = (service: Service): Credential =>
  Object.values(service.rotation?.strategies ?? {})[0] ?? assert.fail(service.name);
const plan = (values: Record<string, string>, intake: unknown = {}, options: ImportOptions = {}) =>
  planImport(values, parseIntake(intake, "x"), services, credentialOf, options);
const words = (...parameters: Parameters<typeof plan>) =>
  plan(...parameters).lines.map(({ name, action, service, storedAs = "", reason = "" }) =>
    [name, action, service, storedAs, reason].join(" ").trim().replace(/ +/g, " "),
  );

describe("planImport", () => {
  it("puts material into the current slot, settings and other keys into theirs, secrets and plain values as such", () => {
    const intake = { rotation: { gong: { current: "b", slots: { b: { generation: 2 } }, phase: "idle" } } };
    assert.deepEqual(plan({ GONG_API_KEY: "k-1", GONG_BASE_URL: "https://g.example", NEW: "n-1" }, intake).edits, [
      { path: ["services", "gong", "slots", "b", "GONG_API_KEY"], secret: "k-1" },
      { path: ["services", "gong", "settings", "GONG_BASE_URL"], plain: "https://g.example" },
      { path: ["services", "other", "settings", "NEW"], secret: "n-1" },
    ]);
  });

  it("leaves alone what the intake or consumers have already; the intake counts more", () => {
    const intake = { services: { other: { settings: { A: "1", B: "2" } } } };
    const published = { SNOWFLAKE_PASSWORD: "generated", SNOWFLAKE_ROLE: "R", A: "9" };
    const values = { A: "1", B: "3", SNOWFLAKE_PASSWORD: "generated", SNOWFLAKE_ROLE: "S" };
    assert.deepEqual(words(values, intake, { published }), [
      "A same other",
      "B change other",
      "SNOWFLAKE_PASSWORD same snowflake",
      "SNOWFLAKE_ROLE change snowflake",
    ]);
  });

  it("stores old names and second names once, under the variable's own", () => {
    const { lines, edits } = plan({ VERCEL_TOKEN: "v-1", GONG_API_KEY: "k-1", GONG_ACCESS_KEY: "k-1" });
    assert.deepEqual(
      lines.map(({ name, action, storedAs, isOldName }) => [name, action, storedAs, isOldName]),
      [
        ["VERCEL_TOKEN", "add", "VERCEL_ACCESS_TOKEN", true],
        ["GONG_API_KEY", "add", undefined, undefined],
        ["GONG_ACCESS_KEY", "same", "GONG_API_KEY", undefined],
      ],
    );
    assert.equal(edits.length, 2);
  });

  it("refuses two values for one variable; with force its own name wins, wherever it stands", () => {
    const values = { GONG_ACCESS_KEY: "twin", GONG_CLIENT_ID: "old", GONG_API_KEY: "own" };
    assert.deepEqual(words(values), [
      "GONG_ACCESS_KEY refuse gong GONG_API_KEY conflict",
      "GONG_CLIENT_ID refuse gong GONG_API_KEY conflict",
      "GONG_API_KEY add gong",
    ]);
    assert.deepEqual(
      plan(values, {}, { force: true }).edits.map((edit) => ("secret" in edit ? edit.secret : "")),
      ["own"],
    );
    const olds = { VERCEL_TOKEN: "1st", VERCEL_API_TOKEN: "2nd" };
    assert.deepEqual(words(olds)[1], "VERCEL_API_TOKEN refuse vercel VERCEL_ACCESS_TOKEN conflict");
  });

  it("skips empty values and controlling tokens, with force too", () => {
    const values = { GONG_API_KEY: "", GITHUB_TOKEN: "t", PULUMI_ACCESS_TOKEN: "t", PULUMI_CONFIG_PASSPHRASE: "p" };
    const own = { SOPHIA_VERCEL_CONTROL_TOKEN: "t", GH_TOKEN: "t", SOPHIA_API_KEY: "not ours" };
    const { lines } = plan({ ...values, ...own }, {}, { force: true });
    assert.deepEqual(
      lines.filter(({ action }) => action !== "skip").map(({ name }) => name),
      ["SOPHIA_API_KEY"],
    );
  });

  it("takes the chosen services only", () => {
    const values = { GONG_API_KEY: "k", NEW: "n", VERCEL_TOKEN: "v" };
    assert.deepEqual(words(values, {}, { services: ["gong", "other"] }), ["GONG_API_KEY add gong", "NEW add other"]);
  });

  it("knows no value for a name that every object has", () => {
    assert.deepEqual(words({ constructor: "x", toString: "y" }, {}, { published: {} }), [
      "constructor add other",
      "toString add other",
    ]);
  });
});

describe("findPlaceholder", () => {
  const UNREAL: Readonly<Record<string, readonly string[]>> = {
    mask: ["[SENSITIVE]", "[secret]", "***", " ******** ", "REDACTED", "<redacted>"],
    placeholder: [
      "your-gong-api-key",
      "YOUR_KEY_HERE",
      "your-secure-password",
      "changeme",
      "CHANGE-ME",
      "<api key>",
    ].concat(
      ["xxx", "...", "${GONG_API_KEY}", "{{ gong }}", "${{ secrets.GONG }}", "prj_123456789", "team_123456789"],
      ["https://us-12345.api.gong.io", "placeholder_key"],
    ),
    ciphertext: ["ZXNjeAAAAAEAAAEAx3k2Cw==", "v1:Xc3LxaUZQ5Yl2Rf1:9kPmVQ==", "encrypted:BDqDBibm4w"],
  };
  for (const [kind, texts] of Object.entries(UNREAL)) {
    it(`takes a ${kind} for one`, () => {
      assert.deepEqual(
        texts.filter((text) => findPlaceholder(text) !== kind),
        [],
      );
    });
  }

  it("lets real values be", () => {
    const real = [
      "yourself",
      "SOPHIA_WH",
      "PUBLIC",
      "{}",
      '{"a": 1}',
      "a***b",
      "x",
      "v1:beta",
      "pa${ss}word",
      "<a><b/></a>",
    ];
    assert.deepEqual(
      real.filter((text) => findPlaceholder(text) !== undefined),
      [],
    );
  });
});
