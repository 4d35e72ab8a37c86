/** Can a value or a name become a key, a command, a tag or markup in what we write or read? */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { parse } from "yaml";
import { formatGitHubEnv, formatMasks } from "../../automation/env-file/github-env";
import { applyEdits, parseIntake } from "../../automation/esc/intake";
import { escapeHtml } from "../../automation/reports/html";
import { readStackFile } from "../../automation/stack-file";

const PIECES = [
  ...[
    "\n",
    "\r",
    "\r\n",
    "::add-mask::",
    "::set-env name=X::",
    "%0A",
    "<<EOF",
    "EOF",
    "X=1",
    "${{ secrets.X }}",
    "${values.x}",
  ],
  ...[
    "!!js/function 'x'",
    "&a",
    "*a",
    "? ",
    ": ",
    "- ",
    "# ",
    "{}",
    "[",
    "'",
    '"',
    "|",
    ">",
    "%YAML",
    "---",
    "__proto__",
    "<<: *a",
  ],
  ...["<img src=x onerror=x>", "</style>", "<!--", "&lt;", "javascript:", "`", "\u202e", "\0", "\u2028"],
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: "binary", maxLength: 4 })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => parts.join(""));

describe("P15: injection", () => {
  it("a value with a heredoc's end in it defines no variable of its own in later steps of a job", () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 4 }), (values) => {
        const variables = values.map((value, index) => ({
          name: `NAME_${index}`,
          value,
          service: "other",
          secret: true,
        }));
        assert.deepEqual(
          readRunnerFile(formatGitHubEnv(variables)),
          Object.fromEntries(variables.map((v) => [v.name, v.value])),
        );
      }),
      { numRuns: 2000 },
    );
    const once = formatGitHubEnv([{ name: "A", value: "b", service: "other", secret: true }]);
    assert.notEqual(
      once,
      formatGitHubEnv([{ name: "A", value: "b", service: "other", secret: true }]),
      "the end cannot be guessed",
    );
  });

  it("P21: a value is masked before anything else, line by line, and cannot give the runner another command", () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const lines = formatMasks([{ name: "A", value, service: "other", secret: true }])
          .split("\n")
          .slice(0, -1);
        assert.ok(lines.every((line) => line.startsWith("::add-mask::") && !/[\r\n]/.test(line)));
        const masked = lines.map((line) => decodeData(line.slice("::add-mask::".length)));
        const wanted = value.split(/\r\n|\r|\n/).filter((line) => line.trim().length >= 4);
        assert.deepEqual(
          wanted.filter((line) => !masked.includes(line)),
          [],
        );
      }),
      { numRuns: 2000 },
    );
  });

  it("what somebody puts in is a text in the intake, no tag, no anchor, no other key", () => {
    fc.assert(
      fc.property(hostile, hostile, (key, value) => {
        const path = ["services", "other", key];
        const before = "# kept\nvalues:\n  a: 1\n";
        const read = (edit: { readonly plain: string } | { readonly secret: string }) => {
          const yaml = applyEdits(before, [{ path, ...edit }], "intake");
          const { values } = parse(yaml) as { values: { services: { other: Record<string, unknown> } } };
          assert.deepEqual(Object.keys(values).sort(), ["a", "services"]);
          assert.deepEqual(Object.keys(values.services.other), [key]);
          return Object.values(values.services.other)[0];
        };
        // Two dollar signs are one to ESC.
        assert.equal(read({ plain: value }), value.replaceAll("$", "$$$$"));
        const base64 = Buffer.from(value, "utf8").toString("base64");
        const forms = [{ "fn::secret": value }, { "fn::fromBase64": { "fn::secret": base64 } }];
        assert.ok(forms.some((form) => isDeepStrictEqual(form, read({ secret: value }))));
      }),
      { numRuns: 1000 },
    );
  });

  it("names from services become no markup in a page", () => {
    fc.assert(
      fc.property(hostile, (name) =>
        assert.doesNotMatch(escapeHtml(name), /[<>"'`\u202e\0]|&(?!(amp|lt|gt|quot|#39|#96);)/),
      ),
      { numRuns: 5000 },
    );
  });

  it("a settings file of a million aliases or with a code tag is refused or is plain data, at once", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sophia-yaml-"));
    try {
      await writeFile(join(folder, "Pulumi.yaml"), "name: sophia\n");
      const bomb = [
        "a: &a [x,x,x,x,x,x,x,x,x,x]",
        ..."bcdefghi".split("").map((name, index) => {
          const last = "abcdefgh"[index] ?? "a";
          return `${name}: &${name} [${Array.from({ length: 10 }, () => `*${last}`).join(",")}]`;
        }),
      ].join("\n");
      await writeFile(join(folder, "Pulumi.bomb.yaml"), `${bomb}\nconfig: *i\n`);
      assert.throws(() => readStackFile("bomb", folder), { code: "stack.malformed_file" });
      await writeFile(join(folder, "Pulumi.proto.yaml"), "config:\n  __proto__: { 'sophia:x': y }\n");
      assert.equal(readStackFile("proto", folder).read("x"), undefined);
      assert.equal(({} as Record<string, unknown>)["sophia:x"], undefined);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("an intake with __proto__ changes no other object", () => {
    const values: unknown = JSON.parse(
      '{"services":{"__proto__":{"settings":{"polluted":"yes"}}},"__proto__":{"polluted":1}}',
    );
    try {
      parseIntake(values, "intake");
    } catch {
      // Refused is as good.
    }
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });
});

/** As the runner reads its file: `NAME<<END`, lines up to the first that is END. */
function readRunnerFile(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = text.split("\n");
  for (let at = 0; at < lines.length - 1;) {
    const [name = "", end = ""] = (lines[at] ?? "").split("<<");
    const last = lines.indexOf(end, at + 1);
    found[name] = lines.slice(at + 1, last).join("\n");
    at = last + 1;
  }
  return found;
}

function decodeData(text: string): string {
  return text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
}
