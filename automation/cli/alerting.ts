/** How does a command tell somebody who is not there? Runs it, and sends what it found to the stack's webhook. */
import { makeAlert } from "../alerts/alert";
import { alertFindings, errorFinding } from "../alerts/findings";
import { isNews, readTold, TOLD_FILE, writeTold, type AlertScope } from "../alerts/told";
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
 * none. An alert that does not arrive, or that nobody could write down, makes the exit code 1 where all else is well, and is said.
 */
export async function alerting(
  { alert: when, alertState = TOLD_FILE }: AlertFlags,
  looked: Omit<AlertScope, "stack">,
  context: CommandContext,
  run: () => Promise<CommandResult>,
): Promise<CommandResult> {
  if (when === undefined) return run();
  const { dependencies, output, stackName: stack } = context;
  const { source } = looked;
  const scope = { stack, ...looked };
  const { http, signal, now, redactor, directory } = dependencies;
  const session = new Session(stack, dependencies, []);
  const webhook = await openWebhook(session.settings.alerts, readReference(session, context));
  const told = await readTold(directory, alertState);
  let code: number = EXIT.done;
  let failure: { readonly reason: unknown } | undefined;
  try {
    code = (await run()) ?? EXIT.done;
  } catch (reason) {
    failure = { reason };
  }
  // Whoever interrupts it knows.
  if (failure && signal.aborted) throw failure.reason;
  const findings = failure ? [errorFinding(source, failure.reason)] : alertFindings(source, output.shown, code);
  const origin = {
    source,
    organization: session.settings.organization,
    stack,
    timestamp: new Date(now()).toISOString(),
  };
  const alert = redactor.redactDeep(makeAlert(origin, findings));
  // `always` repeats what is wrong, not that all is well.
  const isDue = isNews(told, scope, alert) || (when === "always" && alert.state === "failing");
  const trouble = isDue ? await deliver() : undefined;
  if (trouble) output.error(trouble);
  if (failure) throw failure.reason;
  return trouble && code === EXIT.done ? EXIT.attention : code;

  async function deliver(): Promise<AutomationError | undefined> {
    const lost = await sendAlert(alert, webhook, http, signal);
    if (lost !== undefined) return notDelivered(lost);
    output.talk(`Alert sent (${alert.state}).`);
    return writeTold(told, scope, alert, directory, alertState).then(
      () => undefined,
      (error: Error) => notNoted(alertState, error),
    );
  }
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

function notNoted(file: string, { message }: Error): AutomationError {
  return new AutomationError({
    ...{ code: "alerts.not_noted", exitCode: EXIT.attention },
    message: `The alert was sent, but that is not noted in ${file}: ${message.replace(/; nothing was changed\.$/, ".")}`,
    hint: "Make the file writable; until then the same trouble is told again.",
  });
}
