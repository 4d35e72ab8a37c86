/** Does the stack write to what its settings and the command line name, each once, and is the rest remembered in the intake? */
import assert from "node:assert/strict";
import { parseIntake } from "../../../automation/esc/intake";
import { AutomationError } from "../../../automation/errors";
import { type Settings } from "../../../automation/settings";
import {
  forgetPlaces,
  githubPlaces,
  planGitHub,
  withDestinations,
  type GitHubPlace,
  type GitHubRequest,
} from "../../../automation/sync/desired";

const settingsOf = (github: Partial<Settings["github"]> = {}) =>
  ({ stack: "development", github: { owner: "payready", repositories: ["sophia"], ...github } }) as Settings;
const repositories = (...names: string[]): GitHubRequest => ({ kind: "repositories", repositories: names });
const usage = (pattern: RegExp) => (error: unknown) =>
  error instanceof AutomationError && error.exitCode === 2 && pattern.test(`${error.message} ${error.hint}`);

describe("planGitHub", () => {
  it("needs no edit for a repository of the settings file, in whatever letters", () => {
    const { places, edits } = planGitHub(settingsOf(), undefined, repositories("Sophia"));
    assert.deepEqual(places, [{ kind: "repository", repository: "sophia" }]);
    assert.deepEqual(edits, []);
  });

  it("remembers a repository that nobody has named before, once, and limits the run to it", () => {
    const present = { repositories: ["old"], environments: {} };
    const { places, edits, intake } = planGitHub(settingsOf(), present, repositories("web", "Web", "sophia"));
    assert.deepEqual(places, [
      { kind: "repository", repository: "sophia" },
      { kind: "repository", repository: "web" },
    ]);
    assert.deepEqual(edits, [{ path: ["destinations", "github", "repositories"], plain: ["old", "web"] }]);
    assert.deepEqual(planGitHub(settingsOf(), intake, repositories("web")).edits, []);
  });

  it("means every repository of the stack where none is named", () => {
    const { places, edits } = planGitHub(settingsOf(), { repositories: ["web"], environments: {} }, repositories());
    assert.deepEqual(
      places.map((place) => "repository" in place && place.repository),
      ["sophia", "web"],
    );
    assert.deepEqual(edits, []);
  });

  it("remembers an environment below its repository and leaves the repository itself alone", () => {
    const request: GitHubRequest = { kind: "repositories", repositories: ["sophia"], environment: "production" };
    const present = { repositories: [], environments: { sophia: ["staging"] } };
    const { places, edits, intake } = planGitHub(settingsOf(), present, request);
    assert.deepEqual(places, [{ kind: "environment", repository: "sophia", environment: "production" }]);
    assert.deepEqual(edits, [
      { path: ["destinations", "github", "environments", "sophia"], plain: ["staging", "production"] },
    ]);
    assert.deepEqual(planGitHub(settingsOf(), intake, { ...request, environment: "Production" }), {
      ...{ places, intake, edits: [] },
    });
  });

  it("makes an organization's secrets private at first and keeps what was chosen later", () => {
    const first = planGitHub(settingsOf(), undefined, { kind: "organization" });
    const wanted = { visibility: "private", repositories: [] };
    assert.deepEqual(first.edits, [{ path: ["destinations", "github", "organization"], plain: wanted }]);
    const selected = { visibility: "selected", repositories: ["sophia"] } as const;
    const second = planGitHub(settingsOf(), first.intake, { kind: "organization", ...selected });
    assert.deepEqual(second.places, [{ kind: "organization", ...selected }]);
    const third = planGitHub(settingsOf(), second.intake, { kind: "organization" });
    assert.deepEqual([third.edits, third.places], [[], second.places]);
    assert.deepEqual(planGitHub(settingsOf(), second.intake, { kind: "organization", visibility: "all" }).places, [
      { kind: "organization", visibility: "all", repositories: [] },
    ]);
  });

  for (const request of [{ visibility: "selected" }, { repositories: ["sophia"] }] as const) {
    it(`refuses ${Object.keys(request).join()} alone`, () => {
      assert.throws(
        () => planGitHub(settingsOf(), undefined, { kind: "organization", ...request }),
        usage(/--visibility selected --repositories/),
      );
    });
  }

  it("does not overrule the settings file, which would win at the next up", () => {
    const settings = settingsOf({ organizationSecrets: { visibility: "private", repositories: [] } });
    assert.deepEqual(planGitHub(settings, undefined, { kind: "organization", visibility: "private" }).edits, []);
    assert.throws(
      () => planGitHub(settings, undefined, { kind: "organization", visibility: "all" }),
      usage(/sophia:githubOrganizationVisibility/),
    );
  });
});

