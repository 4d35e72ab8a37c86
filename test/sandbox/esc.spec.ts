/** Does the ESC stand-in answer what the real clients ask, in the order in which they ask it? Over real sockets. */
import assert from "node:assert/strict";
import {
  APP,
  CLIENT_A,
  CLIENT_B,
  CLIENT_C,
  ENVIRONMENTS,
  MARK,
  ORGANIZATION,
  secretYaml,
  startEscUnderTest,
  type EscClientUnderTest,
} from "./esc-client";

describe("ESC stand-in", () => {
  let esc: EscClientUnderTest["esc"];
  let ask: EscClientUnderTest["ask"];
  let make: EscClientUnderTest["make"];
  let open: EscClientUnderTest["open"];

  beforeEach(async () => {
    ({ esc, ask, make, open } = await startEscUnderTest());
  });
  afterEach(() => esc.close());

  it("serves the provider's life of an environment with a version tag", async () => {
    const checked = await ask("POST", `${ENVIRONMENTS}/${ORGANIZATION}/yaml/check?showSecrets=false`, secretYaml);
    assert.equal(checked.status, 200);
    const created = await ask("POST", `${ENVIRONMENTS}/${ORGANIZATION}`, { project: "sophia", name: "app" });
    assert.deepEqual([created.status, created.text], [200, ""]);
    const patched = await ask("PATCH", APP, secretYaml);
    assert.deepEqual([patched.status, patched.text], [200, "{}"]);
    assert.equal(patched.headers.get("pulumi-esc-revision"), "2");
    const metadata = await ask("GET", `${APP}/metadata`, undefined, CLIENT_B);
    assert.match(metadata.json<{ id: string }>().id, /^[0-9a-f-]{36}$/);

    assert.equal((await ask("POST", `${APP}/versions/tags`, { name: "stable", revision: 2 })).status, 204);
    assert.equal((await ask("PATCH", APP, secretYaml.replace("sophia", "sophia2"))).status, 200);
    assert.equal((await ask("PATCH", `${APP}/versions/tags/stable`, { revision: 3 })).status, 204);

    const read = await ask("GET", APP);
    assert.equal(read.headers.get("pulumi-esc-revision"), "3");
    assert.ok(read.headers.get("etag"));
    assert.equal((await ask("GET", `${APP}/versions/tags/stable`)).json<{ revision: number }>().revision, 3);
    assert.equal((await ask("DELETE", `${APP}/versions/tags/stable`)).status, 204);
    assert.equal((await ask("DELETE", APP)).status, 200);
    assert.equal((await ask("GET", APP)).status, 404);
    assert.deepEqual(
      esc.requests().filter((request) => request.unexpected),
      [],
    );
  });

  it("serves the api/esc resources, which send YAML as such and check nothing", async () => {
    const created = await ask("POST", `${ENVIRONMENTS}/${ORGANIZATION}`, '{"project":"sophia","name":"app"}', CLIENT_C);
    assert.equal(created.status, 200);
    assert.equal((await ask("PATCH", APP, "values: {a: 1}", CLIENT_C)).status, 200);
    assert.equal((await ask("GET", APP, undefined, CLIENT_C)).text, "values: {a: 1}\n");
  });

  it("tells who is logged in, and that it has no capabilities to tell", async () => {
    assert.equal((await ask("GET", "/api/user")).json().githubLogin, "robot");
    const organization = await ask("GET", "/api/user/organizations/default");
    assert.deepEqual(organization.json(), { gitHubLogin: ORGANIZATION });
    assert.equal((await ask("GET", "/api/capabilities")).status, 404);
    assert.deepEqual(
      esc.requests().map(({ unexpected }) => unexpected),
      [false, false, false],
    );
  });

  it("starts an environment empty as revision 1 and lists revisions until nothing is left", async () => {
    await make("sophia/app", "values: {a: 1}");
    assert.equal((await ask("GET", `${APP}/versions/1`)).text, "");
    type Listed = readonly { number: number; creatorLogin: string; tags: string[] }[];
    const all = (await ask("GET", `${APP}/versions?before=0&count=500`)).json<Listed>();
    assert.deepEqual(
      all.map(({ number, creatorLogin, tags }) => [number, creatorLogin, tags]),
      [
        [2, "robot", ["latest"]],
        [1, "robot", []],
      ],
    );
    assert.deepEqual((await ask("GET", `${APP}/versions?before=1&count=500`)).json(), []);
    assert.equal((await ask("GET", `${APP}/versions?before=0&count=1`)).json<Listed>().length, 1);
  });

  it("makes no revision when the text is the same, even though ciphertext never is", async () => {
    await make("sophia/app", secretYaml);
    const first = esc.text("sophia", "app");
    const again = await ask("PATCH", APP, secretYaml);
    assert.equal(again.headers.get("pulumi-esc-revision"), "2");
    assert.equal((await ask("PATCH", APP, first)).headers.get("pulumi-esc-revision"), "2");
    assert.equal((await ask("PATCH", APP, secretYaml.replace(MARK, "x"))).headers.get("pulumi-esc-revision"), "3");
    await ask("PATCH", APP, secretYaml);
    assert.notEqual(esc.text("sophia", "app"), first);
    assert.equal(esc.revisions("sophia", "app").length, 4);
  });

  it("keeps secrets as ciphertext and shows them only to those who decrypt or open", async () => {
    await make("sophia/app", secretYaml);
    const read = await ask("GET", APP);
    assert.match(read.text, /fn::secret:\n {6}ciphertext: ZXNjeAAAAA[A-Za-z0-9+/]+=*\n/);
    const stored = read.text + esc.text("sophia", "app");
    for (const form of [MARK, Buffer.from(MARK).toString("base64").replace(/=+$/, "")]) {
      assert.ok(!stored.includes(form));
    }
    const [, ciphertext = ""] = /ciphertext: (\S+)/.exec(read.text) ?? [];
    assert.ok(!Buffer.from(ciphertext, "base64").includes(MARK));
    assert.equal((await ask("GET", `${APP}/decrypt`)).text, secretYaml);
    assert.equal((await ask("GET", `${APP}/versions/2/decrypt`)).text, secretYaml);
    const { password, user } = await open(APP);
    assert.deepEqual([password?.value, password?.secret, user?.value, user?.secret], [MARK, true, "sophia", undefined]);
  });

  it("refuses a write that was prepared on an older revision, and takes one without a tag", async () => {
    await make("sophia/app", "values: {a: 1}");
    const etag = (await ask("GET", APP)).headers.get("etag") ?? "";
    esc.edit("sophia", "app", "values: {a: 2}");
    const refused = await ask("PATCH", APP, "values: {a: 3}", { ...CLIENT_A, etag });
    assert.equal(refused.status, 409);
    assert.equal(refused.json<{ code: number }>().code, 409);
    assert.deepEqual(esc.openValues("sophia", "app"), { a: 2 });
    const current = (await ask("GET", APP)).headers.get("etag") ?? "";
    assert.equal((await ask("PATCH", APP, "values: {a: 3}", { ...CLIENT_A, etag: current })).status, 200);
    assert.equal((await ask("PATCH", APP, "values: {a: 4}")).status, 200);
    assert.deepEqual(
      esc.revisions("sophia", "app").map(({ creator }) => creator),
      ["robot", "robot", "outsider", "robot", "robot"],
    );
  });

  it("lets exactly one of two writers with the same tag through", async () => {
    await make("sophia/app", "values: {a: 1}");
    const etag = (await ask("GET", APP)).headers.get("etag") ?? "";
    const write = (value: number) => ask("PATCH", APP, `values: {a: ${value}}`, { ...CLIENT_A, etag });
    const statuses = (await Promise.all([write(2), write(3)])).map(({ status }) => status);
    assert.deepEqual(statuses.sort(), [200, 409]);
  });

  it("resolves imports at a tag, so that consumers do not see what comes after it", async () => {
    await make("sophia/secrets", "values: {p: {fn::secret: old}}");
    const secrets = `${ENVIRONMENTS}/${ORGANIZATION}/sophia/secrets`;
    await ask("POST", `${secrets}/versions/tags`, { name: "stable", revision: 2 });
    await ask("PATCH", secrets, "values: {p: {fn::secret: new}}");
    const reference = '${imports["sophia/secrets@stable"].p}';
    await make("sophia/app", `imports: [sophia/secrets@stable]\nvalues: {q: "<\${p}>", r: '${reference}'}\n`);
    assert.deepEqual(esc.openValues("sophia", "app"), { p: "old", q: "<old>", r: "old" });
    await ask("PATCH", `${secrets}/versions/tags/stable`, { revision: 3 });
    const { p, q } = await open(APP);
    assert.deepEqual([p?.value, q?.value, q?.secret], ["new", "<new>", true]);
    assert.deepEqual(esc.openValues("sophia", "secrets", "2"), { p: "old" });
    const { p: first } = await open(`${secrets}/versions/2`);
    assert.equal(first?.value, "old");
    assert.equal((await ask("POST", `${secrets}/versions/nope/open`)).status, 404);
    assert.deepEqual((await ask("GET", `${secrets}/referrers`)).json(), {
      referrers: { stable: [{ environment: { project: "sophia", name: "app", revision: 2 } }] },
    });
  });

  it("answers a text with errors with 400 and says where they are, without storing it", async () => {
    await make("sophia/app", "values: {a: 1}");
    const refused = await ask("PATCH", APP, "values:\n  apple: 1\n  b: ${aple}\n");
    assert.equal(refused.status, 400);
    assert.deepEqual(refused.json().diagnostics, [
      {
        severity: "error",
        summary: 'unknown property "aple"; did you mean "apple"?',
        range: {
          environment: "sophia/app",
          begin: { line: 3, column: 8, byte: 26 },
          end: { line: 3, column: 12, byte: 30 },
        },
      },
    ]);
    assert.equal((await ask("PATCH", APP, "imports: [sophia/nope]")).status, 400);
    assert.deepEqual(esc.openValues("sophia", "app"), { a: 1 });
  });

  it("refuses a reference inside a secret, as ESC does", async () => {
    await make("sophia/app", "values: {a: 1}");
    const yaml = "values:\n  s:\n    fn::secret: pa${a}ss\n";
    for (const answer of [
      await ask("POST", `${ENVIRONMENTS}/${ORGANIZATION}/yaml/check?showSecrets=false`, yaml),
      await ask("PATCH", APP, yaml),
    ]) {
      assert.equal(answer.status, 400);
      const [diagnostic] = answer.json<{ diagnostics: { summary: string }[] }>().diagnostics;
      assert.equal(diagnostic?.summary, "secret values must be string literals");
    }
  });

  it("turns $$ into $ only in text that was never encrypted, and keeps Base64 whole", async () => {
    await make("sophia/app", 'values: {s: {fn::secret: "a$$b"}, t: "a$$b"}');
    assert.deepEqual(esc.openValues("sophia", "app"), { s: "a$$b", t: "a$b" });
  });

  for (const value of [
    "p${a}$$w",
    "quote\"'\\ # : {x}",
    "line\nline\n",
    "\n lead",
    "-----BEGIN\nx\n-----END\n",
    "é😀\u2028",
    "",
  ]) {
    it(`gives back ${JSON.stringify(value)} from Base64 in a secret`, async () => {
      const encoded = Buffer.from(value).toString("base64");
      const yaml = `values:\n  s:\n    fn::fromBase64:\n      fn::secret: "${encoded}"\n`;
      await make("sophia/app", yaml);
      const { s } = await open(APP);
      assert.deepEqual([s?.value, s?.secret], [value, true]);
      assert.equal((await ask("GET", `${APP}/decrypt`)).text.includes(encoded), true);
    });
  }

  it("keeps what is computed from a secret secret, even from an empty one", async () => {
    await make("sophia/app", 'values: {s: {"fn::fromJSON": {"fn::secret": "[]"}}, t: "<${s}>"}');
    const { t } = await open(APP);
    assert.deepEqual([t?.value, t?.secret], ["<>", true]);
  });
});
