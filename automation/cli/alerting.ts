/** How does a command tell somebody who is not there? Runs it, and sends what it found to the stack's webhook. */
import { makeAlert, type AlertSource } from "../alerts/alert";
import { alertFindings, errorFinding } from "../alerts/findings";
import { isNews, readTold, TOLD_FILE, writeTold } from "../alerts/told";
import { openWebhook, sendAlert, type ReadReference } from "../alerts/webhook";
import { AutomationError, EXIT } from "../errors";
import { Session } from "../session";
import { type CommandContext, type CommandResult } from "./command";

/** Options of every command that can alert. */
export interface AlertFlags {
  /** `change`: only what was not told last. Left out, nobody is told. */
  readonly alert?: "change" | "always";
  /** @default secrets_alert_state.json in the working directory */
  readonly alertState?: string;
}

/**
 * Runs the command and alerts of what it found, or of the error that ended it. The webhook is opened first, so that nothing is done when there is
 * none. An alert that does not arrive makes the exit code 1 where all else is well, and is said.
 */
export async function alerting(
  { alert: when, alertState = TOLD_FILE }: AlertFlags,
  source: AlertSource,
  context: CommandContext,
  run: () => Promise<CommandResult>,
): Promise<CommandResult> {
  if (when === undefined) return run();
  const { dependencies, output, stackName: stack } = context;
  const { http, signal, now, redactor, directory } = dependencies;
  const session = new Session(stack, dependencies, []);
  const webhook = await openWebhook(session.settings.alerts, readReference(session, context));
  const told = await readTold(directory, alertState);
  let code: number = EXIT.done;
  let failure: AutomationError | undefined;
  try {
    code = (await run()) ?? EXIT.done;
  } catch (error) {
    if (!(error instanceof AutomationError)) throw error;
    failure = error;
  }
  const findings = failure ? [errorFinding(source, failure)] : alertFindings(source, output.shown, code);
  const origin = {
    source,
    organization: session.settings.organization,
    stack,
    timestamp: new Date(now()).toISOString(),
  };
  const alert = redactor.redactDeep(makeAlert(origin, findings));
  // `always` repeats what is wrong, not that all is well.
  const isDue = isNews(told, alert) || (when === "always" && alert.state === "failing");
  const lost = isDue ? await sendAlert(alert, webhook, http, signal) : undefined;
  if (isDue && lost === undefined) {
    await writeTold(told, alert, directory, alertState);
    output.talk(`Alert sent (${alert.state}).`);
  }
  if (lost !== undefined) output.error(notDelivered(lost));
  if (failure) throw failure;
  return lost !== undefined && code === EXIT.done ? EXIT.attention : code;
}

/** `env:NAME`, or `esc:ENVIRONMENT/PATH` in the stack's ESC project. The redactor knows the value from here on. */
function readReference(session: Session, { dependencies }: CommandContext): ReadReference {
  return async (reference) => {
    const [, kind, name = "", path = ""] = /^(env|esc):([^/]+)(?:\/(.+))?$/.exec(reference) ?? [];
    const text = kind === "env" ? dependencies.environment[name] : textAt(await session.esc.open(name), path);
    const value = text?.trim();
    dependencies.redactor.add(value);
    dependencies.redactor.addPathOf(value);
    return value;
  };
}

function textAt(values: unknown, path: string): string | undefined {
  let at = values;
  for (const key of path.split("."))
    at = typeof at === "object" && at !== null ? (at as Readonly<Record<string, unknown>>)[key] : undefined;
  return typeof at === "string" ? at : undefined;
}

function notDelivered(why: string): AutomationError {
  return new AutomationError({
    ...{ code: "alerts.not_delivered", exitCode: EXIT.attention },
    message: `The alert did not arrive (${why}).`,
    hint: "Check what sophia:alertWebhook names; the next run tries again.",
  });
}
