/** Is the catalogue complete, free of contradictions, and the only place that knows a service by its name? */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { isGitHubName } from "../../automation/sync/limits";
import { services } from "../../services";
import {
  catalogueFaults,
  credentialVariables,
  rotatingServices,
  variablesFor,
  variablesOf,
} from "../../services/select";
import { plain, secret, type Service } from "../../services/service";

const ROOT = join(__dirname, "..", "..");
const catalogue: readonly Service[] = services;
const find = (name: string): Service => catalogue.find((service) => service.name === name) ?? assert.fail(name);
const filesOf = (folder: string) => readdirSync(join(ROOT, folder)).filter((file) => file.endsWith(".ts"));

/** What the guide says that programs read; names of secrets have a star. */
const GUIDE: Readonly<Record<string, readonly string[]>> = {
  snowflake: [
    ...["SNOWFLAKE_ACCOUNT", "SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD*", "SNOWFLAKE_WAREHOUSE"],
    ...["SNOWFLAKE_DATABASE", "SNOWFLAKE_SCHEMA", "SNOWFLAKE_ROLE"],
  ],
  gong: ["GONG_API_KEY*", "GONG_API_SECRET*", "GONG_ACCESS_KEY*"],
  vercel: ["VERCEL_ACCESS_TOKEN*", "VERCEL_PROJECT_ID", "VERCEL_ORG_ID", "VERCEL_TEAM_ID"],
  estuary: ["ESTUARY_API_KEY*", "ESTUARY_API_URL"],
};

describe("the catalogue", () => {
  it("lists every file of services/", () => {
    const files = filesOf("services").filter(
      (file) => !["index.ts", "service.ts", "select.ts", "deep.ts"].includes(file),
    );
    assert.deepEqual(services.map(({ name }) => `${name}.ts`).sort(), files.sort());
  });

  it("has no faults", () => assert.deepEqual(catalogueFaults(services), []));

  it("gives GitHub no name that GitHub refuses", () => {
    const names = variablesFor("github").map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => !isGitHubName(name)),
      [],
    );
    assert.ok(names.length > 10);
  });

  for (const [name, variables] of Object.entries(GUIDE)) {
    it(`has the guide's variables of ${name}, secret and plain as there, at every reader`, () => {
      for (const wanted of variables) {
        const variable = variablesOf(find(name)).find((declared) => declared.name === wanted.replace("*", ""));
        assert.ok(variable, wanted);
        assert.equal(variable.secret, wanted.endsWith("*"), wanted);
        assert.equal(variable.optional, false, wanted);
        assert.ok(variable.destinations.includes("esc") && variable.destinations.includes("github"), wanted);
      }
    });
  }

  it("has the guide's default and the guide's rotation intervals", () => {
    assert.equal(find("estuary").variables["ESTUARY_API_URL"]?.defaultValue, "https://api.estuary.dev");
    const days = rotatingServices().map(({ name, rotation }) => [name, rotation?.everyDays]);
    assert.deepEqual(Object.fromEntries(days), { snowflake: 30, gong: 60, vercel: 90, estuary: 60 });
  });

  it("sends controlling tokens nowhere and does not rotate them", () => {
    for (const [name, token] of [
      ["github", "GITHUB_TOKEN"],
      ["pulumi", "PULUMI_ACCESS_TOKEN"],
    ] as const) {
      assert.deepEqual(find(name).variables[token]?.destinations, []);
      assert.equal(find(name).rotation, undefined);
    }
    for (const destination of ["esc", "github", "vercel"] as const) {
      const sent = variablesFor(destination).map(({ service }) => service);
      assert.ok(!sent.includes("github") && !sent.includes("pulumi"));
    }
  });

  it("counts twins among what changes with a credential", () => {
    const gong = find("gong").rotation?.strategies["assisted"] ?? assert.fail();
    const changed = ["GONG_API_KEY", "GONG_API_SECRET", "GONG_ACCESS_KEY"];
    assert.deepEqual(credentialVariables(find("gong"), gong), changed);
  });
});