describe("withDestinations", () => {
  it("adds the intake's places to those of the settings, each once", () => {
    const { github } = parseIntake(
      {
        destinations: {
          github: {
            repositories: ["web", "SOPHIA"],
            environments: { sophia: ["production"] },
            organization: { visibility: "selected", repositories: ["web"] },
            comment: "ours",
          },
        },
      },
      "env",
    );
    assert.deepEqual(githubPlaces(withDestinations(settingsOf(), github)), [
      { kind: "repository", repository: "sophia" },
      { kind: "repository", repository: "web" },
      { kind: "environment", repository: "sophia", environment: "production" },
      { kind: "organization", visibility: "selected", repositories: ["web"] },
    ]);
  });

  it("changes nothing where the intake names no place", () => {
    const settings = settingsOf();
    assert.equal(withDestinations(settings, parseIntake({}, "env").github), settings);
    assert.deepEqual(parseIntake({ destinations: { github: {} } }, "env").github, {
      repositories: [],
      environments: {},
    });
  });

  it("refuses an intake with a name that is none, or an unknown visibility", () => {
    for (const github of [
      { repositories: ["a/b"] },
      { repositories: [".."] },
      { organization: { visibility: "public" } },
    ]) {
      assert.throws(() => parseIntake({ destinations: { github } }, "env"), usage(/values\.destinations\.github\./));
    }
  });
});

describe("forgetPlaces", () => {
  const present = {
    repositories: ["web", "sophia"],
    environments: { Web: ["production", "staging"] },
    organization: { visibility: "private", repositories: [] },
  } as const;
  const forget = (...places: GitHubPlace[]) => forgetPlaces(settingsOf(), present, places);

  it("takes out what the command line has added, in whatever letters, and keeps the rest", () => {
    const { edits, intake } = forget(
      { kind: "repository", repository: "WEB" },
      { kind: "environment", repository: "web", environment: "Production" },
      { kind: "organization", visibility: "private", repositories: [] },
    );
    assert.deepEqual(intake, { repositories: ["sophia"], environments: { Web: ["staging"] } });
    const section = ["destinations", "github"];
    assert.deepEqual(edits, [
      { path: [...section, "repositories"], plain: ["sophia"] },
      { path: [...section, "environments", "Web"], plain: ["staging"] },
      { path: [...section, "organization"], remove: true },
    ]);
  });

  it("refuses a place of the settings file, which would win at the next up", () => {
    const settings = settingsOf({ organizationSecrets: { visibility: "private", repositories: [] } });
    const own: GitHubPlace[] = [
      { kind: "repository", repository: "Sophia" },
      { kind: "organization", visibility: "all", repositories: [] },
    ];
    for (const place of own)
      assert.throws(() => forgetPlaces(settings, undefined, [place]), usage(/sophia:githubRepositories/));
  });

  it("refuses a place that nobody has named", () => {
    const unknown: GitHubPlace[] = [
      { kind: "repository", repository: "we" },
      { kind: "environment", repository: "web", environment: "qa" },
      { kind: "environment", repository: "sophia", environment: "production" },
    ];
    for (const place of unknown)
      assert.throws(() => forget(place), usage(/does not write to that place.*list --stack/));
  });
});
