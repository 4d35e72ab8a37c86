/** Does the ESC stand-in keep the rules around environments: tags, labels, protection, tokens, seeds, comments? Over real sockets. */
import assert from "node:assert/strict";
import { startEsc } from "../../sandbox/esc";
import {
  APP,
  ENVIRONMENTS,
  MARK,
  ORGANIZATION,
  secretYaml,
  TOKEN,
  startEscUnderTest,
  type Opened,
  type EscClientUnderTest,
  type OpenedValue,
} from "./esc-client";

describe("ESC stand-in, in detail", () => {
  let esc: EscClientUnderTest["esc"];
  let ask: EscClientUnderTest["ask"];
  let make: EscClientUnderTest["make"];
  let open: EscClientUnderTest["open"];

  beforeEach(async () => {
    ({ esc, ask, make, open } = await startEscUnderTest());
  });
  afterEach(() => esc.close());

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
