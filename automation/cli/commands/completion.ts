/** `completion`: what does a shell need in order to complete our words? */
import { type Command } from "commander";
import { describeCli } from "../completion/model";
import { completionScript, type Shell } from "../completion/scripts";
import { type CommandContext, type CommandResult } from "../command";

/** Options of `completion`. */
export interface CompletionOptions {
  readonly shell: Shell;
  /** The command line to complete. */
  readonly cli: Command;
}

/** Prints the script. */
export async function runCompletion(
  { shell, cli }: CompletionOptions,
  { output }: CommandContext,
): Promise<CommandResult> {
  const script = completionScript(shell, describeCli(cli));
  output.result({ schema: "sophia-secrets/completion", version: 1, shell, script }, script);
  return 0;
}
