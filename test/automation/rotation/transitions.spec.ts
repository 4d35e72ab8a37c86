/** Does a rotation's record go only where it may, and never away from what is alive? */
import assert from "node:assert/strict";
import fc from "fast-check";
import { AutomationError } from "../../../automation/errors";
import {
  FIRST_RECORD,
  liveSlots,
  otherSlot,
  phaseSchema,
  recordSchema,
  SLOTS,
  type Phase,
  type RotationRecord,
} from "../../../automation/rotation/record";
import * as transitions from "../../../automation/rotation/transitions";

const RUN = { id: "run-1", owner: "host:1", heartbeatAt: "2026-11-23T09:00:00.000Z" };
const NOW = "2026-11-23T10:00:00.000Z";
const LATER = "2026-11-24T10:00:00.000Z";
const CONFIRMED = { rotatedAt: NOW, variables: ["A_KEY"], retireAfter: LATER };
const LISTED = [{ place: "github payready/sophia", name: "A_KEY", updatedAt: "2026-01-01T00:00:00Z" }];

/** Every transition: from where, to where. `takeOver` and `released` keep the phase. */
const TABLE: Readonly<
  Record<string, { from: readonly Phase[]; to: Phase; act: (record: RotationRecord) => RotationRecord }>
> = {
  stage: { from: ["idle"], to: "staged", act: (record) => transitions.stage(record, RUN) },
  abort: { from: ["staged"], to: "reverting", act: transitions.abort },
  promote: { from: ["staged"], to: "promoted", act: (record) => transitions.promote(record, LISTED) },
  reverted: { from: ["reverting"], to: "idle", act: transitions.reverted },
  drain: { from: ["promoted"], to: "draining", act: (record) => transitions.drain(record, CONFIRMED) },
  withdraw: { from: ["promoted", "draining"], to: "withdrawing", act: transitions.withdraw },
  drainWithdrawn: {
    from: ["withdrawing"],
    to: "withdrawing",
    act: (record) => transitions.drainWithdrawn(record, LATER),
  },
  endWithdrawal: { from: ["withdrawing"], to: "reverting", act: transitions.endWithdrawal },
  retire: { from: ["draining"], to: "retiring", act: (record) => transitions.retire(record, undefined) },
  finish: { from: ["retiring"], to: "idle", act: transitions.finish },
};

/** A record in the phase, as the transitions make it. */
function inPhase(phase: Phase): RotationRecord {
  const staged = transitions.stage(FIRST_RECORD, RUN);
  const promoted = transitions.promote(staged, LISTED);
  const draining = transitions.drain(promoted, CONFIRMED);
  const records: Record<Phase, RotationRecord> = {
    idle: FIRST_RECORD,
    staged,
    promoted,
    draining,
    retiring: transitions.retire(draining, undefined),
    withdrawing: transitions.withdraw(promoted),
    reverting: transitions.abort(staged),
  };
  return records[phase];
}

