/** What does the report of a stack look like that is well, and of one on which all kinds of things are wrong? */
import { services } from "../../../services";
import { variablesFor } from "../../../services/select";
import { type Service } from "../../../services/service";
import { type Audit } from "../../../automation/audit";
import { byUrgency, finding, recommendation, type Finding } from "../../../automation/audit/findings";
import { type PlaceAudit } from "../../../automation/audit/place-audit";
import { type CellStatus } from "../../../automation/audit/places";
import { type ServiceFindings } from "../../../automation/audit/services";
import { stackReport, type StackHistory, type StackReport } from "../../../automation/report";
import { type NewestTest, type TestedService } from "../../../automation/report/saved-test";
import { historyOf, type RecordRevision } from "../../../automation/rotation/history";
import { FIRST_RECORD, type RotationRecord } from "../../../automation/rotation/record";
import * as transitions from "../../../automation/rotation/transitions";

/** When the reports are made. */
export const NOW = "2026-11-23T09:00:00.000Z";
const DAY_MS = 86_400_000;
const RUN = { id: "run", owner: "spec", heartbeatAt: NOW };

/** ISO time, so many days before the report. */
export function daysAgo(days: number): string {
  return new Date(Date.parse(NOW) - days * DAY_MS).toISOString();
}

const catalogue: readonly Service[] = services;
const rotating = catalogue.filter(({ rotation }) => rotation !== undefined);

/** Everything is as it should be. */
export function wellReport(): StackReport {
  const history = historyFrom({ snowflake: [41], gong: [70], vercel: [12, 55], estuary: [33] });
  return stackReport(catalogue, auditOf({}), history, testOf({}));
}

/** Snowflake is overdue and half rotated, Gong lacks a secret and is refused, and at Vercel somebody else has been. */
export function illReport(): StackReport {
  const audit = auditOf({
    findings: ILL_FINDINGS,
    credentials: {
      snowflake: { ...ageOf(119, 30), status: "OVERDUE", phase: "draining", retireAfter: daysAgo(-0.4) },
      gong: { ...UNDATED, missing: ["GONG_API_SECRET"] },
      vercel: { ...ageOf(85, 90), status: "DUE SOON" },
    },
    statuses: {
      "github payready/sophia": { GONG_API_SECRET: "missing", SNOWFLAKE_PASSWORD: "shadowed" },
      "github payready/sophia production": { SNOWFLAKE_PASSWORD: "foreign" },
      "vercel prj_sophia": {
        ESTUARY_API_KEY: "edited outside",
        SNOWFLAKE_USER: "behind",
        SNOWFLAKE_PASSWORD: "behind",
      },
    },
  });
  const history = historyFrom({ snowflake: [119], gong: [], vercel: [85, 130], estuary: [33] }, { snowflake: 0.6 });
  const test = testOf({
    gong: {
      outcome: "rejected",
      reason: "Gong refuses the pair",
      advice: ["Check GONG_API_KEY and GONG_API_SECRET: npx sophia-secrets validate gong --stack development"],
    },
    estuary: { outcome: "unknown", reason: "no answer within 10 s", advice: ["Try again later."] },
  });
  return stackReport(catalogue, audit, history, test);
}

/** Somebody put it in, and nobody knows when it was made. */
const UNDATED = { status: "NEVER", basis: "imported", since: daysAgo(210), ageDays: 210 } as const;

const ILL_FINDINGS: readonly Finding[] = [
  finding("rotation-unfinished", {
    ...{
      service: "snowflake",
      location: "services/snowflake.ts",
      message: "Finish the rotation of snowflake (draining)",
    },
    command: "npx sophia-secrets rotate --service snowflake --resume --stack development",
  }),
  finding("variable-missing", {
    ...{ service: "gong", variables: ["GONG_API_SECRET"], location: "services/gong.ts" },
    message: "Configure missing gong variables GONG_API_SECRET",
    command: "npx sophia-secrets import-env --env-file .env --stack development",
  }),
  finding("destination-edited", {
    ...{ place: "vercel prj_sophia", variables: ["ESTUARY_API_KEY"], location: "vercel/prj_sophia" },
    message: "vercel prj_sophia was edited outside: ESTUARY_API_KEY",
    command: "npx sophia-secrets sync-vercel --project prj_sophia --stack development",
  }),
  finding("destination-missing", {
    ...{ place: "github payready/sophia", variables: ["GONG_API_SECRET"], location: "github/payready/sophia" },
    message: "github payready/sophia lacks GONG_API_SECRET",
    command: "npx sophia-secrets sync-github --repo payready/sophia --stack development",
  }),
  finding("destination-behind", {
    ...{
      place: "vercel prj_sophia",
      variables: ["SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD"],
      location: "vercel/prj_sophia",
    },
    message: "vercel prj_sophia is behind with SNOWFLAKE_USER, SNOWFLAKE_PASSWORD",
    command: "npx sophia-secrets up --stack development",
  }),
  finding("destination-shadowed", {
    ...{ place: "github payready/sophia", variables: ["SNOWFLAKE_PASSWORD"], location: "github/payready/sophia" },
    message: "github payready/sophia is hidden by nearer entries: SNOWFLAKE_PASSWORD",
    command: "gh secret delete SNOWFLAKE_PASSWORD --repo payready/sophia --env production",
  }),
  finding("rotation-never", {
    ...{
      service: "gong",
      location: "services/gong.ts",
      message: "Rotate gong (NEVER; imported at least 210 days ago)",
    },
    command: "npx sophia-secrets rotate --service gong --stack development",
  }),
  finding("rotation-due-soon", {
    ...{ service: "vercel", location: "services/vercel.ts", message: "Rotate vercel (DUE SOON; rotated 85 days ago)" },
    command: "npx sophia-secrets rotate --service vercel --stack development",
  }),
];

