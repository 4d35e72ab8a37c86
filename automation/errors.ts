/** What went wrong, in which state are things now, and what to do next? One error class and the table of exit codes. */

/** Exit codes: Pulumi's own map (https://www.pulumi.com/docs/iac/cli/exit-codes/) and 10 for a held lock. */
export const EXIT = {
  done: 0,
  attention: 1,
  usage: 2,
  authentication: 3,
  resource: 4,
  policy: 5,
  notFound: 6,
  unexpectedChange: 7,
  cancelled: 8,
  timeout: 9,
  locked: 10,
  internal: 255,
} as const;

/** One of the numbers of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What an {@link AutomationError} is made of. No field may hold a value of a secret. */
export interface ErrorDetails {
  /** Stable dotted word for machines: `esc.unreachable`. */
  readonly code: string;
  readonly exitCode: ExitCode;
  /** What failed, and in which state things are now. */
  readonly message: string;
  /** What to do next: a command or a setting. */
  readonly hint?: string;
  readonly service?: string;
  readonly stack?: string;
  readonly cause?: unknown;
}

/** An error that is shown to the user without a stack trace. Anything else that is thrown is a defect of ours (exit 255). */
export class AutomationError extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  readonly service: string | undefined;
  readonly stackName: string | undefined;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "AutomationError";
    this.code = details.code;
    this.exitCode = details.exitCode;
    this.hint = details.hint;
    this.service = details.service;
    this.stackName = details.stack;
  }
}

/** A setting, an option or an input is wrong: exit 2, nothing was changed. */
export function usageError(code: string, message: string, hint?: string): AutomationError {
  return new AutomationError({ code, exitCode: EXIT.usage, message, ...(hint === undefined ? {} : { hint }) });
}

/** The user has interrupted the run: exit 8. */
export function interruptedError(): AutomationError {
  return new AutomationError({
    code: "cli.interrupted",
    exitCode: EXIT.cancelled,
    message: "Interrupted.",
    hint: "Run the same command again: it goes on where it stopped.",
  });
}

/** A stack that nobody has set up: there is no settings file of that name. */
export function unknownStackError(stack: string, known: readonly string[]): AutomationError {
  return usageError(
    "stack.unknown",
    `There is no stack ${stack}: Pulumi.${stack}.yaml is missing; nothing was changed.`,
    `Known stacks: ${known.join(", ") || "none"}. Choose one with --stack, or add its settings file.`,
  );
}
