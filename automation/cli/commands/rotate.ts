/** `rotate`: replace credentials without a moment in which a consumer's credential is refused. */
import { type Service } from "../../../services/service";
import { AutomationError, EXIT, usageError } from "../../errors";
import { formatDeed, formatRotationReport, formatStep } from "../../reports/rotation";
import { rotationMarkdown } from "../../reports/rotation-markdown";
import { createRotationContext } from "../../rotation/context";
import { rotationExitCode, type RotationReport } from "../../rotation/report";
import { rotate } from "../../rotation/rotate";
import { type Assistant, type RotationContext } from "../../rotation/world";
import { refuseControlTokens, refusePublishedTokens } from "../../self-rotation";
import { type Session } from "../../session";
import { selectServices, type CommandContext, type CommandResult } from "../command";
import { openSummary } from "../summary";
import { createAssistant } from "./rotate-assistant";
import { openDelivery, type Deliver } from "./rotate-delivery";
import { type Incident } from "./rotate-emergency";

/** Options of `rotate`. */
export interface RotateCommandOptions {
  readonly services: readonly string[];
  readonly graceMs: number;
  readonly resume: boolean;
  readonly takeOver: boolean;
  /** Go back to the old credential instead. */
  readonly abort: boolean;
  readonly yes: boolean;
  /** Show the plan and change nothing. */
  readonly dryRun: boolean;
  /** Leave alone what is not due yet. */
  readonly dueOnly: boolean;
  /** Retire the old credential although it is still in use. */
  readonly force: boolean;
  /** Build what runs at Vercel again before the old credential goes. */
  readonly redeploy: boolean;
  /** Without grace and without asking whether the old credential is used. */
  readonly emergency: boolean;
  /** Rotate, as in an emergency, what was exposed there: `github`, `vercel`, `env-file` or an ISO date. */
  readonly exposedAt?: string;
  /** Where the evidence of that goes. @default secrets_exposure_….json in the working directory */
  readonly evidence?: string;
  /** Show what is due when and change nothing. */
  readonly schedule: boolean;
  /** A JSON file, or `-` for standard input, with the new values of a credential that a person makes. */
  readonly fromFile?: string;
  /** A file that gets the JSON report as well. */
  readonly output?: string;
  /** A file that gets a report in Markdown as well. */
  readonly summary?: string;
}

/** Rotates the selected services, or shows what a rotation would do or is due. */
export async function runRotate(options: RotateCommandOptions, context: CommandContext): Promise<CommandResult> {
  const summary = openSummary(options.summary, `Rotation of stack ${context.stackName}`, context);
  return summary.during(async () =>
    rotateOrShow(options, context, await openDelivery(options.output, summary, context)),
  );
}

async function rotateOrShow(options: RotateCommandOptions, context: CommandContext, deliver: Deliver) {
  const selected = selectServices(options.services, ({ rotation }) => rotation !== undefined);
  if (options.schedule) return (await import("./rotate-plan.js")).runRotateSchedule(selected, context, deliver);
  const session = context.session();
  requireUseOfFile(options, selected, session);
  const incident =
    options.exposedAt === undefined
      ? undefined
      : await (await emergency()).findIncident(options.exposedAt, options.evidence, selected, session, context);
  const isEmergency = options.emergency || incident !== undefined;
  const services = incident ? exposedServices(incident, selected) : selected;
  if (options.dryRun) {
    const { runRotatePlan } = await import("./rotate-plan.js");
    return runRotatePlan(services, isEmergency ? { ...options, graceMs: 0 } : options, context, deliver);
  }
  await context.requireConsent(questionOf(options, services, [session.stackName]), options.yes);
  context.answerInterrupt();
  await requireOthersTokens(session);
  const { graceMs, resume: resumeOnly, takeOver, abort, dueOnly, force, redeploy } = options;
  const assistant = await createAssistant(options.fromFile, context);
  const newContext = () => createContext(session, assistant, takeOver, context);
  if (!isEmergency || services.length === 0) {
    const report = await rotate(
      { services, graceMs, resumeOnly, takeOver, abort, dueOnly, force, redeploy },
      newContext(),
    );
    await deliver(report, formatRotationReport(report, context.width), rotationMarkdown(report));
    return exitCodeOf(report, context);
  }
  const { rotateAtOnce } = await import("../../rotation/emergency.js");
  const { report, error } = await rotateAtOnce({ services, takeOver }, newContext);
  await (await emergency()).showEmergency(report, incident, options.evidence, context, deliver);
  const code = exitCodeOf(report, context);
  // The report has said it, of each service that it concerns.
  if (error instanceof AutomationError) return error.exitCode;
  if (error && code !== EXIT.cancelled) throw error;
  return code;
}

