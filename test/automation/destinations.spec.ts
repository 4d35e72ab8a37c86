/** Do we read what GitHub and Vercel say they hold, all of it, and notice a write that did not arrive? */
import assert from "node:assert/strict";
import { createDestinationReader, tornWindows, unchangedPlaces } from "../../automation/destinations";
import { AutomationError } from "../../automation/errors";
import { systemHttp } from "../../automation/http";
import { parseSettings } from "../../automation/settings";
import { withDestinations } from "../../automation/sync/desired";
import { createStandIn, type StandIn, type StandInRequest } from "../../sandbox/kit/stand-in";
import { TEST_CONFIG, TEST_TOKENS } from "../support/program";

const WRITTEN = "2026-11-23T09:00:00Z";

describe("createDestinationReader", () => {
  let github: StandIn;
  let vercel: StandIn;
  const asked: { place: string; authorization: string | undefined }[] = [];
  /** As GitHub pages: `per_page` entries at most, and at most 30 variables. */
  const paged = (kind: "secrets" | "variables", count: number) => (request: StandInRequest) => {
    asked.push({ place: request.path, authorization: request.headers.authorization });
    const size = Math.min(Number(request.query.get("per_page")), kind === "secrets" ? 100 : 30);
    const first = (Number(request.query.get("page")) - 1) * size;
    const all = Array.from({ length: count }, (_, index) => ({ name: `N_${index}`, updated_at: WRITTEN, value: "v" }));
    return { status: 200, body: { total_count: count, [kind]: all.slice(first, first + size) } };
  };

  beforeEach(async () => {
    asked.splice(0);
    github = await createStandIn({
      name: "github",
      routes: [
        { method: "GET", path: "/repos/payready/sophia/actions/secrets", handle: paged("secrets", 230) },
        { method: "GET", path: "/repos/payready/sophia/actions/variables", handle: paged("variables", 60) },
        {
          ...{ method: "GET", path: "/repos/payready/sophia/environments/production/secrets" },
          handle: paged("secrets", 2),
        },
        {
          ...{ method: "GET", path: "/repos/payready/sophia/environments/production/variables" },
          handle: paged("variables", 0),
        },
        { method: "GET", path: "/orgs/payready/actions/secrets", handle: paged("secrets", 1) },
        { method: "GET", path: "/orgs/payready/actions/variables", handle: paged("variables", 0) },
      ],
    });
    vercel = await createStandIn({
      name: "vercel",
      routes: [
        {
          method: "GET",
          path: "/v10/projects/:project/env",
          handle: ({ query, headers, path }) => {
            asked.push({ place: `${path} ${query.get("teamId") ?? ""}`, authorization: headers.authorization });
            return { status: 200, body: { envs: [{ key: "A_KEY", updatedAt: 7 }, { key: "B_KEY" }] } };
          },
        },
      ],
    });
  });
  afterEach(() => Promise.all([github.close(), vercel.close()]));

  const reader = (config: Record<string, unknown> = {}, environments: Record<string, string[]> = {}) => {
    const urls = { SOPHIA_GITHUB_URL: github.url, SOPHIA_VERCEL_URL: vercel.url };
    const read = (key: string) => ({ ...TEST_CONFIG, ...config })[key];
    const settings = parseSettings("development", read, { ...TEST_TOKENS, ...urls });
    const everywhere = withDestinations(settings, { repositories: [], environments });
    return createDestinationReader(everywhere, { ...systemHttp(), sleep: async () => undefined });
  };
  const failure = (running: Promise<unknown>): Promise<AutomationError> =>
    running.then(
      () => assert.fail("nothing was thrown"),
      (error: unknown) => (error instanceof AutomationError ? error : assert.fail(String(error))),
    );

  it("lists secrets and variables of every page, by place, name and time", async () => {
    const entries = await reader().list();
    const atGitHub = entries.filter(({ place }) => place === "github payready/sophia");
    assert.equal(atGitHub.length, 230 + 60);
    assert.equal(new Set(atGitHub.map(({ name }) => name)).size, 230);
    assert.deepEqual(entries.slice(290), [
      { place: "vercel prj_1", name: "A_KEY", updatedAt: "7" },
      { place: "vercel prj_1", name: "B_KEY", updatedAt: "" },
    ]);
    assert.ok(atGitHub.every((entry) => Object.keys(entry).join() === "place,name,updatedAt"));
  });

  it("reads the organization only where the stack writes there", async () => {
    await reader().list();
    assert.equal(asked.filter(({ place }) => place.startsWith("/orgs/")).length, 0);
    const entries = await reader({ githubOrganizationVisibility: "private" }).list();
    assert.deepEqual(
      entries.filter(({ place }) => place === "github organization payready").map(({ name }) => name),
      ["N_0"],
    );
  });

  it("reads a repository's environments, by the place of their own", async () => {
    const entries = await reader({}, { sophia: ["production"] }).list();
    assert.deepEqual(
      entries.filter(({ place }) => place === "github payready/sophia environment production"),
      ["N_0", "N_1"].map((name) => ({
        ...{ place: "github payready/sophia environment production", name, updatedAt: WRITTEN },
      })),
    );
  });

  it("shows each destination its own controlling token, and Vercel the team", async () => {
    await reader().list();
    assert.equal(asked.filter(({ place }) => place === "/v10/projects/prj_1/env team_1").length, 1);
    for (const { place, authorization } of asked) {
      const token = place.startsWith("/v10/") ? TEST_TOKENS.SOPHIA_VERCEL_CONTROL_TOKEN : TEST_TOKENS.GITHUB_TOKEN;
      assert.equal(authorization, `Bearer ${token ?? ""}`, place);
    }
  });

  it("takes no part of a list for the whole: a destination that refuses, breaks off or talks nonsense is an error", async () => {
    for (const [effect, reason] of [
      [{ kind: "status", status: 403, body: "canary-body" }, "status 403"],
      [{ kind: "cut-body" }, ""],
      [{ kind: "status", status: 200, body: "<html>canary-body" }, "not JSON"],
    ] as const) {
      github.addFault({ path: "/variables$", times: 3, effect });
      const error = await failure(reader().list());
      assert.equal(error.code, "destination.unreadable");
      assert.equal(error.exitCode, 1);
      assert.ok(error.message.startsWith("github payready/sophia could not be read"), error.message);
      assert.ok(error.message.includes(reason), error.message);
      assert.doesNotMatch(error.message, /canary/);
      github.clearFaults();
    }
  });

  it("asks again when a destination is overloaded for a moment", async () => {
    vercel.addFault({ times: 2, effect: { kind: "status", status: 503 } });
    assert.equal((await reader().list()).filter(({ place }) => place === "vercel prj_1").length, 2);
  });
});

