/** What was exposed, in which order is it replaced, and what shows that the exposed value is worth nothing any more? */
import assert from "node:assert/strict";
import { AutomationError } from "../../../automation/errors";
import { rotateAtOnce } from "../../../automation/rotation/emergency";
import {
  BOOTSTRAP_TOKENS,
  exposureReport,
  findExposed,
  parseExposure,
  type Exposure,
} from "../../../automation/rotation/exposure";
import { CONTROL_VARIABLES } from "../../../automation/settings";
import { RotationWorld, servicesNamed } from "../../support/rotation-world";

const HOUR = 3_600_000;
const ALL = ["snowflake", "gong", "vercel", "estuary"];

describe("an exposure", () => {
  let world: RotationWorld;
  beforeEach(async () => {
    world = await RotationWorld.start();
  });
  afterEach(async () => {
    await world.close();
    assert.deepEqual(world.broken, [], "consumers were locked out");
  });

  const entries = [
    { place: "github payready/sophia", name: "SNOWFLAKE_PASSWORD", updatedAt: "2026-11-01T00:00:00Z" },
    { place: "github payready/sophia", name: "SNOWFLAKE_USER", updatedAt: "2026-11-01T00:00:00Z" },
    { place: "github payready/sophia", name: "GONG_API_SECRET", updatedAt: "2026-11-02T00:00:00Z" },
    { place: "vercel prj_1", name: "ESTUARY_API_KEY", updatedAt: "1700000000000" },
    { place: "vercel prj_1", name: "SNOWFLAKE_USER", updatedAt: "1700000000000" },
  ];
  const exposed = async (exposure: Exposure) =>
    findExposed(exposure, {
      ...{ services: servicesNamed(...ALL), entries, fingerprints: { SNOWFLAKE_PASSWORD: "0123456789ab" } },
      intake: (await world.session.intake.require()).intake,
      credentialOf: (service) => world.session.credentialOf(service),
      published: Object.keys(world.published()),
    });
  const names = async (exposure: Exposure) =>
    (await exposed(exposure)).filter(({ isExposed }) => isExposed).map(({ service }) => service);

  it("at a place concerns the credentials that have a secret there; what waits for a person comes last", async () => {
    assert.deepEqual(await names({ place: "github" }), ["snowflake", "gong"]);
    // A user's name alone is no secret.
    assert.deepEqual(await names({ place: "vercel" }), ["estuary"]);
    assert.deepEqual(await names({ place: "env-file" }), ["snowflake", "vercel", "estuary", "gong"]);
    const [first] = await exposed({ place: "github" });
    assert.deepEqual(first?.variables[1], {
      ...{ name: "SNOWFLAKE_PASSWORD", fingerprint: "0123456789ab" },
      places: [{ place: "github payready/sophia", updatedAt: "2026-11-01T00:00:00Z" }],
    });
  });

  it("since a date concerns what was in use then and still is, and what nobody knows the age of", async () => {
    await world.driver().run({ services: servicesNamed("vercel") });
    const { rotatedAt = "" } = await world.record("vercel");
    assert.deepEqual(await names({ since: rotatedAt }), ["snowflake", "vercel", "estuary", "gong"]);
    const before = new Date(Date.parse(rotatedAt) - 1).toISOString();
    assert.deepEqual(await names({ since: before }), ["snowflake", "estuary", "gong"]);
  });

  it("is a place, a date or a moment of the past; anything else is refused", () => {
    const now = Date.parse("2026-11-23T09:00:00Z");
    assert.deepEqual(parseExposure("vercel", now), { place: "vercel" });
    assert.deepEqual(parseExposure("2026-11-20", now), { since: "2026-11-20T00:00:00.000Z" });
    assert.deepEqual(parseExposure("2026-11-20T14:00:00+02:00", now), { since: "2026-11-20T12:00:00.000Z" });
    for (const word of ["slack", "20.11.2026", "2026-13-01", "2027-01-01", ""])
      assert.throws(
        () => parseExposure(word, now),
        (error) => error instanceof AutomationError && error.code === "rotate.exposed_at" && error.exitCode === 2,
        word,
      );
  });

  it("ends with the tool's own tokens, all of them, the one that opens everything last", () => {
    const secrets = CONTROL_VARIABLES.filter((name) => !name.endsWith("_USER"));
    assert.deepEqual(BOOTSTRAP_TOKENS.map(({ variable }) => variable).sort(), [...secrets].sort());
    assert.equal(BOOTSTRAP_TOKENS.at(-1)?.variable, "PULUMI_ACCESS_TOKEN");
  });

  const atOnce = (...services: string[]) =>
    rotateAtOnce({ services: servicesNamed(...services), takeOver: false }, () => world.driver().context);

  it("is answered without grace and without asking for uses, what needs no person before what does", async () => {
    world.lastUses = async () => assert.fail("asked");
    const asked: string[] = [];
    world.provide = async () => {
      asked.push((await world.record("snowflake")).phase, String(world.aliveCount("snowflake")));
      return world.makeGongPair();
    };
    const report = await atOnce("gong", "snowflake");
    assert.deepEqual(
      report.services.map(({ service, outcome }) => [service, outcome]),
      [
        ["gong", "rotated"],
        ["snowflake", "rotated"],
      ],
    );
    // When the person was asked, Snowflake's old credential was dead already.
    assert.deepEqual(asked, ["idle", "1"]);
    assert.deepEqual(world.waits, []);
  });

  it("is not answered by finishing what was under way: the credential that this leaves in use is replaced too", async () => {
    await world.driver().run({ graceMs: 24 * HOUR });
    const report = await atOnce("snowflake");
    assert.equal(report.services[0]?.outcome, "rotated");
    const { current, slots } = await world.record("snowflake");
    assert.deepEqual([current, slots.a?.generation], ["a", 2]);
    assert.equal(world.aliveCount("snowflake"), 1);
  });

  it("leaves evidence: since when the new one is live, and that the old one was tried and refused", async () => {
    const credentials = await exposed({ place: "github" });
    const rotation = await atOnce("snowflake");
    const report = exposureReport({ place: "github" }, credentials, rotation);
    const of = (service: string) => report.credentials.find((one) => one.service === service);
    const found = of("snowflake");
    assert.equal(found?.outcome, "rotated");
    assert.equal(found.newLiveAt, rotation.services[0]?.deeds.find(({ deed }) => deed === "timestamp")?.at);
    assert.equal(found.oldRefusedAt, rotation.services[0]?.steps.at(-1)?.endedAt);
    assert.deepEqual(found.oldTried, { outcome: "rejected", reason: "it rejected" });
    assert.deepEqual([of("gong")?.outcome, of("gong")?.oldRefusedAt], [undefined, undefined]);
    assert.doesNotMatch(JSON.stringify(report), /canary/);
  });

  it("leaves no evidence of a refusal that nobody saw", async () => {
    world.undead.add("vercel");
    const report = exposureReport({ place: "github" }, await exposed({ place: "github" }), await atOnce("vercel"));
    const vercel = report.credentials.find(({ service }) => service === "vercel");
    assert.deepEqual([vercel?.outcome, vercel?.oldRefusedAt], ["retire_pending", undefined]);
    assert.equal(vercel?.oldTried?.outcome, "passed");
  });
});
