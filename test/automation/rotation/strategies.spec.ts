/** By which strategy is a credential made, in the record, before the first `up`, and when the settings choose another one? */
import assert from "node:assert/strict";
import { parseIntake } from "../../../automation/esc/intake";
import { type RotationRecord } from "../../../automation/rotation/record";
import {
  credentialAtHand,
  credentialInUse,
  findPendingMoves,
  noteFirstStrategies,
  strategyInUse,
  undecidedServices,
  withFirstStrategies,
} from "../../../automation/rotation/strategies";
import { type Session } from "../../../automation/session";
import { type Credential } from "../../../services/service";
import { gong } from "../../../services/gong";
import { snowflake } from "../../../services/snowflake";
import { RotationWorld } from "../../support/rotation-world";

const by = (name: string): Credential => snowflake.rotation?.strategies[name] ?? assert.fail(name);
const OLD: RotationRecord = { current: "a", slots: { a: { generation: 3 } }, phase: "idle" };
const KEYED: RotationRecord = {
  ...{ current: "b", phase: "idle" },
  slots: { a: { generation: 3, retired: true }, b: { generation: 2, strategy: "key-pair" } },
};
const intakeOf = (record?: RotationRecord) => parseIntake(record ? { rotation: { snowflake: record } } : {}, "intake");
const choosing = (strategy: string) => ({ strategies: { snowflake: strategy } });
const sessionOf = (strategy: string, isPublished: boolean) =>
  ({
    settings: { ...choosing(strategy), environments: { published: "development" } },
    esc: { read: async () => (isPublished ? {} : undefined) },
  }) as unknown as Session;

describe("the strategy of a credential", () => {
  it("is what the slot's record says, else the service's first one", () => {
    assert.equal(credentialInUse(snowflake, OLD), by("password"));
    assert.equal(credentialInUse(snowflake, KEYED), by("key-pair"));
    assert.deepEqual([strategyInUse(snowflake, OLD), strategyInUse(snowflake, KEYED)], ["password", "key-pair"]);
  });

  it("has no name where there is nothing to choose from", () => {
    assert.equal(strategyInUse(gong, OLD), undefined);
    assert.equal(credentialInUse(gong, OLD)?.kind, "provided");
  });

  it("is undecided where the settings choose another than the first and no record names one", () => {
    const names = (record: RotationRecord | undefined, chosen: string) =>
      undecidedServices(intakeOf(record), choosing(chosen)).map(({ name }) => name);
    assert.deepEqual(names(undefined, "key-pair"), ["snowflake"]);
    assert.deepEqual(names(OLD, "key-pair"), ["snowflake"]);
    assert.deepEqual(names(undefined, "password"), []);
    assert.deepEqual(names(KEYED, "access-token"), []);
  });

  it("is assumed as chosen in the preview of the first up", () => {
    const assumed = withFirstStrategies(intakeOf(), choosing("key-pair"));
    assert.deepEqual(assumed.rotation("snowflake").slots, { a: { generation: 1, strategy: "key-pair" } });
    assert.deepEqual(assumed.rotation("gong").slots, { a: { generation: 1 } });
    assert.deepEqual(withFirstStrategies(intakeOf(KEYED), choosing("password")).rotation("snowflake"), KEYED);
  });

  it("is pending as a move where the settings choose another one, but not before the first up", async () => {
    const moves = async (record: RotationRecord | undefined, chosen: string, isPublished = true) =>
      Object.fromEntries(await findPendingMoves(sessionOf(chosen, isPublished), intakeOf(record)));
    assert.deepEqual(await moves(OLD, "key-pair"), { snowflake: { from: "password", to: "key-pair" } });
    assert.deepEqual(await moves(KEYED, "access-token"), { snowflake: { from: "key-pair", to: "access-token" } });
    assert.deepEqual(await moves(KEYED, "key-pair"), {});
    assert.deepEqual(await moves(undefined, "key-pair", false), {});
  });

  it("decides what an import puts into the slot: the one in use, or before the first up the chosen one", () => {
    const chosen = { credentialOf: () => by("key-pair") };
    assert.equal(credentialAtHand(snowflake, OLD, chosen, true), by("password"));
    assert.equal(credentialAtHand(snowflake, OLD, chosen, false), by("key-pair"));
    const other = { credentialOf: () => by("password") };
    assert.equal(credentialAtHand(snowflake, KEYED, other, false), by("key-pair"));
  });
});

describe("noteFirstStrategies", () => {
  let world: RotationWorld;
  beforeEach(async () => {
    world = await RotationWorld.start();
  });
  afterEach(() => world.close());

  const note = async (chosen: string, isPublished: boolean) => {
    const { intake: store, settings } = world.session;
    const session = {
      settings: { ...settings, strategies: { ...settings.strategies, snowflake: chosen } },
      intake: store,
      esc: { read: async () => (isPublished ? {} : undefined) },
    } as unknown as Session;
    await noteFirstStrategies(session, (await store.require()).intake);
  };

  it("notes the chosen strategy once, before anything is published", async () => {
    await note("key-pair", false);
    const { slots, current, phase } = await world.record("snowflake");
    assert.deepEqual([slots, current, phase], [{ a: { generation: 1, strategy: "key-pair" } }, "a", "idle"]);
    const text = world.intakeText();
    await note("access-token", false);
    assert.equal(world.intakeText(), text);
  });

  it("writes nothing where the first strategy is chosen, or where consumers read a credential already", async () => {
    const text = world.intakeText();
    await note("password", false);
    await note("key-pair", true);
    assert.equal(world.intakeText(), text);
  });
});
