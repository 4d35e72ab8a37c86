/** What does a sandbox's tour leave behind? A report as a real run makes it, with parts to replace. */
import { type ProbeResult } from "../../automation/probes/result";
import { buildIntegrationTestReport } from "../../automation/reports/integration-test";
import { type ServiceRotation, type StepName, type StepReport } from "../../automation/rotation/report";
import { type ResourceChange } from "../../automation/stack";
import { type PlacedVariable, type TourReport } from "../../sandbox/tour-report";

const START = Date.parse("2026-11-23T09:00:00.000Z");
const ROTATION = START + 31_400;
const STEPS: readonly StepName[] = ["stage", "verify", "promote", "confirm", "drain", "retire"];

/** An ISO time, so many seconds after the rotation has begun. */
export function rotationTime(seconds: number): string {
  return new Date(ROTATION + seconds * 1000).toISOString();
}

/** A whole tour in which everything went well; parts of it can be replaced. */
export function tourReport(changes: Partial<TourReport> = {}): TourReport {
  return {
    schema: "sophia-secrets/sandbox-report",
    version: 1,
    startedAt: new Date(START).toISOString(),
    endedAt: new Date(START + 72_300).toISOString(),
    result: "passed",
    stack: "development",
    tools: tools(),
    up: { changes: resources(), unchanged: 0, durationMs: 24_810 },
    testBefore: integrationTest(START + 27_000),
    rotation: {
      schema: "sophia-secrets/rotation",
      version: 1,
      stack: "development",
      runId: "9f2c1d7a",
      startedAt: rotationTime(0),
      endedAt: rotationTime(29.2),
      services: [
        serviceRotation("snowflake", [8.9, 10.3, 18.2, 19.6, 19.6, 28.4], ["SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD"]),
        serviceRotation("gong", [8.9, 9.2, 18.2, 18.5, 18.6, 27.9], ["GONG_API_KEY", "GONG_API_SECRET"]),
        serviceRotation("vercel", [8.9, 9.1, 18.2, 18.4, 18.5, 27.8], ["VERCEL_ACCESS_TOKEN"]),
        serviceRotation("estuary", [8.9, 9.3, 18.2, 18.4, 18.5, 27.8], ["ESTUARY_API_KEY"]),
      ],
      ups: [
        { step: "stage", durationMs: 8_420, changes: changesOf("create", 7, "update", 2) },
        { step: "promote", durationMs: 7_710, changes: changesOf("update", 13) },
        { step: "retire", durationMs: 7_930, changes: changesOf("update", 1, "delete", 6) },
      ],
    },
    consumer: ["snowflake", "gong", "vercel", "estuary"].map((service, index) => ({
      service,
      uses: 292 + 11 * index,
      refusals: 0,
      unknown: 0,
    })),
    testAfter: integrationTest(START + 62_000),
    variables: variables(),
    retired: ["snowflake", "gong", "vercel", "estuary"].map((service) => ({ service, refused: true })),
    audit: audit(),
    previewAfter: { changes: [], unchanged: 71, durationMs: 3_120 },
    checks: checks(),
    next: [
      "Look at what the stand-ins hold, by hand: npx sophia-secrets sandbox start",
      'Try every command against them after `eval "$(npx sophia-secrets sandbox env)"`.',
      "Set up your own stack: write its names into Pulumi.production.yaml, then run `npx sophia-secrets doctor --stack production`.",
    ],
    ...changes,
  };
}

/** One service's rotation whose steps ended at these seconds. */
export function serviceRotation(
  service: string,
  ends: readonly number[],
  names: readonly string[],
  changes: Partial<ServiceRotation> = {},
): ServiceRotation {
  return {
    service,
    outcome: "rotated",
    summary: "the new credential is in use and proven, the old one is refused",
    from: { slot: "a", generation: 1 },
    to: { slot: "b", generation: 1 },
    steps: ends.map((end, index) => step(STEPS[index] ?? "stage", ends[index - 1] ?? 0, end)),
    deeds: [],
    instructions: [],
    tornWindows: [],
    bothAlive: { from: rotationTime(ends[1] ?? 0), until: rotationTime(ends[5] ?? 0) },
    variables: names,
    ...changes,
  };
}

