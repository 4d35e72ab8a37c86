/** Is the Vercel stand-in honest about variables and deployments: does it keep values exactly, hide and refuse what Vercel does, and show what a deployment saw? */
import assert from "node:assert/strict";
import { type Refusal, TEAM_ID, type Variable, VercelBench } from "./vercel-client";

const AWKWARD_VALUES = [
  "quotes \" and ' and `",
  "$HOME ${HOME} $(id) $$",
  "-----BEGIN PRIVATE KEY-----\nline\r\n\ttab\n",
  "ünïcødé 日本語 🔑 \u2028 \\n",
  "  leading and trailing  ",
  "",
];

describe("Vercel stand-in, variables", () => {
  const bench = new VercelBench();

  beforeEach(() => bench.open());
  afterEach(() => bench.close());

  const ENV = "/v10/projects/prj_1/env";

  const wanted = (more: object = {}) => ({
    ...{ key: "GONG_API_KEY", value: "one", type: "sensitive", target: ["production", "preview"], comment: "" },
    ...more,
  });

  async function create(more: object = {}): Promise<Variable> {
    const { status, body } = await bench.ask<{ created: Variable; failed: unknown[] }>("POST", ENV, wanted(more));
    assert.deepEqual([status, body.failed], [201, []]);
    return body.created;
  }

  describe("variables", () => {
    it("are kept byte for byte, and only readable ones are given back", async () => {
      for (const type of ["plain", "encrypted", "sensitive"]) {
        for (const value of AWKWARD_VALUES) {
          const { id } = await create({ value, type });
          assert.equal(bench.vercel.variable("sophia", "GONG_API_KEY", "preview"), value);
          const read = await bench.ask<Variable>("GET", `${ENV}/${id}`);
          assert.equal(read.body.value, type === "sensitive" ? "" : value);
          assert.equal((await bench.ask("DELETE", `/v8/projects/prj_1/env/${id}`)).status, 200);
        }
      }
    });

    it("that are sensitive or encrypted are in no other reply", async () => {
      const replies = [
        await bench.ask<object>("POST", ENV, wanted({ value: "hidden-value" })),
        await bench.ask<object>("POST", ENV, wanted({ key: "B", type: "encrypted", value: "hidden-value" })),
        await bench.ask<object>("GET", ENV),
        await bench.ask<object>("POST", "/v13/deployments", { name: "sophia", target: "production" }),
      ];
      assert.equal(JSON.stringify(replies).includes("hidden-value"), false);
      const { envs } = (await bench.ask<{ envs: Variable[] }>("GET", "/v8/projects/prj_1/env?decrypt=true&limit=100"))
        .body;
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
      bench.now += 1000;
      const patched = await bench.ask<Variable>("PATCH", `${ENV}/${id}`, { value: "two", target: ["production"] });
      const { key, type, target, comment, value } = patched.body;
      assert.deepEqual([patched.status, patched.body.id], [200, id]);
      assert.deepEqual(
        [key, type, target, comment, value],
        ["GONG_API_KEY", "sensitive", ["production"], "by hand", ""],
      );
      assert.equal(bench.vercel.variable("sophia", "GONG_API_KEY", "production"), "two");
      assert.equal(bench.vercel.variable("sophia", "GONG_API_KEY", "preview"), undefined);
    });

    it("conflict where key and target meet, with the culprit in the reply", async () => {
      await create({ target: ["production"] });
      const { status, body } = await bench.ask("POST", ENV, wanted({ value: "two" }));
      const { code, envVarKey, target } = body.error;
      assert.deepEqual([status, code, envVarKey, target], [400, "ENV_CONFLICT", "GONG_API_KEY", ["production"]]);
      assert.equal(bench.vercel.variable("sophia", "GONG_API_KEY", "production"), "one");
      const other = await create({ target: ["preview"] });
      const moved = await bench.ask("PATCH", `${ENV}/${other.id}`, { target: ["production"] });
      assert.deepEqual([moved.status, moved.body.error.code], [400, "ENV_CONFLICT"]);
    });

    it("take the place of the other, with its id, on upsert", async () => {
      const { id } = await create();
      const { body } = await bench.ask<{ created: Variable }>("POST", `${ENV}?upsert=true`, wanted({ value: "two" }));
      assert.equal(body.created.id, id);
      assert.equal(bench.vercel.variable("sophia", "GONG_API_KEY", "production"), "two");
    });

    it("in a batch are created as far as possible", async () => {
      await create();
      const { status, body } = await bench.ask<{ created: Variable[]; failed: Refusal[] }>("POST", ENV, [
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
        assert.equal((await bench.ask("POST", ENV, wanted(more))).status, 400);
        assert.deepEqual(bench.vercel.variables("sophia"), []);
      });
    }

    it("must be sensitive in production and preview where the team's policy says so", async () => {
      bench.vercel.setSensitivePolicy("on");
      assert.equal((await bench.ask("POST", ENV, wanted({ type: "encrypted" }))).status, 400);
      await create();
      await create({ type: "encrypted", target: ["development"] });
    });

    it("cannot be made readable without a new value", async () => {
      const { id } = await create();
      assert.equal((await bench.ask("PATCH", `${ENV}/${id}`, { type: "encrypted" })).status, 400);
      assert.equal((await bench.ask("PATCH", `${ENV}/${id}`, { type: "encrypted", value: "new" })).status, 200);
    });

    it("are listed page by page", async () => {
      for (const key of ["A", "B", "C"]) await create({ key });
      interface Page {
        envs: Variable[];
        pagination: { next: number | null };
      }
      const first = (await bench.ask<Page>("GET", "/v8/projects/prj_1/env?limit=2")).body;
      const until = String(first.pagination.next);
      const second = (await bench.ask<Page>("GET", `/v8/projects/prj_1/env?limit=2&until=${until}`)).body;
      assert.deepEqual(
        [...first.envs, ...second.envs].map((one) => one.key),
        ["C", "B", "A"],
      );
      assert.equal(second.pagination.next, null);
    });

    it("that are not there get 404 for every method", async () => {
      for (const method of ["GET", "PATCH", "DELETE"]) {
        assert.equal((await bench.ask(method, `${ENV}/absent`, method === "GET" ? undefined : {})).status, 404);
      }
    });

    it("can be changed and removed outside", async () => {
      await create();
      bench.vercel.editOutside("sophia", "GONG_API_KEY", "preview", "by hand");
      assert.equal(bench.vercel.variable("sophia", "GONG_API_KEY", "production"), "by hand");
      bench.vercel.editOutside("sophia", "GONG_API_KEY", "preview", undefined);
      assert.deepEqual(bench.vercel.variables("sophia"), []);
    });
  });

  describe("shared variables", () => {
    const body = (value: string) => ({
      ...{ type: "sensitive", projectId: ["prj_1"], target: ["production"], applyToAllCustomEnvironments: false },
      evs: [{ key: "SHARED", value, comment: "c" }],
    });

    it("are created, read, patched in place and deleted", async () => {
      const { created } = (await bench.ask<{ created: Record<string, unknown>[] }>("POST", "/v1/env", body("one")))
        .body;
      const id = String(created[0]?.["id"]);
      assert.deepEqual([created[0]?.["ownerId"], created[0]?.["projectId"]], [TEAM_ID, ["prj_1"]]);
      const change = { value: "two", projectIdUpdates: { link: ["prj_2"], unlink: ["prj_1"] } };
      const { updated } = (
        await bench.ask<{ updated: Record<string, unknown>[] }>("PATCH", "/v1/env", { updates: { [id]: change } })
      ).body;
      assert.deepEqual([updated[0]?.["id"], updated[0]?.["projectId"], updated[0]?.["value"]], [id, ["prj_2"], ""]);
      assert.equal((await bench.ask<Variable>("GET", `/v1/env/${id}`)).body.comment, "c");
      assert.equal((await bench.ask<{ data: unknown[] }>("GET", "/v1/env/all?limit=100")).body.data.length, 1);
      assert.deepEqual((await bench.ask<{ deleted: string[] }>("DELETE", "/v1/env", { ids: [id] })).body.deleted, [id]);
      assert.equal((await bench.ask("GET", `/v1/env/${id}`)).status, 404);
    });

    it("conflict with 409", async () => {
      await bench.ask("POST", "/v1/env", body("one"));
      const conflict = await bench.ask("POST", "/v1/env", body("two"));
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
      const first = (await bench.ask<Deployment>("POST", "/v13/deployments", deploy)).body;
      const state = async () => (await bench.ask<Deployment>("GET", `/v13/deployments/${first.id}`)).body.readyState;
      assert.deepEqual([first.readyState, await state()], ["QUEUED", "QUEUED"]);
      bench.now += 150;
      assert.equal(await state(), "BUILDING");
      bench.now += 200;
      assert.equal(await state(), "READY");
      await bench.ask("PATCH", `${ENV}/${id}`, { value: "two" });
      await bench.ask("POST", "/v13/deployments", { name: "sophia", deploymentId: first.id });
      assert.deepEqual(
        bench.vercel.deployments().map(({ target, variables }) => [target, variables]),
        [
          ["production", { GONG_API_KEY: "one" }],
          ["production", { GONG_API_KEY: "two" }],
        ],
      );
    });

    it("see shared variables of their project, under its own", async () => {
      const common = { type: "plain", projectId: ["prj_1"], target: ["production"] };
      const evs = ["GONG_API_KEY", "ONLY_SHARED"].map((key) => ({ key, value: "shared", comment: "" }));
      await bench.ask("POST", "/v1/env", { ...common, evs });
      await create({ target: ["production"] });
      for (const name of ["sophia", "web"]) await bench.ask("POST", "/v13/deployments", { name, target: "production" });
      await bench.ask("POST", "/v13/deployments", { name: "sophia" });
      assert.deepEqual(
        bench.vercel.deployments().map((one) => one.variables),
        [{ GONG_API_KEY: "one", ONLY_SHARED: "shared" }, {}, {}],
      );
    });

    it("are listed by project, target and state", async () => {
      await bench.ask("POST", "/v13/deployments", { name: "sophia", target: "production" });
      await bench.ask("POST", "/v13/deployments", { name: "web" });
      bench.now += 1000;
      const count = async (query: string) =>
        (await bench.ask<{ deployments: unknown[] }>("GET", `/v6/deployments?${query}`)).body.deployments.length;
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
      bench.vercel.failNextDeployments(1);
      const { id } = (await bench.ask<Deployment>("POST", "/v13/deployments", { name: "sophia" })).body;
      bench.now += 1000;
      assert.equal((await bench.ask<Deployment>("GET", `/v13/deployments/${id}`)).body.readyState, "ERROR");
      assert.equal((await bench.ask("POST", "/v13/deployments", { name: "absent" })).status, 404);
    });
  });
});
