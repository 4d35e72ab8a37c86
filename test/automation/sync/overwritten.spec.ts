/** Is an entry taken for overwritten only where a time proves it? */
import assert from "node:assert/strict";
import { parseStackState } from "../../../automation/stack-state";
import { overwrittenNames } from "../../../automation/sync/overwritten";
import { githubComponent, VERCEL_COMPONENT, type PlaceComponent } from "../../../automation/sync/targets";

const REPOSITORY = githubComponent({ kind: "repository", repository: "sophia" });
const WRITTEN = "2026-11-23T09:00:00Z";
const after = (milliseconds: number) => new Date(Date.parse(WRITTEN) + milliseconds).toISOString();

/** One resource of ours, written at 9; GitHub's own time of it in Go's words, as the provider keeps it. */
const stateOf = ({ type, name }: PlaceComponent, outputs?: object) =>
  parseStackState({
    deployment: {
      resources: [
        {
          ...{ urn: `urn:pulumi:dev::sophia::${type}$x::${name}-KEY`, type: "x", outputs, modified: WRITTEN },
          parent: `urn:pulumi:dev::sophia::${type}::${name}`,
        },
      ],
    },
  });

describe("overwrittenNames", () => {
  it("believes the place's own time to the second", () => {
    const state = stateOf(REPOSITORY, { updatedAt: "2026-11-23 09:00:00 +0000 UTC" });
    const at = (milliseconds: number) =>
      overwrittenNames(REPOSITORY, { writtenAt: { KEY: after(milliseconds) } }, state);
    assert.deepEqual([at(-1000), at(0), at(1000)], [[], [], ["KEY"]]);
  });

  it("leaves room for clocks that differ where there is the engine's time only", () => {
    const state = stateOf(VERCEL_COMPONENT);
    const at = (milliseconds: number) =>
      overwrittenNames(VERCEL_COMPONENT, { writtenAt: { KEY: after(milliseconds) } }, state);
    assert.deepEqual([at(0), at(30_000), at(30_001)], [[], [], ["KEY"]]);
  });

  it("says nothing of what is not there, is not ours, or has no time", () => {
    const state = stateOf(REPOSITORY, {});
    assert.deepEqual(overwrittenNames(REPOSITORY, { writtenAt: {} }, state), []);
    assert.deepEqual(overwrittenNames(REPOSITORY, { writtenAt: { FOREIGN: after(99_000) } }, state), []);
    assert.deepEqual(overwrittenNames(VERCEL_COMPONENT, { writtenAt: { KEY: after(99_000) } }, state), []);
  });
});
