/** What does a write of a rotation's records ask of ESC, and does a run go on whose write has landed? */
import assert from "node:assert/strict";
import { type EscClient } from "../../../automation/esc/client";
import { IntakeStore } from "../../../automation/esc/store";
import { Journal } from "../../../automation/rotation/journal";
import { type Participant } from "../../../automation/rotation/participant";
import { FIRST_RECORD } from "../../../automation/rotation/record";
import { stage } from "../../../automation/rotation/transitions";

const RUN = { id: "run-1", owner: "host:1", heartbeatAt: "2026-11-23T09:00:00.000Z" };

describe("the journal of a rotation", () => {
  it("reads before each write and not after it: a failure of that would end a run whose write has landed", async () => {
    const asked: string[] = [];
    let isGone = false;
    const ask = <T>(word: string, answer: T): Promise<T> => {
      asked.push(word);
      return isGone ? Promise.reject(new Error("unreachable")) : Promise.resolve(answer);
    };
    const client: Pick<EscClient, "read" | "open" | "update" | "fullName"> = {
      read: () => ask("read", { yaml: "values: {}\n", etag: "1", revision: 1 }),
      open: () => ask("open", {}),
      update: async () => {
        const answer = await ask("update", { outcome: "written" as const, revision: 2, etag: "2" });
        isGone = true;
        return answer;
      },
      fullName: (name) => `payready/sophia/${name}`,
    };
    const intake = new IntakeStore(client as EscClient, "development-intake");
    const journal = new Journal({ intake, run: () => RUN, now: () => 0, hasEnded: () => false }, false);
    const one = { name: "gong", record: FIRST_RECORD } as Participant;
    await journal.claim([one], (_, record) => ({ record: stage(record, RUN) }));
    assert.deepEqual(asked, ["read", "open", "update"]);
    assert.equal(one.record.phase, "staged");
  });
});
