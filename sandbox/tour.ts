/** What does `npm run sandbox` show? The whole life of the credentials on the real engine: up, test, rotate, test, audit, and nothing left to change. */
import { services } from "../services";
import { audit, auditSummary } from "../automation/audit";
import { integrationTest } from "../automation/cli/commands/test";
import { type PublishedValues } from "../automation/rotation/world";
import { createRotationContext } from "../automation/rotation/context";
import { type RotationReport } from "../automation/rotation/report";
import { rotate } from "../automation/rotation/rotate";
import { type Session } from "../automation/session";
import { startConsumer } from "./consumer";
import { createGongAdmin, createGongAssistant } from "./gong-admin";
import { comparePlaces, placeFaults } from "./places";
import { standInsOf, type Sandbox } from "./sandbox";
import { type Toolchain } from "./toolchain";
import {
  type ConsumerReport,
  type PlacedVariable,
  type RetiredCredential,
  type TourCheck,
  type TourReport,
} from "./tour-report";

/** What the tour is given. */
export interface TourOptions {
  readonly sandbox: Sandbox;
  readonly session: Session;
  readonly toolchain: Toolchain;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** One line of what is going on. */
  readonly talk: (line: string) => void;
}

/** Late readers get this long before an old credential goes. Milliseconds. */
const GRACE_MS = 2000;

/** Runs the tour and returns its report; throws where even the report makes no sense. */
export async function runTour(options: TourOptions): Promise<TourReport> {
  const { sandbox, session, toolchain, now, talk } = options;
  const startedAt = now();
  const heading = (text: string) => talk(`\n${text}`);

  heading("1/6  pulumi up: ESC environments, GitHub secrets, Snowflake role and user, Vercel variables");
  const up = await session.stack({ onChange: ({ op, name }) => talk(`     ${op.padEnd(7)} ${name}`) }).up();
  talk(`     ${up.changes.length} resources in ${seconds(up.durationMs)}`);

  heading("2/6  integration test: log in to every service with what consumers read");
  const before = await session.openPublished();
  const testBefore = await integrationTest(session, services, before.environmentVariables, { now });
  talk(describeTest(testBefore));

  heading("3/6  rotate --service all, while a consumer uses every credential all along");
  const consumer = startConsumer(session);
  const rotation = await rotateAll(options);
  const consumed = await consumer.stop();
  for (const { service, uses, refusals } of consumed)
    talk(`     consumer of ${service}: used ${uses} times, refused ${refusals} times`);

  heading("4/6  integration test again, and the old credentials must be refused");
  const after = await session.openPublished();
  const testAfter = await integrationTest(session, services, after.environmentVariables, { now });
  talk(describeTest(testAfter));
  const retired = await tryRetired(session, before, rotation);
  for (const { service, refused } of retired)
    talk(`     old credential of ${service}: ${refused ? "refused" : "STILL ACCEPTED"}`);

  heading("5/6  compare what ESC, GitHub and Vercel hold, byte for byte");
  const outputs = await session.stack().outputs();
  const variables = await comparePlaces(sandbox, session.settings, outputs?.fingerprints ?? {});
  talk(`     ${variables.length} variables, ${placeFaults(variables).length} differences`);

  heading("6/6  audit, and a preview that must find nothing to change");
  const audited = auditSummary(await audit(session, services, now()));
  const previewAfter = await session.stack().preview();
  talk(`     ${previewAfter.changes.length} changes, ${previewAfter.unchanged} unchanged`);

  const facts = {
    testBefore,
    testAfter,
    rotation,
    consumer: consumed,
    retired,
    variables,
    audit: audited,
    previewAfter,
  };
  const checks = runChecks(facts, sandbox);
  return {
    schema: "sophia-secrets/sandbox-report",
    version: 1,
    startedAt: new Date(startedAt).toISOString(),
    endedAt: new Date(now()).toISOString(),
    result: checks.every(({ passed }) => passed) ? "passed" : "failed",
    stack: session.stackName,
    tools: toolReports(toolchain),
    up: { changes: up.changes, unchanged: up.unchanged, durationMs: up.durationMs },
    ...facts,
    checks,
    next: NEXT,
  };
}

