/** Which options does `completion` have? */
import { Argument, type Command } from "commander";
import { type Shell } from "../completion/scripts";
import { type Shared, type Verbs } from "./verb";

const HOW_TO_INSTALL = `
Install it once, in the start file of the shell:
  bash  ~/.bashrc                   eval "$(sophia-secrets completion bash)"
  zsh   ~/.zshrc, below compinit    eval "$(sophia-secrets completion zsh)"
  fish  sophia-secrets completion fish \\
          > ~/.config/fish/completions/sophia-secrets.fish
In a checkout write ./sophia_secrets for sophia-secrets: it is completed too.`;

/** Declares them; `cli` is the command line that the script completes. */
export function addCompletionVerb({ verb, act }: Verbs, cli: Command): void {
  verb("completion", "print a script that lets a shell complete commands", "completion bash > sophia-secrets.bash")
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish"]))
    .addHelpText("after", HOW_TO_INSTALL)
    .action((shell: Shell, o: Shared) =>
      act(o, async (c) => (await import("../commands/completion.js")).runCompletion({ shell, cli }, c)),
    );
}
