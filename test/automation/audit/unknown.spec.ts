/** What does an audit say of what it could not read? That it is not known, and never that all is well. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AuditDocument } from "../../../automation/reports/audit-json";
import { auditService } from "../../../automation/audit/services";
import { type AuditEvidence } from "../../../automation/audit/evidence";
import { gong } from "../../../services/gong";
import { CHECKOUT, said } from "../../support/child";
import { runHere } from "../../support/command-line";

describe("an audit that could read nothing", function () {
  this.timeout(60_000);
  let home: string;
  before(async () => void (home = await mkdtemp(join(tmpdir(), "sophia-audit-unknown-"))));
  after(() => rm(home, { recursive: true, force: true }));
  // No pulumi on the PATH: so the state cannot be read, whatever this machine is logged in to.
  const audit = (...words: string[]) =>
    runHere(["audit", "--offline", "--output", "none", ...words], {
      environment: { PATH: "/nowhere", HOME: home },
      directory: CHECKOUT,
    });

  it("says unknown in the table, with exit code 1", async () => {
    const result = await audit();
    assert.equal(result.code, 1, said(result));
    for (const service of ["snowflake", "gong", "vercel", "estuary"])
      assert.match(result.stdout, new RegExp(`│ ${service} +│ unknown +│ age not known +│ +│ unknown +│`));
    assert.doesNotMatch(result.stdout, /imported,|│ none|Rotate gong/);
    assert.match(result.stdout, /Not read: Pulumi's state/);
  });

  it("says unknown in JSON, with empty lists and the unread part as a finding", async () => {
    const result = await audit("--json");
    assert.equal(result.code, 1, said(result));
    const document = JSON.parse(result.stdout) as AuditDocument;
    assert.equal(document.isSetUp, false);
    for (const [name, service] of Object.entries(document.services))
      assert.deepEqual(
        [service.status, service.phase, service.missing_variables, service.variables, service.variables_count],
        ["unknown", "unknown", [], [], 0],
        name,
      );
    for (const [name, { status, urgency, basis, last_rotation }] of Object.entries(document.rotation_status))
      assert.deepEqual([status, urgency, basis, last_rotation], ["unknown", "UNKNOWN", "unknown", "unknown"], name);
    const { github_repo: repository, pulumi_import: imported } = document.sync_status;
    assert.deepEqual([repository.status, imported.status], ["unknown", "unknown"]);
    const unread = document.findings.filter(({ rule }) => rule === "unreadable");
    assert.deepEqual(
      unread.map(({ location }) => location),
      ["pulumi/development"],
    );
  });

  it("knows what one of the two stores says", () => {
    const unread = { state: "unreadable", reason: "no" } as const;
    const notAsked = { state: "not asked" } as const;
    const partsOf = (more: object) =>
      auditService(gong, {
        evidence: {
          ...{ intake: notAsked, published: notAsked, ledger: unread, definitions: { intake: notAsked } },
          ...more,
        } as unknown as AuditEvidence,
        ...{ maxAges: {}, now: 0 },
      }).unknown;
    const ledger = { state: "read", value: { entries: [], fingerprints: {}, missing: [], destinations: {} } };
    assert.deepEqual(partsOf({}), ["rotation", "missing"]);
    assert.deepEqual(partsOf({ ledger }), []);
    assert.deepEqual(partsOf({ ledger, intake: unread, published: unread }), ["missing"]);
    assert.deepEqual(partsOf({ published: { state: "absent" } }), ["rotation"]);
  });
});
