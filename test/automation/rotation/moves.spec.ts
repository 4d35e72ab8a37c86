/** What does a move from one strategy to another mean for the variables: which change, which have to appear and which to go, and where? */
import assert from "node:assert/strict";
import { behindPlaces, isRead } from "../../../automation/rotation/confirmation";
import { Participant } from "../../../automation/rotation/participant";
import { type RotationRecord } from "../../../automation/rotation/record";
import { recordEdits, stage } from "../../../automation/rotation/transitions";
import { type PublishedValues, type RotationContext } from "../../../automation/rotation/world";
import { type Service } from "../../../services/service";
import { snowflake } from "../../../services/snowflake";

const NOW = "2026-11-23T09:00:00.000Z";
const RUN = { id: "run", owner: "host:1", heartbeatAt: NOW };
const OLD = { SNOWFLAKE_USER: "SOPHIA_SERVICE", SNOWFLAKE_PASSWORD: "old" };
const NEW = { SNOWFLAKE_USER: "SOPHIA_SERVICE_SVC", SNOWFLAKE_PRIVATE_KEY: "key" };
const SLOTS: PublishedValues["slots"] = { snowflake: { a: OLD, b: NEW } };
const PLACES = ["github payready/sophia", "vercel prj_1"];
const IDLE: RotationRecord = { current: "a", slots: { a: { generation: 1 } }, phase: "idle" };
const list = (updatedAt: string, ...names: string[]) =>
  PLACES.flatMap((place) => names.map((name) => ({ place, name, updatedAt })));

/** A rotation of a stack whose settings choose this strategy. */
function participant(record: RotationRecord, chosen = "key-pair"): Participant {
  const context = {
    credentialOf: ({ rotation }: Service) => rotation?.strategies[chosen],
    timestamp: () => NOW,
  } as unknown as RotationContext;
  return new Participant(snowflake, record, { settings: {}, slots: {} }, context);
}
const promoted = () =>
  participant({
    ...{ current: "b", phase: "promoted" },
    slots: { a: { generation: 1 }, b: { generation: 1, strategy: "key-pair" } },
    destinationsBefore: list("1", "SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD"),
  });

describe("a move from passwords to a key pair", () => {
  it("records the chosen strategy with the slot that is staged, and lets the other one be", () => {
    const staged = stage(IDLE, RUN, participant(IDLE).strategy);
    assert.deepEqual(staged.slots, { a: { generation: 1 }, b: { generation: 1, strategy: "key-pair" } });
    const edit = recordEdits("snowflake", staged).find(({ path }) => path.at(-1) === "slots");
    assert.deepEqual(edit, { path: ["rotation", "snowflake", "slots"], plain: staged.slots });
  });

  it("goes on as it was staged when the settings change meanwhile", () => {
    const staged = stage(IDLE, RUN, "key-pair");
    assert.equal(participant(staged, "access-token").strategy, "key-pair");
  });

  it("changes the user, takes the password away and adds the key", () => {
    const one = promoted();
    assert.deepEqual(one.variables, ["SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD", "SNOWFLAKE_PRIVATE_KEY"]);
    assert.deepEqual(one.newVariables, ["SNOWFLAKE_USER", "SNOWFLAKE_PRIVATE_KEY"]);
  });

  it("logs in with the variables of the slot alone, never with one of each", () => {
    const published = { environmentVariables: { SNOWFLAKE_ROLE: "R", ...OLD }, slots: SLOTS };
    assert.deepEqual(promoted().slotValues(published, "b"), { SNOWFLAKE_ROLE: "R", ...NEW });
    const after = { environmentVariables: { SNOWFLAKE_ROLE: "R", ...NEW }, slots: SLOTS };
    assert.deepEqual(promoted().slotValues(after, "a"), { SNOWFLAKE_ROLE: "R", ...OLD });
  });

  it("is read when the key is there and the old password is not", () => {
    const isReadWith = (environmentVariables: Record<string, string>) =>
      isRead(promoted(), { environmentVariables, slots: SLOTS });
    assert.equal(isReadWith(NEW), true);
    assert.equal(isReadWith({ ...NEW, SNOWFLAKE_PASSWORD: "old" }), false);
    assert.equal(isReadWith(OLD), false);
    assert.equal(isReadWith({ SNOWFLAKE_USER: NEW.SNOWFLAKE_USER }), false);
  });

  it("has arrived where the user is new, the key is there and the password is gone", () => {
    const published = { environmentVariables: NEW, slots: SLOTS };
    const behind = (after: ReturnType<typeof list>) => behindPlaces(promoted(), published, after);
    const done = list("2", "SNOWFLAKE_USER", "SNOWFLAKE_PRIVATE_KEY");
    assert.deepEqual(behind(done), []);
    assert.deepEqual(behind([...done, { place: "vercel prj_1", name: "SNOWFLAKE_PASSWORD", updatedAt: "1" }]), [
      "SNOWFLAKE_PASSWORD at vercel prj_1",
    ]);
    assert.deepEqual(
      behind(done.filter(({ place, name }) => place !== "github payready/sophia" || name !== "SNOWFLAKE_PRIVATE_KEY")),
      ["SNOWFLAKE_PRIVATE_KEY at github payready/sophia"],
    );
    assert.deepEqual(behind(list("1", "SNOWFLAKE_USER", "SNOWFLAKE_PRIVATE_KEY")), [
      "SNOWFLAKE_USER at github payready/sophia",
      "SNOWFLAKE_USER at vercel prj_1",
    ]);
  });
});
