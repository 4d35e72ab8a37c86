/** Is a place read to its last page, and is every refusal told with its own remedy? */
import assert from "node:assert/strict";
import { AutomationError } from "../../../automation/errors";
import { type HttpDependencies } from "../../../automation/http";
import { type Settings } from "../../../automation/settings";
import { type GitHubPlace } from "../../../automation/sync/desired";
import { PlaceReader } from "../../../automation/sync/place-reader";

const SETTINGS = {
  github: { owner: "payready", repositories: [] },
  vercel: { team: "team_1", project: "prj_1", targets: ["production", "preview"] },
  endpoints: { github: "https://github.test", vercel: "https://vercel.test" },
  tokens: { github: "canary-github", vercel: "canary-vercel" },
} as unknown as Settings;
const REPOSITORY: GitHubPlace = { kind: "repository", repository: "sophia" };

type Answer = (url: URL) => Response;

function readerFor(answer: Answer, asked: string[] = []) {
  const http: HttpDependencies = {
    fetch: (input) => {
      const url = new URL(input instanceof Request ? input.url : input);
      asked.push(`${url.host}${url.pathname}`);
      return Promise.resolve(answer(url));
    },
    sleep: () => Promise.resolve(),
    random: () => 0,
  };
  return new PlaceReader(SETTINGS, http);
}

const json = (body: unknown, init: ResponseInit = {}) => new Response(JSON.stringify(body), init);
const refusal = async (place: GitHubPlace, init: ResponseInit): Promise<AutomationError> => {
  const error: unknown = await readerFor(() => json({ message: "no" }, init))
    .github(place)
    .catch((reason: unknown) => reason);
  assert.ok(error instanceof AutomationError, String(error));
  assert.ok(!`${error.message} ${error.hint}`.includes("canary"));
  assert.match(error.message, /; nothing was changed\.$/);
  return error;
};

describe("PlaceReader", () => {
  it("reads every page of secrets and of variables", async () => {
    const all = { secrets: numbered(205, "S"), variables: numbered(61, "V") };
    const reader = readerFor((url) => {
      const kind = url.pathname.endsWith("secrets") ? "secrets" : "variables";
      const [size, page] = [Number(url.searchParams.get("per_page")), Number(url.searchParams.get("page"))];
      const slice = all[kind].slice((page - 1) * size, page * size);
      return json({ [kind]: slice.map((name) => (name === "S_204" ? { name, updated_at: "then" } : { name })) });
    });
    assert.deepEqual(await reader.github(REPOSITORY), { ...all, writtenAt: { S_204: "then" } });
  });

  it("asks an environment and the organization at their own addresses, and looks selected repositories up", async () => {
    const asked: string[] = [];
    const reader = readerFor(() => json({ secrets: [], variables: [] }), asked);
    await reader.github({ kind: "environment", repository: "sophia", environment: "production" });
    await reader.github({ kind: "organization", visibility: "selected", repositories: ["web"] });
    assert.deepEqual(asked, [
      "github.test/repos/payready/sophia/environments/production/secrets",
      "github.test/repos/payready/sophia/environments/production/variables",
      "github.test/repos/payready/web",
      "github.test/orgs/payready/actions/secrets",
      "github.test/orgs/payready/actions/variables",
    ]);
  });

  it("takes of a Vercel project what has our targets and no branch of its own", async () => {
    const envs = [
      { key: "OURS", target: ["production"] },
      { key: "OURS", target: "preview" },
      { key: "LOCAL", target: ["development"] },
      { key: "BRANCH", target: ["preview"], gitBranch: "feature" },
    ];
    assert.deepEqual(await readerFor(() => json({ envs })).vercel(), { secrets: [], variables: ["OURS"] });
  });

  const cases: [name: string, init: ResponseInit, code: string, exitCode: number, remedy: RegExp][] = [
    ["401", { status: 401 }, "sync.token_refused", 3, /Put a valid token into GITHUB_TOKEN/],
    ["403", { status: 403 }, "sync.forbidden", 3, /classic tokens: scope repo/],
    ["404", { status: 404 }, "sync.not_found", 6, /gh api repos\/payready\/sophia$/],
    ["422", { status: 422 }, "sync.refused", 2, /spelled/],
    ["429", { status: 429 }, "sync.rate_limited", 1, /Wait/],
    ["403 of the hourly limit", limited({ "x-ratelimit-remaining": "0" }), "sync.rate_limited", 1, /Wait/],
    ["403 of a secondary limit", limited({ "retry-after": "1" }), "sync.rate_limited", 1, /Wait/],
    ["500", { status: 500 }, "sync.unavailable", 1, /status page/],
    ["503", { status: 503 }, "sync.unavailable", 1, /status page/],
    ["301", { status: 301 }, "sync.moved", 6, /called today/],
  ];
  for (const [name, init, code, exitCode, remedy] of cases) {
    it(`tells what to do about ${name}`, async () => {
      const error = await refusal(REPOSITORY, init);
      assert.deepEqual([error.code, error.exitCode], [code, exitCode]);
      assert.match(error.hint ?? "", remedy);
      assert.match(error.message, /github payready\/sophia/);
    });
  }

  it("names the scope of an organization, and how to make an environment", async () => {
    const organization: GitHubPlace = { kind: "organization", visibility: "private", repositories: [] };
    assert.match((await refusal(organization, { status: 403 })).hint ?? "", /scope admin:org/);
    const environment: GitHubPlace = { kind: "environment", repository: "sophia", environment: "qa" };
    assert.match(
      (await refusal(environment, { status: 404 })).hint ?? "",
      /PUT repos\/payready\/sophia\/environments\/qa/,
    );
  });

  it("takes an answer that is no list for an outage, not for an empty place", async () => {
    const reader = readerFor(() => new Response("<html>"));
    await assert.rejects(reader.github(REPOSITORY), { code: "sync.unavailable" });
  });
});

function numbered(count: number, prefix: string): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}_${index}`);
}

function limited(headers: Record<string, string>): ResponseInit {
  return { status: 403, headers };
}
