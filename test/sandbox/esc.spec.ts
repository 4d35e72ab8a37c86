/** Does the ESC stand-in answer what the real clients ask, in the order in which they ask it? Over real sockets. */
import assert from "node:assert/strict";
import { startEsc, type EscStandIn } from "../../sandbox/esc";

const TOKEN = "pul-0123456789abcdef";
const ORGANIZATION = "payready";
const ENVIRONMENTS = "/api/esc/environments";
const APP = `${ENVIRONMENTS}/${ORGANIZATION}/sophia/app`;
const MARK = "hunter2-MARK";

/** The three clients of the provider and the CLI, by the headers that they send. */
const CLIENT_A = {
  authorization: `token ${TOKEN}`,
  accept: "application/vnd.pulumi+8",
  "content-type": "application/json",
  "user-agent": "provider-pulumiservice/1 (; linux)",
};
const CLIENT_B = {
  authorization: `token ${TOKEN}`,
  accept: "application/vnd.pulumi+9",
  "x-pulumi-source": "provider",
  "user-agent": "Go-http-client/1.1",
};
const CLIENT_C = {
  authorization: `token ${TOKEN}`,
  accept: "application/json",
  "x-pulumi-source": "provider",
  "content-type": "application/x-yaml",
};

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  json<T = Record<string, unknown>>(): T;
}

interface OpenedValue {
  readonly value?: unknown;
  readonly secret?: boolean;
  readonly unknown?: boolean;
}

type Opened = { readonly properties: Record<string, OpenedValue> };

