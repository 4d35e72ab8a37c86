/** Is Pulumi's state read as the ledger of what we wrote, and never shown? */
import assert from "node:assert/strict";
import fc from "fast-check";
import { isoTime, materialOfSlot, parseLedger, slotsWithMaterial, writtenAt } from "../../../automation/audit/ledger";
import { AutomationError } from "../../../automation/errors";
import { githubComponent } from "../../../automation/sync/targets";
import { valueDigest } from "../../../automation/value-digest";

const PREFIX = "urn:pulumi:development::sophia::";
const place = `${PREFIX}sophia:index:GitHubActionsSecrets::sophia`;
const slots = `${PREFIX}sophia:index:CredentialSlots::snowflake`;
const secretOf = (text: string) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(text),
});
const state = {
  manifest: {},
  resources: [
    {
      ...{ urn: `${PREFIX}pulumi:pulumi:Stack::sophia-development`, type: "pulumi:pulumi:Stack" },
      outputs: { fingerprints: { X: "abc" }, missing: ["GONG_API_KEY"], destinations: { esc: ["X"] } },
    },
    { urn: place, type: "sophia:index:GitHubActionsSecrets" },
    {
      ...{
        urn: `${PREFIX}x::sophia-X`,
        type: "github:index/actionsSecret:ActionsSecret",
        id: "sophia:X",
        parent: place,
      },
      ...{ created: "2026-11-20T09:00:00.123456789Z", modified: "2026-11-23T09:00:01.5Z" },
      inputs: { value: secretOf("canary-value") },
      outputs: { updatedAt: "2026-11-23 09:00:00 +0000 UTC" },
    },
    {
      ...{ urn: `${PREFIX}x::sophia-Y`, type: "github:index/actionsVariable:ActionsVariable", parent: place },
      inputs: { value: "plain" },
    },
    { urn: `${PREFIX}x::sophia-Z`, type: "t", parent: place, delete: true },
    { urn: `${PREFIX}x::snowflake-a-password`, type: "p", parent: slots, created: "2026-11-02T00:00:00Z" },
    { urn: `${PREFIX}x::snowflake-a-key`, type: "k", parent: slots, created: "2026-11-01T00:00:00Z" },
    { urn: `${PREFIX}x::vercel-a-token`, type: "v", outputs: { expiresAt: 1_795_000_000_000 } },
    {
      ...{ urn: `${PREFIX}x::snowflake-b-token`, type: "s", created: "2026-11-01T00:00:00Z" },
      outputs: { daysToExpiry: 15 },
    },
    { urn: `${PREFIX}x::esc-published`, type: "pulumiservice:index:Environment", outputs: { revision: 7 } },
  ],
};

describe("parseLedger", () => {
  const ledger = parseLedger(state);
  const found = ledger && writtenAt(ledger, githubComponent({ kind: "repository", repository: "sophia" }));

  it("knows when each value was written, by the service's own time where it says one", () => {
    const { updatedAt, createdAt, modifiedAt, id } = found?.get("X") ?? {};
    assert.deepEqual(
      { updatedAt, createdAt, modifiedAt, id },
      {
        ...{ updatedAt: "2026-11-23T09:00:00.000Z", createdAt: "2026-11-20T09:00:00.123Z" },
        ...{ modifiedAt: "2026-11-23T09:00:01.500Z", id: "sophia:X" },
      },
    );
  });

  it("knows the values by digests alone, secret or not", () => {
    assert.equal(found?.get("X")?.digest, valueDigest("canary-value"));
    assert.equal(found?.get("Y")?.digest, valueDigest("plain"));
    assert.notEqual(valueDigest("plain"), valueDigest("plain "));
    assert.doesNotMatch(JSON.stringify(ledger), /canary|"plain"/);
  });

  it("leaves out what only waits for its deletion", () => assert.deepEqual([...(found?.keys() ?? [])], ["X", "Y"]));

  it("finds the oldest material of a slot, and which slots have some", () => {
    assert.ok(ledger);
    assert.equal(materialOfSlot(ledger, "snowflake", "a")?.name, "snowflake-a-key");
    assert.deepEqual(slotsWithMaterial(ledger, "snowflake"), ["a"]);
  });

  it("knows revisions, ends of tokens and what the last up exported", () => {
    const entry = (name: string) => ledger?.entries.find((one) => one.name === name);
    assert.equal(entry("esc-published")?.revision, 7);
    assert.equal(entry("vercel-a-token")?.expiresAt, new Date(1_795_000_000_000).toISOString());
    assert.equal(entry("snowflake-b-token")?.expiresAt, "2026-11-16T00:00:00.000Z");
    assert.deepEqual([ledger?.fingerprints, ledger?.missing], [{ X: "abc" }, ["GONG_API_KEY"]]);
  });

  it("is nothing where nothing was brought up", () => {
    for (const empty of [
      undefined,
      null,
      {},
      { resources: null },
      { resources: [] },
      { resources: state.resources.slice(0, 1) },
    ])
      assert.equal(parseLedger(empty), undefined);
  });

  it("says that it is no state, or reads it: nothing else, whatever it is given", () =>
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ resources: fc.array(fc.jsonValue()) })), (value) => {
        try {
          parseLedger(value);
        } catch (error) {
          assert.ok(error instanceof AutomationError && error.code === "audit.state_malformed");
        }
      }),
    ));

  it("reads times of every form, and no time out of nonsense", () => {
    assert.equal(isoTime("2026-11-23 15:41:00 +0000 UTC"), "2026-11-23T15:41:00.000Z");
    assert.equal(isoTime(0), "1970-01-01T00:00:00.000Z");
    for (const nonsense of ["", "soon", Number.NaN, 1e300, {}, null]) assert.equal(isoTime(nonsense), undefined);
  });
});
