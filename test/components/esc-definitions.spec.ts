/** Do the two definitions say to ESC exactly what was meant, whatever the values are? Random texts, read by the stand-in's evaluation. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { publishedDefinition, secretsDefinition, slotReference } from "../../components/esc-definitions";
import { applyEdits } from "../../automation/esc/intake";
import { evaluateEnvironment } from "../../sandbox/esc/evaluation/evaluate";
import { pathsWhere, plainValues } from "../../sandbox/esc/evaluation/results";
import { emitYaml } from "../../sandbox/esc/yaml/emit";
import { parseYaml } from "../../sandbox/esc/yaml/parse";

/** Texts that YAML or ESC could take for something else. */
const AWKWARD = [
  ...[
    "",
    " ",
    " lead",
    "trail ",
    "trail\n",
    "two\n\nlines\n",
    "tab\there",
    "\ttab",
    "cr\rhere",
    "crlf\r\nhere",
    "---",
    "...",
    "--- a",
  ],
  ...[
    "# x",
    "a # x",
    "a: b",
    "- a",
    "? a",
    "| a",
    "> a",
    "! a",
    "& a",
    "* a",
    "@ a",
    "` a",
    "% a",
    "{a}",
    "[a]",
    "'",
    '"',
    "\\",
    "it's",
  ],
  ...[
    "$",
    "$$",
    "$$$",
    "${",
    "${a}",
    "$${a}",
    "$$${a}",
    "a$",
    "a${b",
    "}",
    "true",
    "false",
    "null",
    "~",
    "Null",
    "yes",
    "no",
    "on",
  ],
  ...[
    "0",
    "42",
    "-1",
    "1.50",
    "1e5",
    "0777",
    "0o17",
    "0x1F",
    "0b11",
    "1_000",
    "1_0.5",
    ".5",
    "5.",
    ".inf",
    "-.Inf",
    ".nan",
    "NaN",
    "Inf",
    "infinity",
  ],
  ...["2026-11-23", "2026-11-23T09:00:00Z", "2026-11-23 9:00:00", "12:30:45", "<<", "=", "fn::secret", "a,b", "a]b"],
  ...[
    "\0",
    "\x7f",
    "\x85",
    "\u2028",
    "\u2029",
    "\ufeff",
    "\ufffe",
    "\u00a0",
    "ü",
    "漢字",
    "\u{1f511}",
    "a".repeat(300),
    "word ".repeat(60),
  ],
];
const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...AWKWARD) },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme" }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  { weight: 2, arbitrary: fc.array(fc.constantFrom(...AWKWARD), { maxLength: 4 }).map((parts) => parts.join("")) },
);
const printable = text.filter((value) => !/[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/u.test(value));

/** ESC escapes everything beyond the first plane, and then a refresh would show a difference; no plain variable has such a text. */
const onePlane = printable.filter((value) => /^[ -~\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]*$/u.test(value));

function evaluate(definition: string, imported: Record<string, string> = {}) {
  const environment = (source: string) => ({ text: source, decrypt: () => undefined });
  const found = evaluateEnvironment("sophia/spec", environment(definition), {
    load: (name) => (imported[name] === undefined ? undefined : environment(imported[name])),
  });
  assert.deepEqual(found.diagnostics, []);
  return found;
}

/** What ESC would store: the text of a rewritten definition. */
function rewrite(definition: string): string {
  const { root } = parseYaml("sophia/spec", definition);
  assert.ok(root);
  return emitYaml(root);
}

describe("secretsDefinition", () => {
  it("comes out of ESC with every text as it went in, all of them secret", () => {
    fc.assert(
      fc.property(text, text, text, (user, password, key) => {
        const material = { snowflake: { a: { SNOWFLAKE_USER: user, SNOWFLAKE_PASSWORD: password } } };
        const { value } = evaluate(secretsDefinition(material, key));
        assert.ok(value);
        const slots = { a: { SNOWFLAKE_PASSWORD: password, SNOWFLAKE_USER: user } };
        assert.deepEqual(plainValues(value), { fingerprintKey: key, services: { snowflake: { slots } } });
        assert.deepEqual(
          pathsWhere(value, ({ secret }) => secret),
          [
            "fingerprintKey",
            "services.snowflake.slots.a.SNOWFLAKE_PASSWORD",
            "services.snowflake.slots.a.SNOWFLAKE_USER",
          ],
        );
      }),
      { numRuns: 400 },
    );
  });

  it("comes out the same when it is trimmed, as the provider does", () => {
    for (const last of AWKWARD) {
      const { value } = evaluate(secretsDefinition({ gong: { b: { GONG_API_KEY: "k" } } }, last).trim());
      assert.equal(plainValues(value)["fingerprintKey"], last);
    }
  });

  it("writes a secret of one printable line as it is and any other one as base64", () => {
    assert.equal(
      secretsDefinition({ gong: { b: { B: "two\nlines", A: 'quo"ted' } } }, "pay$"),
      'values:\n  services:\n    gong:\n      slots:\n        b:\n          A:\n            fn::secret: "quo\\"ted"\n' +
        '          B:\n            fn::fromBase64:\n              fn::secret: "dHdvCmxpbmVz"\n' +
        '  fingerprintKey:\n    fn::fromBase64:\n      fn::secret: "cGF5JA=="\n',
    );
  });

  it("does not depend on the order in which services, slots and variables come", () => {
    const one = secretsDefinition({ a: { a: { X: "1", Y: "2" }, b: { X: "3" } }, b: { a: { Z: "4" } } }, "key");
    const other = secretsDefinition({ b: { a: { Z: "4" } }, a: { b: { X: "3" }, a: { Y: "2", X: "1" } } }, "key");
    assert.equal(one, other);
  });
});

describe("publishedDefinition", () => {
  const imports = ["sophia/development-intake", "sophia/development-secrets@stable"];
  const published = (value: string) =>
    publishedDefinition({
      imports,
      variables: {
        SNOWFLAKE_PASSWORD: { reference: slotReference("snowflake", "a", "SNOWFLAKE_PASSWORD") },
        SNOWFLAKE_ROLE: { text: value },
      },
    });

  it("gives programs the referenced secret and the plain text as they went in, once as variable and once as configuration", () => {
    fc.assert(
      fc.property(printable, text, (role, password) => {
        const secrets = secretsDefinition({ snowflake: { a: { SNOWFLAKE_PASSWORD: password } } }, "key");
        const imported = { "sophia/development-intake": "values: {}", "sophia/development-secrets@stable": secrets };
        const { value } = evaluate(published(role), imported);
        assert.ok(value);
        const { environmentVariables, pulumiConfig } = plainValues(value);
        assert.deepEqual(environmentVariables, { SNOWFLAKE_PASSWORD: password, SNOWFLAKE_ROLE: role });
        assert.deepEqual(pulumiConfig, { "sophia:snowflakePassword": password, "sophia:snowflakeRole": role });
        const secret = pathsWhere(value, (part) => part.secret);
        assert.ok(secret.includes("environmentVariables.SNOWFLAKE_PASSWORD"));
        assert.ok(!secret.includes("environmentVariables.SNOWFLAKE_ROLE"));
      }),
      { numRuns: 400 },
    );
  });

  it("is not changed by ESC's rewriting, so that a refresh finds no difference", () => {
    fc.assert(
      fc.property(onePlane, (role) => assert.equal(rewrite(published(role)), published(role))),
      { numRuns: 400 },
    );
  });

  it("lets the secrets environment win over the intake", () => {
    const both = { services: { snowflake: { slots: { a: { SNOWFLAKE_PASSWORD: "person's" } } } } };
    const imported = {
      "sophia/development-intake": JSON.stringify({ values: both }),
      "sophia/development-secrets@stable": secretsDefinition({ snowflake: { a: { SNOWFLAKE_PASSWORD: "made" } } }, "k"),
    };
    const { value } = evaluate(published("R"), imported);
    assert.deepEqual(plainValues(value)["environmentVariables"], { SNOWFLAKE_PASSWORD: "made", SNOWFLAKE_ROLE: "R" });
  });

  it("holds references only, in the order of their names", () => {
    assert.equal(
      published("SOPHIA_ROLE"),
      "imports:\n  - sophia/development-intake\n  - sophia/development-secrets@stable\n" +
        "values:\n  environmentVariables:\n    SNOWFLAKE_PASSWORD: ${services.snowflake.slots.a.SNOWFLAKE_PASSWORD}\n" +
        "    SNOWFLAKE_ROLE: 'SOPHIA_ROLE'\n" +
        "  pulumiConfig:\n    sophia:snowflakePassword: ${environmentVariables.SNOWFLAKE_PASSWORD}\n" +
        "    sophia:snowflakeRole: ${environmentVariables.SNOWFLAKE_ROLE}\n",
    );
  });
});

describe("an edit of the intake", () => {
  it("comes out of ESC with secret and plain texts as they went in", () => {
    fc.assert(
      fc.property(text, printable, (secret, plain) => {
        const path = ["services", "vercel", "settings"];
        const edits = [
          { path: [...path, "TOKEN"], secret },
          { path: [...path, "VERCEL_PROJECT_ID"], plain },
          { path: ["rotation", "vercel", "run"], plain: { owner: plain } },
        ];
        const { value } = evaluate(applyEdits("", edits, "spec"));
        assert.ok(value);
        assert.deepEqual(plainValues(value), {
          services: { vercel: { settings: { TOKEN: secret, VERCEL_PROJECT_ID: plain } } },
          rotation: { vercel: { run: { owner: plain } } },
        });
        assert.deepEqual(
          pathsWhere(value, (part) => part.secret),
          ["services.vercel.settings.TOKEN"],
        );
      }),
      { numRuns: 400 },
    );
  });
});