describe("ESC stand-in", () => {
  let esc: EscStandIn;

  beforeEach(async () => {
    esc = await startEsc({ token: TOKEN, organization: ORGANIZATION, userName: "robot" });
  });
  afterEach(() => esc.close());

  async function ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = CLIENT_A,
  ): Promise<Answer> {
    const payload = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    const response = await fetch(esc.url + path, {
      method,
      headers,
      ...(payload === undefined ? {} : { body: payload }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: <T>() => JSON.parse(text) as T };
  }

  async function make(path: string, yaml: string): Promise<void> {
    const [project, name] = path.split("/");
    assert.equal((await ask("POST", `${ENVIRONMENTS}/${ORGANIZATION}`, { project, name })).status, 200);
    assert.equal((await ask("PATCH", `${ENVIRONMENTS}/${ORGANIZATION}/${path}`, yaml)).status, 200);
  }

  async function open(path: string): Promise<Opened["properties"]> {
    const { id } = (await ask("POST", `${path}/open?duration=2h0m0s`)).json<{ id: string }>();
    const environment = path.replace(/\/versions\/[^/]+$/, "");
    return (await ask("GET", `${environment}/open/${id}`)).json<Opened>().properties;
  }

  const secretYaml = `values:\n  password:\n    fn::secret: ${MARK}\n  user: sophia\n`;

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

  it("answers quickly with hundreds of secrets", async () => {
    const names = Array.from({ length: 200 }, (_, index) => `K${index}`);
    const secrets = names.map((name) => `  ${name}: {fn::secret: v${name}}\n`).join("");
    const variables = names.map((name) => `    ${name}: "<${"$"}{${name}}>"\n`).join("");
    await make("sophia/app", `values:\n${secrets}  environmentVariables:\n${variables}`);
    const started = performance.now();
    const opened = await open(APP);
    assert.ok(performance.now() - started < 1000);
    const variable = (opened.environmentVariables?.value as Record<string, OpenedValue>).K199;
    assert.deepEqual([variable?.value, variable?.secret], ["<vK199>", true]);
  });

  it("hides an imported mapping behind a final one, where any other would be merged", () => {
    esc.edit("p", "base", "values: {m: {a: 1}, n: {a: 1}}");
    esc.edit("p", "top", "imports: [p/base]\nvalues: {m: {fn::final: {b: 2}}, n: {b: 2}}");
    assert.deepEqual(esc.openValues("p", "top"), { m: { b: 2 }, n: { a: 1, b: 2 } });
  });

  it("does not open ciphertext of another environment", async () => {
    await make("sophia/app", secretYaml);
    const stolen = esc.text("sophia", "app");
    await make("sophia/other", "values: {}");
    const refused = await ask("PATCH", `${ENVIRONMENTS}/${ORGANIZATION}/sophia/other`, stolen);
    assert.equal(refused.status, 400);
    const checked = await ask("POST", `${ENVIRONMENTS}/${ORGANIZATION}/yaml/check?showSecrets=true`, stolen);
    assert.equal(checked.status, 200);
    const { password } = checked.json<Opened>().properties;
    assert.deepEqual([password?.value, password?.secret, password?.unknown], [undefined, true, true]);
  });

  it("answers for one property of an opened environment, with one slash or two", async () => {
    await make("sophia/app", 'values: {a: {"b.c": [1, 9007199254740993]}}');
    const { id } = (await ask("POST", `${APP}/open?duration=10m0s`)).json<{ id: string }>();
    const property = encodeURIComponent('a["b.c"][1]');
    for (const slashes of ["/", "//"]) {
      const answer = await ask("GET", `${APP}/open${slashes}${id}?property=${property}`);
      assert.match(answer.text, /"value":9007199254740993/);
    }
    assert.equal((await ask("GET", `${APP}/open/${id}?property=a.zz`)).status, 404);
    assert.equal((await ask("GET", `${APP}/open/00000000`)).status, 404);
    await make("sophia/other", "values: {}");
    assert.equal((await ask("GET", `${ENVIRONMENTS}/${ORGANIZATION}/sophia/other/open/${id}`)).status, 404);
    const expired = (await ask("POST", `${APP}/open?duration=0s`)).json<{ id: string }>();
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal((await ask("GET", `${APP}/open/${expired.id}`)).status, 404);
  });

  it("keeps revision tags apart from numbers, and refuses revisions that do not exist", async () => {
    await make("sophia/app", "values: {a: 1}");
    const tags = `${APP}/versions/tags`;
    assert.equal((await ask("POST", tags, { name: "stable", revision: 0 })).status, 404);
    assert.equal((await ask("POST", tags, { name: "7", revision: 2 })).status, 400);
    assert.equal((await ask("POST", tags, { name: "stable", revision: 2 })).status, 204);
    assert.equal((await ask("POST", tags, { name: "stable", revision: 2 })).status, 409);
    assert.equal((await ask("PATCH", `${tags}/stable`, { revision: 9 })).status, 404);
    assert.equal((await ask("PATCH", `${tags}/nope`, { revision: 2 })).status, 404);
    assert.equal((await ask("DELETE", `${tags}/nope`)).status, 404);
    const names = async (query: string) =>
      (await ask("GET", `${tags}${query}`)).json<{ tags: { name: string; revision: number }[] }>().tags;
    assert.deepEqual(
      (await names("?after=&count=500")).map(({ name, revision }) => [name, revision]),
      [
        ["latest", 2],
        ["stable", 2],
      ],
    );
    assert.deepEqual(await names("?after=stable&count=500"), []);
  });

  it("keeps labels, whose list ends with token 0", async () => {
    await make("sophia/app", "values: {a: 1}");
    assert.equal((await ask("POST", `${APP}/tags`, { name: "team", value: "data" })).json().value, "data");
    assert.equal((await ask("POST", `${APP}/tags`, { name: "team", value: "data" })).status, 409);
    const change = { currentTag: { name: "team", value: "data" }, newTag: { name: "team", value: "ai" } };
    assert.equal((await ask("PATCH", `${APP}/tags/team`, change)).json().value, "ai");
    assert.equal((await ask("PATCH", `${APP}/tags/team`, change)).status, 409);
    const listed = (await ask("GET", `${APP}/tags?after=&count=500`)).json<{ tags: object; nextToken: string }>();
    assert.deepEqual([Object.keys(listed.tags), listed.nextToken], [["team"], "0"]);
    assert.equal((await ask("DELETE", `${APP}/tags/team`)).status, 204);
    assert.equal((await ask("GET", `${APP}/tags/team`)).status, 404);
  });

  it("clones, lists and protects environments", async () => {
    await make("sophia/app", secretYaml);
    assert.equal((await ask("POST", `${APP}/clone`, { project: "sophia", name: "copy" })).status, 204);
    assert.equal((await ask("POST", `${APP}/clone`, { project: "sophia", name: "copy" })).status, 409);
    assert.deepEqual(esc.openValues("sophia", "copy"), { password: MARK, user: "sophia" });
    type Listed = { environments: { project: string; name: string }[]; nextToken: string };
    for (const path of [ENVIRONMENTS, `${ENVIRONMENTS}/${ORGANIZATION}`]) {
      const { environments, nextToken } = (await ask("GET", path)).json<Listed>();
      assert.deepEqual([environments.map(({ name }) => name), nextToken], [["app", "copy"], ""]);
    }
    assert.equal((await ask("PATCH", `${APP}/settings`, { deletionProtected: true })).status, 204);
    assert.deepEqual((await ask("GET", `${APP}/settings`)).json(), { deletionProtected: true });
    assert.equal((await ask("DELETE", APP)).status, 409);
    await ask("PATCH", `${APP}/settings`, { deletionProtected: false });
    assert.equal((await ask("DELETE", APP)).status, 200);
  });

  it("starts again at revision 1 when a deleted environment is made anew", async () => {
    await make("sophia/app", "values: {a: 1}");
    assert.equal(
      (await ask("POST", `${ENVIRONMENTS}/${ORGANIZATION}`, { project: "sophia", name: "app" })).status,
      409,
    );
    await ask("DELETE", APP);
    assert.equal((await ask("DELETE", APP)).status, 404);
    assert.equal((await ask("GET", `${APP}/metadata`)).status, 404);
    await ask("POST", `${ENVIRONMENTS}/${ORGANIZATION}`, { project: "sophia", name: "app" });
    assert.equal(esc.revisions("sophia", "app").length, 1);
    assert.equal((await ask("GET", `${ENVIRONMENTS}/elsewhere/sophia/app`)).status, 404);
  });

  it("lets only known tokens in, and retires them", async () => {
    await make("sophia/app", "values: {a: 1}");
    const refusals: Record<string, string>[] = [
      { authorization: "token wrong" },
      { authorization: `Bearer ${TOKEN}` },
      { authorization: `token ${TOKEN} x` },
      {},
    ];
    for (const headers of refusals) {
      const refused = await ask("GET", APP, undefined, headers);
      assert.equal(refused.status, 401);
      assert.equal(refused.json<{ code: number }>().code, 401);
    }
    esc.addToken("second");
    esc.revokeToken(TOKEN);
    assert.equal((await ask("GET", APP)).status, 401);
    assert.equal((await ask("PATCH", APP, "values: {a: 2}")).status, 401);
    assert.equal((await ask("GET", APP, undefined, { authorization: "token second" })).status, 200);
    assert.deepEqual(esc.openValues("sophia", "app"), { a: 1 });
  });

  it("records a route that it does not serve", async () => {
    assert.equal((await ask("POST", `${APP}/rotate`, { Paths: [] })).status, 404);
    assert.deepEqual(
      esc.requests().map(({ method, path, unexpected }) => [method, path, unexpected]),
      [["POST", `${APP}/rotate`, true]],
    );
  });

  it("stores what it is seeded with, in order, and refuses a seed with errors", async () => {
    const seeded = await startEsc({
      token: [TOKEN],
      organization: ORGANIZATION,
      seed: { "p/base": "values: {a: {fn::secret: x}}", "p/top": "imports: [p/base]\nvalues: {b: '${a}'}" },
    });
    try {
      assert.deepEqual(seeded.openValues("p", "top"), { a: "x", b: "x" });
    } finally {
      await seeded.close();
    }
    const bad = startEsc({ token: TOKEN, organization: ORGANIZATION, seed: { "p/x": "values: [1]" } });
    await assert.rejects(bad, /HTTP 400/);
  });

  it("keeps comments and foreign keys of a text that is rewritten", async () => {
    const yaml =
      "# for the data team\nvalues:\n  # the user\n  user: sophia # robot\n  s:\n    fn::secret: x # rotate\n  # last\n";
    await make("sophia/app", yaml);
    assert.equal((await ask("GET", `${APP}/decrypt`)).text, yaml);
    assert.match(esc.text("sophia", "app"), /ciphertext: \S+ # rotate\n {2}# last\n$/);
  });
});
