/** Is every secret that stands in clear in a definition found, whatever way it is written, and nothing else? */
import assert from "node:assert/strict";
import fc from "fast-check";
import { stringify } from "yaml";
import {
  plainTextsOfIntake,
  plainTextsOfPublished,
  plainTextsOfSecrets,
  unusedKeys,
} from "../../../automation/audit/definitions";
import { secretLeaf } from "../../../automation/esc/secret-leaf";
import { services } from "../../../services";

const intake = `
imports: [other]
values:
  services:
    gong:
      settings: {GONG_BASE_URL: https://x.example, GONG_API_SECRET: in-clear}
      slots:
        a: {GONG_API_KEY: {fn::secret: hidden}, GONG_API_SECRET: "in clear"}
        b: {GONG_API_KEY: {fn::fromBase64: {fn::secret: aGlkZGVu}}, GONG_API_SECRET: "\${vault.secret}"}
    gone: {settings: {OLD_KEY: {fn::secret: hidden}}, extra: {deep: {deeper: {fn::secret: x}}}}
    other: {settings: {LEGACY: plain-text, KEPT: {fn::secret: hidden}}}
  rotation:
    gong: {current: a, phase: idle}
`;

describe("plainTextsOfIntake", () => {
  it("finds literals of what is declared secret and of what nobody declares", () => {
    assert.deepEqual(plainTextsOfIntake(intake, services), [
      "services.gong.settings.GONG_API_SECRET",
      "services.gong.slots.a.GONG_API_SECRET",
      "services.other.settings.LEGACY",
    ]);
  });

  it("is silent about what is no definition", () => {
    for (const text of ["", "null", "just text", "{{{", "values: 3", "- a"]) {
      assert.deepEqual(plainTextsOfIntake(text, services), []);
      assert.deepEqual(unusedKeys(text, services), []);
    }
  });

  it("takes every secret that we write for hidden, whatever its value", () =>
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        const yaml = stringify({
          values: { services: { gong: { slots: { a: { GONG_API_KEY: secretLeaf(value) } } } } },
        });
        assert.deepEqual(plainTextsOfIntake(yaml, services), []);
        assert.deepEqual(plainTextsOfSecrets(yaml), []);
      }),
    ));
});

describe("plainTextsOfSecrets", () => {
  it("finds everything that is no function, in lists too", () => {
    const yaml = "values: {services: {x: {slots: {a: {P: open, Q: {fn::secret: s}}}}}, list: [1, {fn::secret: s}]}";
    assert.deepEqual(plainTextsOfSecrets(yaml), ["services.x.slots.a.P", "list.0"]);
  });
});

describe("plainTextsOfPublished", () => {
  const yaml = `
values:
  environmentVariables:
    GONG_API_KEY: \${services.gong.slots.a.GONG_API_KEY}
    GONG_API_SECRET: 'in clear'
    GONG_BASE_URL: 'https://x.example'
    SNOWFLAKE_ROLE: 'the-secret-itself'
  pulumiConfig:
    sophia:gongApiKey: \${environmentVariables.GONG_API_KEY}
    copied: the-secret-itself
`;
  it("finds literals where a reference should be, and a secret's value wherever it stands", () => {
    const found = plainTextsOfPublished(
      yaml,
      ["GONG_API_KEY", "GONG_API_SECRET"],
      (text) => text === "the-secret-itself",
    );
    assert.deepEqual(found, [
      "environmentVariables.GONG_API_SECRET",
      "environmentVariables.SNOWFLAKE_ROLE",
      "pulumiConfig.copied",
    ]);
  });
});

describe("unusedKeys", () => {
  it("names each key that no service declares, once", () => {
    assert.deepEqual(
      unusedKeys(intake, services).map(({ path }) => path),
      [
        "services.gone.settings.OLD_KEY",
        "services.gone.extra",
        "services.other.settings.LEGACY",
        "services.other.settings.KEPT",
      ],
    );
  });
});
