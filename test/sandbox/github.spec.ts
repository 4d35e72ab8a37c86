/** Is the GitHub stand-in honest: does it refuse what GitHub refuses, and does it keep exactly what was sealed for it? */
import assert from "node:assert/strict";
import sodium from "libsodium-wrappers";
import { type GitHubScope, type GitHubStandIn, startGitHub } from "../../sandbox/github";

const TOKEN = "ghp_admin";
const REPOSITORY: GitHubScope = { kind: "repository", repository: "sophia" };
const ORGANIZATION: GitHubScope = { kind: "organization" };
const ENVIRONMENT: GitHubScope = { kind: "environment", repository: "sophia", environment: "production/eu" };
const DEPENDABOT: GitHubScope = { kind: "dependabot", repository: "sophia" };

const AWKWARD_VALUES = [
  "quotes \" and ' and `",
  "$HOME ${HOME} $(id) $$ ${{ secrets.X }}",
  "-----BEGIN PRIVATE KEY-----\nline\r\n\ttab\n-----END PRIVATE KEY-----\n",
  "ünïcødé 日本語 🔑 \u0000 \u2028 \\n",
  "  leading and trailing  ",
  "",
];

interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

describe("GitHub stand-in", () => {
  let gitHub: GitHubStandIn;
  let now: number;

  before(() => sodium.ready);

  beforeEach(async () => {
    now = Date.parse("2026-11-23T09:00:00.750Z");
    gitHub = await startGitHub({
      tokens: [TOKEN],
      readerTokens: ["ghp_reader"],
      strangerTokens: ["ghp_stranger"],
      organization: "payready",
      repositories: ["sophia", "web", "docs"],
      now: () => new Date(now),
    });
  });

  afterEach(() => gitHub.close());

  async function ask<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    token: string | null = TOKEN,
  ): Promise<Answer<T>> {
    const response = await fetch(`${gitHub.url}/api/v3${path}`, {
      method,
      headers: { connection: "close", ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text === "" ? {} : JSON.parse(text)) as T };
  }

  async function seal(listPath: string, value: string): Promise<{ key_id: string; encrypted_value: string }> {
    const { body } = await ask<{ key_id: string; key: string }>("GET", `${listPath}/public-key`);
    const box = sodium.crypto_box_seal(sodium.from_string(value), Buffer.from(body.key, "base64"));
    return { key_id: body.key_id, encrypted_value: Buffer.from(box).toString("base64") };
  }

  async function put(listPath: string, name: string, value: string, more: object = {}): Promise<number> {
    return (await ask("PUT", `${listPath}/${name}`, { ...(await seal(listPath, value)), ...more })).status;
  }

  const SECRETS = "/repos/payready/sophia/actions/secrets";
  const ORGANIZATION_SECRETS = "/orgs/payready/actions/secrets";
  const VARIABLES = "/repos/payready/sophia/actions/variables";

  describe("access", () => {
    it("refuses a missing, a wrong and a revoked token with 401", async () => {
      assert.equal((await ask("GET", "/orgs/payready", undefined, null)).status, 401);
      const wrong = await ask("GET", "/orgs/payready", undefined, "ghp_wrong");
      assert.deepEqual([wrong.status, wrong.body["message"]], [401, "Bad credentials"]);
      gitHub.revokeToken(TOKEN);
      assert.equal((await ask("GET", "/orgs/payready")).status, 401);
    });

    it("shows a stranger nothing private, and lets a reader administer nothing", async () => {
      assert.equal((await ask("GET", "/repos/payready/sophia", undefined, "ghp_stranger")).status, 404);
      assert.equal((await ask("GET", ORGANIZATION_SECRETS, undefined, "ghp_stranger")).status, 404);
      assert.equal((await ask("GET", "/repos/payready/sophia", undefined, "ghp_reader")).status, 200);
      assert.equal((await ask("GET", SECRETS, undefined, "ghp_reader")).status, 403);
      assert.equal((await ask("GET", ORGANIZATION_SECRETS, undefined, "ghp_reader")).status, 403);
      assert.equal((await ask("PUT", "/repos/payready/sophia/environments/x", {}, "ghp_reader")).status, 403);
    });

    it("answers 404 for another owner, repository, environment or path, and records only the path as unexpected", async () => {
      assert.equal((await ask("GET", "/repos/other/sophia")).status, 404);
      assert.equal((await ask("GET", "/repos/payready/absent/actions/secrets")).status, 404);
      assert.equal((await ask("GET", "/repos/payready/sophia/environments/absent/secrets")).status, 404);
      assert.equal((await ask("GET", "/repos/payready/sophia/pages")).status, 404);
      assert.deepEqual(
        gitHub.requests().map((request) => request.unexpected),
        [false, false, false, true],
      );
    });

    it("sends scopes and the rate limit with every reply, refusals too", async () => {
      const { headers } = await ask("GET", "/repos/payready/absent");
      assert.equal(headers.get("x-oauth-scopes"), "admin:org, repo, workflow");
      assert.equal(headers.get("x-ratelimit-limit"), "5000");
      assert.equal(headers.get("x-ratelimit-remaining"), "4999");
      assert.equal(headers.get("x-ratelimit-reset"), String(Math.ceil((now + 3_600_000) / 1000)));
    });

    it("refuses with 403 when the hour is used up, for that token, until the hour is over", async () => {
      const small = await startGitHub({
        tokens: [TOKEN, "ghp_second"],
        organization: "payready",
        repositories: [],
        hourlyLimit: 1,
        now: () => new Date(now),
      });
      const status = async (token: string) =>
        (await fetch(`${small.url}/api/v3/user`, { headers: { authorization: `token ${token}` } })).status;
      assert.deepEqual([await status(TOKEN), await status(TOKEN), await status("ghp_second")], [200, 403, 200]);
      now += 3_600_000;
      assert.equal(await status(TOKEN), 200);
      await small.close();
    });
  });

  describe("secrets", () => {
    const families: [string, GitHubScope][] = [
      [SECRETS, REPOSITORY],
      ["/repos/payready/sophia/dependabot/secrets", DEPENDABOT],
      ["/repos/payready/sophia/environments/production%2Feu/secrets", ENVIRONMENT],
      ["/repositories/7001001/environments/production%2Feu/secrets", ENVIRONMENT],
    ];
    for (const [path, scope] of families) {
      it(`keeps byte for byte what was sealed: ${path}`, async () => {
        await ask("PUT", "/repos/payready/sophia/environments/production%2Feu", {});
        for (const value of AWKWARD_VALUES) {
          await put(path, "SNOWFLAKE_PASSWORD", value);
          assert.equal(gitHub.openedSecret(scope, "SNOWFLAKE_PASSWORD"), value);
        }
      });
    }

    it("keeps the scopes apart", async () => {
      await ask("PUT", "/repos/payready/sophia/environments/production%2Feu", {});
      await put(SECRETS, "A", "repository");
      await put(ORGANIZATION_SECRETS, "A", "organization", { visibility: "all" });
      await put("/repositories/7001001/environments/production%2Feu/secrets", "A", "environment");
      assert.deepEqual(
        [REPOSITORY, ORGANIZATION, ENVIRONMENT, DEPENDABOT].map((scope) => gitHub.openedSecret(scope, "A")),
        ["repository", "organization", "environment", undefined],
      );
    });

    it("answers 201 to the first and 204 to the next write, and moves updated_at only", async () => {
      assert.equal(await put(SECRETS, "A", "one"), 201);
      now += 5000;
      assert.equal(await put(SECRETS, "A", "two"), 204);
      assert.deepEqual((await ask("GET", `${SECRETS}/A`)).body, {
        name: "A",
        created_at: "2026-11-23T09:00:00Z",
        updated_at: "2026-11-23T09:00:05Z",
      });
    });

    it("stores names in upper case and finds them in any", async () => {
      await put(SECRETS, "gong_api_key", "x");
      assert.equal((await ask("GET", `${SECRETS}/Gong_Api_Key`)).body["name"], "GONG_API_KEY");
      assert.equal(await put(SECRETS, "GONG_API_KEY", "y"), 204);
      assert.equal((await ask("DELETE", `${SECRETS}/gong_api_key`)).status, 204);
      assert.equal((await ask("DELETE", `${SECRETS}/gong_api_key`)).status, 404);
    });

    for (const name of ["1A", "A-B", "A%20B", "GITHUB_TOKEN", "github_x"]) {
      it(`refuses the name ${name} with 422`, async () => {
        assert.equal(await put(SECRETS, name, "x"), 422);
        assert.deepEqual(gitHub.secrets(REPOSITORY), []);
      });
    }

    it("refuses a box that does not open, one for another scope, and what is not Base64", async () => {
      const good = await seal(SECRETS, "x");
      const other = await seal(ORGANIZATION_SECRETS, "x");
      for (const encrypted_value of [Buffer.alloc(60, 7).toString("base64"), other.encrypted_value, "no base64!", 5]) {
        assert.equal((await ask("PUT", `${SECRETS}/A`, { key_id: good.key_id, encrypted_value })).status, 422);
      }
      assert.equal(gitHub.openedSecret(REPOSITORY, "A"), undefined);
    });

    it("refuses an unknown key id, and after a change of keys the old one", async () => {
      const good = await seal(SECRETS, "x");
      assert.equal((await ask("PUT", `${SECRETS}/A`, { ...good, key_id: "1" })).status, 422);
      gitHub.rotateKey(REPOSITORY);
      assert.equal((await ask("PUT", `${SECRETS}/A`, good)).status, 422);
      assert.equal(await put(SECRETS, "A", "x"), 201);
    });

    it("takes 48 KB and not a byte more", async () => {
      assert.equal(await put(SECRETS, "A", "x".repeat(48 * 1024)), 201);
      assert.equal(await put(SECRETS, "A", "x".repeat(48 * 1024 + 1)), 422);
    });

    it("takes 100 secrets a repository, and updates even then", async () => {
      for (let index = 0; index < 100; index++) {
        gitHub.editOutside(REPOSITORY, { secret: `NAME_${index}`, value: "x" });
      }
      assert.equal(await put(SECRETS, "ONE_TOO_MANY", "x"), 422);
      assert.equal(await put(SECRETS, "NAME_5", "y"), 204);
    });

    it("lists names page by page, never a value", async () => {
      for (const name of ["C", "A", "B"]) await put(SECRETS, name, "hidden-value");
      const first = await ask<{ total_count: number; secrets: { name: string }[] }>("GET", `${SECRETS}?per_page=2`);
      assert.equal(first.body.total_count, 3);
      assert.deepEqual(
        first.body.secrets.map((secret) => secret.name),
        ["A", "B"],
      );
      const next = /<([^>]+)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
      const second = await fetch(next, { headers: { authorization: `Bearer ${TOKEN}` } });
      const text = await second.text();
      assert.deepEqual(
        (JSON.parse(text) as typeof first.body).secrets.map((secret) => secret.name),
        ["C"],
      );
      assert.equal(second.headers.get("link")?.includes('rel="next"'), false);
      assert.equal((JSON.stringify(first.body) + text).includes("hidden-value"), false);
    });
  });

  describe("organization secrets", () => {
    it("demand a visibility and repositories of the organization", async () => {
      assert.equal(await put(ORGANIZATION_SECRETS, "A", "x"), 422);
      assert.equal(await put(ORGANIZATION_SECRETS, "A", "x", { visibility: "public" }), 422);
      const unknown = { visibility: "selected", selected_repository_ids: [1] };
      assert.equal(await put(ORGANIZATION_SECRETS, "A", "x", unknown), 422);
      assert.deepEqual(gitHub.secrets(ORGANIZATION), []);
    });

    it("remember visibility and selected repositories, which have requests of their own", async () => {
      const selected = { visibility: "selected", selected_repository_ids: [7001002, 7001001] };
      assert.equal(await put(ORGANIZATION_SECRETS, "A", "x", selected), 201);
      const path = `${ORGANIZATION_SECRETS}/A/repositories`;
      const ids = async () =>
        (await ask<{ repositories: { id: number }[] }>("GET", path)).body.repositories.map(({ id }) => id);
      assert.equal((await ask("GET", `${ORGANIZATION_SECRETS}/A`)).body["visibility"], "selected");
      assert.deepEqual(await ids(), [7001001, 7001002]);
      assert.equal((await ask("DELETE", `${path}/7001001`)).status, 204);
      assert.equal((await ask("PUT", `${path}/7001003`)).status, 204);
      assert.deepEqual(await ids(), [7001002, 7001003]);
      assert.equal((await ask("PUT", path, { selected_repository_ids: [7001001] })).status, 204);
      assert.deepEqual(gitHub.secrets(ORGANIZATION)[0]?.repositories, ["sophia"]);
      assert.equal(await put(ORGANIZATION_SECRETS, "A", "x", { visibility: "private" }), 204);
      assert.equal((await ask("PUT", path, { selected_repository_ids: [7001001] })).status, 409);
    });

    it("reach the runs of the repositories that they are for, and the nearest scope wins there", async () => {
      const selected = { visibility: "selected", selected_repository_ids: [7001002] };
      await put(ORGANIZATION_SECRETS, "FOR_WEB", "w", selected);
      await put(ORGANIZATION_SECRETS, "BOTH", "organization", { visibility: "private" });
      await put(SECRETS, "BOTH", "repository");
      assert.deepEqual(gitHub.workflowContext("sophia").secrets, { BOTH: "repository" });
      assert.deepEqual(gitHub.workflowContext("web").secrets, { BOTH: "organization", FOR_WEB: "w" });
    });
  });

  describe("variables", () => {
    it("are created once, read, patched, renamed and deleted", async () => {
      assert.equal((await ask("POST", VARIABLES, { name: "warehouse", value: "A" })).status, 201);
      assert.equal((await ask("POST", VARIABLES, { name: "WAREHOUSE", value: "B" })).status, 409);
      now += 1000;
      assert.equal((await ask("PATCH", `${VARIABLES}/WAREHOUSE`, { value: "C" })).status, 204);
      assert.deepEqual((await ask("GET", `${VARIABLES}/warehouse`)).body, {
        name: "WAREHOUSE",
        value: "C",
        created_at: "2026-11-23T09:00:00Z",
        updated_at: "2026-11-23T09:00:01Z",
      });
      assert.equal((await ask("PATCH", `${VARIABLES}/WAREHOUSE`, { name: "HOUSE" })).status, 204);
      assert.deepEqual(gitHub.variables(REPOSITORY), { HOUSE: "C" });
      assert.equal((await ask("DELETE", `${VARIABLES}/HOUSE`)).status, 204);
      assert.equal((await ask("PATCH", `${VARIABLES}/HOUSE`, { value: "D" })).status, 404);
    });

    it("keep their values byte for byte, in each scope", async () => {
      await ask("PUT", "/repos/payready/sophia/environments/production%2Feu", {});
      const places: [string, GitHubScope, object][] = [
        [VARIABLES, REPOSITORY, {}],
        ["/orgs/payready/actions/variables", ORGANIZATION, { visibility: "private" }],
        ["/repos/payready/sophia/environments/production%2Feu/variables", ENVIRONMENT, {}],
      ];
      for (const [path, scope, more] of places) {
        for (const [index, value] of AWKWARD_VALUES.entries()) {
          assert.equal((await ask("POST", path, { name: `V${index}`, value, ...more })).status, 201);
        }
        assert.deepEqual(Object.values(gitHub.variables(scope)), AWKWARD_VALUES);
      }
    });

    it("are refused with 422 for a bad name, a missing value, and more than 48 KB", async () => {
      for (const body of [{ name: "GITHUB_X", value: "x" }, { name: "A" }, { name: "A", value: "x".repeat(49153) }]) {
        assert.equal((await ask("POST", VARIABLES, body)).status, 422);
      }
    });

    it("of an organization keep what a patch leaves out", async () => {
      const path = "/orgs/payready/actions/variables";
      const body = { name: "A", value: "x", visibility: "selected", selected_repository_ids: [7001001] };
      assert.equal((await ask("POST", path, body)).status, 201);
      await ask("PATCH", `${path}/A`, { value: "y" });
      const { visibility, value } = (await ask("GET", `${path}/A`)).body;
      assert.deepEqual([visibility, value], ["selected", "y"]);
      assert.equal((await ask("GET", `${path}/A/repositories`)).body["total_count"], 1);
    });
  });

  describe("environments", () => {
    const path = "/repos/payready/sophia/environments/production%2Feu";

    it("are put, read, listed and deleted together with their secrets and variables", async () => {
      assert.equal((await ask("GET", path)).status, 404);
      assert.equal((await ask("PUT", path, { wait_timer: 30, can_admins_bypass: false })).status, 200);
      await put(`${path}/secrets`, "A", "x");
      const { name, can_admins_bypass, protection_rules } = (await ask("GET", path)).body;
      assert.deepEqual([name, can_admins_bypass], ["production/eu", false]);
      assert.deepEqual((protection_rules as { wait_timer: number }[])[0]?.wait_timer, 30);
      assert.equal((await ask("GET", "/repos/payready/sophia/environments")).body["total_count"], 1);
      assert.equal((await ask("DELETE", path)).status, 204);
      await ask("PUT", path, {});
      assert.deepEqual(gitHub.secrets(ENVIRONMENT), []);
    });
  });

  it("lets a person change and remove things outside, with a date that has moved", async () => {
    await put(SECRETS, "A", "one");
    gitHub.editOutside(REPOSITORY, { secret: "A", value: "two" });
    assert.equal((await ask("GET", `${SECRETS}/A`)).body["updated_at"], "2026-11-23T09:00:01Z");
    assert.equal(gitHub.openedSecret(REPOSITORY, "A"), "two");
    gitHub.editOutside(REPOSITORY, { secret: "A", value: undefined });
    gitHub.editOutside(REPOSITORY, { variable: "V", value: "x" });
    assert.deepEqual([gitHub.secrets(REPOSITORY), gitHub.variables(REPOSITORY)], [[], { V: "x" }]);
  });

  it("tells of the organization, its repositories, the user and the rate limit", async () => {
    assert.equal((await ask("GET", "/orgs/payready")).body["login"], "payready");
    const { id, full_name, private: isPrivate } = (await ask("GET", "/repos/payready/SOPHIA")).body;
    assert.deepEqual([id, full_name, isPrivate], [7001001, "payready/sophia", true]);
    assert.equal((await ask("GET", "/repositories/7001002")).body["name"], "web");
    assert.equal((await ask<unknown[]>("GET", "/orgs/payready/repos?per_page=2")).body.length, 2);
    assert.equal((await ask("GET", "/user")).body["login"], "sandbox-admin");
    const { rate } = (await ask<{ rate: { used: number; limit: number } }>("GET", "/rate_limit")).body;
    assert.deepEqual([rate.used, rate.limit], [5, 5000]);
  });
});
