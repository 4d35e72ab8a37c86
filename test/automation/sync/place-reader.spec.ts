/** Is a place read to its last page, and is every refusal told with its own remedy? */
import assert from "node:assert/strict";
import { AutomationError } from "../../../automation/errors";
import { type HttpDependencies } from "../../../automation/http";
import { type Settings } from "../../../automation/settings";
import { type GitHubPlace } from "../../../automation/sync/desired";
import { PlaceReader } from "../../../automation/sync/place-reader";
import { type Place } from "../../../automation/sync/questions";

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
type Refusal = ResponseInit & { readonly body?: unknown };
type Case = readonly [name: string, answer: Refusal, code: string, exitCode: number, remedy: RegExp];

const failureOf = async (running: Promise<unknown>): Promise<AutomationError> => {
  const error: unknown = await running.then(
    () => "nothing was thrown",
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AutomationError, String(error));
  return error;
};
/** `body` is what was said besides; nothing of it may be shown. */
const refusal = async (place: Place, { body = { message: "canary" }, ...init }: Refusal): Promise<AutomationError> => {
  const error = await failureOf(readerFor(() => json(body, init)).contents(place));
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
      return json({
        [kind]: slice.map((name) => (name === "S_204" ? { name, updated_at: "2026-11-23T09:00:00Z" } : { name })),
      });
    });
    assert.deepEqual(await reader.github(REPOSITORY), { ...all, writtenAt: { S_204: "2026-11-23T09:00:00.000Z" } });
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

  it("takes of a Vercel project what has our targets and no branch of its own, page after page", async () => {
    const pages: Record<string, unknown> = {
      "": {
        envs: [
          { key: "OURS", target: ["production"], updatedAt: Date.parse("2026-11-23T09:00:00Z") },
          { key: "OURS", target: "preview" },
        ],
        pagination: { next: 17 },
      },
      "17": {
        envs: [
          { key: "LOCAL", target: ["development"] },
          { key: "BRANCH", target: ["preview"], gitBranch: "feature" },
          { key: "LAST", target: ["production"], gitBranch: null },
        ],
        pagination: { next: null },
      },
    };
    const contents = await readerFor((url) => json(pages[url.searchParams.get("until") ?? ""])).vercel();
    const writtenAt = { OURS: "2026-11-23T09:00:00.000Z" };
    assert.deepEqual(contents, { secrets: [], variables: ["OURS", "LAST"], writtenAt });
  });

  const status = (code: number, headers: Record<string, string> = {}) => ({ status: code, headers });
  /** What GitHub answers for whatever place, and Vercel for its one. */
  const COMMON: readonly Case[] = [
    ["422", status(422), "sync.refused", 2, /^Check how .* are spelled\.$/],
    ["429", status(429), "sync.rate_limited", 1, /^Wait until the limit is lifted \(an hour at most\), then/],
    ["429 that says how long", status(429, { "retry-after": "31" }), "sync.rate_limited", 1, /^Wait 31 s, then/],
    ["500", status(500), "sync.unavailable", 1, /status page, https:\/\/www\.(github|vercel-)status\.com, then/],
    ["503", status(503), "sync.unavailable", 1, /status page/],
  ];
  const limited = status(403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795424400" });
  const secondary = status(403, { "retry-after": "1" });
  const permissions = status(403, { "x-accepted-github-permissions": "secrets=read" });
  const scopes = status(403, { "x-oauth-scopes": "gist", "x-accepted-oauth-scopes": "repo" });
  const sso = status(403, {
    "x-github-sso": "required; url=https://github.com/orgs/payready/sso?authorization=canary",
  });
  const addresses = { ...status(403), body: { message: "the organization has an IP allow list enabled" } };
  const GITHUB: readonly Case[] = [
    ...COMMON,
    ["301", status(301), "sync.moved", 6, /called today/],
    ["401", status(401), "sync.token_refused", 3, /^Put a valid token into GITHUB_TOKEN\.$/],
    ["403", status(403), "sync.forbidden", 3, /read and write \(classic tokens: scope (repo|admin:org)\)\.$/],
    ["403 to a fine-grained token", permissions, "sync.forbidden", 3, /\. GitHub asks for: secrets=read\.$/],
    ["403 to a classic token", scopes, "sync.forbidden", 3, /It has: gist; GitHub asks for one of: repo\.$/],
    ["403 before the single sign-on", sso, "sync.single_sign_on", 3, /“Configure SSO”/],
    ["403 of a list of addresses", addresses, "sync.address_refused", 3, /allowed address/],
    ["403 of the hourly limit", limited, "sync.rate_limited", 1, /^Wait until 2026-11-23T09:00:00Z, then/],
    ["403 of a secondary limit", secondary, "sync.rate_limited", 1, /^Wait 1 s, then/],
  ];
  const VERCEL: readonly Case[] = [
    ...COMMON,
    ["403", status(403), "sync.forbidden", 3, /rights: the project's environment variables, for a member of the team/],
    [
      "403 to a token that Vercel does not know",
      { ...status(403), body: { error: { code: "forbidden", message: "canary", invalidToken: true } } },
      "sync.token_refused",
      3,
      /^Put a valid token into SOPHIA_VERCEL_CONTROL_TOKEN\.$/,
    ],
  ];
  const environment: GitHubPlace = { kind: "environment", repository: "sophia", environment: "qa" };
  const organization: GitHubPlace = { kind: "organization", visibility: "private", repositories: [] };
  const places: [place: Place, label: string, cases: readonly Case[]][] = [
    [REPOSITORY, "github payready/sophia", GITHUB],
    [environment, "github payready/sophia environment qa", GITHUB],
    [organization, "github organization payready", GITHUB],
    [{ kind: "vercel" }, "vercel prj_1", VERCEL],
  ];
  for (const [place, label, cases] of places)
    for (const [name, answer, code, exitCode, remedy] of cases)
      it(`tells what to do about ${name} of ${label}`, async () => {
        const error = await refusal(place, answer);
        assert.deepEqual([error.code, error.exitCode], [code, exitCode]);
        assert.match(error.hint ?? "", remedy);
        assert.ok(error.message.startsWith(`${label}`), error.message);
      });

  it("names the scope of an organization", async () => {
    assert.match((await refusal(organization, status(403))).hint ?? "", /scope admin:org/);
  });

  it("finds out what is not there: the repository or its environment, the team or its project", async () => {
    const cases: [place: Place, there: RegExp, remedy: RegExp][] = [
      [REPOSITORY, /^$/, /gh api repos\/payready\/sophia$/],
      [organization, /^$/, /gh api orgs\/payready$/],
      [environment, /^\/repos\/payready\/sophia$/, /--method PUT repos\/payready\/sophia\/environments\/qa$/],
      [environment, /^$/, /^Check the spelling.* gh api repos\/payready\/sophia$/],
      [{ kind: "vercel" }, /^\/v2\/teams\/team_1$/, /sees the team team_1, so check sophia:vercelProject/],
      [{ kind: "vercel" }, /^$/, /cannot see the team team_1 \(status 404\): check sophia:vercelTeam/],
    ];
    for (const [place, there, remedy] of cases) {
      const reader = readerFor(({ pathname }) => json({}, { status: there.test(pathname) ? 200 : 404 }));
      const error = await failureOf(reader.contents(place));
      assert.deepEqual([error.code, error.exitCode], ["sync.not_found", 6]);
      assert.match(error.hint ?? "", remedy);
    }
  });

  it("tells no answer at all from a bad one, and names the address to check", async () => {
    const http = { fetch: () => Promise.reject(new Error("canary")), sleep: () => Promise.resolve(), random: () => 0 };
    const error = await failureOf(new PlaceReader(SETTINGS, http).github(REPOSITORY));
    assert.deepEqual([error.code, error.exitCode], ["sync.unreachable", 1]);
    assert.match(error.hint ?? "", /HTTPS_PROXY and the address in SOPHIA_GITHUB_URL/);
    assert.doesNotMatch(error.message, /canary/);
  });

  it("takes an answer that is no list for an outage, not for an empty place", async () => {
    for (const answer of [() => new Response("<html>"), () => json({}), () => json([])]) {
      for (const place of [REPOSITORY, { kind: "vercel" } as const])
        await assert.rejects(readerFor(answer).contents(place), { code: "sync.unavailable" });
    }
  });

  it("does not follow a list that goes in a circle", async () => {
    const reader = readerFor(() => json({ envs: [], pagination: { next: 3 } }));
    await assert.rejects(reader.vercel(), { code: "sync.unavailable" });
  });
});

function numbered(count: number, prefix: string): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}_${index}`);
}
