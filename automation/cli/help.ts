/** How does help look? Commander's own, at most 100 columns wide, without what tells a reader nothing. */
import { type Argument, type Command, type HelpConfiguration, type Option } from "commander";

/** Columns; commander takes 80 where it writes to no terminal. */
const WIDEST = 100;

/** The settings of help, which every verb inherits. */
export const helpConfiguration: HelpConfiguration = {
  // What a verb takes is said in its own help.
  subcommandTerm: (command) => command.name(),
  optionDescription: (option) => withNotes(option.description, option),
  argumentDescription: (argument) => withNotes(argument.description, argument),
  prepareContext({ helpWidth }) {
    this.helpWidth = Math.min(helpWidth ?? 80, WIDEST);
  },
};

/** What stands below the list of verbs. */
export const TOP_LEVEL_NOTES = `
Examples:
  $ sophia-secrets doctor
  $ sophia-secrets rotate --help
  $ eval "$(sophia-secrets completion bash)"

From a checkout: ./sophia_secrets … or npx sophia-secrets …

Environment:
  PULUMI_STACK            the stack where --stack is not given
  SOPHIA_SECRETS_YES      true: as --yes on every command
  SOPHIA_SECRETS_DEBUG    1: a defect shows its place in the code
  NO_COLOR                anything: no colours

Exit codes: 0 done, 1 attention needed, 2 usage or settings, 3 token refused,
4 a resource failed, 5 policy, 6 not found, 7 unexpected change, 8 cancelled,
9 time-out, 10 another run holds the lock, 255 a defect.
`;

/** The description with its choices and its default; that of a switch is no text, and goes without saying. */
function withNotes(
  description: string,
  { argChoices, defaultValue, defaultValueDescription }: Option | Argument,
): string {
  const shown = defaultValueDescription ?? (typeof defaultValue === "string" ? defaultValue : undefined);
  const notes = [
    ...(argChoices ? [`one of: ${argChoices.join(", ")}`] : []),
    ...(shown === undefined ? [] : [`default: ${shown}`]),
  ];
  return notes.length === 0 ? description : `${description} (${notes.join("; ")})`;
}

/** The whole help of one command as it is printed where there is no terminal. */
export function helpText(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 80 }).outputHelp();
  return text;
}
