/** Does a plan decide as the driver does where the settings ask for another strategy than the one in use? */
import assert from "node:assert/strict";
import { type Intake } from "../../../automation/esc/intake";
import { planRotation, withResources } from "../../../automation/rotation/plan";
import { FIRST_RECORD, type RotationRecord } from "../../../automation/rotation/record";
import { services } from "../../../services";
import { type Service } from "../../../services/service";

const CHANGED = ["SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD", "SNOWFLAKE_PRIVATE_KEY"];

/** The plan of all services of a stack whose settings choose this strategy for Snowflake. */
function plan(record: RotationRecord, chosen: string, options: { readonly abort?: boolean } = {}) {
  const rotating = (services as readonly Service[]).filter(({ rotation }) => rotation !== undefined);
  const intake: Intake = {
    service: () => ({ settings: {}, slots: {} }),
    rotation: (name) => (name === "snowflake" ? record : FIRST_RECORD),
  };
  return planRotation({
    ...{ services: rotating, intake, now: 0, graceMs: 0, resumeOnly: false, abort: false, dueOnly: false },
    ...{ fingerprints: {}, placesOf: () => [], ...options },
    credentialOf: ({ rotation, name }) => {
      const { strategies = {} } = rotation ?? {};
      return strategies[name === "snowflake" ? chosen : ""] ?? Object.values(strategies)[0] ?? assert.fail(name);
    },
  });
}
const snowflakeOf = (planned: ReturnType<typeof plan>) =>
  planned.find(({ plan: { service } }) => service === "snowflake")?.plan ?? assert.fail("no plan");
const whatOf = ({ steps }: ReturnType<typeof snowflakeOf>, name: string) =>
  steps.find(({ step }) => step === name)?.what;

describe("the plan of a move from passwords to a key pair", () => {
  const staged: RotationRecord = {
    ...{ current: "a", phase: "staged" },
    slots: { a: { generation: 1 }, b: { generation: 1, strategy: "key-pair" } },
  };
  const promoted: RotationRecord = { ...staged, current: "b", phase: "promoted" };

  it("names the variable that goes, too", () => {
    const { variables } = snowflakeOf(plan(FIRST_RECORD, "key-pair"));
    assert.deepEqual(
      variables.map(({ name }) => name),
      CHANGED,
    );
  });

  it("counts the removal of its copies to this service and to no other", () => {
    const removal = {
      op: "delete",
      type: "github:index/actionsSecret:ActionsSecret",
      name: "sophia-SNOWFLAKE_PASSWORD",
    };
    const plans = withResources(plan(FIRST_RECORD, "key-pair"), [], [removal]);
    const named = plans.filter(({ steps }) => steps.some(({ resources }) => resources.length > 0));
    assert.deepEqual(
      named.map(({ service }) => service),
      ["snowflake"],
    );
  });

  it("goes on as it was staged when the settings change meanwhile", () => {
    const { variables, steps } = snowflakeOf(plan(staged, "access-token"));
    assert.deepEqual(
      variables.map(({ name }) => name),
      CHANGED,
    );
    assert.equal(
      steps.find(({ step }) => step === "promote")?.what.endsWith(": SNOWFLAKE_USER, SNOWFLAKE_PRIVATE_KEY"),
      true,
    );
  });

  it("says which variables programs read again when it is given up", () => {
    const found = whatOf(snowflakeOf(plan(promoted, "key-pair", { abort: true })), "promote");
    assert.equal(found, "programs read slot a at every place: SNOWFLAKE_USER, SNOWFLAKE_PASSWORD");
  });
});
