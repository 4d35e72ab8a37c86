/** Is a review what a person can sign, and does it tell afterwards who is new? For any names, and for a file that a person has filled in. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type AccessAudit } from "../../../automation/audit/access/access";
import { type Accessor, type AccessPlace } from "../../../automation/audit/access/place";
import {
  isReviewFile,
  parseReview,
  quarterOf,
  reviewFileName,
  reviewText,
  type Review,
} from "../../../automation/audit/access/review";
import { findUnexpected } from "../../../automation/audit/access/unexpected";
import { CommandContext, type CliDependencies } from "../../../automation/cli/command";
import { runAccess } from "../../../automation/cli/commands/audit-access";
import { Output } from "../../../automation/cli/output";
import { systemHttp } from "../../../automation/http";
import { Redactor } from "../../../automation/redact";
import { CHECKOUT } from "../../support/sandbox";
import { startStandIns, type StandIns } from "../../support/stand-ins";

const TIME = "2026-11-23T09:00:00.000Z";
const ada: Accessor = { who: "ada", kind: "user", how: "admin", since: "2025-01-02T00:00:00.000Z" };
const bob: Accessor = { who: "bob", kind: "user", how: "write" };
const place = (accessors: readonly Accessor[], more: Partial<AccessPlace> = {}): AccessPlace => ({
  ...{ place: "github payready/sophia", state: "read", accessors, notes: [], ...more },
});
const auditOf = (...places: AccessPlace[]): AccessAudit => ({
  ...{ organization: "payready", stack: "development", timestamp: TIME, places },
});
const parsed = (text: string): Review => parseReview(text) ?? assert.fail("no review");
/** Marks every line, and signs. */
const sign = (text: string, column: "keep" | "revoke" = "keep") =>
  text
    .replaceAll("| [ ] | [ ] |", column === "keep" ? "| [x] | [ ] |" : "| [ ] | [x] |")
    .replace("Reviewed by:", "Reviewed by: Jane Doe")
    .replace("Date (YYYY-MM-DD):", "Date (YYYY-MM-DD): 2026-11-24");