/**
 * Throws where this would rotate the tool's own tokens, and where the stack was never brought up: there is no credential to replace, and an `up`
 * of everything is more than was asked for. From here on the redactor knows what a service may send back.
 */
async function requireOthersTokens(session: Session): Promise<void> {
  refuseControlTokens((await session.intake.require()).intake, session.settings);
  refusePublishedTokens(await session.openPublished(), session.settings);
}

/** Every service has its part in the report that was shown; what ended the run is thrown, to be said as every error is. */
function exitCodeOf(report: RotationReport, { stackName: stack, dependencies }: CommandContext): number {
  if (report.failure) throw new AutomationError({ ...report.failure, stack });
  return rotationExitCode(report, dependencies.signal.aborted);
}

function emergency() {
  return import("./rotate-emergency.js");
}

/** In the order in which they are to be rotated. */
function exposedServices({ credentials }: Incident, selected: readonly Service[]): Service[] {
  return credentials
    .filter(({ isExposed }) => isExposed)
    .flatMap(({ service }) => selected.filter(({ name }) => name === service));
}

/** What a person is asked before something is changed. */
export function questionOf(
  options: RotateCommandOptions,
  services: readonly Service[],
  stacks: readonly string[],
): string {
  const names = services.map(({ title }) => title).join(", ");
  const isEmergency = options.emergency || options.exposedAt !== undefined;
  const what = isEmergency
    ? "Rotate at once, without grace,"
    : options.abort
      ? "Give up what is under way of"
      : options.dueOnly
        ? "Rotate what is due of"
        : "Rotate";
  const where = stacks.length === 1 ? `stack ${stacks.join()}` : `${stacks.length} stacks (${stacks.join(", ")})`;
  return `${what} ${names} on ${where}?`;
}

function createContext(
  session: Session,
  assistant: Assistant,
  takeOver: boolean,
  context: CommandContext,
): RotationContext {
  const { dependencies, output, width } = context;
  return createRotationContext(session, {
    assistant,
    takeOver,
    now: dependencies.now,
    sleep: dependencies.sleep,
    tell: (service, step) => output.talk(formatStep(service, step, width)),
    tellDeed: (service, deed) => output.talk(formatDeed(service, deed, width)),
    tellUp: (step) => output.talk(`pulumi up (${step})`),
    tellChange: ({ op, name }) => output.talk(`    ${op.padEnd(8)} ${name}`),
    tellProgress: (line) => output.progress(line),
    tellWait: (milliseconds) =>
      output.talk(
        `  another run of this stack is in its pulumi up: waiting for it, ${milliseconds / 60_000} min at most`,
      ),
  });
}

/** A file that nobody reads would be taken for one that was used. */
function requireUseOfFile({ fromFile }: RotateCommandOptions, selected: readonly Service[], session: Session): void {
  if (fromFile === undefined || selected.some((one) => session.credentialOf(one).kind === "provided")) return;
  const names = selected.map(({ title }) => title).join(", ");
  throw usageError(
    "rotate.nothing_to_hand_over",
    `--from-file hands over what a person has made, but ${names} makes its own; nothing was changed.`,
    "Leave --from-file out, or name a service without an API for it.",
  );
}
