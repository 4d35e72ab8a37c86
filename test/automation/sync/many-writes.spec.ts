/** Is a person told beforehand that a sync takes long, and of a way with fewer writes? */
import assert from "node:assert/strict";
import { organizationInstead, timeOfWrites, type PlannedWrites } from "../../../automation/sync/many-writes";
import { type Settings } from "../../../automation/settings";

const settings = (github = "https://api.github.com") =>
  ({
    stack: "development",
    github: { owner: "payready", repositories: [] },
    endpoints: { github },
  }) as unknown as Settings;
const names = (count: number) => Array.from({ length: count }, (_, index) => `KEY_${index}`);
const copies = (repositories: number, count: number): PlannedWrites[] =>
  Array.from({ length: repositories }, (_, index) => ({
    repository: `app-${index}`,
    names: names(count),
    writes: count,
  }));

describe("a plan of many writes", () => {
  it("says what organization secrets would cost, with the command: 17 writes instead of 3,400", () => {
    const found = organizationInstead(settings(), copies(200, 17)) ?? assert.fail("none");
    assert.deepEqual([found.entries, found.instead], [3400, 17]);
    assert.match(
      found.command,
      /^npx sophia-secrets sync-github-org --org payready --visibility selected --repositories app-0,app-1,/,
    );
    assert.equal(found.command.split(",").length, 200);
  });

  it("says nothing of it for few repositories, for none, and where a repository could not use them all", () => {
    assert.equal(organizationInstead(settings(), copies(4, 17)), undefined);
    assert.equal(organizationInstead(settings(), [{ names: names(17), writes: 17 }]), undefined);
    assert.notEqual(organizationInstead(settings(), copies(5, 100)), undefined);
    assert.equal(organizationInstead(settings(), copies(5, 101)), undefined);
  });

  it("tells the time of all places together, where GitHub makes it long", () => {
    const { text, ...rest } = timeOfWrites(settings(), copies(20, 100)) ?? assert.fail("none");
    assert.deepEqual(rest, { writes: 2000, seconds: 27 * 60 });
    assert.match(text, /^2000 writes: about 27 min/);
    assert.equal(timeOfWrites(settings(), copies(4, 17)), undefined);
    assert.equal(timeOfWrites(settings("http://127.0.0.1:1/api/v3"), copies(20, 100)), undefined);
  });
});