describe("catalogueFaults", () => {
  const service = (name: string, variables: Service["variables"], more: Partial<Service> = {}): Service => ({
    ...{ name, title: name, owner: "us", description: "d", docs: "https://a.example", variables },
    probe: { kind: "http", steps: [] },
    ...more,
  });
  const text = { description: "d" };
  const step = { purpose: "p", method: "GET", base: { endpoint: "esc" }, path: [] } as const;
  const cases: readonly (readonly [string, readonly Service[], readonly string[]])[] = [
    ["a sound catalogue", [service("one", { A_KEY: secret(text) }), service("two", { B_KEY: plain(text) })], []],
    ["one name of two services", [service("one", {}), service("one", {})], ["two services are called one"]],
    ["a name that is no word", [service("One thing", {})], ["service One thing is not one lower-case word"]],
    [
      "one variable of two services",
      [service("one", { A_KEY: secret(text) }), service("two", { A_KEY: secret(text) })],
      ["A_KEY is claimed twice, as a variable or an alias"],
    ],
    [
      "an alias that is another's variable",
      [service("one", { A_KEY: secret({ ...text, aliases: ["B_KEY"] }) }), service("two", { B_KEY: secret(text) })],
      ["B_KEY is claimed twice, as a variable or an alias"],
    ],
    [
      "an alias that is another's alias",
      [service("one", { A: secret({ ...text, aliases: ["X"] }), B: secret({ ...text, aliases: ["X"] }) })],
      ["X is claimed twice, as a variable or an alias"],
    ],
    [
      "one configuration key of two variables",
      [service("one", { A: plain({ ...text, config: "k" }), B: plain({ ...text, config: "k" }) })],
      ["the configuration key k is claimed twice"],
    ],
    ["a variable in small letters", [service("one", { a_key: secret(text) })], ["a_key is not in capitals"]],
    [
      "a secret with a value",
      [service("one", { A: secret({ ...text, defaultValue: "x" }) })],
      ["A is secret and has a value in the catalogue"],
    ],
    [
      "a twin of nothing",
      [service("one", { A: secret({ ...text, sameAs: "B" }) })],
      ["A is the same as B, which has no value"],
    ],
    [
      "a twin of a twin",
      [service("one", { A: plain({ ...text, sameAs: "B" }), B: plain({ ...text, sameAs: "C" }), C: plain(text) })],
      ["A is the same as B, which has no value"],
    ],
    [
      "a plain twin of a secret",
      [service("one", { A: plain({ ...text, sameAs: "B" }), B: secret(text) })],
      ["A and B are the same, and only one is secret"],
    ],
    [
      "a step that uses what no earlier step captured",
      [
        service(
          "one",
          {},
          {
            probe: {
              kind: "http",
              steps: [
                { ...step, auth: { bearer: { captured: "late" } }, capture: { property: "p", as: "late" } },
                { ...step, auth: { bearer: { captured: "late" } } },
              ],
            },
          },
        ),
      ],
      ["the probe of one uses late, which no earlier step captures"],
    ],
    [
      "a check that needs what no earlier check captured",
      [
        service(
          "one",
          {},
          {
            probe: {
              kind: "http",
              steps: [],
              deep: [
                {
                  ...{ kind: "rows", name: "n", rules: [] },
                  request: { ...step, auth: { bearer: { captured: "late" } } },
                  capture: { late: ["x"] },
                },
              ],
            },
          },
        ),
      ],
      ["the probe of one uses late, which no earlier step captures"],
    ],
    [
      "a rotation without a strategy",
      [service("one", {}, { rotation: { everyDays: 1, strategies: {} } })],
      ["service one rotates by no strategy"],
    ],
  ];
  for (const [name, bad, faults] of cases) {
    it(`finds ${faults.length === 0 ? "nothing in " : ""}${name}`, () =>
      assert.deepEqual(catalogueFaults(bad), faults));
  }
});

describe("defineService", () => {
  /** One program for all: [what is written, whether it compiles]. */
  const definition = (parts: { rotation?: string; auth?: string; sameAs?: string }) => `defineService({
    name: "acme", title: "Acme", owner: "us", description: "d", docs: "https://a.example",
    variables: { ACME_KEY: secret({ description: "d" }), ACME_TWIN: secret({ description: "d"${parts.sameAs ?? ""} }) },
    rotation: { everyDays: 1, strategies: { s: { kind: "vercel-user-token", variables: { token: "${parts.rotation ?? "ACME_KEY"}" } } } },
    probe: { kind: "http", steps: [{ purpose: "p", method: "GET", base: { endpoint: "esc" }, path: [],
      auth: { bearer: { variable: "${parts.auth ?? "ACME_KEY"}" } } }] },
  });`;
  const samples = [
    ["names that are declared", definition({ sameAs: ', sameAs: "ACME_KEY"' }), true],
    ["a misspelt name in the probe", definition({ auth: "ACME_KEYS" }), false],
    ["a misspelt name in the rotation", definition({ rotation: "ACME_KEYS" }), false],
    ["a misspelt name in sameAs", definition({ sameAs: ', sameAs: "ACME_KEYS"' }), false],
  ] as const;
  let errors: ReadonlyMap<string, readonly string[]>;

  before(function () {
    this.timeout(60_000);
    errors = compile(samples.map(([, code]) => `import { defineService, secret } from "./service";\n${code}`));
  });

  for (const [index, [name, , compiles]] of samples.entries()) {
    it(`${compiles ? "takes" : "does not compile with"} ${name}`, () => {
      const found = errors.get(`sample-${index}.ts`) ?? [];
      assert.equal(found.length > 0, !compiles, found.join("\n"));
      if (!compiles) assert.match(found.join("\n"), /ACME_KEYS/);
    });
  }
});

