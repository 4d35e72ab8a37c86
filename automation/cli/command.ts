/** What does every verb get to work with? The options that all share, the outside world, and a session when it is first needed. */
import { type Readable, type Writable } from "node:stream";
import { type Redactor } from "../redact";
import { type NeededTokens } from "../settings";
import { interruptedError, usageError } from "../errors";
import { Session, type SessionDependencies } from "../session";
import { services } from "../../services";
import { type Service } from "../../services/service";
import { chooseFrom } from "./choices";
import { type Output } from "./output";

/** Options of every command. */
export interface SharedOptions {
  readonly stack: string;
  readonly json: boolean;
}

/** A stream that may be a terminal. */
export type TerminalWriter = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** The outside world of the command line. */
export interface CliDependencies extends SessionDependencies {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: TerminalWriter;
  readonly stderr: TerminalWriter;
  readonly redactor: Redactor;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** What a verb's `run` is handed. */
export class CommandContext {
  private opened: Session | undefined;

  constructor(
    readonly dependencies: CliDependencies,
    readonly output: Output,
    private readonly shared: SharedOptions,
  ) {}

  get stackName(): string {
    return this.shared.stack;
  }

  /** The stack's settings and everything that follows from them. Throws a usage error when they are not usable. */
  session(needed?: NeededTokens): Session {
    this.opened ??= new Session(this.shared.stack, this.dependencies, needed);
    return this.opened;
  }

  /** Colour is welcome: a terminal, and nobody has said NO_COLOR. https://no-color.org */
  get colour(): boolean {
    const { stdout, environment } = this.dependencies;
    return stdout.isTTY === true && !environment.NO_COLOR && environment.TERM !== "dumb";
  }

  /** Columns for text: those of the terminal, at most 100, which is also what a pipe gets. */
  get width(): number {
    return Math.max(60, Math.min(this.dependencies.stdout.columns || 100, 100));
  }

  /** Somebody is there to answer a question. */
  get isInteractive(): boolean {
    return this.dependencies.stdin.isTTY === true && this.dependencies.stderr.isTTY === true;
  }

  /** Has ctrl-C heard at once: what Pulumi has begun comes to its end first, and that takes a while. */
  answerInterrupt(): void {
    const answer = () =>
      this.output.talk("  interrupted: what has begun comes to its end first (ctrl-C again: ends it at once)");
    this.dependencies.signal.addEventListener("abort", answer, { once: true });
  }

  /** Throws a usage error unless the user agreed by `--yes`, by the environment, or at the terminal. */
  async requireConsent(question: string, yes: boolean): Promise<void> {
    if (yes || this.dependencies.environment.SOPHIA_SECRETS_YES === "true") return;
    if (!this.isInteractive)
      throw usageError(
        "cli.consent_missing",
        `${question} Nobody can be asked here; nothing was changed.`,
        "Add --yes.",
      );
    const { confirm } = await import("@inquirer/prompts");
    const agreed = await this.ask((streams) => confirm({ message: question, default: false }, streams));
    if (!agreed) throw usageError("cli.declined", "Declined; nothing was changed.");
  }

  /** Asks at the terminal, on standard error. Throws `cli.interrupted` (exit 8) when the user leaves the question by ctrl-C. */
  async ask<T>(prompt: (streams: { output: NodeJS.WritableStream; signal: AbortSignal }) => Promise<T>): Promise<T> {
    const { stderr, signal } = this.dependencies;
    try {
      return await prompt({ output: stderr, signal });
    } catch (error) {
      const { name } = error as Error;
      if (name !== "ExitPromptError" && name !== "AbortPromptError") throw error;
      throw interruptedError();
    }
  }
}

/** The result of a verb: an exit code, or the one of a program that it ran. */
export type CommandResult = number | undefined;

/** Services by the words of the command line; `all` and no word mean every one that qualifies. Throws a usage error that lists the valid ones. */
export function selectServices(words: readonly string[], qualifies: (service: Service) => boolean): Service[] {
  const candidates = (services as readonly Service[]).filter(qualifies);
  const known = candidates.map(({ name }) => name);
  const unknown = words.filter((word) => word !== "all" && !known.includes(word));
  if (unknown.length > 0) {
    throw usageError(
      "cli.unknown_service",
      `Unknown service: ${unknown.join(", ")}; nothing was changed.`,
      chooseFrom(["all", ...known], unknown[0]),
    );
  }
  return words.length === 0 || words.includes("all")
    ? candidates
    : candidates.filter(({ name }) => words.includes(name));
}
