/** `rotate` of several stacks: a few at a time, each in a process of its own, one summary in the end. */
import { readPackage } from "../package";
import { usageError } from "../../errors";
import { childWorker } from "../../fleet/child";
import { fanOut, fleetExitCode, type StackOutcome, type StackWorker } from "../../fleet/fan-out";
import { defaultParallel } from "../../fleet/parallel";
import { selectStacks } from "../../fleet/select-stacks";
import { fleetMarkdown, fleetReport, formatFleetReport, formatStackOutcome } from "../../reports/fleet";
import { formatRotationPlan, formatRotationSchedule } from "../../reports/rotation-plan";
import { listStacks } from "../../stack-file";
import { type AlertFlags } from "../alerting";
import { selectServices, type CommandContext, type CommandResult } from "../command";
import { openSummary } from "../summary";
import { questionOf, type RotateCommandOptions } from "./rotate";
import { openDelivery } from "./rotate-delivery";

/** Options of `rotate` that count for several stacks. */
export interface RotateFleetOptions extends RotateCommandOptions, AlertFlags {
  /** Names and patterns. */
  readonly stacks: readonly string[];
  /** Stacks at once. @default as many as this machine carries */
  readonly parallel?: number;
  readonly verbose: boolean;
}

/** Rotates, or shows the plan or the schedule of, every stack that is meant. Exit code: see {@link fleetExitCode}. */
export async function runRotateFleet(
  options: RotateFleetOptions,
  context: CommandContext,
  worker?: StackWorker,
): Promise<CommandResult> {
  const { dependencies, output } = context;
  const { directory, environment, signal, now } = dependencies;
  const stacks = selectStacks(options.stacks, listStacks(directory));
  requireOwnInputs(options, stacks, environment);
  const services = selectServices(options.services, ({ rotation }) => rotation !== undefined);
  const isReading = options.dryRun || options.schedule;
  const summary = openSummary(options.summary, `Rotation of ${stacks.length} stacks`, context);
  const deliver = await openDelivery(options.output, summary, context);
  if (!isReading) await context.requireConsent(questionOf(options, services, stacks), options.yes);
  const parallel = options.parallel ?? defaultParallel();
  const startedAt = now();
  const stamp = new Date(startedAt).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "_");
  const outcomes = await fanOut({
    ...{ stacks, parallel, signal, now },
    worker:
      worker ??
      childWorker({
        packageDirectory: readPackage().directory,
        words: (stack) => wordsFor(stack, stamp, options),
        ...{ directory, environment },
        tell: (stack, line) => output.detail(`${stack}: ${line.replace(/^[\s·]+/, "")}`),
      }),
    onBegin: (stack) => output.talk(`  ${stack}  begins`),
    onEnd: (outcome, ended) =>
      output.talk(`${formatStackOutcome(outcome)}${progress(ended, stacks.length, now() - startedAt)}`),
  });
  const times = { startedAt: new Date(startedAt).toISOString(), endedAt: new Date(now()).toISOString() };
  const report = fleetReport(outcomes, { parallel, ...times });
  await deliver(
    report,
    [formatFleetReport(report), ...report.stacks.flatMap(shownWhole)].join("\n"),
    fleetMarkdown(report),
  );
  return fleetExitCode(outcomes, signal.aborted);
}

/** What is made for one stack is not handed to many, and settings are each stack's own. */
function requireOwnInputs({ fromFile }: RotateFleetOptions, stacks: readonly string[], environment: NodeJS.ProcessEnv) {
  const named = `${stacks.length} stacks (${stacks.join(", ")})`;
  if (fromFile !== undefined)
    throw usageError(
      "rotate.one_pair_for_many",
      `--from-file hands over what a person has made for one stack, but ${named} are meant; nothing was changed.`,
      "Run it for each of these stacks with a file of its own.",
    );
  if (stacks.length > 1 && environment.PULUMI_OPTION_CONFIG_FILE)
    throw usageError(
      "rotate.one_settings_file",
      `PULUMI_OPTION_CONFIG_FILE names the settings of one stack, but ${named} are meant; nothing was changed.`,
      "Unset it: each stack has its own Pulumi.<stack>.yaml.",
    );
}

/** The words of one stack's command. Files that a command writes by itself get the stack's name, or they would overwrite each other's. */
function wordsFor(stack: string, stamp: string, options: RotateFleetOptions): string[] {
  const { services, graceMs, exposedAt, evidence, alert, alertState } = options;
  const own = (file: string) => file.replace(/(\.json)?$/, `.${stack}$1`);
  const flags: Readonly<Record<string, boolean>> = {
    ...{
      "--resume": options.resume,
      "--take-over": options.takeOver,
      "--abort": options.abort,
      "--force": options.force,
    },
    ...{ "--dry-run": options.dryRun, "--due-only": options.dueOnly, "--schedule": options.schedule },
    ...{ "--redeploy": options.redeploy, "--emergency": options.emergency, "--verbose": options.verbose },
  };
  return [
    ...["rotate", "--yes", "--grace", `${Math.round(graceMs / 1000)}s`],
    ...services.flatMap((service) => ["--service", service]),
    ...Object.entries(flags).flatMap(([flag, isSet]) => (isSet ? [flag] : [])),
    ...(exposedAt === undefined
      ? []
      : ["--exposed-at", exposedAt, "--evidence", own(evidence ?? `secrets_exposure_${stamp}.json`)]),
    ...(alert === undefined
      ? []
      : [`--alert=${alert}`, "--alert-state", own(alertState ?? "secrets_alert_state.json")]),
  ];
}

/** A plan and a schedule are what was asked for, of each stack. */
function shownWhole({ report }: StackOutcome): string[] {
  const { schema } = (report ?? {}) as { readonly schema?: string };
  if (schema === "sophia-secrets/rotation-plan")
    return ["", formatRotationPlan(report as Parameters<typeof formatRotationPlan>[0])];
  if (schema === "sophia-secrets/rotation-schedule")
    return ["", formatRotationSchedule(report as Parameters<typeof formatRotationSchedule>[0])];
  return [];
}

/** How far it is, and how long the rest takes at this pace. */
function progress(ended: number, all: number, elapsedMs: number): string {
  if (ended === all) return `, ${ended} of ${all}`;
  const minutes = ((elapsedMs / ended) * (all - ended)) / 60_000;
  return `, ${ended} of ${all}, about ${minutes < 1 ? "a minute" : `${Math.ceil(minutes)} min`} left`;
}
