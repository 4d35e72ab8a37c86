/** Does a definition keep every byte that an edit does not mean, however it was written? */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "yaml";
import { applyEdits, type IntakeEdit } from "../../../automation/esc/intake";

const secret = (path: string, text: string): IntakeEdit => ({ path: path.split("."), secret: text });
const removal = (path: string): IntakeEdit => ({ path: path.split("."), remove: true });

/** As a person would write it by hand: no style twice, and comments wherever they may stand. */
const BY_HAND = `# top
imports:
- a # x
values:
    services: # mine
        gong: {settings: {A: 'b'}}   # flow
        other:
            settings:
                Z: 1   # zed
                K: # Ann's
                   fn::secret:
                     ciphertext: ZXN  # end
                "quoted":   'it''s'

            # foot of other
    theirs: {a: 1,  b: [ x,y ]}
# bottom`;

describe("the text of a definition", () => {
  it("changes, adds and removes at the places that are meant, and nowhere else", () => {
    const text = applyEdits(
      BY_HAND,
      [
        secret("services.other.settings.Z", "z2"),
        secret("services.other.settings.K", "k2"),
        secret("services.other.settings.NEW", "n"),
        removal("services.other.settings.quoted"),
        secret("services.gong.settings.B", "b"),
        { path: ["rotation", "gong"], plain: { phase: "idle" } },
      ],
      "env",
    );
    const expected = BY_HAND.replace("Z: 1 ", 'Z:\n                  fn::secret: "z2" ')
      .replace("fn::secret:\n                     ciphertext: ZXN", '{ fn::secret: "k2" }')
      .replace(`                "quoted":   'it''s'\n`, '                NEW:\n                  fn::secret: "n"\n')
      .replace("{A: 'b'}", `{A: 'b', B: { fn::secret: "b" }}`)
      .replace("b: [ x,y ]}\n", "b: [ x,y ]}\n    rotation:\n      gong:\n        phase: 'idle'\n");
    assert.equal(text, expected);
  });

  it("takes a mapping away and puts another one there in the same edits, and keeps every byte around it", () => {
    const text = applyEdits(
      BY_HAND,
      [removal("services.other.settings"), secret("services.other.settings.NEW", "n")],
      "env",
    );
    const [before = "", rest = ""] = BY_HAND.split("            settings:\n");
    const [, after = ""] = rest.split(`"quoted":   'it''s'\n`);
    assert.equal(text, `${before}            settings:\n              NEW:\n                fn::secret: "n"\n${after}`);
    const gone = applyEdits("values:\n    a:  1 # one\n    s: {X: 1}\n", [removal("s"), removal("s.X")], "env");
    assert.equal(gone, "values:\n    a:  1 # one\n");
  });

  it("fills an empty mapping, a key without a value, and a definition of one line", () => {
    const edit = secret("services.a.X", "x");
    const added = '  services:\n    a:\n      X:\n        fn::secret: "x"\n';
    assert.equal(applyEdits("values: {}\n", [edit], "env"), `values:\n${added}`);
    assert.equal(applyEdits("values:\n  services:\n  b:  2\n", [edit], "env"), `values:\n${added}  b:  2\n`);
    assert.equal(applyEdits("{}\n", [edit], "env"), `\nvalues:\n${added}`);
    assert.equal(
      applyEdits('{"values":  {"services": {"a": {"Y": "1"}}}}', [edit], "env"),
      '{"values":  {"services": {"a": {"Y": "1", X: { fn::secret: "x" }}}}}',
    );
  });

  it("says the same where there is no simple place: anchors, tags, explicit keys, markers", () => {
    const texts = [
      "values:\n  services: &s\n    a: {Y: 1}\n  again: *s\n",
      "values:\n  services: !!map\n    a: {Y: 1}\n",
      "? values\n: services:\n    a: {Y: 1}\n",
      "---\nvalues: {services: {a: {Y: 1}}}\n...\n",
    ];
    for (const text of texts) {
      const { services } = (
        parse(applyEdits(text, [secret("services.a.X", "x")], "env")) as { values: { services: unknown } }
      ).values;
      assert.deepEqual(services, { a: { Y: 1, X: { "fn::secret": "x" } } }, text);
    }
  });

  it("keeps every line of any definition that it only adds to, in order, and means what was meant", () => {
    fc.assert(
      fc.property(definitions(), fc.array(paths(), { minLength: 1, maxLength: 6 }), (definition, edited) => {
        const before = parse(definition) as { values: Record<string, unknown> };
        const added = [...new Set(edited)].filter((path) => isFree(before.values, path.split(".")));
        const after = applyEdits(
          definition,
          added.map((path) => secret(path, `new ${path}`)),
          "env",
        );
        let from = 0;
        const lines = after.split("\n");
        for (const line of definition.split("\n")) {
          // What is added to a flow mapping stands before its closing brace.
          const brace = line.indexOf("}");
          const isKept = (now: string) =>
            now === line || (brace >= 0 && now.startsWith(line.slice(0, brace)) && now.endsWith(line.slice(brace)));
          const at = lines.findIndex((now, index) => index >= from && isKept(now));
          assert.ok(at >= 0, `lost: ${line}\n${after}`);
          from = at + 1;
        }
        const expected = structuredClone(before.values);
        for (const path of added) put(expected, path.split("."), { "fn::secret": `new ${path}` });
        assert.deepEqual((parse(after) as { values: unknown }).values, expected);
      }),
      { numRuns: 500 },
    );
  });
});

