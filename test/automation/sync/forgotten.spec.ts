/** Is a secret that the state has forgotten known as ours, and never one that somebody else has made? */
import assert from "node:assert/strict";
import { forgottenNames } from "../../../automation/sync/forgotten";
import { githubComponent } from "../../../automation/sync/targets";

const PLACE = githubComponent({ kind: "repository", repository: "sophia" });
const CREATED = "2026-11-23T09:00:00Z";
const LAST_RUN = "2026-11-23T10:00:00Z";
const URN = `urn:pulumi:dev::sophia::${PLACE.type}::${PLACE.name}`;
const component = {
  ...{ urn: URN, type: PLACE.type, created: CREATED },
  outputs: { names: ["LOST", "KEPT", "GONE", "PLAIN"] },
};
const kept = { urn: `urn:pulumi:dev::sophia::${PLACE.type}$x::sophia-KEPT`, type: "x", parent: URN };
const stateWith = (...resources: object[]) => ({ manifest: { time: LAST_RUN }, resources });
const at = (time: string, ...secrets: string[]) => ({
  secrets,
  writtenAt: Object.fromEntries([...secrets, "PLAIN"].map((name) => [name, time])),
});

describe("forgottenNames", () => {
  it("are those that the component writes, that are there as secrets, and that the state does not have", () => {
    const contents = at("2026-11-23T09:00:01Z", "LOST", "KEPT", "FOREIGN");
    assert.deepEqual(forgottenNames(PLACE, contents, stateWith(component, kept)), ["LOST"]);
  });

  it("have a time between the stack's coming to the place and its last run, give or take what clocks differ", () => {
    const found = (time: string) => forgottenNames(PLACE, at(time, "LOST"), stateWith(component));
    const times = ["08:59:29", "08:59:30", "10:00:30", "10:00:31"].map((time) => `2026-11-23T${time}Z`);
    assert.deepEqual(times.map(found), [[], ["LOST"], ["LOST"], []]);
    assert.deepEqual(found("no time"), []);
  });

  it("are none where the stack has never written to the place, or nobody knows since when", () => {
    const contents = at("2026-11-23T09:00:01Z", "LOST");
    assert.deepEqual(forgottenNames(PLACE, contents, stateWith()), []);
    assert.deepEqual(forgottenNames(PLACE, contents, stateWith({ ...component, created: undefined })), []);
    const other = githubComponent({ kind: "repository", repository: "sophia-web" });
    assert.deepEqual(forgottenNames(other, contents, stateWith(component)), []);
  });
});
