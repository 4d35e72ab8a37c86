/** What does a failed run of the engine mean? The one place that reads the CLI's text. */
import { AutomationError, EXIT, type ExitCode } from "./errors";
import { policyError } from "./policy";
import { describeChange, EventCollector, lastLine } from "./stack-events";

/** The run that failed. */
export interface FailedRun {
  readonly stack: string;
  readonly verb: string;
  /** Whether our own signal had fired. @default false */
  readonly isInterrupted?: boolean;
}

/** An error of the CLI, of the Automation API or of the program as one of ours; `events` are those of the run that failed. */
export function stackFailure(
  { stack, verb, isInterrupted = false }: FailedRun,
  error: unknown,
  events: EventCollector = new EventCollector(),
): AutomationError {
  if (error instanceof AutomationError) return error;
  if (events.violations.some(({ level }) => level === "mandatory")) return policyError(verb, stack, events.violations);
  const text = error instanceof Error ? error.message : String(error);
  const known = KNOWN_FAILURES.find(
    ({ pattern, isOfOurSignal = false }) =>
      (isInterrupted || !isOfOurSignal) &&
      (pattern.test(text) || events.errors.some((message) => pattern.test(message))),
  );
  const reasons = events.errors.length > 0 ? events.errors : [lastLine(text)];
  const failed = events.failed.length > 0 ? ` (${events.failed.map(describeChange).join(", ")})` : "";
  return new AutomationError({
    code: known?.code ?? "stack.failed",
    exitCode: known?.exitCode ?? EXIT.resource,
    message: `pulumi ${verb} of stack ${stack} failed${failed}: ${reasons.join(" | ")}`,
    hint:
      known?.hint ??
      `What was done is in the state. Mend the cause, then run the same command again, or: npx sophia-secrets up --stack ${stack}`,
    stack,
    cause: error,
  });
}

interface KnownFailure {
  readonly pattern: RegExp;
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string;
  /** It means this only where our own signal had fired. */
  readonly isOfOurSignal?: true;
}

const CANCELLED = {
  ...{ code: "stack.cancelled", exitCode: EXIT.cancelled },
  hint: "What was done is in the state; run the same command again.",
};

const KNOWN_FAILURES: readonly KnownFailure[] = [
  {
    pattern: /the stack is currently locked|conflict: another update/i,
    code: "stack.locked",
    exitCode: EXIT.locked,
    hint: "Wait for the other run to end, then run the same command again (a rotation goes on with rotate --resume). If there is none (it was killed), run: pulumi cancel (for a rotation: the same command with --take-over)",
  },
  {
    pattern: /did not take the last change of environment .* \(revision 0\)/,
    code: "stack.esc_not_written",
    exitCode: EXIT.resource,
    hint: "Look at what is there, then write it again: pulumi refresh --yes && npx sophia-secrets up",
  },
  {
    pattern:
      /401 (Bad credentials|Unauthorized)|\b390100\b|Incorrect username or password|VERCEL_API_TOKEN must hold|forbidden - Not authorized|Estuary: cannot .*HTTP 40[0-3]/i,
    code: "stack.token_refused",
    exitCode: EXIT.authentication,
    hint: "A service refused a controlling token: npx sophia-secrets doctor says which. Nothing that depends on it was changed.",
  },
  {
    pattern: /incorrect passphrase|passphrase must be set/i,
    code: "stack.passphrase",
    exitCode: EXIT.usage,
    hint: "Set PULUMI_CONFIG_PASSPHRASE_FILE to the file with the stack's passphrase.",
  },
  { pattern: /was cancell?ed|SIGINT|SIGTERM/i, ...CANCELLED },
  // A provider that the machine has killed, for want of memory, is told of in the same words.
  { pattern: /signal: |context canceled/i, isOfOurSignal: true, ...CANCELLED },
];

/** With an empty state an `up` would make every credential anew, while consumers log in with those that another state knows. */
export function emptyStateError(stack: string): AutomationError {
  return new AutomationError({
    code: "stack.empty_state",
    exitCode: EXIT.usage,
    message: `Pulumi's state of stack ${stack} is empty here, but the stack was brought about before: its ESC environment exists; nothing was changed.`,
    hint: "Set PULUMI_BACKEND_URL to the backend that was used then (pulumi whoami -v shows the present one), and run the same command again.",
    stack,
  });
}
