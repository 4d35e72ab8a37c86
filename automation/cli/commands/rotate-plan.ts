/** `rotate --dry-run` and `rotate --schedule`: what would a rotation do, and what is due when? Neither changes anything. */
import { type Service } from "../../../services/service";
import { variablesOf } from "../../../services/select";
import {
  formatRotationPlan,
  formatRotationSchedule,
  type RotationPlanReport,
  type RotationScheduleReport,
} from "../../reports/rotation-plan";
import { rotationTextMarkdown } from "../../reports/rotation-markdown";
import { planRotation, withResources, type Planned } from "../../rotation/plan";
import { type RotationRecord } from "../../rotation/record";
import { rotationSchedule } from "../../rotation/schedule";
import { type Session } from "../../session";
import { ESC_TOKEN } from "../../settings";
import { type Intake } from "../../esc/intake";
import { githubPlaces, withDestinations } from "../../sync/desired";
import { githubLabel, vercelLabel } from "../../sync/questions";
import { type CommandContext, type CommandResult } from "../command";
import { type Deliver } from "./rotate-delivery";

/** What the plan is for. */
export interface RotatePlanOptions {
  readonly graceMs: number;
  readonly resume: boolean;
  readonly abort: boolean;
  readonly dueOnly: boolean;
}

/** Shows what a rotation would do: decisions from the intake, resources from previews of what the intake would say. */
export async function runRotatePlan(
  selected: readonly Service[],
  { resume: resumeOnly, ...options }: RotatePlanOptions,
  context: CommandContext,
  deliver: Deliver,
): Promise<CommandResult> {
  const session = context.session();
  const { intake } = await session.intake.require();
  const planned = planRotation({
    ...options,
    services: selected,
    intake,
    resumeOnly,
    credentialOf: (service) => session.credentialOf(service),
    now: context.dependencies.now(),
    fingerprints: (await session.stack().outputs())?.fingerprints ?? {},
    placesOf: placesOf(session, intake, selected),
  });
  const services = withResources(
    planned,
    await preview(session, planned, "next"),
    await preview(session, planned, "ended"),
  );
  const report: RotationPlanReport = {
    schema: "sophia-secrets/rotation-plan",
    version: 1,
    stack: session.stackName,
    services,
  };
  const text = formatRotationPlan(report, context.width);
  await deliver(report, text, rotationTextMarkdown(`Plan of a rotation of stack ${report.stack}`, text));
  return 0;
}

/** Shows what is due when, from the intake alone. */
export async function runRotateSchedule(
  selected: readonly Service[],
  context: CommandContext,
  deliver: Deliver,
): Promise<CommandResult> {
  const session = context.session(ESC_TOKEN);
  const { intake } = await session.intake.require();
  const now = context.dependencies.now();
  const report: RotationScheduleReport = {
    schema: "sophia-secrets/rotation-schedule",
    version: 1,
    stack: session.stackName,
    timestamp: new Date(now).toISOString(),
    services: rotationSchedule(selected, intake, { now, stack: session.stackName }),
  };
  const text = formatRotationSchedule(report);
  await deliver(report, text, rotationTextMarkdown(`Rotation schedule of stack ${report.stack}`, text));
  return 0;
}

/** What an `up` would change if the intake had these records; nothing where none can be assumed. */
async function preview(session: Session, planned: readonly Planned[], which: "next" | "ended") {
  const records = Object.fromEntries(
    planned.flatMap(({ plan, [which]: record }): [string, RotationRecord][] =>
      record ? [[plan.service, record]] : [],
    ),
  );
  return Object.keys(records).length === 0 ? [] : (await session.stack().preview({ records })).changes;
}

/** Every place that a variable of the services is written to, in words. */
function placesOf(session: Session, intake: Intake, services: readonly Service[]): (variable: string) => string[] {
  const { organization, escProject, environments } = session.settings;
  const places = {
    esc: [`esc ${organization}/${escProject}/${environments.published}`],
    github: githubPlaces(withDestinations(session.settings, intake.github)).map((place) =>
      githubLabel(session.settings.github.owner, place),
    ),
    vercel: [vercelLabel(session.settings)],
  };
  const declared = services.flatMap(variablesOf);
  return (name) =>
    (declared.find((variable) => variable.name === name)?.destinations ?? []).flatMap((to) => places[to]);
}
