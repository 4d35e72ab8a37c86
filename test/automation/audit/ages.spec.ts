/** Does an age say how old a credential is by the best that is known, and no more than that? */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  credentialAge,
  daysSince,
  rotationStatus,
  URGENCY,
  variableAges,
  type AgeSources,
} from "../../../automation/audit/ages";
import { parseLedger } from "../../../automation/audit/ledger";
import { FIRST_RECORD, type RotationRecord } from "../../../automation/rotation/record";
import { credentialInUse } from "../../../automation/rotation/strategies";
import { findService } from "../../../services/select";
import { type Service } from "../../../services/service";

const DAY_MS = 86_400_000;
const NOW = Date.parse("2026-11-23T09:00:00.000Z");
const daysAgo = (days: number) => new Date(NOW - days * DAY_MS).toISOString();
const service = (name: string): Service => {
  const found = findService(name);
  assert.ok(found);
  return found;
};

describe("rotationStatus", () => {
  const table = [
    [30, undefined, { status: "NEVER" }],
    [30, "not a time", { status: "NEVER" }],
    [30, daysAgo(0), { status: "OK", dueInDays: 30 }],
    [30, daysAgo(22), { status: "OK", dueInDays: 8 }],
    [30, daysAgo(23), { status: "DUE SOON", dueInDays: 7 }],
    [30, daysAgo(29.5), { status: "DUE SOON", dueInDays: 1 }],
    [30, daysAgo(30), { status: "DUE TODAY", dueInDays: 0 }],
    [30, daysAgo(30.5), { status: "DUE TODAY", dueInDays: 0 }],
    [30, daysAgo(31), { status: "OVERDUE", dueInDays: -1 }],
    [30, daysAgo(131), { status: "OVERDUE", dueInDays: -101 }],
    [90, daysAgo(31), { status: "OK", dueInDays: 59 }],
  ] as const;
  for (const [everyDays, rotatedAt, expected] of table) {
    it(`is ${expected.status} every ${everyDays} days when rotated ${rotatedAt ?? "never"}`, () =>
      assert.deepEqual(rotationStatus(everyDays, rotatedAt, NOW), expected));
  }

  it("never becomes less urgent as time passes", () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.nat(500), fc.nat(500), (everyDays, age, later) => {
        const urgency = (now: number) => URGENCY.indexOf(rotationStatus(everyDays, daysAgo(age), now).status);
        assert.ok(urgency(NOW + later * DAY_MS) <= urgency(NOW));
      }),
    ));
});

describe("credentialAge", () => {
  const slotsUrn = (name: string) => `urn:pulumi:development::sophia::sophia:index:CredentialSlots::${name}`;
  const ledgerOf = (created: Readonly<Record<string, string>>) =>
    parseLedger({
      resources: Object.entries(created).map(([name, time]) => ({
        urn: `urn:pulumi:development::sophia::x::${name}`,
        type: "random:index/randomPassword:RandomPassword",
        parent: slotsUrn(name.split("-")[0] ?? ""),
        created: time,
      })),
    });
  const sources = (more: Partial<AgeSources>): AgeSources => ({
    record: FIRST_RECORD,
    ledger: undefined,
    isProvided: false,
    intakeWrittenAt: undefined,
    ...more,
  });
  const rotated = (days: number, more: object = {}): RotationRecord => ({
    ...FIRST_RECORD,
    rotatedAt: daysAgo(days),
    ...more,
  });
  const ageOf = (more: Partial<AgeSources>, name = "snowflake") => credentialAge(service(name), sources(more), 30, NOW);

  it("counts from the rotation where there was one", () => {
    assert.deepEqual(ageOf({ record: rotated(40), ledger: ledgerOf({ "snowflake-a-password": daysAgo(2) }) }), {
      ...{ status: "OVERDUE", basis: "rotated", since: daysAgo(40), ageDays: 40 },
      ...{ dueAt: daysAgo(10), dueInDays: -10 },
    });
  });

  it("counts from its making where the program made it and nobody has rotated it since", () => {
    const ledger = ledgerOf({
      "snowflake-a-password": daysAgo(25),
      "snowflake-b-password": daysAgo(1),
      "snowflake-user-a": daysAgo(99),
    });
    const { status, basis, ageDays, dueInDays } = ageOf({ ledger });
    assert.deepEqual(
      { status, basis, ageDays, dueInDays },
      { status: "DUE SOON", basis: "generated", ageDays: 25, dueInDays: 5 },
    );
  });

  it("does not know the age of what a person put in, only that it is at least that of the intake", () => {
    const expected = { status: "NEVER", basis: "imported", since: daysAgo(3), ageDays: 3 };
    assert.deepEqual(ageOf({ isProvided: true, intakeWrittenAt: daysAgo(3) }, "gong"), expected);
    assert.deepEqual(ageOf({ isProvided: true }, "gong"), { status: "NEVER", basis: "imported" });
  });

  it("knows nothing where nothing is said", () => assert.deepEqual(ageOf({}), { status: "NEVER", basis: "unknown" }));

  it("lets the word of secrets_config.json make things worse, never better", () => {
    const claim = { rotatedAtSource: "secrets_config.json" };
    const statuses = [1, 25, 30, 60].map((days) => ageOf({ record: rotated(days, claim) }));
    assert.deepEqual(
      statuses.map(({ status, basis }) => [status, basis]),
      [
        ["NEVER", "claimed"],
        ["NEVER", "claimed"],
        ["DUE TODAY", "claimed"],
        ["OVERDUE", "claimed"],
      ],
    );
    assert.equal(statuses[0]?.ageDays, 1);
  });

  it("gives a variable the time of its own rotation, and its twin the same", () => {
    const gong = service("gong");
    const record = rotated(10, { variables: { GONG_API_KEY: { rotatedAt: daysAgo(40) } } });
    const credential = credentialInUse(gong, record);
    assert.ok(credential);
    const age = ageOf({ record, isProvided: true }, "gong");
    const ages = variableAges(gong, credential, sources({ record }), { age, everyDays: 30, now: NOW });
    assert.deepEqual(
      Object.entries(ages).map(([name, { status, ageDays }]) => [name, status, ageDays]),
      [
        ["GONG_API_KEY", "OVERDUE", 40],
        ["GONG_API_SECRET", "OK", 10],
        ["GONG_ACCESS_KEY", "OVERDUE", 40],
      ],
    );
  });

  it("counts whole days, and none for a clock that runs ahead", () => {
    assert.deepEqual(
      [daysSince(daysAgo(1.9), NOW), daysSince(daysAgo(-3), NOW), daysSince("never", NOW)],
      [1, 0, undefined],
    );
  });
});