describe("services and the rest of the program", () => {
  const names: ReadonlySet<string> = new Set(services.map(({ name }) => name));

  it("keeps services/ to itself: nothing but its own files is imported", () => {
    for (const file of filesOf("services")) {
      const imports = ts.preProcessFile(readFileSync(join(ROOT, "services", file), "utf8")).importedFiles;
      for (const { fileName } of imports) assert.match(fileName, /^\.\/[a-z]+$/, `${file} imports ${fileName}`);
    }
  });

  it("decides nothing on a service's name outside services/", () => {
    const found = ["index.ts", ...sourcesIn("automation"), ...sourcesIn("components")].flatMap((file) =>
      decisionsOn(
        names,
        ts.createSourceFile(file, readFileSync(join(ROOT, file), "utf8"), ts.ScriptTarget.ES2022, true),
      ),
    );
    assert.deepEqual(found, []);
  });

  it("would find such a decision, however it is written, and leaves other uses of the words alone", () => {
    const source = `
      if (service.name === "gong") a();
      if ("vercel" != name) a();
      switch (name) { case "estuary": a(); }
      if (["snowflake", "x"].includes(name)) a();
      new Set(["gong"]).has(name);
      const handlers = { snowflake: a, gong: a };
      handlers[name]; findService("gong"); intake.service("vercel");
      new snowflake.Provider("snowflake", { vercel: settings.vercel }); endpoints.github; text("gong");
      if (place.kind === "vercel" || destination === "github") a();`;
    const file = ts.createSourceFile("sample.ts", source, ts.ScriptTarget.ES2022, true);
    const lines = decisionsOn(names, file).map((found) => found.split(":")[1]);
    assert.deepEqual([...new Set(lines)], ["2", "3", "4", "5", "6", "8"]);
  });
});

/**
 * Places that decide by a service's name: it is compared (with what is no kind of place or probe), is a case, is in a list that is searched, or
 * is looked up by name in the catalogue, the intake or the slots. Names of providers, resources and settings are none of these.
 */
function decisionsOn(names: ReadonlySet<string>, file: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) && names.has(node.text) && isDecision(node)) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${file.fileName}:${line + 1}: ${node.parent.getText().slice(0, 80)}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function isDecision(literal: ts.StringLiteralLike): boolean {
  const { parent } = literal;
  if (ts.isCaseClause(parent)) return true;
  if (ts.isBinaryExpression(parent)) {
    const other = (parent.left === literal ? parent.right : parent.left).getText();
    // GitHub and Vercel are kinds of places too, and Snowflake a kind of probe.
    return /^[!=]==?$/.test(parent.operatorToken.getText()) && !/(^|\.)(kind|destination)$/.test(other);
  }
  if (ts.isArrayLiteralExpression(parent)) {
    const use = parent.parent;
    return ts.isPropertyAccessExpression(use)
      ? /^(includes|indexOf|some|find)$/.test(use.name.text)
      : ts.isNewExpression(use) && use.expression.getText() === "Set";
  }
  if (ts.isCallExpression(parent)) {
    const called = parent.expression.getText().split(".").at(-1) ?? "";
    return /^(findService|service|rotation|startsWith|endsWith|has|get)$/.test(called);
  }
  return false;
}

function sourcesIn(folder: string): string[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".ts")).map((file) => join(folder, file));
}

/** Type-checks the texts as files of services/, all in one program; the messages by file. */
function compile(texts: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const folder = join(ROOT, "services");
  const files = new Map(texts.map((text, index) => [join(folder, `sample-${index}.ts`), text]));
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, types: [] },
    ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, skipLibCheck: true },
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  const real = { ...host };
  host.fileExists = (name) => files.has(name) || real.fileExists(name);
  host.readFile = (name) => files.get(name) ?? real.readFile(name);
  host.getSourceFile = (name, ...rest) => {
    const text = files.get(name);
    return text === undefined
      ? real.getSourceFile(name, ...rest)
      : ts.createSourceFile(name, text, ts.ScriptTarget.ES2022);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return new Map(
    [...files.keys()].map((name) => {
      const diagnostics = program.getSemanticDiagnostics(program.getSourceFile(name));
      const messages = diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
      return [name.slice(folder.length + 1), messages];
    }),
  );
}
