/** Do the entries of one resource look, in states and events, as if each had a resource of its own? */
import assert from "node:assert/strict";
import { type EngineEvent } from "@pulumi/pulumi/automation";
import { parseLedger, writtenAt } from "../../../automation/audit/ledger";
import { EventCollector } from "../../../automation/stack-events";
import { parseStackState } from "../../../automation/stack-state";
import { githubComponent, writtenVariables } from "../../../automation/sync/targets";
import { valueDigest } from "../../../automation/value-digest";

const COMPONENT = "urn:pulumi:development::sophia::sophia:index:GitHubActionsSecrets";
const URN = `${COMPONENT}$sophia:github:Entries::sophia`;
const entry = (kind: string, mark = "m1") => ({ kind, mark, updatedAt: "2026-11-23T09:00:00Z" });
const BATCH = {
  urn: URN,
  type: "sophia:github:Entries",
  custom: true,
  parent: `${COMPONENT}::sophia`,
  modified: "2026-11-23T09:00:01Z",
  inputs: { values: { "4dabf18193072939515e22adb298388d": "x", plaintext: '{"GONG_API_KEY":"hush"}' } },
  outputs: { entries: { GONG_API_KEY: entry("secret"), SNOWFLAKE_ROLE: entry("variable") } },
};
const place = githubComponent({ kind: "repository", repository: "sophia" });

describe("a resource for a whole place", () => {
  it("stands in the state for each of its entries, with GitHub's own time", () => {
    const state = parseStackState({ deployment: { resources: [BATCH] } });
    assert.deepEqual(writtenVariables(place, state), ["GONG_API_KEY", "SNOWFLAKE_ROLE"]);
    const secret = state.find(({ name }) => name === "sophia-GONG_API_KEY");
    assert.equal(secret?.type, "sophia:github:Secret");
    assert.equal(secret?.updatedAt, "2026-11-23T09:00:00.000Z");
  });

  it("is to be looked at where a run died while it was written", () => {
    const pending = [{ type: "updating", resource: { urn: URN } }];
    const isHalfWritten = (deployment: object) =>
      parseStackState({ deployment }).flatMap((one) => (one.isHalfWritten ? [one.urn] : []));
    assert.deepEqual(isHalfWritten({ resources: [BATCH], pending_operations: pending }), [URN]);
    assert.deepEqual(isHalfWritten({ resources: [BATCH] }), []);
    // Where it could write only some of its entries it knows which.
    assert.deepEqual(isHalfWritten({ resources: [{ ...BATCH, initErrors: ["403"] }] }), []);
  });

  it("has in the audit's ledger a digest of each value that the export shows", () => {
    const ledger = parseLedger({ resources: [BATCH] }) ?? assert.fail("no ledger");
    const written = writtenAt(ledger, place);
    assert.equal(written.get("GONG_API_KEY")?.digest, valueDigest("hush"));
    assert.equal(written.get("SNOWFLAKE_ROLE")?.digest, undefined);
  });

  it("changes entry by entry in the engine's events", () => {
    const wanted = {
      GONG_API_KEY: { ...entry("secret", "m2"), group: "gong" },
      NEW: { kind: "secret", mark: "m", group: "x" },
    };
    const changes = (op: string, after?: object) => {
      const events = new EventCollector();
      events.take(step(op, BATCH, after && { ...BATCH, inputs: after }));
      return events.changes.map((change) => `${change.op} ${change.name}`);
    };
    assert.deepEqual(changes("update", { wanted }), [
      "create sophia-NEW",
      "update sophia-GONG_API_KEY",
      "delete sophia-SNOWFLAKE_ROLE",
    ]);
    assert.deepEqual(changes("update", { wanted, order: { only: ["NEW"] } }), ["create sophia-NEW"]);
    assert.deepEqual(changes("delete"), ["delete sophia-GONG_API_KEY", "delete sophia-SNOWFLAKE_ROLE"]);
  });

  it("tells how far it is, and is called forgotten where it is not deleted", () => {
    const lines: string[] = [];
    const events = new EventCollector(undefined, undefined, (line) => lines.push(line));
    const told = { message: "3 of 9 written to GitHub\n", color: "never", severity: "info", ephemeral: true, urn: URN };
    events.take({ sequence: 1, timestamp: 1, diagnosticEvent: told } as EngineEvent);
    events.take(step("delete", { ...BATCH, retainOnDelete: true }));
    assert.deepEqual(lines, ["3 of 9 written to GitHub"]);
    assert.deepEqual(
      events.changes.map(({ op, name }) => [op, name]),
      [["forget", "sophia"]],
    );
  });
});

function step(op: string, before: object, after?: object): EngineEvent {
  const metadata = { op, urn: URN, type: BATCH.type, old: before, ...(after ? { new: after } : {}) };
  return { sequence: 1, timestamp: 1, resourcePreEvent: { metadata } } as unknown as EngineEvent;
}