const KEYS = ["alpha", "beta", "gamma", "delta"];

function paths(): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 3 }).map((keys) => `${keys.join(".")}.NEW`);
}

interface Branch {
  readonly key: string;
  readonly before: string;
  readonly after: string;
  readonly value: string | readonly Branch[];
}

/** Nested mappings with comments, empty lines, odd spacing and values of every style. */
function definitions(): fc.Arbitrary<string> {
  const { tree } = fc.letrec<{ tree: readonly Branch[]; branch: Branch }>((tie) => ({
    tree: fc.uniqueArray(tie("branch"), { minLength: 1, maxLength: 3, selector: ({ key }) => key }),
    branch: fc.record({
      key: fc.constantFrom(...KEYS),
      before: fc.constantFrom("", "", "# about it\n", "\n", "\n# far\n\n"),
      after: fc.constantFrom("", "", " # why", "   #x"),
      value: fc.oneof(
        { depthSize: "small", maxDepth: 3 },
        fc.constantFrom("1", "'a b'", '"q\\n"', "|\n%  two\n%  lines", "{a: 1,  b: 2}", "[ x,y ]", "plain # not", ""),
        tie("tree"),
      ),
    }),
  }));
  const write = (branches: readonly Branch[], pad: string, step: string): string =>
    branches
      .map(({ key, before, after, value }) => {
        const head = before.replace(/^#/gm, `${pad}#`);
        if (typeof value !== "string") return `${head}${pad}${key}:${after}\n${write(value, pad + step, step)}`;
        const [first = "", ...rest] = value.split("\n");
        const comment = first === "|" || first.includes("#") ? "" : after;
        return `${[`${head}${pad}${key}:${first === "" ? "" : ` ${first}`}${comment}`, ...rest].join("\n").replaceAll("%", pad)}\n`;
      })
      .join("");
  return fc
    .tuple(tree, fc.constantFrom("  ", "    "), fc.constantFrom("", "# end\n", "other: 1\n"))
    .map(([branches, step, end]) => `# top\nvalues:\n${write(branches, step, step)}${end}`);
}

/** Whether nothing but mappings stands on the way. */
function isFree(values: unknown, path: readonly string[]): boolean {
  let inner = values;
  for (const key of path) {
    if (inner === undefined || inner === null) return true;
    if (typeof inner !== "object" || Array.isArray(inner)) return false;
    inner = (inner as Record<string, unknown>)[key];
  }
  return true;
}

function put(root: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let inner = root;
  for (const key of path.slice(0, -1)) inner = (inner[key] ??= {}) as Record<string, unknown>;
  inner[path.at(-1) ?? ""] = value;
}