describe("the transitions of a rotation", () => {
  for (const [name, { from, to, act }] of Object.entries(TABLE)) {
    for (const phase of phaseSchema.options) {
      if (from.includes(phase)) {
        it(`${name} leads from ${phase} to ${to}`, () => assert.equal(act(inPhase(phase)).phase, to));
      } else {
        it(`${name} refuses a record that is ${phase}: exit 10`, () => {
          assert.throws(
            () => act(inPhase(phase)),
            (error) => error instanceof AutomationError && error.exitCode === 10,
          );
        });
      }
    }
  }

  it("keep what consumers read alive and let generations only grow, in whatever legal order they come", () => {
    const step = fc.nat();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (choices) => {
        let record = FIRST_RECORD;
        for (const choice of choices) {
          const legal = Object.values(TABLE).filter(({ from }) => from.includes(record.phase));
          const next = legal[choice % legal.length]?.act(record) ?? assert.fail("a dead end");
          assert.ok(recordSchema.safeParse(next).success, JSON.stringify(next));
          assert.ok(liveSlots(next).some(({ slot }) => slot === next.current));
          for (const slot of SLOTS)
            assert.ok((next.slots[slot]?.generation ?? 0) >= (record.slots[slot]?.generation ?? 0));
          // The slot that consumers are pointed to, or away from, is alive on both sides of the change.
          assert.ok(
            liveSlots(next).some(({ slot }) => slot === record.current) ||
              record.phase === "draining" ||
              next.phase === "reverting",
          );
          if (next.current !== record.current) {
            assert.ok(liveSlots(record).some(({ slot }) => slot === next.current));
            // One `up` that points consumers elsewhere and takes what they read away might do the second thing first.
            assert.ok(liveSlots(next).some(({ slot }) => slot === record.current));
          }
          record = next;
        }
      }),
    );
  });

  it("stage gives the unused slot its next generation, which is not retired, and forgets the last run's dates", () => {
    const record: RotationRecord = {
      ...{ current: "b", phase: "idle", rotatedAt: NOW, retireAfter: NOW, destinationsBefore: LISTED },
      slots: { a: { generation: 4, retired: true }, b: { generation: 5 } },
    };
    assert.deepEqual(transitions.stage(record, RUN), {
      ...{ current: "b", phase: "staged", rotatedAt: NOW, run: RUN },
      slots: { a: { generation: 5 }, b: { generation: 5 } },
    });
  });

  it("promote remembers what the destinations listed until then, and drain forgets it", () => {
    const promoted = inPhase("promoted");
    assert.deepEqual(promoted.destinationsBefore, LISTED);
    assert.equal(promoted.current, "b");
    assert.deepEqual(
      liveSlots(promoted).map(({ slot }) => slot),
      ["a", "b"],
    );
    const draining = transitions.drain(promoted, CONFIRMED);
    assert.equal(draining.destinationsBefore, undefined);
    assert.equal(draining.retireAfter, LATER);
  });

  it("drain dates the service and the variables that changed, and what is given up later is as old as it was", () => {
    const variables = { OLD: { rotatedAt: "2026-01-01T00:00:00Z" }, A_KEY: { rotatedAt: "2026-02-01T00:00:00Z" } };
    const dated = { rotatedAt: "2026-02-01T00:00:00Z", variables };
    const draining = transitions.drain({ ...inPhase("promoted"), ...dated }, CONFIRMED);
    assert.equal(draining.rotatedAt, NOW);
    assert.deepEqual(draining.variables, { OLD: variables.OLD, A_KEY: { rotatedAt: NOW } });
    const back = transitions.withdraw(draining);
    assert.deepEqual({ rotatedAt: back.rotatedAt, variables: back.variables }, dated);
    assert.equal(back.datesBefore, undefined);
    const never = transitions.withdraw(inPhase("draining"));
    assert.deepEqual([never.rotatedAt, never.variables], [undefined, undefined]);
  });

  it("withdraw leaves both credentials alive until its time has come, and endWithdrawal retires the new one", () => {
    const withdrawing = transitions.drainWithdrawn(transitions.withdraw(inPhase("draining")), LATER);
    assert.deepEqual([withdrawing.current, withdrawing.retireAfter], ["a", LATER]);
    assert.deepEqual(liveSlots(withdrawing), [
      { slot: "a", generation: 1 },
      { slot: "b", generation: 1 },
    ]);
    const { slots, retireAfter } = transitions.endWithdrawal(withdrawing);
    assert.deepEqual([slots.b, retireAfter], [{ generation: 1, retired: true }, undefined]);
  });

  it("retire marks a slot whose material was not made here, or that never had any", () => {
    for (const mark of ["imported", "empty"] as const) {
      const retiring = transitions.retire(inPhase("draining"), mark);
      assert.deepEqual(retiring.slots.a, { generation: 1, retired: true, [mark]: true });
      assert.deepEqual(recordSchema.parse(retiring), retiring);
      assert.deepEqual(transitions.finish(retiring).slots.a, { generation: 1, retired: true });
    }
  });

  it("withdraw leads to the old slot and stays in the same hands, and nothing is idle before the new one is retired", () => {
    const back = transitions.withdraw(inPhase("promoted"));
    assert.deepEqual([back.current, back.run], ["a", RUN]);
    const ended = transitions.endWithdrawal(back);
    assert.deepEqual(ended.slots, { a: { generation: 1 }, b: { generation: 1, retired: true } });
    const { run, phase, retireAfter } = transitions.reverted(ended);
    assert.deepEqual({ run, phase, retireAfter }, { run: undefined, phase: "idle", retireAfter: undefined });
  });

  it("giveUp leads back to the old slot from every phase in which it is alive, and from no other", () => {
    const alive = { generation: 1 };
    for (const phase of ["staged", "reverting"] as const) {
      const { current, slots, phase: next } = transitions.giveUp(inPhase(phase));
      assert.deepEqual([current, slots.a, slots.b, next], ["a", alive, { ...alive, retired: true }, "reverting"]);
    }
    for (const phase of ["promoted", "draining", "withdrawing"] as const) {
      const { current, slots, phase: next } = transitions.giveUp(inPhase(phase));
      assert.deepEqual([current, slots.a, slots.b, next], ["a", alive, alive, "withdrawing"]);
    }
    for (const phase of ["idle", "retiring"] as const) assert.throws(() => transitions.giveUp(inPhase(phase)));
  });

  it("finish gives the lock back and leaves the dates of the confirmation", () => {
    assert.deepEqual(transitions.finish(inPhase("retiring")), {
      ...{ current: "b", phase: "idle", rotatedAt: NOW, variables: { A_KEY: { rotatedAt: NOW } } },
      slots: { a: { generation: 1, retired: true }, b: { generation: 1 } },
    });
  });

  it("takeOver changes the hands and nothing else", () => {
    const other = { ...RUN, id: "run-2" };
    for (const phase of phaseSchema.options) {
      const record = inPhase(phase);
      assert.deepEqual(transitions.takeOver(record, other), { ...record, run: other });
      const { run: _, ...rest } = record;
      assert.deepEqual(transitions.released(record), rest);
    }
  });

  it("write every field of the record and take away those that it no longer has", () => {
    const edits = transitions.recordEdits("gong", FIRST_RECORD);
    const at = (field: string) => edits.find(({ path }) => path.at(-1) === field);
    assert.deepEqual(at("phase"), { path: ["rotation", "gong", "phase"], plain: "idle" });
    for (const field of ["rotatedAt", "retireAfter", "destinationsBefore", "datesBefore", "run", "variables"])
      assert.deepEqual(at(field), { path: ["rotation", "gong", field], remove: true });
    const written = Object.fromEntries(
      transitions
        .recordEdits("gong", inPhase("promoted"))
        .flatMap((edit) => ("plain" in edit ? [[edit.path.at(-1), edit.plain]] : [])),
    ) as unknown;
    assert.deepEqual(recordSchema.parse(written), inPhase("promoted"));
  });

  it("clear a slot before they write material into it, so that no variable of an older credential stays", () => {
    const path = ["services", "gong", "slots", "b"];
    assert.deepEqual(transitions.materialEdits("gong", "b", { KEY: "canary" }), [
      { path, remove: true },
      { path: [...path, "KEY"], secret: "canary" },
    ]);
    assert.deepEqual(transitions.materialEdits("gong", "b", undefined), [{ path, remove: true }]);
  });

  it("know the other slot of each", () => assert.deepEqual(SLOTS.map(otherSlot), ["b", "a"]));
});
