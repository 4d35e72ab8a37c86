/** Is the Vercel stand-in honest about access, tokens and projects: does it refuse what Vercel refuses, and until when is a token good? */
import assert from "node:assert/strict";
import { CONTROL_TOKEN, TEAM_ID, VercelBench } from "./vercel-client";

describe("Vercel stand-in", () => {
  const bench = new VercelBench();

  beforeEach(() => bench.open());
  afterEach(() => bench.close());

  async function mint(body: object = { name: "sophia" }, token = CONTROL_TOKEN) {
    return bench.ask<{ token: Record<string, unknown>; bearerToken: string }>("POST", "/v3/user/tokens", body, token);
  }

  describe("access", () => {
    it("refuses a missing and a wrong token with 403", async () => {
      const missing = await bench.askAsIs("GET", `/v10/projects/prj_1?teamId=${TEAM_ID}`, undefined, null);
      const wrong = await bench.ask("GET", "/v10/projects/prj_1", undefined, "wrong");
      assert.deepEqual([missing.status, missing.body.error.code], [403, "forbidden"]);
      assert.deepEqual([wrong.status, wrong.body.error.code], [403, "forbidden"]);
    });

    it("needs a teamId for what the team owns, ours, by id or slug", async () => {
      const asked = async (query: string) => (await bench.askAsIs("GET", `/v9/projects/prj_1${query}`)).status;
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
      const user = await bench.askAsIs<{ user: { username: string } }>("GET", "/v2/user");
      assert.deepEqual([user.status, user.body.user.username], [200, "sandbox"]);
      assert.equal((await bench.askAsIs("GET", `/v5/user/tokens/${String(token["id"])}`)).status, 200);
      const team = await bench.askAsIs<Record<string, unknown>>("GET", "/v2/teams/payready");
      assert.deepEqual([team.body["id"], team.body["sensitiveEnvironmentVariablePolicy"]], [TEAM_ID, null]);
      assert.equal((await bench.askAsIs("GET", "/v2/teams/other")).status, 404);
    });

    it("records an unknown path as unexpected", async () => {
      assert.equal((await bench.ask("GET", "/v10/nothing")).status, 404);
      assert.deepEqual(
        bench.vercel.requests().map((request) => request.unexpected),
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
        teamId: TEAM_ID,
        scopes: [{ type: "team", teamId: TEAM_ID }],
        createdAt,
        activeAt,
      });
      assert.equal((await bench.ask("GET", "/v10/projects/prj_1", undefined, body.bearerToken)).status, 200);
      const deleted = await bench.ask<object>("DELETE", `/v3/user/tokens/${String(id)}`);
      assert.deepEqual(deleted, { status: 200, body: { tokenId: id } });
      assert.equal((await bench.ask("GET", "/v10/projects/prj_1", undefined, body.bearerToken)).status, 403);
      assert.equal((await bench.ask("GET", `/v5/user/tokens/${String(id)}`)).status, 404);
    });

    it("say when they were last used", async () => {
      const { body } = await mint();
      bench.now += 60_000;
      await bench.askAsIs("GET", "/v2/user", undefined, body.bearerToken);
      const read = await bench.askAsIs<{ token: { activeAt: number } }>(
        "GET",
        `/v5/user/tokens/${String(body.token["id"])}`,
      );
      assert.equal(read.body.token.activeAt, bench.now);
    });

    it("expire", async () => {
      const { body } = await mint({ name: "short", expiresAt: bench.now + 1000 });
      assert.equal(body.token["expiresAt"], bench.now + 1000);
      assert.equal((await bench.askAsIs("GET", "/v2/user", undefined, body.bearerToken)).status, 200);
      bench.now += 1000;
      assert.equal((await bench.askAsIs("GET", "/v2/user", undefined, body.bearerToken)).status, 403);
      assert.equal((await mint({ name: "past", expiresAt: bench.now - 1 })).status, 400);
    });

    it("that were minted can neither mint nor delete others, but themselves", async () => {
      const first = (await mint()).body;
      const second = (await mint()).body;
      assert.equal((await mint({ name: "third" }, first.bearerToken)).status, 403);
      const remove = (id: unknown, token: string) =>
        bench.ask("DELETE", `/v3/user/tokens/${String(id)}`, undefined, token);
      assert.equal((await remove(second.token["id"], first.bearerToken)).status, 403);
      assert.equal((await remove("current", first.bearerToken)).status, 200);
      assert.deepEqual(
        bench.vercel.tokens().map((token) => token.bearerToken),
        [CONTROL_TOKEN, second.bearerToken],
      );
    });

    it("are listed by both versions, without their bearers", async () => {
      const { bearerToken } = (await mint()).body;
      for (const version of ["v5", "v6"]) {
        const { body } = await bench.askAsIs<{ tokens: { name: string }[] }>("GET", `/${version}/user/tokens`);
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
        const { id, name, accountId } = (await bench.ask<Record<string, unknown>>("GET", path)).body;
        assert.deepEqual([id, name, accountId], ["prj_1", "sophia", TEAM_ID]);
      }
      const list = await bench.ask<{ projects: { id: string }[] }>("GET", "/v8/projects?limit=100");
      assert.deepEqual(list.body.projects.map((project) => project.id).sort(), ["prj_1", "prj_2"]);
    });

    it("are created, changed and deleted as the provider does it", async () => {
      const { body } = await bench.ask<Record<string, unknown>>("POST", "/v8/projects", {
        name: "new",
        framework: "nextjs",
      });
      const path = `projects/${String(body["id"])}`;
      assert.deepEqual([body["framework"], body["nodeVersion"]], ["nextjs", "22.x"]);
      const change = { autoExposeSystemEnvs: false, ssoProtection: null };
      await bench.ask("PATCH", `/v9/${path}`, change);
      const read = (await bench.ask<Record<string, unknown>>("GET", `/v10/${path}`)).body;
      assert.deepEqual(
        [read["framework"], read["autoExposeSystemEnvs"], read["ssoProtection"]],
        ["nextjs", false, null],
      );
      assert.equal((await bench.ask("POST", "/v8/projects", { name: "new" })).status, 409);
      assert.equal((await bench.ask("POST", "/v8/projects", { name: "No Good" })).status, 400);
      assert.equal((await bench.ask("DELETE", `/v8/${path}`)).status, 204);
      assert.equal((await bench.ask("GET", `/v10/${path}`)).status, 404);
    });
  });
});