describe("an access review", () => {
  it("is of a quarter and a stack, in a file that is named by both", () => {
    assert.equal(quarterOf("2026-12-31T23:59:59.000Z"), "2026Q4");
    assert.equal(quarterOf("2027-01-01T00:00:00.000Z"), "2027Q1");
    assert.equal(reviewFileName("2026Q4", "development"), "access_review_2026Q4_development.md");
    assert.ok(isReviewFile("access_review_2026Q4_development.md", "development"));
    for (const other of ["access_review_2026Q4_my_development.md", "access_review_2026Q5_development.md", "README.md"])
      assert.ok(!isReviewFile(other, "development"), other);
  });

  it("has a line to decide for each, and is not signed before it is", () => {
    const text = reviewText(
      auditOf(place([ada, bob]), place([], { place: "gong", state: "no api", reason: "no API" })),
    );
    assert.match(text, /^\| \[ \] \| \[ \] \| ada \| user \| admin \| 2025-01-02 \| {2}\|$/m);
    assert.match(text, /^## gong\n\nNot read \(no API\)\.[^]*Looked at by hand: \[ \]$/m);
    const review = parsed(text);
    assert.deepEqual([review.signature, review.isTouched, review.rows.length], [undefined, false, 2]);
    assert.deepEqual(parsed(sign(text)).signature, { by: "Jane Doe", date: "2026-11-24" });
    for (const half of [text.replace("Reviewed by:", "Reviewed by: Jane"), sign(text).replace("2026-11-24", "soon")])
      assert.deepEqual([parsed(half).signature, parsed(half).isTouched], [undefined, true]);
  });

  it("comes back as it was written, whatever anybody is called", () => {
    const name = fc.string({ unit: "grapheme", minLength: 1 }).map((text) => `a${text}`);
    fc.assert(
      fc.property(fc.uniqueArray(fc.record({ who: name, how: name }), { selector: ({ who }) => who }), (people) => {
        const places = [place(people.map((one) => ({ ...one, kind: "user" })))];
        const review = parsed(sign(reviewText(auditOf(...places))));
        assert.equal(review.rows.length, people.length);
        assert.deepEqual(findUnexpected(places, review), []);
      }),
    );
  });

  it("finds who is new, changed, was to go, was forgotten, and places that nobody sees any more", () => {
    const signed = parsed(sign(reviewText(auditOf(place([ada, bob])))));
    const changes = (now: AccessPlace, review = signed) =>
      findUnexpected([now], review).map(({ change, who, was }) => [change, who, was]);
    assert.deepEqual(changes(place([ada])), []);
    assert.deepEqual(changes(place([ada, { ...bob, who: "eve" }])), [["new", "eve", undefined]]);
    assert.deepEqual(changes(place([ada, { ...bob, how: "admin" }])), [["changed", "bob", "write"]]);
    assert.deepEqual(changes(place([{ ...ada, via: "team data" }])), [["new", "ada (team data)", undefined]]);
    assert.deepEqual(changes(place([ada], { place: "github payready/web" })), [["new", "ada", undefined]]);
    assert.deepEqual(changes(place([], { state: "not available", reason: "status 403" })), [["unseen", "", undefined]]);
    const text = reviewText(auditOf(place([ada, bob])));
    assert.deepEqual(changes(place([bob]), parsed(sign(text, "revoke"))), [["to be revoked", "bob", undefined]]);
    const undecided = text
      .replace("Reviewed by:", "Reviewed by: x")
      .replace("(YYYY-MM-DD):", "(YYYY-MM-DD): 2026-11-24");
    assert.deepEqual(changes(place([bob]), parsed(undecided)), [["undecided", "bob", undefined]]);
  });

  it("does not miss a place that could not be read then either", () => {
    const hidden = place([], { state: "not available", reason: "status 403" });
    assert.deepEqual(findUnexpected([hidden], parsed(sign(reviewText(auditOf(hidden))))), []);
  });
});

describe("audit --access in a folder", function () {
  this.timeout(60_000);
  let world: StandIns;
  let folder: string;
  before(async () => {
    world = await startStandIns();
    folder = await mkdtemp(join(tmpdir(), "sophia-access-"));
    for (const file of ["Pulumi.yaml", "Pulumi.development.yaml"])
      await writeFile(join(folder, file), await readFile(join(CHECKOUT, file)));
  });
  after(async () => {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });

  const NAME = "access_review_2026Q4_development.md";
  const run = async (failOn: readonly string[] = [], more: object = {}) => {
    const said: string[] = [];
    const stream = { write: (text: string) => said.push(text) > 0, isTTY: false } as unknown as NodeJS.WriteStream;
    const dependencies = {
      ...{ environment: world.environment, directory: folder, http: systemHttp(), now: () => Date.parse(TIME) },
      ...{ redactor: new Redactor(), signal: new AbortController().signal, stdout: stream, stderr: stream },
    } as unknown as CliDependencies;
    const output = new Output({ stdout: stream, stderr: stream, redactor: dependencies.redactor, json: false });
    const context = new CommandContext(dependencies, output, { stack: "development", json: false });
    const { code } = await runAccess({ failOn, ...more }, context);
    return { code, text: said.join("") };
  };
  const file = () => readFile(join(folder, NAME), "utf8");

  it("leaves a file that only its owner can read, and fails where nobody has signed one and that matters", async () => {
    const first = await run();
    assert.equal(first.code, 0);
    assert.match(first.text, /No signed review to compare with/);
    assert.match(first.text, new RegExp(`To be signed off: ${NAME}`));
    assert.equal((await stat(join(folder, NAME))).mode & 0o777, 0o600);
    assert.equal((await run(["unexpected"])).code, 1);
    assert.doesNotMatch(`${first.text}${await file()}`, /canary/);
  });

  it("never writes over what a person has begun, and is content with what he agreed to", async () => {
    await writeFile(join(folder, NAME), sign(await file()));
    const signed = await file();
    const agreed = await run(["unexpected"]);
    assert.equal(agreed.code, 0, agreed.text);
    assert.match(agreed.text, /Nobody new since the review that Jane Doe signed on 2026-11-24/);
    assert.match(agreed.text, /it was left as it is/);
    assert.equal(await file(), signed);
  });

  it("exits 1 on somebody new since then, and names him", async () => {
    world.vercel.setMembers([
      { username: "sandbox", role: "OWNER", createdAt: 1 },
      { username: "mallory", role: "DEVELOPER", createdAt: 2 },
    ]);
    const { code, text } = await run(["unexpected"]);
    assert.equal(code, 1);
    assert.match(text, /new: vercel members of team_123456789: mallory, DEVELOPER/);
    assert.equal((await run()).code, 0);
  });

  it("takes no word and no format that it does not know", async () => {
    await assert.rejects(run(["drift"]), { code: "cli.unknown_finding", exitCode: 2 });
    await assert.rejects(run([], { format: "sarif" }), { code: "cli.no_such_format", exitCode: 2 });
  });
});
