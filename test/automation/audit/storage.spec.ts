/** Which material in the intake does the audit advise to take out? Never what a rotation still needs to prove the old credential dead. */
import assert from "node:assert/strict";
import { storageFindings, type StorageJudgement } from "../../../automation/audit/storage";
import { parseIntake } from "../../../automation/esc/intake";
import { phaseSchema, type Phase } from "../../../automation/rotation/record";
import { services } from "../../../services";
import { type Service } from "../../../services/service";

const ENVIRONMENT = "payready/sophia/development-intake";

/** The commands against material of retired slots, where slot a of Gong is retired and still holds some. */
function commandsIn(phase: Phase): string[] {
  const values = {
    services: { gong: { slots: { a: { GONG_API_KEY: "canary-old" }, b: { GONG_API_KEY: "canary-new" } } } },
    rotation: { gong: { current: "b", phase, slots: { a: { generation: 1, retired: true }, b: { generation: 1 } } } },
  };
  const notAsked = { state: "not asked" } as const;
  const judgement = {
    session: {
      stackName: "development",
      intake: { fullName: ENVIRONMENT },
      esc: { fullName: (name: string) => `payready/sophia/${name}` },
      settings: { environments: { intake: "development-intake", secrets: "", published: "" }, strategies: {} },
    },
    catalogue: services as readonly Service[],
    evidence: {
      ...{ published: notAsked, ledger: notAsked, importers: notAsked, siblings: [], places: [] },
      ...{ tokens: [], envFiles: [], settings: {} },
      intake: { state: "read", value: parseIntake(values, ENVIRONMENT) },
      definitions: {
        ...{ secrets: notAsked, published: notAsked },
        intake: { state: "read", value: { yaml: JSON.stringify({ values }), revision: 1 } },
      },
    },
    places: [],
  } as unknown as StorageJudgement;
  return storageFindings(judgement)
    .filter(({ rule }) => rule === "retired-material")
    .map(({ command }) => command);
}

describe("the audit of retired slots", () => {
  it("says how to take out what is left of a rotation that has ended", () => {
    assert.deepEqual(commandsIn("idle"), [`pulumi env rm --yes ${ENVIRONMENT} services.gong.slots.a`]);
  });

  for (const phase of phaseSchema.options.filter((one) => one !== "idle")) {
    it(`leaves it where it is while the rotation is ${phase}`, () => assert.deepEqual(commandsIn(phase), []));
  }
});