/** A probe's result. */
export function probeResult(service: string, changes: Partial<ProbeResult> = {}): ProbeResult {
  return {
    service,
    outcome: "passed",
    reason: "Done.",
    credentialRefused: false,
    details: { status: 200 },
    durationMs: 138,
    attempts: 1,
    ...changes,
  };
}

const DETAILS: Readonly<Record<StepName, string>> = {
  stage: "slot b, generation 1, exists and is registered",
  verify: "Done: reads the list of users.",
  promote: "consumers are pointed to slot b in ESC and at every destination",
  confirm: "Done: reads the list of users.",
  drain: "the grace period is over",
  retire: "the old credential is refused",
};

function step(name: StepName, from: number, until: number): StepReport {
  return { step: name, startedAt: rotationTime(from), endedAt: rotationTime(until), detail: DETAILS[name] };
}

function tools(): TourReport["tools"] {
  return [
    { name: "pulumi", version: "3.259.0", source: "go-modules" },
    { name: "pulumi-language-nodejs", version: "3.68.0", source: "go-modules" },
    { name: "github", version: "6.15.0", source: "go-modules" },
    { name: "snowflake", version: "1.3.0", source: "download" },
    { name: "random", version: "4.21.2", source: "present" },
    { name: "vercel", version: "5.4.1", source: "stand-in" },
    { name: "pulumiservice", version: "1.3.0", source: "stand-in" },
  ];
}

/** Name, whether it is secret, and where it goes besides ESC. */
const VARIABLES: Readonly<Record<string, readonly (readonly [string, boolean])[]>> = {
  snowflake: [
    ["SNOWFLAKE_ACCOUNT", false],
    ["SNOWFLAKE_USER", false],
    ["SNOWFLAKE_PASSWORD", true],
    ["SNOWFLAKE_WAREHOUSE", false],
    ["SNOWFLAKE_DATABASE", false],
    ["SNOWFLAKE_SCHEMA", false],
    ["SNOWFLAKE_ROLE", false],
  ],
  gong: [
    ["GONG_API_KEY", true],
    ["GONG_API_SECRET", true],
    ["GONG_ACCESS_KEY", true],
    ["GONG_API_BASE_URL", false],
  ],
  vercel: [
    ["VERCEL_ACCESS_TOKEN", true],
    ["VERCEL_PROJECT_ID", false],
    ["VERCEL_ORG_ID", false],
    ["VERCEL_TEAM_ID", false],
  ],
  estuary: [
    ["ESTUARY_API_KEY", true],
    ["ESTUARY_API_URL", false],
  ],
};

function variables(): PlacedVariable[] {
  const flat = Object.entries(VARIABLES).flatMap(([service, list]) =>
    list.map(([name, secret]) => ({ service, name, secret })),
  );
  return flat.map(({ service, name, secret }, index) => ({
    name,
    service,
    secret,
    fingerprint: ((index + 3) * 0x1f3d5b79a).toString(16).padStart(12, "7").slice(0, 12),
    places: {
      "esc payready/sophia/development": "same",
      "github payready/sophia": "same",
      "vercel prj_sandbox": service === "vercel" ? "not sent" : "same",
    },
  }));
}

