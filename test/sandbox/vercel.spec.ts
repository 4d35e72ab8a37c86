/** Is the Vercel stand-in honest: does it refuse what Vercel refuses, answer in the shapes that the provider reads, and keep values exactly? */
import assert from "node:assert/strict";
import { startVercel, type VercelStandIn } from "../../sandbox/vercel";

const CONTROL = "controlTokenOfTheSandbox1";
const TEAM = "team_1";

const AWKWARD_VALUES = [
  "quotes \" and ' and `",
  "$HOME ${HOME} $(id) $$",
  "-----BEGIN PRIVATE KEY-----\nline\r\n\ttab\n",
  "ünïcødé 日本語 🔑 \u2028 \\n",
  "  leading and trailing  ",
  "",
];

interface Variable {
  readonly id: string;
  readonly key: string;
  readonly value: string;
  readonly type: string;
  readonly target: readonly string[];
  readonly comment: string;
  readonly decrypted: boolean;
}

interface Refusal {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly target?: string[];
    readonly envVarKey?: string;
  };
}

interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

describe("Vercel stand-in", () => {
  let vercel: VercelStandIn;
  let now: number;

  beforeEach(async () => {
    now = Date.parse("2026-11-23T09:00:00Z");
    vercel = await startVercel({
      controlToken: CONTROL,
      team: { id: TEAM, slug: "payready" },
      projects: [
        { id: "prj_1", name: "sophia" },
        { id: "prj_2", name: "web" },
      ],
      buildMilliseconds: 300,
      now: () => now,
    });
  });

  afterEach(() => vercel.close());

  /** With `?teamId=`, as nearly every request of the provider. */
  async function ask<T = Refusal>(method: string, path: string, body?: unknown, token = CONTROL): Promise<Answer<T>> {
    return askAsIs(method, `${path}${path.includes("?") ? "&" : "?"}teamId=${TEAM}`, body, token);
  }

  async function askAsIs<T = Refusal>(
    method: string,
    path: string,
    body?: unknown,
    token: string | null = CONTROL,
  ): Promise<Answer<T>> {
    const response = await fetch(`${vercel.url}${path}`, {
      method,
      headers: { connection: "close", ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === "" ? {} : JSON.parse(text)) as T };
  }

  const ENV = "/v10/projects/prj_1/env";

  const wanted = (more: object = {}) => ({
    ...{ key: "GONG_API_KEY", value: "one", type: "sensitive", target: ["production", "preview"], comment: "" },
    ...more,
  });

  async function create(more: object = {}): Promise<Variable> {
    const { status, body } = await ask<{ created: Variable; failed: unknown[] }>("POST", ENV, wanted(more));
    assert.deepEqual([status, body.failed], [201, []]);
    return body.created;
  }

  async function mint(body: object = { name: "sophia" }, token = CONTROL) {
    return ask<{ token: Record<string, unknown>; bearerToken: string }>("POST", "/v3/user/tokens", body, token);
  }

  describe("access", () => {
    it("refuses a missing and a wrong token with 403", async () => {
      const missing = await askAsIs("GET", `/v10/projects/prj_1?teamId=${TEAM}`, undefined, null);
      const wrong = await ask("GET", "/v10/projects/prj_1", undefined, "wrong");
      assert.deepEqual([missing.status, missing.body.error.code], [403, "forbidden"]);
      assert.deepEqual([wrong.status, wrong.body.error.code], [403, "forbidden"]);
    });

    it("needs a teamId for what the team owns, ours, by id or slug", async () => {
      const asked = async (query: string) => (await askAsIs("GET", `/v9/projects/prj_1${query}`)).status;
      assert.deepEqual(
        [
          await asked(""),
          await asked("?teamId=team_2"),
          await asked("?teamId=payready"),
          await asked("?slug=payready"),
        ],
        [403, 403, 200, 200],
      );
    });

    it("needs none for the user, the teams and a token", async () => {
      const { token } = (await mint()).body;
      const user = await askAsIs<{ user: { username: string } }>("GET", "/v2/user");
      assert.deepEqual([user.status, user.body.user.username], [200, "sandbox"]);
      assert.equal((await askAsIs("GET", `/v5/user/tokens/${String(token["id"])}`)).status, 200);
      const team = await askAsIs<Record<string, unknown>>("GET", "/v2/teams/payready");
      assert.deepEqual([team.body["id"], team.body["sensitiveEnvironmentVariablePolicy"]], [TEAM, null]);
      assert.equal((await askAsIs("GET", "/v2/teams/other")).status, 404);
    });

    it("records an unknown path as unexpected", async () => {
      assert.equal((await ask("GET", "/v10/nothing")).status, 404);
      assert.deepEqual(
        vercel.requests().map((request) => request.unexpected),
        [true],
      );
    });
  });

  describe("tokens", () => {
    it("are minted with 24 letters and digits, shown once, and good until they are deleted", async () => {
      const { status, body } = await mint();
      assert.equal(status, 200);
      assert.match(body.bearerToken, /^[0-9A-Za-z]{24}$/);
      const { id, createdAt, activeAt } = body.token;
      assert.deepEqual(body.token, {
        id,
        name: "sophia",
        type: "token",
        origin: "manual",
        prefix: body.bearerToken.slice(0, 4),
        suffix: body.bearerToken.slice(-4),
        teamId: TEAM,
        scopes: [{ type: "team", teamId: TEAM }],
        createdAt,
        activeAt,
      });
      assert.equal((await ask("GET", "/v10/projects/prj_1", undefined, body.bearerToken)).status, 200);
      const deleted = await ask<object>("DELETE", `/v3/user/tokens/${String(id)}`);
      assert.deepEqual(deleted, { status: 200, body: { tokenId: id } });
      assert.equal((await ask("GET", "/v10/projects/prj_1", undefined, body.bearerToken)).status, 403);
      assert.equal((await ask("GET", `/v5/user/tokens/${String(id)}`)).status, 404);
    });

    it("say when they were last used", async () => {
      const { body } = await mint();
      now += 60_000;
      await askAsIs("GET", "/v2/user", undefined, body.bearerToken);
      const read = await askAsIs<{ token: { activeAt: number } }>("GET", `/v5/user/tokens/${String(body.token["id"])}`);
      assert.equal(read.body.token.activeAt, now);
    });

    it("expire", async () => {
      const { body } = await mint({ name: "short", expiresAt: now + 1000 });
      assert.equal(body.token["expiresAt"], now + 1000);
      assert.equal((await askAsIs("GET", "/v2/user", undefined, body.bearerToken)).status, 200);
      now += 1000;
      assert.equal((await askAsIs("GET", "/v2/user", undefined, body.bearerToken)).status, 403);
      assert.equal((await mint({ name: "past", expiresAt: now - 1 })).status, 400);
    });

    it("that were minted can neither mint nor delete others, but themselves", async () => {
      const first = (await mint()).body;
      const second = (await mint()).body;
      assert.equal((await mint({ name: "third" }, first.bearerToken)).status, 403);
      const remove = (id: unknown, token: string) => ask("DELETE", `/v3/user/tokens/${String(id)}`, undefined, token);
      assert.equal((await remove(second.token["id"], first.bearerToken)).status, 403);
      assert.equal((await remove("current", first.bearerToken)).status, 200);
      assert.deepEqual(
        vercel.tokens().map((token) => token.bearerToken),
        [CONTROL, second.bearerToken],
      );
    });

    it("are listed by both versions, without their bearers", async () => {
      const { bearerToken } = (await mint()).body;
      for (const version of ["v5", "v6"]) {
        const { body } = await askAsIs<{ tokens: { name: string }[] }>("GET", `/${version}/user/tokens`);
        assert.deepEqual(
          body.tokens.map((token) => token.name),
          ["sophia", "sandbox control"],
        );
        assert.equal(JSON.stringify(body).includes(bearerToken), false);
      }
    });
  });

  describe("projects", () => {
    it("are read by id and name, in each version", async () => {
      for (const path of ["/v8/projects/prj_1", "/v9/projects/sophia", "/v10/projects/prj_1"]) {
        const { id, name, accountId } = (await ask<Record<string, unknown>>("GET", path)).body;
        assert.deepEqual([id, name, accountId], ["prj_1", "sophia", TEAM]);
      }
      const list = await ask<{ projects: { id: string }[] }>("GET", "/v8/projects?limit=100");
      assert.deepEqual(list.body.projects.map((project) => project.id).sort(), ["prj_1", "prj_2"]);
    });

    it("are created, changed and deleted as the provider does it", async () => {
      const { body } = await ask<Record<string, unknown>>("POST", "/v8/projects", { name: "new", framework: "nextjs" });
      const path = `projects/${String(body["id"])}`;
      assert.deepEqual([body["framework"], body["nodeVersion"]], ["nextjs", "22.x"]);
      const change = { autoExposeSystemEnvs: false, ssoProtection: null };
      await ask("PATCH", `/v9/${path}`, change);
      const read = (await ask<Record<string, unknown>>("GET", `/v10/${path}`)).body;
      assert.deepEqual(
        [read["framework"], read["autoExposeSystemEnvs"], read["ssoProtection"]],
        ["nextjs", false, null],
      );
      assert.equal((await ask("POST", "/v8/projects", { name: "new" })).status, 409);
      assert.equal((await ask("POST", "/v8/projects", { name: "No Good" })).status, 400);
      assert.equal((await ask("DELETE", `/v8/${path}`)).status, 204);
      assert.equal((await ask("GET", `/v10/${path}`)).status, 404);
    });
  });

  describe("variables", () => {
    it("are kept byte for byte, and only readable ones are given back", async () => {
      for (const type of ["plain", "encrypted", "sensitive"]) {
        for (const value of AWKWARD_VALUES) {
          const { id } = await create({ value, type });
          assert.equal(vercel.variable("sophia", "GONG_API_KEY", "preview"), value);
          const read = await ask<Variable>("GET", `${ENV}/${id}`);
          assert.equal(read.body.value, type === "sensitive" ? "" : value);
          assert.equal((await ask("DELETE", `/v8/projects/prj_1/env/${id}`)).status, 200);
        }
      }
    });

    it("that are sensitive or encrypted are in no other reply", async () => {
      const replies = [
        await ask<object>("POST", ENV, wanted({ value: "hidden-value" })),
        await ask<object>("POST", ENV, wanted({ key: "B", type: "encrypted", value: "hidden-value" })),
        await ask<object>("GET", ENV),
        await ask<object>("POST", "/v13/deployments", { name: "sophia", target: "production" }),
      ];
      assert.equal(JSON.stringify(replies).includes("hidden-value"), false);
      const { envs } = (await ask<{ envs: Variable[] }>("GET", "/v8/projects/prj_1/env?decrypt=true&limit=100")).body;
      assert.deepEqual(
        envs.map(({ key, value }) => [key, value]),
        [
          ["B", "hidden-value"],
          ["GONG_API_KEY", ""],
        ],
      );
    });

    it("are patched in place, as a bare object, keeping what is left out", async () => {
      const { id } = await create({ comment: "by hand" });
      now += 1000;
      const patched = await ask<Variable>("PATCH", `${ENV}/${id}`, { value: "two", target: ["production"] });
      const { key, type, target, comment, value } = patched.body;
      assert.deepEqual([patched.status, patched.body.id], [200, id]);
      assert.deepEqual(
        [key, type, target, comment, value],
        ["GONG_API_KEY", "sensitive", ["production"], "by hand", ""],
      );
      assert.equal(vercel.variable("sophia", "GONG_API_KEY", "production"), "two");
      assert.equal(vercel.variable("sophia", "GONG_API_KEY", "preview"), undefined);
    });

    it("conflict where key and target meet, with the culprit in the reply", async () => {
      await create({ target: ["production"] });
      const { status, body } = await ask("POST", ENV, wanted({ value: "two" }));
      const { code, envVarKey, target } = body.error;
      assert.deepEqual([status, code, envVarKey, target], [400, "ENV_CONFLICT", "GONG_API_KEY", ["production"]]);
      assert.equal(vercel.variable("sophia", "GONG_API_KEY", "production"), "one");
      const other = await create({ target: ["preview"] });
      const moved = await ask("PATCH", `${ENV}/${other.id}`, { target: ["production"] });
      assert.deepEqual([moved.status, moved.body.error.code], [400, "ENV_CONFLICT"]);
    });

    it("take the place of the other, with its id, on upsert", async () => {
      const { id } = await create();
      const { body } = await ask<{ created: Variable }>("POST", `${ENV}?upsert=true`, wanted({ value: "two" }));
      assert.equal(body.created.id, id);
      assert.equal(vercel.variable("sophia", "GONG_API_KEY", "production"), "two");
    });

    it("in a batch are created as far as possible", async () => {
      await create();
      const { status, body } = await ask<{ created: Variable[]; failed: Refusal[] }>("POST", ENV, [
        wanted({ key: "NEW" }),
        wanted({ value: "two" }),
        wanted({ key: "9" }),
      ]);
      assert.equal(status, 201);
      assert.deepEqual(
        body.created.map((one) => one.key),
        ["NEW"],
      );
      assert.deepEqual(
        body.failed.map((one) => one.error.code),
        ["ENV_CONFLICT", "ENV_KEY_INVALID_CHARACTERS"],
      );
    });

    const refused: [string, object][] = [
      ["a key with a digit first", { key: "1A" }],
      ["a key with a dash", { key: "A-B" }],
      ["a reserved key", { key: "AWS_SECRET_KEY" }],
      ["a sensitive value for development", { target: ["production", "development"] }],
      ["an unknown target", { target: ["staging"] }],
      ["no target", { target: [] }],
      ["an unknown type", { type: "secret" }],
      ["a value that is no text", { value: 5 }],
      ["a value of more than 64 KB", { value: "x".repeat(65537) }],
      ["a branch without preview", { target: ["production"], gitBranch: "main" }],
    ];
    for (const [what, more] of refused) {
      it(`are refused with 400 for ${what}`, async () => {
        assert.equal((await ask("POST", ENV, wanted(more))).status, 400);
        assert.deepEqual(vercel.variables("sophia"), []);
      });
    }

    it("must be sensitive in production and preview where the team's policy says so", async () => {
      vercel.setSensitivePolicy("on");
      assert.equal((await ask("POST", ENV, wanted({ type: "encrypted" }))).status, 400);
      await create();
      await create({ type: "encrypted", target: ["development"] });
    });

    it("cannot be made readable without a new value", async () => {
      const { id } = await create();
      assert.equal((await ask("PATCH", `${ENV}/${id}`, { type: "encrypted" })).status, 400);
      assert.equal((await ask("PATCH", `${ENV}/${id}`, { type: "encrypted", value: "new" })).status, 200);
    });

    it("are listed page by page", async () => {
      for (const key of ["A", "B", "C"]) await create({ key });
      interface Page {
        envs: Variable[];
        pagination: { next: number | null };
      }
      const first = (await ask<Page>("GET", "/v8/projects/prj_1/env?limit=2")).body;
      const until = String(first.pagination.next);
      const second = (await ask<Page>("GET", `/v8/projects/prj_1/env?limit=2&until=${until}`)).body;
      assert.deepEqual(
        [...first.envs, ...second.envs].map((one) => one.key),
        ["C", "B", "A"],
      );
      assert.equal(second.pagination.next, null);
    });

    it("that are not there get 404 for every method", async () => {
      for (const method of ["GET", "PATCH", "DELETE"]) {
        assert.equal((await ask(method, `${ENV}/absent`, method === "GET" ? undefined : {})).status, 404);
      }
    });

    it("can be changed and removed outside", async () => {
      await create();
      vercel.editOutside("sophia", "GONG_API_KEY", "preview", "by hand");
      assert.equal(vercel.variable("sophia", "GONG_API_KEY", "production"), "by hand");
      vercel.editOutside("sophia", "GONG_API_KEY", "preview", undefined);
      assert.deepEqual(vercel.variables("sophia"), []);
    });
  });

  describe("shared variables", () => {
    const body = (value: string) => ({
      ...{ type: "sensitive", projectId: ["prj_1"], target: ["production"], applyToAllCustomEnvironments: false },
      evs: [{ key: "SHARED", value, comment: "c" }],
    });

    it("are created, read, patched in place and deleted", async () => {
      const { created } = (await ask<{ created: Record<string, unknown>[] }>("POST", "/v1/env", body("one"))).body;
      const id = String(created[0]?.["id"]);
      assert.deepEqual([created[0]?.["ownerId"], created[0]?.["projectId"]], [TEAM, ["prj_1"]]);
      const change = { value: "two", projectIdUpdates: { link: ["prj_2"], unlink: ["prj_1"] } };
      const { updated } = (
        await ask<{ updated: Record<string, unknown>[] }>("PATCH", "/v1/env", { updates: { [id]: change } })
      ).body;
      assert.deepEqual([updated[0]?.["id"], updated[0]?.["projectId"], updated[0]?.["value"]], [id, ["prj_2"], ""]);
      assert.equal((await ask<Variable>("GET", `/v1/env/${id}`)).body.comment, "c");
      assert.equal((await ask<{ data: unknown[] }>("GET", "/v1/env/all?limit=100")).body.data.length, 1);
      assert.deepEqual((await ask<{ deleted: string[] }>("DELETE", "/v1/env", { ids: [id] })).body.deleted, [id]);
      assert.equal((await ask("GET", `/v1/env/${id}`)).status, 404);
    });

    it("conflict with 409", async () => {
      await ask("POST", "/v1/env", body("one"));
      const conflict = await ask("POST", "/v1/env", body("two"));
      assert.deepEqual([conflict.status, conflict.body.error.code], [409, "existing_key_and_target"]);
    });
  });

  describe("deployments", () => {
    interface Deployment {
      readonly id: string;
      readonly readyState: string;
    }

    it("become ready after a while and keep the values that they saw", async () => {
      const { id } = await create();
      const deploy = { name: "sophia", project: "prj_1", target: "production" };
      const first = (await ask<Deployment>("POST", "/v13/deployments", deploy)).body;
      const state = async () => (await ask<Deployment>("GET", `/v13/deployments/${first.id}`)).body.readyState;
      assert.deepEqual([first.readyState, await state()], ["QUEUED", "QUEUED"]);
      now += 150;
      assert.equal(await state(), "BUILDING");
      now += 200;
      assert.equal(await state(), "READY");
      await ask("PATCH", `${ENV}/${id}`, { value: "two" });
      await ask("POST", "/v13/deployments", { name: "sophia", deploymentId: first.id });
      assert.deepEqual(
        vercel.deployments().map(({ target, variables }) => [target, variables]),
        [
          ["production", { GONG_API_KEY: "one" }],
          ["production", { GONG_API_KEY: "two" }],
        ],
      );
    });

    it("see shared variables of their project, under its own", async () => {
      const common = { type: "plain", projectId: ["prj_1"], target: ["production"] };
      const evs = ["GONG_API_KEY", "ONLY_SHARED"].map((key) => ({ key, value: "shared", comment: "" }));
      await ask("POST", "/v1/env", { ...common, evs });
      await create({ target: ["production"] });
      for (const name of ["sophia", "web"]) await ask("POST", "/v13/deployments", { name, target: "production" });
      await ask("POST", "/v13/deployments", { name: "sophia" });
      assert.deepEqual(
        vercel.deployments().map((one) => one.variables),
        [{ GONG_API_KEY: "one", ONLY_SHARED: "shared" }, {}, {}],
      );
    });

    it("are listed by project, target and state", async () => {
      await ask("POST", "/v13/deployments", { name: "sophia", target: "production" });
      await ask("POST", "/v13/deployments", { name: "web" });
      now += 1000;
      const count = async (query: string) =>
        (await ask<{ deployments: unknown[] }>("GET", `/v6/deployments?${query}`)).body.deployments.length;
      assert.deepEqual(
        [
          await count("limit=5"),
          await count("projectId=prj_1"),
          await count("target=preview"),
          await count("state=ERROR"),
        ],
        [2, 1, 1, 0],
      );
    });

    it("end in ERROR when they are made to", async () => {
      vercel.failNextDeployments(1);
      const { id } = (await ask<Deployment>("POST", "/v13/deployments", { name: "sophia" })).body;
      now += 1000;
      assert.equal((await ask<Deployment>("GET", `/v13/deployments/${id}`)).body.readyState, "ERROR");
      assert.equal((await ask("POST", "/v13/deployments", { name: "absent" })).status, 404);
    });
  });
});