interface AuditParts {
  readonly findings?: readonly Finding[];
  readonly credentials?: Readonly<Record<string, Partial<ServiceFindings>>>;
  readonly statuses?: Readonly<Record<string, Readonly<Record<string, CellStatus>>>>;
}

function ageOf(days: number, everyDays: number) {
  const dueInDays = everyDays - days;
  const times = {
    since: daysAgo(days),
    ageDays: days,
    rotatedAt: daysAgo(days),
    dueAt: daysAgo(-dueInDays),
    dueInDays,
  };
  return { status: "OK", basis: "rotated", ...times } as const;
}

const EVIDENCE: Readonly<Record<CellStatus, string>> = {
  "in step": "the values are equal",
  behind: "ESC has another value since we wrote it",
  "edited outside": "written after our last write",
  missing: "written by us, not there any more",
  shadowed: "hidden by github payready/sophia production",
  foreign: "not written by this stack",
  unknown: "the place or the state was not read",
};

/** An audit of the whole catalogue at three places, with parts to replace. */
export function auditOf({ findings = [], credentials = {}, statuses = {} }: AuditParts): Audit {
  const ages: Readonly<Record<string, number>> = { snowflake: 41, gong: 70, vercel: 12, estuary: 33 };
  const audited = rotating.map(({ name, title, owner, rotation }): ServiceFindings => {
    const everyDays = rotation?.everyDays ?? 90;
    const basics = { service: name, title, owner, everyDays, phase: "idle", missing: [], variables: [], unknown: [] };
    const own = credentials[name] ?? {};
    const age = own.status === "NEVER" ? UNDATED : ageOf(Math.min(ages[name] ?? 20, everyDays - 10), everyDays);
    return { ...basics, ...age, ...own };
  });
  const destinations = [
    ["esc payready/sophia/development", "esc"],
    ["github payready/sophia", "github"],
    ["github payready/sophia production", "github"],
    ["vercel prj_sophia", "vercel"],
  ] as const;
  const places = destinations.map(([place, destination]): PlaceAudit => ({
    ...{
      place,
      destination,
      state: "read",
      lastWrite: daysAgo(12),
      others: destination === "vercel" ? ["NODE_ENV"] : [],
    },
    variables: variablesFor(destination, catalogue)
      .filter(({ name }) => place.endsWith("production") === false || name.startsWith("SNOWFLAKE_PASS"))
      .map(({ name: variable }) => ({
        variable,
        status: statuses[place]?.[variable] ?? "in step",
        updatedAt: daysAgo(3),
        evidence: EVIDENCE[statuses[place]?.[variable] ?? "in step"],
      })),
  }));
  const sorted = byUrgency(findings);
  const fresh = { last: daysAgo(12), days: 12, isOld: false };
  return {
    ...{ organization: "payready", stack: "development", timestamp: NOW, offline: false, isSetUp: true },
    ...{ services: audited, places, importers: ["sophia/consumer"], envFiles: [], missingAtDestinations: [] },
    tokens: [
      { token: "GITHUB_TOKEN", expires: "at", expiresAt: daysAgo(-60), daysLeft: 60, state: "ok" },
      { token: "SOPHIA_VERCEL_CONTROL_TOKEN", expires: "no end", state: "ok" },
    ],
    freshness: { repositories: fresh, organization: fresh, intake: fresh },
    ...{ findings: sorted, recommendations: sorted.map(recommendation) },
  };
}

/** A saved test in which all passed, with results to replace. */
export function testOf(results: Readonly<Record<string, Omit<TestedService, "service">>>, days = 0.2): NewestTest {
  return {
    ...{
      state: "read",
      stack: "development",
      file: "integration_test_results_20261123_041200.json",
      timestamp: daysAgo(days),
    },
    services: catalogue.map(({ name }) => ({ service: name, outcome: "passed", advice: [], ...results[name] })),
  };
}

/** The history of services that were rotated so many days ago, a day of both alive each time, and of some that drain since so many days. */
export function historyFrom(
  ended: Readonly<Record<string, readonly number[]>>,
  draining: Readonly<Record<string, number>> = {},
): StackHistory {
  const changes = rotating.flatMap(({ name }) =>
    changesOf(
      name,
      [...(ended[name] ?? [])].sort((a, b) => b - a),
      draining[name],
    ),
  );
  const records: Record<string, RotationRecord> = {};
  const revisions: RecordRevision[] = [{ at: daysAgo(150), records: {} }];
  for (const { at, service, record } of changes.sort((left, right) => left.at.localeCompare(right.at))) {
    records[service] = record;
    revisions.push({ at, records: { ...records } });
  }
  return {
    ...{ state: "read", since: daysAgo(150), isCut: false },
    services: rotating.map(({ name }) => historyOf(name, revisions)),
  };
}

function changesOf(service: string, ends: readonly number[], draining: number | undefined) {
  const changes: { at: string; service: string; record: RotationRecord }[] = [];
  let record = FIRST_RECORD;
  const put = (days: number, next: RotationRecord) => {
    record = next;
    changes.push({ at: daysAgo(days), service, record });
  };
  const begin = (days: number) => {
    put(days + 1.001, transitions.stage(record, RUN));
    put(days + 1.0005, transitions.promote(record, []));
    put(days + 1, transitions.drain(record, { rotatedAt: daysAgo(days), variables: [], retireAfter: daysAgo(days) }));
  };
  for (const days of ends) {
    begin(days);
    put(days + 0.001, transitions.retire(record, undefined));
    put(days, transitions.finish(record));
  }
  if (draining !== undefined) begin(draining - 1);
  return changes;
}