function resources(): ResourceChange[] {
  const create = (type: string, ...names: readonly string[]): ResourceChange[] =>
    names.map((name) => ({ op: "create", type, name }));
  const all = variables();
  const namesWhere = (secret: boolean) => all.filter((one) => one.secret === secret).map(({ name }) => name);
  const grant = "snowflake:index/grantPrivilegesToAccountRole:GrantPrivilegesToAccountRole";
  return [
    ...create("pulumi:providers:github", "github"),
    ...create("pulumi:providers:vercel", "vercel"),
    ...create("sophia:index:CredentialSlots", "snowflake", "gong", "vercel", "estuary"),
    ...create("random:index/randomPassword:RandomPassword", "snowflake-password-a", "fingerprint-key"),
    ...create("snowflake:index/accountRole:AccountRole", "snowflake-role"),
    ...create(grant, "snowflake-usage-warehouse", "snowflake-usage-database", "snowflake-usage-schema"),
    ...create("snowflake:index/legacyServiceUser:LegacyServiceUser", "snowflake-user-a"),
    ...create("snowflake:index/grantAccountRole:GrantAccountRole", "snowflake-user-a-role"),
    ...create("vercel:index/userToken:UserToken", "vercel-token-a"),
    ...create("pulumi-nodejs:credentials:EstuaryToken", "estuary-token-a"),
    ...create("pulumiservice:index:Environment", "esc-secrets", "esc-published"),
    ...create("pulumiservice:index:EnvironmentVersionTag", "esc-stable"),
    ...create("github:index/actionsSecret:ActionsSecret", ...namesWhere(true).map((name) => `sophia-${name}`)),
    ...create("github:index/actionsVariable:ActionsVariable", ...namesWhere(false).map((name) => `sophia-${name}`)),
    ...create(
      "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable",
      ...all.filter(({ service }) => service !== "vercel").map(({ name }) => `vercel-${name}`),
    ),
  ];
}

function changesOf(...parts: readonly (string | number)[]): ResourceChange[] {
  return parts.flatMap((part, index) =>
    typeof part === "number"
      ? Array.from({ length: part }, (_, number) => ({
          op: String(parts[index - 1]),
          type: "github:index/actionsSecret:ActionsSecret",
          name: `sophia-${number}`,
        }))
      : [],
  );
}

function integrationTest(startedAt: number) {
  const role = { user: "SOPHIA_SERVICE", role: "SOPHIA_ROLE", warehouse: "SOPHIA_WH" };
  return buildIntegrationTestReport(
    [
      probeResult("snowflake", { durationMs: 1_240, details: role }),
      probeResult("gong", { details: { users: 3, status: 200 } }),
      probeResult("vercel", { durationMs: 96 }),
      probeResult("estuary", { durationMs: 171, attempts: 2 }),
    ],
    { startedAt, durationMs: 1_260 },
  );
}

function audit(): TourReport["audit"] {
  const days = { snowflake: 30, gong: 60, vercel: 90, estuary: 60 };
  return {
    schema: "sophia-secrets/audit",
    version: 1,
    stack: "development",
    timestamp: new Date(START + 64_000).toISOString(),
    services: Object.entries(days).map(([service, dueInDays]) => ({
      service,
      status: "OK",
      rotatedAt: rotationTime(29),
      dueInDays,
      phase: "idle",
      missing: [],
    })),
    missingAtDestinations: [],
    recommendations: [],
  };
}

function checks(): TourReport["checks"] {
  return [
    { name: "Everything was created", passed: true, detail: "46 resources, no errors." },
    { name: "Every service works before the rotation", passed: true, detail: "4 of 4 are connected." },
    { name: "Every credential was rotated", passed: true, detail: "Snowflake, Gong, Vercel and Estuary are rotated." },
    { name: "No consumer was refused", passed: true, detail: "1,234 uses, no refusal." },
    { name: "Every service works after the rotation", passed: true, detail: "4 of 4 are connected." },
    { name: "Every place holds the same value", passed: true, detail: "47 copies are byte for byte the same." },
    { name: "Old credentials are refused", passed: true, detail: "4 of 4 are refused." },
    { name: "Nothing is left to change", passed: true, detail: "A preview finds 71 resources as they are." },
    { name: "Nothing left this machine", passed: true, detail: "The proxy saw no host but the stand-ins." },
  ];
}
