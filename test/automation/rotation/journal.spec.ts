/** What does a write of a rotation's records ask of ESC, and does a run go on whose write has landed? */
import assert from "node:assert/strict";
import { type EscClient, type EscUpdate } from "../../../automation/esc/client";
import { IntakeStore } from "../../../automation/esc/store";
import { Journal } from "../../../automation/rotation/journal";
import { type Participant } from "../../../automation/rotation/participant";
import { FIRST_RECORD, type RotationRecord } from "../../../automation/rotation/record";
import { stage } from "../../../automation/rotation/transitions";

const RUN = { id: "run-1", owner: "host:1", heartbeatAt: "2026-11-23T09:00:00.000Z" };

describe("the journal of a rotation", () => {
  let asked: string[];
  let isGone: boolean;
  let updates: EscUpdate[];
  let intake: IntakeStore;
  let journal: Journal;
  let one: Participant;
  beforeEach(() => {
    asked = [];
    isGone = false;
    updates = [];
    const ask = <T>(word: string, answer: T): Promise<T> => {
      asked.push(word);
      return isGone ? Promise.reject(new Error("unreachable")) : Promise.resolve(answer);
    };
    const client: Pick<EscClient, "read" | "open" | "update" | "fullName"> = {
      read: () => ask("read", { yaml: "values: {}\n", etag: "1", revision: 1 }),
      open: () => ask("open", {}),
      update: () => ask("update", updates.shift() ?? { outcome: "written" as const, revision: 2, etag: "2" }),
      fullName: (name) => `payready/sophia/${name}`,
    };
    intake = new IntakeStore(client as EscClient, "development-intake");
    journal = new Journal({ intake, run: () => RUN, now: () => 0, hasEnded: () => false }, false);
    one = { name: "gong", record: FIRST_RECORD } as Participant;
  });

  it("reads before each write and not after it: a failure of that would end a run whose write has landed", async () => {
    await journal.claim([one], (_, record) => ({ record: stage(record, RUN) }));
    assert.deepEqual(asked, ["read", "open", "update"]);
    assert.equal(one.record.phase, "staged");
  });

  it("reads nothing before a write that decides upon what was read just now, unless that has changed since", async () => {
    const known = await intake.require();
    asked = [];
    await journal.claim([one], (_, record) => ({ record: stage(record, RUN) }), known);
    assert.deepEqual(asked, ["update"]);
    const begin = (_: Participant, record: RotationRecord) => {
      asked.push(record.phase);
      return { record: stage(record, RUN) };
    };
    updates = [{ outcome: "conflict" }];
    asked = [];
    await journal.claim([{ name: "estuary", record: FIRST_RECORD } as Participant], begin, known);
    assert.deepEqual(asked, ["idle", "update", "read", "open", "idle", "update"]);
  });

  it("gives back what it may hold, also where it never learnt of its write, and asks nothing where it holds nothing", async () => {
    await journal.claim([one], (_, record) => ({ record }));
    asked = [];
    await journal.release();
    assert.deepEqual(asked, []);
    isGone = true;
    await assert.rejects(
      journal.claim([one], (_, record) => ({ record: stage(record, RUN) })),
      /unreachable/,
    );
    isGone = false;
    asked = [];
    await journal.release();
    assert.deepEqual(asked, ["read", "open"]);
  });
});
