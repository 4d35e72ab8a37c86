/** What does an audit look like that has found one of everything? For the specs of its reports. */
import { type Audit } from "../../../automation/audit";
import { byUrgency, finding, recommendation, RULES, type RuleId } from "../../../automation/audit/findings";

const TIME = "2026-11-23T09:00:00.000Z";

/** An audit with one finding of every rule, a cell of every status, and a token of every state. */
export function auditFixture(more: Partial<Audit> = {}): Audit {
  const findings = byUrgency(
    (Object.keys(RULES) as RuleId[]).reverse().map((rule) =>
      finding(rule, {
        ...{ service: "gong", place: "github payready/sophia", variables: ["GONG_API_KEY"] },
        ...{ location: "services/gong.ts", message: `Found ${rule}` },
        command: `npx sophia-secrets mend ${rule} --stack development`,
      }),
    ),
  );
  const age = {
    status: "OK",
    basis: "rotated",
    since: TIME,
    ageDays: 0,
    dueAt: "2026-12-23T09:00:00.000Z",
    dueInDays: 30,
  } as const;
  const statuses = ["in step", "behind", "edited outside", "missing", "shadowed", "foreign", "unknown"] as const;
  return {
    ...{ organization: "payready", stack: "development", timestamp: TIME, offline: false, isSetUp: true },
    services: [
      {
        ...{ service: "snowflake", title: "Snowflake", owner: "data-team", everyDays: 30, ...age },
        ...{ rotatedAt: TIME, phase: "idle", missing: [], unknown: [] },
        variables: [
          { name: "SNOWFLAKE_PASSWORD", secret: true, present: true, missing: false, fingerprint: "0123456789ab", age },
        ],
      },
      {
        ...{ service: "gong", title: "Gong", owner: "sales", everyDays: 60, status: "OVERDUE", basis: "claimed" },
        ...{ since: "2025-06-18T00:00:00.000Z", ageDays: 523, dueAt: "2025-08-17T00:00:00.000Z", dueInDays: -463 },
        ...{ rotatedAt: "2025-06-18T00:00:00.000Z", claimedBy: "secrets_config.json", phase: "staged" },
        ...{ missing: ["GONG_API_KEY"], unknown: [] },
        variables: [
          { name: "GONG_API_KEY", secret: true, present: false, missing: true },
          { name: "GONG_API_SECRET", secret: true, present: true, missing: false },
        ],
      },
    ],
    missingAtDestinations: [{ place: "github payready/sophia", name: "V3" }],
    places: [
      {
        ...{
          place: "github payready/sophia",
          destination: "github",
          state: "read",
          lastWrite: TIME,
          others: ["THEIRS"],
        },
        variables: statuses.map((status, index) => ({
          variable: `V${index}`,
          status,
          writtenAt: TIME,
          updatedAt: TIME,
          evidence: "seen",
        })),
      },
      {
        ...{ place: "github organization payready", destination: "github", state: "unreadable", reason: "status 403" },
        ...{ visibility: "private", others: [], variables: [] },
      },
    ],
    importers: ["sophia/consumer"],
    tokens: [
      { token: "GITHUB_TOKEN", expires: "at", expiresAt: TIME, daysLeft: 0, state: "expired" },
      { token: "SOPHIA_VERCEL_CONTROL_TOKEN", expires: "no end", state: "ok" },
      { token: "vercel-a-token", expires: "unknown", state: "unknown" },
    ],
    envFiles: [{ file: ".env", tracked: true, mode: "0644", exposed: true }],
    freshness: {
      repositories: { last: TIME, days: 0, isOld: false },
      organization: { last: "never", days: undefined, isOld: true },
      intake: { last: "2026-10-01T00:00:00.000Z", days: 53, isOld: true },
    },
    findings,
    recommendations: findings.map(recommendation),
    ...more,
  };
}

/** The same audit with every text that comes from outside replaced; words of fixed sets, rules and times stay. */
export function hostileAudit(hostile: string): Audit {
  const keep =
    /^(\d{4}-\d\d-\d\dT.*|[A-Z]+( [A-Z]+)?|in step|behind|edited outside|missing|shadowed|foreign|unknown|read|unreadable|at|no end|ok|expired|error|warning|note|rotated|claimed|github|idle|staged)$/;
  const change = (value: unknown, key: string): unknown => {
    if (typeof value === "string") return key === "rule" || keep.test(value) ? value : hostile;
    if (Array.isArray(value)) return value.map((item) => change(item, key));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, change(item, name)]));
  };
  return change(auditFixture(), "") as Audit;
}
