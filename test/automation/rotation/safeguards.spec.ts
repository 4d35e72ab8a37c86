/** What is left alone although it was to go, and what does an abort say of places that it cannot read? */
import assert from "node:assert/strict";
import { findOutsideEdits } from "../../../automation/rotation/outside-edits";
import { rotate, type RotateOptions } from "../../../automation/rotation/rotate";
import { type RotationContext } from "../../../automation/rotation/world";
import { type Session } from "../../../automation/session";
import { parseSettings } from "../../../automation/settings";
import { TEST_CONFIG, TEST_TOKENS } from "../../support/program";
import { eachInAWorld, type RotationWorld, servicesNamed } from "../../support/rotation-world";

const DAY_MS = 86_400_000;
const FOREIGN = "RSA_PUBLIC_KEY of SOPHIA_SERVICE_SVC holds a key that this stack did not make";

describe("what is to go at a service", () => {
  let world: RotationWorld;
  eachInAWorld((started) => (world = started));

  const run = async (changes: Partial<RotationContext>, options: Partial<RotateOptions> = {}) => {
    const context = { ...world.driver().context, ...changes };
    const { services } = await rotate({ services: servicesNamed("snowflake"), graceMs: 0, ...options }, context);
    return [services[0]?.outcome, services[0]?.summary, (await world.record("snowflake")).phase];
  };
  /** Somebody else's key is in this slot; nothing is in the way of the other. */
  const foreign = (slot: "a" | "b") => ({
    findObstacle: async (ahead: { slot: string }) => (ahead.slot === slot ? FOREIGN : undefined),
  });

  it("stays when the old slot is not ours any more, and goes once it is free", async () => {
    assert.deepEqual(await run(foreign("a")), ["retire_pending", FOREIGN, "draining"]);
    assert.equal(world.aliveCount("snowflake"), 2);
    assert.deepEqual((await run({}, { resumeOnly: true }))[0], "rotated");
    assert.equal(world.aliveCount("snowflake"), 1);
  });

  it("stays when the new slot is not ours any more and the rotation is given up after the promotion", async () => {
    assert.equal((await run({}, { graceMs: DAY_MS }))[0], "draining");
    assert.deepEqual(await run(foreign("b"), { abort: true }), ["stopped", FOREIGN, "withdrawing"]);
    assert.equal(world.aliveCount("snowflake"), 2);
    assert.equal((await run({}, { abort: true }))[0], "aborted");
  });

  it("stays when the new slot is not ours any more and the pending credential is refused", async () => {
    world.verdicts.set("snowflake pending", "rejected");
    let asked = 0;
    const fromThen = { findObstacle: async () => ((asked += 1) === 1 ? undefined : FOREIGN) };
    assert.deepEqual(await run(fromThen), ["stopped", FOREIGN, "staged"]);
    assert.equal(world.aliveCount("snowflake"), 2);
  });

  it("stays when the new slot is not ours any more and consumers were pointed back", async () => {
    world.verdicts.set("snowflake promoted", "rejected");
    let asked = 0;
    const fromThen = { findObstacle: async () => ((asked += 1) === 1 ? undefined : FOREIGN) };
    assert.deepEqual(await run(fromThen), ["stopped", FOREIGN, "withdrawing"]);
    assert.equal(world.published().SNOWFLAKE_PASSWORD, "canary-SNOWFLAKE_PASSWORD-a-1");
  });

  it("is said with the places that somebody else has written, when a rotation is given up", async () => {
    assert.equal((await run({}, { graceMs: DAY_MS }))[0], "draining");
    const findOutsideEdits = async () => ["SNOWFLAKE_PASSWORD at github payready/sophia"];
    assert.deepEqual(await run({ findOutsideEdits }, { abort: true }), [
      "aborted",
      "given up as asked; consumers read the old credential in ESC, but somebody else has written SNOWFLAKE_PASSWORD at github payready/sophia",
      "idle",
    ]);
  });

  it("is said with what could not be seen", async () => {
    assert.equal((await run({}, { graceMs: DAY_MS }))[0], "draining");
    const findOutsideEdits = () => Promise.reject(new Error("status 503"));
    assert.match(String((await run({ findOutsideEdits }, { abort: true }))[1]), /could not be seen \(.*status 503\)$/);
  });
});

describe("findOutsideEdits", () => {
  const child = (place: string, type: string, name: string, at: string) => ({
    urn: `urn:pulumi:development::sophia::${name}`,
    ...{ type: "any", name, isHalfWritten: false, updatedAt: at },
    parent: `urn:pulumi:development::sophia::sophia:index:${type}::${place}`,
  });
  const OURS = "2026-11-23T09:00:00.000Z";
  const LATER = "2026-11-23T10:00:00.000Z";

  it("names the entries of these variables that are newer than our last write, at GitHub and at Vercel", async () => {
    const settings = parseSettings("development", (key) => TEST_CONFIG[key], TEST_TOKENS);
    const [repository = assert.fail("no repository")] = settings.github.repositories;
    const writtenAt = { SNOWFLAKE_PASSWORD: LATER, SNOWFLAKE_USER: OURS, GONG_API_KEY: LATER };
    const session = {
      settings,
      intake: { require: async () => ({ intake: { github: undefined } }) },
      placeReader: () => ({ contents: async () => ({ secrets: [], variables: [], writtenAt }) }),
    } as unknown as Session;
    const state = ["SNOWFLAKE_PASSWORD", "SNOWFLAKE_USER", "GONG_API_KEY"].flatMap((name) => [
      child(repository, "GitHubActionsSecrets", `${repository}-${name}`, OURS),
      child("vercel", "VercelEnvironmentVariables", `vercel-${name}`, OURS),
    ]);
    assert.deepEqual(await findOutsideEdits(["SNOWFLAKE_PASSWORD", "SNOWFLAKE_USER"], session, state), [
      `SNOWFLAKE_PASSWORD at github ${settings.github.owner}/${repository}`,
      `SNOWFLAKE_PASSWORD at vercel ${settings.vercel.project}`,
    ]);
  });
});
