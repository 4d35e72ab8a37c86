/** What does somebody get to read about a mistake on the command line? Commander's own text comes with the whole help below it. */
import { type Command, type CommanderError } from "commander";
import { type AutomationError, usageError } from "../errors";
import { chooseFrom } from "./choices";

/** Keeps commander from writing its text to standard error. Help and version, which are asked for, still go to standard output. */
export function silenceMistakes(cli: Command): void {
  for (const command of [cli, ...cli.commands]) command.configureOutput({ writeErr: () => undefined });
}

/** The mistake as one of our errors, with what there is to choose from. `argv` are the words of the command line. */
export function describeMistake(
  { code, message }: CommanderError,
  cli: Command,
  argv: readonly string[],
): AutomationError {
  const verb = cli.commands.find((command) => argv.includes(command.name()));
  const [first = "", second = ""] = message.replace(/^error: /, "").split("\n");
  // Without a verb, and of `help WORD`, commander says nothing but that it has shown the help.
  const [, unknown] = argv[0] === "help" ? argv : [];
  const nothing = unknown === undefined ? "a command is missing" : `unknown command '${unknown}'`;
  const text = first === "(outputHelp)" ? nothing : first;
  const sentence = `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}; nothing was changed.`;
  const meant = second.startsWith("(Did you mean") ? `${second.slice(1, -1)} ` : "";
  return usageError("cli.usage", sentence, `${meant}${choices(code, cli, verb, unknown)}`);
}

function choices(code: string, cli: Command, verb?: Command, given?: string): string {
  if (!verb)
    return chooseFrom(
      cli.commands.map((command) => command.name()),
      given,
    );
  if (code !== "commander.unknownOption") return `See: npx sophia-secrets ${verb.name()} --help`;
  return chooseFrom(verb.options.map(({ flags }) => flags.replace(/^-\w, /, "")));
}
