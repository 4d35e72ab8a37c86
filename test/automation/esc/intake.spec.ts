/** Is the intake read strictly and edited gently? */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { AutomationError } from "../../../automation/errors";
import { applyEdits, parseIntake } from "../../../automation/esc/intake";

const failure = (action: () => unknown): AutomationError => {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof AutomationError, String(error));
    return error;
  }
  return assert.fail("nothing was thrown");
};

/** In the form in which ESC keeps it, with a person's comments and keys that are not ours. */
const STORED = `# Ask the data team before you touch this.
imports:
  - sophia/shared # theirs
values:
  # Gong, by hand
  services:
    gong:
      slots:
        a:
          GONG_API_KEY:
            fn::secret:
              ciphertext: ZXNjeAAAAAEwMTIzNDU2Nzg5YWJjZGVmc3FShalJZXNjeAAAAAEwMTIzNDU2Nzg5YWJjZGVmc3FShalJZXNjeAAAAAEwMTIz== # 2026-01-02
          GONG_API_SECRET:
            fn::secret:
              ciphertext: ZXNjeAAAAAE
  rotation:
    gong:
      current: a
      slots:
        a:
          generation: 1
      phase: idle
      note: "kept: as it is" # ours
  foreign:
    number: 1.50
    quoted: '042'
    long: ${"word ".repeat(40).trim()}
    text: |
      one
        two

# The end.
`;

describe("parseIntake", () => {
  it("gives settings, slots and records, and empty ones for a service that is not there", () => {
    const record = { current: "b", slots: { b: { generation: 2 } }, phase: "idle", note: "ours" };
    const intake = parseIntake(
      {
        services: { vercel: { settings: { VERCEL_PROJECT_ID: "prj_1" }, slots: { b: { VERCEL_ACCESS_TOKEN: "t" } } } },
        rotation: { vercel: record },
        foreign: ["x"],
      },
      "env",
    );
    assert.deepEqual(intake.service("vercel"), {
      settings: { VERCEL_PROJECT_ID: "prj_1" },
      slots: { b: { VERCEL_ACCESS_TOKEN: "t" } },
    });
    assert.deepEqual(intake.service("gong"), { settings: {}, slots: {} });
    assert.deepEqual(intake.rotation("vercel"), { current: "b", slots: { b: { generation: 2 } }, phase: "idle" });
    assert.deepEqual(intake.rotation("gong"), { current: "a", slots: { a: { generation: 1 } }, phase: "idle" });
  });

  it("reads numbers and booleans that somebody typed without quotes as text", () => {
    const intake = parseIntake({ services: { gong: { settings: { A: 42, B: true } } } }, "env");
    assert.deepEqual(intake.service("gong").settings, { A: "42", B: "true" });
  });

  it("takes an empty environment for a stack that was never rotated", () => {
    assert.equal(parseIntake(undefined, "env").rotation("snowflake").current, "a");
    assert.equal(parseIntake({}, "env").rotation("snowflake").current, "a");
  });

  it("names every malformed path and nothing that stands there: exit 2", () => {
    const error = failure(() =>
      parseIntake(
        {
          services: { gong: { slots: { a: { GONG_API_KEY: { nested: "hush-hush" } } }, settings: "hush-hush" } },
          rotation: {
            gong: { current: "c-hush-hush", slots: { a: { generation: 0.5 } }, phase: "hush-hush" },
            vercel: { current: "a", slots: { a: { generation: 1 } }, phase: "idle", rotatedAt: "hush-hush" },
          },
        },
        "payready/sophia/development-intake",
      ),
    );
    assert.equal(error.code, "intake.malformed");
    assert.equal(error.exitCode, 2);
    for (const path of [
      "values.services.gong.slots.a.GONG_API_KEY",
      "values.services.gong.settings",
      "values.rotation.gong.current",
      "values.rotation.gong.slots.a.generation",
      "values.rotation.gong.phase",
      "values.rotation.vercel.rotatedAt",
    ]) {
      assert.ok(error.message.includes(`${path} (`), `${path} in: ${error.message}`);
    }
    assert.ok(!`${error.message}${error.hint}`.includes("hush"));
    assert.equal(error.hint, "Correct it with: pulumi env edit payready/sophia/development-intake");
  });

  for (const slots of [{ a: { generation: 3 } }, { a: { generation: 3 }, b: { generation: 2, retired: true } }, {}]) {
    it(`refuses a record that points consumers to a slot that is not alive: ${JSON.stringify(slots)}`, () => {
      const rotation = { gong: { current: "b", slots, phase: "idle" } };
      const error = failure(() => parseIntake({ rotation }, "env"));
      assert.match(error.message, /values\.rotation\.gong\.current \(/);
    });
  }
});

describe("applyEdits", () => {
  it("leaves every byte that was not meant, comments, ciphertext and foreign keys included", () => {
    const edits = [
      { path: ["services", "gong", "slots", "a", "GONG_API_SECRET"], secret: "new" },
      { path: ["rotation", "gong", "phase"], plain: "staged" },
    ];
    const expected = STORED.replace("ciphertext: ZXNjeAAAAAE\n", "CUT\n")
      .replace("fn::secret:\n              CUT\n", 'fn::secret: "new"\n')
      .replace("phase: idle", "phase: 'staged'");
    assert.equal(applyEdits(STORED, edits, "env"), expected);
  });

  it("changes nothing when nothing is to change", () => {
    assert.equal(applyEdits(STORED, [], "env"), STORED);
  });

  it("removes a key and what is under it, and does not mind one that is not there", () => {
    const edits = [
      { path: ["services", "gong", "slots", "a"], remove: true as const },
      { path: ["services", "nobody", "slots"], remove: true as const },
    ];
    const { services, foreign } = toValues(applyEdits(STORED, edits, "env"));
    assert.deepEqual(services, { gong: { slots: {} } });
    assert.equal(Object.keys(foreign as object).length, 4);
  });

  it("starts from nothing, and keeps the comments of a definition that holds nothing else", () => {
    const edits = [
      { path: ["services", "gong", "slots", "a", "GONG_API_KEY"], secret: "one" },
      { path: ["services", "gong", "slots", "a", "GONG_API_SECRET"], secret: "two" },
      { path: ["rotation", "gong"], plain: { current: "a", slots: { a: { generation: 1 } }, phase: "idle" } },
    ];
    const text =
      "values:\n  services:\n    gong:\n      slots:\n        a:\n          GONG_API_KEY:\n" +
      '            fn::secret: "one"\n          GONG_API_SECRET:\n            fn::secret: "two"\n' +
      "  rotation:\n    gong:\n      current: 'a'\n      slots:\n        a:\n          generation: 1\n      phase: 'idle'\n";
    assert.equal(applyEdits("", edits, "env"), text);
    assert.equal(applyEdits("# Ours.\n", edits, "env"), `# Ours.\n${text}`);
  });

  for (const yaml of ["- a\n- b\n", "text", "values: [", "a: 1\na: 2\n"]) {
    it(`refuses ${JSON.stringify(yaml)} as no mapping, with exit 2`, () => {
      const error = failure(() => applyEdits(yaml, [{ path: ["a"], plain: 1 }], "env"));
      assert.equal(error.code, "intake.malformed");
      assert.equal(error.exitCode, 2);
    });
  }
});

function toValues(yaml: string): Record<string, unknown> {
  return (parse(yaml) as { values: Record<string, unknown> }).values;
}