describe("unchangedPlaces", () => {
  const at = (place: string, updatedAt: string, name = "A_KEY") => ({ place, name, updatedAt });

  it("finds the places with the old time, and those where the variable is gone", () => {
    const before = [at("one", "1"), at("two", "1"), at("three", "1"), at("one", "1", "OTHER")];
    assert.deepEqual(unchangedPlaces("A_KEY", before, [at("one", "2"), at("two", "1"), at("four", "9")]), [
      "two",
      "three",
    ]);
  });

  it("expects nothing where it was not before", () => {
    assert.deepEqual(unchangedPlaces("A_KEY", [], [at("one", "1")]), []);
  });

  it("is not misled by another entry of the name at the same place, in whatever order they are listed", () => {
    const before = [at("vercel", "1"), at("vercel", "5")];
    assert.deepEqual(unchangedPlaces("A_KEY", before, [at("vercel", "5"), at("vercel", "7")]), []);
    assert.deepEqual(unchangedPlaces("A_KEY", before, [at("vercel", "7"), at("vercel", "5")]), []);
    assert.deepEqual(unchangedPlaces("A_KEY", before, [at("vercel", "5"), at("vercel", "1")]), ["vercel"]);
  });
});

describe("tornWindows", () => {
  const at = (place: string, name: string, updatedAt: string) => ({ place, name, updatedAt });

  it("measures at each place from the first to the last write of the pair, in either form of time", () => {
    const entries = [
      at("github payready/sophia", "USER", "2026-11-23T09:00:00Z"),
      at("github payready/sophia", "PASSWORD", "2026-11-23T09:00:02Z"),
      at("github payready/sophia", "OTHER", "2026-11-23T08:00:00Z"),
      at("vercel prj_1", "USER", "1795424400000"),
      at("vercel prj_1", "PASSWORD", "1795424400040"),
    ];
    assert.deepEqual(tornWindows(["USER", "PASSWORD"], entries), [
      { place: "github payready/sophia", milliseconds: 2000 },
      { place: "vercel prj_1", milliseconds: 40 },
    ]);
  });

  it("finds none where a credential is a single variable", () => {
    assert.deepEqual(tornWindows(["TOKEN"], [at("vercel prj_1", "TOKEN", "1795424400000")]), []);
  });
});
