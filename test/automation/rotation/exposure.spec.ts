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
import { type RotationReport } from "../../../automation/rotation/report";
import { recordEdits } from "../../../automation/rotation/transitions";
import { CONTROL_VARIABLES } from "../../../automation/settings";
import { eachInAWorld, type RotationWorld, servicesNamed } from "../../support/rotation-world";

const HOUR = 3_600_000;
const ALL = ["snowflake", "gong", "vercel", "estuary"];

describe("an exposure", () => {
  let world: RotationWorld;
  eachInAWorld((started) => (world = started));

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

  const later = () => ({ since: new Date(world.now - 1).toISOString() });

  it("concerns what a rotation has under way: the one that was exposed may be the older one, which is still alive", async () => {
    const since = later();
    await world.driver().run({ services: servicesNamed("vercel", "estuary"), graceMs: 24 * HOUR });
    const [vercel] = (await exposed(since)).filter(({ service }) => service === "vercel");
    assert.deepEqual(
      [vercel?.isExposed, vercel?.reason],
      [true, "its rotation is draining, so an older one may still be alive"],
    );
    world.now += 24 * HOUR;
    await world.driver().run({ services: servicesNamed("vercel"), resumeOnly: true });
    assert.deepEqual(await names(since), ["snowflake", "estuary", "gong"]);
  });

  it("trusts no date that another tool's file claims", async () => {
    const since = later();
    const claim = { rotatedAt: new Date(world.now + HOUR).toISOString(), rotatedAtSource: "secrets_config.json" };
    const record = await world.record("vercel");
    await world.session.intake.write(() => recordEdits("vercel", { ...record, ...claim }));
    const [vercel] = (await exposed(since)).filter(({ service }) => service === "vercel");
    assert.equal(vercel?.isExposed, true);
    assert.match(vercel.reason, /^in use since before .*, as far as is known$/);
  });

  it("looks for the variables of the strategy in use, not only of the one that the settings ask for next", async () => {
    const [snowflake] = servicesNamed("snowflake");
    const chosen = snowflake?.rotation?.strategies["key-pair"] ?? assert.fail("no key pairs");
    const [found] = findExposed(
      { place: "github" },
      {
        ...{ services: servicesNamed("snowflake"), entries, fingerprints: {}, published: [] },
        intake: (await world.session.intake.require()).intake,
        credentialOf: () => chosen,
      },
    );
    assert.equal(found?.isExposed, true);
    assert.deepEqual(
      found.variables.map(({ name }) => name),
      ["SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD", "SNOWFLAKE_PRIVATE_KEY"],
    );
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
  const done = async (...services: string[]) => {
    const { report, error } = await atOnce(...services);
    assert.equal(error, undefined);
    return report;
  };
  const outcomesOf = ({ services }: RotationReport) => services.map(({ service, outcome }) => `${service} ${outcome}`);

  it("is answered without grace and without asking for uses, what needs no person before what does", async () => {
    world.lastUses = async () => assert.fail("asked");
    const asked: string[] = [];
    world.provide = async () => {
      asked.push((await world.record("snowflake")).phase, String(world.aliveCount("snowflake")));
      return world.makeGongPair();
    };
    const report = await done("gong", "snowflake");
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
    const report = await done("snowflake");
    assert.equal(report.services[0]?.outcome, "rotated");
    const { current, slots } = await world.record("snowflake");
    assert.deepEqual([current, slots.a?.generation], ["a", 2]);
    assert.equal(world.aliveCount("snowflake"), 1);
  });

  it("is answered although what was under way could not be ended at once", async () => {
    await world.driver().run({ graceMs: 24 * HOUR });
    const inUse = world.published().SNOWFLAKE_PASSWORD;
    world.verdicts.set("snowflake published", "unknown");
    let runs = 0;
    const { report, error } = await rotateAtOnce({ services: servicesNamed("snowflake"), takeOver: false }, () => {
      runs += 1;
      // The first context decides, the second ends what is under way.
      if (runs === 3) world.verdicts.clear();
      return world.driver().context;
    });
    assert.deepEqual([error, outcomesOf(report)], [undefined, ["snowflake rotated"]]);
    assert.notEqual(world.published().SNOWFLAKE_PASSWORD, inUse);
    assert.ok(!world.alive.has(`snowflake: canary-SNOWFLAKE_USER-b-1|${inUse}`));
  });

  it("does not call an older rotation's end an answer", async () => {
    await world.driver().run({ graceMs: 24 * HOUR });
    world.verdicts.set("snowflake published", "unknown");
    const report = await done("snowflake", "vercel");
    assert.deepEqual(outcomesOf(report), ["snowflake stopped", "vercel rotated"]);
    assert.match(report.services[0]?.summary ?? "", /; the credential in use was not replaced yet$/);
  });

  it("goes on with the others, and reports, when a person leaves the question", async () => {
    const left = new AutomationError({ code: "cli.interrupted", exitCode: 8, message: "Interrupted." });
    world.provide = async () => Promise.reject(left);
    const { report, error } = await atOnce("gong", "snowflake");
    assert.equal(error, left);
    assert.deepEqual(outcomesOf(report), ["gong stopped", "snowflake rotated"]);
    assert.equal(report.services[0]?.summary, "Interrupted");
    const evidence = exposureReport({ place: "github" }, await exposed({ place: "github" }), report);
    assert.deepEqual(
      evidence.credentials.map(({ service, outcome, oldRefusedAt }) => [service, outcome, oldRefusedAt !== undefined]),
      [
        ["snowflake", "rotated", true],
        ["vercel", undefined, false],
        ["estuary", undefined, false],
        ["gong", "stopped", false],
      ],
    );
  });

  it("begins nothing more when the user has interrupted it", async () => {
    const interrupted = new AutomationError({ code: "stack.cancelled", exitCode: 8, message: "Cancelled." });
    let asked = 0;
    world.provide = async () => ((asked += 1), world.makeGongPair());
    const up = async () => Promise.reject(interrupted);
    const services = servicesNamed("gong", "vercel");
    const { report, error } = await rotateAtOnce({ services, takeOver: false }, () => world.driver({ up }).context);
    assert.equal(error, interrupted);
    assert.deepEqual(outcomesOf(report), ["gong stopped", "vercel stopped"]);
    assert.deepEqual([asked, (await world.record("gong")).phase], [0, "idle"]);
  });

  it("says of what was not begun why: the up that was to end another's rotation failed", async () => {
    await world.driver().run({ services: servicesNamed("vercel"), graceMs: 24 * HOUR });
    const failed = new AutomationError({ code: "stack.failed", exitCode: 4, message: "No quota.", hint: "Mend it." });
    const up = async () => Promise.reject(failed);
    const services = servicesNamed("vercel", "estuary");
    const { report, error } = await rotateAtOnce({ services, takeOver: false }, () => world.driver({ up }).context);
    assert.deepEqual([error, report.failure?.code], [undefined, "stack.failed"]);
    assert.deepEqual(outcomesOf(report), ["vercel failed", "estuary stopped"]);
    const [, estuary] = report.services;
    assert.deepEqual([estuary?.summary, estuary?.instructions], ["No quota", ["Mend it."]]);
  });

  it("leaves alone what another run holds, and only that", async () => {
    const other = world.driver({ up: async () => Promise.reject(new Error("died")), owner: "host-9:9" });
    await assert.rejects(other.run({ services: servicesNamed("vercel") }));
    const run = { id: "other", owner: "host-9:9", heartbeatAt: new Date(world.now).toISOString() };
    const held = { ...(await world.record("vercel")), run };
    await world.session.intake.write(() => recordEdits("vercel", held));
    const { report, error } = await atOnce("vercel", "estuary", "snowflake");
    assert.equal((error as AutomationError).code, "rotation.locked");
    assert.deepEqual(outcomesOf(report), ["vercel stopped", "estuary rotated", "snowflake rotated"]);
    assert.match(report.services[0]?.instructions.join() ?? "", /--take-over/);
  });

  it("leaves evidence: since when the new one is live, and that the old one was tried and refused", async () => {
    const credentials = await exposed({ place: "github" });
    const rotation = await done("snowflake");
    const report = exposureReport({ place: "github" }, credentials, rotation);
    const of = (service: string) => report.credentials.find((one) => one.service === service);
    const found = of("snowflake");
    assert.equal(found?.outcome, "rotated");
    assert.equal(found.newLiveAt, rotation.services[0]?.deeds.find(({ deed }) => deed === "timestamp")?.at);
    assert.equal(found.oldRefusedAt, rotation.services[0]?.steps.find(({ step }) => step === "retire")?.endedAt);
    assert.deepEqual(found.oldTried, { outcome: "rejected", reason: "it rejected" });
    assert.deepEqual([of("gong")?.outcome, of("gong")?.oldRefusedAt], [undefined, undefined]);
    assert.doesNotMatch(JSON.stringify(report), /canary/);
  });

  it("leaves no evidence of a refusal that nobody saw", async () => {
    world.undead.add("vercel");
    const report = exposureReport({ place: "github" }, await exposed({ place: "github" }), await done("vercel"));
    const vercel = report.credentials.find(({ service }) => service === "vercel");
    assert.deepEqual([vercel?.outcome, vercel?.oldRefusedAt], ["retire_pending", undefined]);
    assert.equal(vercel?.oldTried?.outcome, "passed");
  });
});
