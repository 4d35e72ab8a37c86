/** How is a verb declared? What all declarations share: the common options, and the way from options to code that is loaded late. */
import { Option, type Command } from "commander";
import { type CommandContext, type CommandResult } from "../command";

/** The options that every verb has. */
export interface Shared {
  readonly stack?: string;
  readonly json?: boolean;
}

/** Runs one verb with a context made for its shared options. */
export type Act = (shared: Shared, run: (context: CommandContext) => Promise<CommandResult>) => Promise<void>;

/** The command line while it is being declared. */
export interface Verbs {
  /** Declares a verb; `example` is what stands behind `sophia-secrets` in its help. */
  readonly verb: (name: string, description: string, example: string) => Command;
  readonly act: Act;
}

/** Gathers the words of a repeatable option. */
export const collect = (word: string, words: string[] = []): string[] => [...words, word];

/** The option of every verb that asks before it changes anything. */
export const yes = (): Option => new Option("-y, --yes", "do not ask").default(false);
