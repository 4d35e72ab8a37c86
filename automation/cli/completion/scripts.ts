/** Which script completes our words in which shell? */
import { bashScript } from "./bash";
import { fishScript } from "./fish";
import { type VerbModel } from "./model";
import { zshScript } from "./zsh";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** A shell that we can complete in. */
export type Shell = keyof typeof SCRIPTS;

/** The script for one shell. */
export function completionScript(shell: Shell, verbs: readonly VerbModel[]): string {
  return SCRIPTS[shell](verbs);
}
