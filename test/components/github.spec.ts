/** Do the two GitHub components write what they were given, and refuse what GitHub would refuse before the first write? */
import assert from "node:assert/strict";
import * as github from "@pulumi/github";
import { isGitHubName } from "../../automation/sync/limits";
import { GitHubActionsSecrets } from "../../components/github-actions-secrets";
import {
  GitHubOrganizationSecrets,
  type GitHubOrganizationSecretsArgs,
} from "../../components/github-organization-secrets";
import { record, Secret } from "../support/mocks";

const VARIABLES = [
  { name: "SNOWFLAKE_PASSWORD", secret: true, value: "hush" },
  { name: "SNOWFLAKE_ROLE", secret: false, value: "SOPHIA_ROLE" },
];
const named = (...names: string[]) => names.map((name) => ({ name, secret: true, value: "hush" }));
const provider = () => new github.Provider("explicit", { owner: "payready", token: "hush-token" });

/** Everything but the component itself and the provider. */
const childrenOf = <T extends { custom: boolean; type: string }>(resources: readonly T[]) =>
  resources.filter(({ custom, type }) => custom && type !== "pulumi:providers:github");

describe("GitHubActionsSecrets", () => {
  const make = (variables = VARIABLES) =>
    record(() => {
      const args = { repository: "sophia", variables };
      return new GitHubActionsSecrets("repo", args, { providers: [provider()] }).names;
    });

  it("makes a secret of a secret and a variable of a plain value, by the given provider", async () => {
    const { resources, findResource, result } = await make();
    assert.deepEqual(findResource("github:index/actionsSecret:ActionsSecret", "repo-SNOWFLAKE_PASSWORD").inputs, {
      ...{ repository: "sophia", secretName: "SNOWFLAKE_PASSWORD", value: new Secret("hush") },
    });
    assert.deepEqual(findResource("github:index/actionsVariable:ActionsVariable", "repo-SNOWFLAKE_ROLE").inputs, {
      ...{ repository: "sophia", variableName: "SNOWFLAKE_ROLE", value: "SOPHIA_ROLE" },
    });
    const children = childrenOf(resources).map(({ provider: by }) => by);
    assert.deepEqual(children, ["explicit", "explicit"]);
    assert.deepEqual(result, ["SNOWFLAKE_PASSWORD", "SNOWFLAKE_ROLE"]);
  });

  it("writes into an environment of the repository where one is given, and does not make the environment", async () => {
    const { resources } = await record(() => {
      const args = { repository: "sophia", environment: "production", variables: VARIABLES };
      return new GitHubActionsSecrets("sophia/production", args, { providers: [provider()] }).names;
    });
    assert.deepEqual(
      childrenOf(resources)
        .map(({ type, name, inputs }) => [type, name, inputs["environment"], inputs["repository"]])
        .sort(),
      [
        [
          "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret",
          ...["sophia/production-SNOWFLAKE_PASSWORD", "production", "sophia"],
        ],
        [
          "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable",
          ...["sophia/production-SNOWFLAKE_ROLE", "production", "sophia"],
        ],
      ],
    );
  });

  for (const name of ["GITHUB_TOKEN", "github_token", "1ST", "A-B", "A B", "", "Ä"]) {
    it(`refuses the name ${JSON.stringify(name)} and registers nothing under it`, async () => {
      await assert.rejects(make(named("FINE", name)), (error: Error) => {
        assert.match(error.message, new RegExp(`GitHub refuses the name ${name}; rename it in the catalogue`));
        assert.ok(!error.message.includes("hush"));
        return true;
      });
    });
  }

  it("lists every name that it refuses", async () => {
    await assert.rejects(make(named("GITHUB_A", "FINE", "2B")), /the name GITHUB_A, 2B;/);
  });

  it("refuses two names that are one to GitHub, which knows capitals only", async () => {
    await assert.rejects(make(named("A_KEY", "a_key")), /GitHub takes a_key for the same name twice/);
    await assert.rejects(make(named("A_KEY", "A_KEY")), /GitHub takes A_KEY for the same name twice/);
  });
});

describe("GitHubOrganizationSecrets", () => {
  const make = (args: Partial<GitHubOrganizationSecretsArgs> = {}) =>
    record(
      () => {
        const all = { variables: VARIABLES, ...args };
        return new GitHubOrganizationSecrets("org", all, { providers: [provider()] }).names;
      },
      {
        calls: {
          "github:index/getRepository:getRepository": ({ name }) => ({ name, repoId: name === "sophia" ? 11 : 12 }),
        },
      },
    );
  const SECRET = "github:index/actionsOrganizationSecret:ActionsOrganizationSecret";
  const VARIABLE = "github:index/actionsOrganizationVariable:ActionsOrganizationVariable";

  it("makes them visible to private repositories unless told otherwise", async () => {
    const { findResource, resources } = await make();
    assert.deepEqual(findResource(SECRET, "org-SNOWFLAKE_PASSWORD").inputs, {
      ...{ secretName: "SNOWFLAKE_PASSWORD", value: new Secret("hush"), visibility: "private" },
    });
    assert.deepEqual(findResource(VARIABLE, "org-SNOWFLAKE_ROLE").inputs, {
      ...{ variableName: "SNOWFLAKE_ROLE", value: "SOPHIA_ROLE", visibility: "private" },
    });
    assert.equal(childrenOf(resources).length, 2);
    for (const child of childrenOf(resources)) assert.equal(child.provider, "explicit");
  });

  it("honours all", async () => {
    const { findResource } = await make({ visibility: "all" });
    assert.equal(findResource(SECRET, "org-SNOWFLAKE_PASSWORD").inputs["visibility"], "all");
  });

  it("looks the ids of selected repositories up", async () => {
    const { findResource } = await make({ visibility: "selected", repositories: ["sophia", "other"] });
    for (const [type, name] of [
      [SECRET, "org-SNOWFLAKE_PASSWORD"],
      [VARIABLE, "org-SNOWFLAKE_ROLE"],
    ] as const) {
      assert.deepEqual(findResource(type, name).inputs["selectedRepositoryIds"], [11, 12]);
      assert.equal(findResource(type, name).inputs["visibility"], "selected");
    }
  });

  it("refuses selected without repositories, and repositories without selected", async () => {
    const expected = /visibility selected and a list of repositories belong together/;
    await assert.rejects(make({ visibility: "selected" }), expected);
    await assert.rejects(make({ visibility: "selected", repositories: [] }), expected);
    await assert.rejects(make({ repositories: ["sophia"] }), expected);
    await assert.rejects(make({ visibility: "all", repositories: ["sophia"] }), expected);
  });

  it("refuses the same names as a repository", async () => {
    await assert.rejects(make({ variables: named("GITHUB_X") }), /GitHub refuses the name GITHUB_X/);
  });
});

describe("isGitHubName", () => {
  it("takes letters, digits and underscores, no digit first", () => {
    for (const name of ["A", "_A", "a1", "SNOWFLAKE_PASSWORD", "GITHUB", "MY_GITHUB_X"])
      assert.ok(isGitHubName(name), name);
  });
});
