/** Does an `up` of one place match that place's resources and no others? */
import assert from "node:assert/strict";
import { parseStackState } from "../../../automation/stack-state";
import {
  childrenOf,
  githubComponent,
  placeName,
  targetsOf,
  variableOf,
  VERCEL_COMPONENT,
} from "../../../automation/sync/targets";

const TYPE = "sophia:index:GitHubActionsSecrets";
const SECRET = "github:index/actionsSecret:ActionsSecret";
const component = githubComponent({ kind: "repository", repository: "sophia" });
const parent = (name: string) => `urn:pulumi:development::sophia::${TYPE}::${name}`;
const child = (name: string) => `urn:pulumi:development::sophia::${TYPE}$${SECRET}::${name}`;
const resource = (owner: string, name: string) => ({ urn: child(name), type: SECRET, parent: parent(owner) });

/** As the engine reads a pattern: `**` is anything, all else is itself. */
const matches = (patterns: readonly string[], urn: string) =>
  patterns.some((pattern) => new RegExp(`^${pattern.split("**").map(quote).join(".*")}$`).test(urn));
const quote = (text: string) => text.replace(/[$.*+?^(){}|[\]\\]/g, "\\$&");

describe("targetsOf", () => {
  const state = parseStackState({
    deployment: {
      resources: [
        resource("sophia", "sophia-FORMER_KEY"),
        resource("sophia-web", "sophia-web-FORMER_KEY"),
        { ...resource("sophia", "sophia-GOING"), delete: true },
      ],
    },
  });
  const targets = targetsOf(component, ["GONG_API_KEY"], state);

  it("matches the component, its declared children and those that the state has besides", () => {
    for (const urn of [parent("sophia"), child("sophia-GONG_API_KEY"), child("sophia-FORMER_KEY")])
      assert.ok(matches(targets, urn), urn);
  });

  it("matches nothing of a repository whose name begins alike, of another type, or declared by nobody", () => {
    for (const urn of [
      parent("sophia-web"),
      child("sophia-web-GONG_API_KEY"),
      child("sophia-web-FORMER_KEY"),
      child("sophia-OTHER"),
      "urn:pulumi:development::sophia::sophia:index:GitHubOrganizationSecrets::sophia",
      "urn:pulumi:development::sophia::sophia:index:VercelEnvironmentVariables$vercel:x:X::sophia-GONG_API_KEY",
    ])
      assert.ok(!matches(targets, urn), urn);
  });

  it("has patterns only, because the engine refuses a plain URN that it does not know", () => {
    assert.deepEqual(
      targets.filter((target) => !target.includes("**")),
      [],
    );
  });

  it("finds a place's children in the state", () => {
    assert.deepEqual(
      childrenOf(component, state).map(({ name }) => name),
      ["sophia-FORMER_KEY"],
    );
    assert.deepEqual(childrenOf(VERCEL_COMPONENT, state), []);
  });
});

describe("names", () => {
  it("are different for a repository, an environment of it and the organization", () => {
    const names = [
      placeName({ kind: "repository", repository: "sophia" }),
      placeName({ kind: "environment", repository: "sophia", environment: "production" }),
      placeName({ kind: "organization", visibility: "private", repositories: [] }),
    ];
    assert.deepEqual(names, ["sophia", "sophia/production", "organization"]);
  });

  it("give the variable back, and none of a repository whose name begins alike", () => {
    assert.equal(variableOf(component, "sophia-GONG_API_KEY"), "GONG_API_KEY");
    assert.equal(variableOf(component, "sophia-web-GONG_API_KEY"), undefined);
    assert.equal(variableOf(component, "other-GONG_API_KEY"), undefined);
  });
});