const NEXT = [
  'Play by hand: npx sophia-secrets sandbox start, then eval "$(npx sophia-secrets sandbox env)" and pulumi preview.',
  "Point a stack at the real services: see docs/quick-start.md.",
  "Rotate there with: npx sophia-secrets rotate --service snowflake --stack development.",
];

async function rotateAll({ sandbox, session, now, sleep, talk }: TourOptions): Promise<RotationReport> {
  const rotating = services.filter(({ rotation }) => rotation !== undefined);
  const context = createRotationContext(session, {
    assistant: createGongAssistant(createGongAdmin(sandbox.gong.url, sandbox.adminToken)),
    now,
    sleep,
    tell: (service, { step, detail }) => talk(`     ${service.padEnd(10)} ${step.padEnd(8)} ${detail}`),
    tellUp: (step) => talk(`     pulumi up (${step})`),
  });
  return rotate({ services: rotating, graceMs: GRACE_MS }, context);
}

/** Logs in once more with what consumers read before the rotation. */
async function tryRetired(
  session: Session,
  before: PublishedValues,
  rotation: RotationReport,
): Promise<RetiredCredential[]> {
  return Promise.all(
    rotation.services.map(async ({ service: name }) => {
      const service = services.find((candidate) => candidate.name === name);
      const probe = service && (await session.probe(service, before.environmentVariables));
      return { service: name, refused: probe?.credentialRefused ?? false };
    }),
  );
}

type Facts = Pick<TourReport, "testBefore" | "testAfter" | "rotation" | "retired" | "audit" | "previewAfter"> & {
  readonly consumer: readonly ConsumerReport[];
  readonly variables: readonly PlacedVariable[];
};

function runChecks(facts: Facts, sandbox: Sandbox): TourCheck[] {
  const { testBefore, testAfter, rotation, consumer, retired, variables, previewAfter } = facts;
  const check = (name: string, faults: readonly string[], fine: string): TourCheck => ({
    name,
    passed: faults.length === 0,
    detail: faults.length === 0 ? fine : faults.join("; "),
  });
  const failed = (report: typeof testBefore) =>
    Object.entries(report.services).flatMap(([name, { outcome, error }]) =>
      outcome === "passed" ? [] : [`${name}: ${error ?? outcome}`],
    );
  const unexpected = standInsOf(sandbox).flatMap((standIn) =>
    standIn
      .requests()
      .flatMap(({ unexpected, method, path }) => (unexpected ? [`${standIn.name}: ${method} ${path}`] : [])),
  );
  return [
    check("Every service takes the credential before the rotation", failed(testBefore), "all probes passed"),
    check(
      "Every credential was rotated",
      rotation.services.flatMap(({ service, outcome, summary }) =>
        outcome === "rotated" ? [] : [`${service}: ${summary}`],
      ),
      `${rotation.services.length} services`,
    ),
    check(
      "No consumer was refused at any moment",
      consumer.flatMap(({ service, refusals, uses }) =>
        refusals === 0 && uses > 0 ? [] : [`${service}: ${refusals} of ${uses} uses refused`],
      ),
      `${consumer.reduce((sum, { uses }) => sum + uses, 0)} uses`,
    ),
    check("Every service takes the credential after the rotation", failed(testAfter), "all probes passed"),
    check(
      "Every old credential is refused",
      retired.flatMap(({ service, refused }) => (refused ? [] : [service])),
      "all refused",
    ),
    check("Every place holds the same bytes", placeFaults(variables), `${variables.length} variables`),
    check(
      "A preview finds nothing to change",
      previewAfter.changes.map(({ op, name }) => `${op} ${name}`),
      "no changes",
    ),
    check("Nothing was asked that the stand-ins do not know", unexpected, "no unknown request"),
    check("Nothing tried to leave this machine", sandbox.proxy.refused(), "no refused connection"),
  ];
}

function toolReports({ pulumi, languageHost, plugins }: Toolchain): TourReport["tools"] {
  const named = [{ ...pulumi, name: "pulumi" }, { ...languageHost, name: "pulumi-language-nodejs" }, ...plugins];
  return named.map(({ name, version, source }) => ({ name, version, source }));
}

function describeTest({ services: tested }: TourReport["testBefore"]): string {
  return Object.entries(tested)
    .map(([name, { outcome, error }]) => `     ${name.padEnd(10)} ${outcome}${error === null ? "" : `: ${error}`}`)
    .join("\n");
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
