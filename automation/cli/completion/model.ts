/** What can stand where on the command line? Read from commander's own tree, so that completion cannot fall behind it. */
import { type Argument, type Command, type Option } from "commander";
import { collect, serviceWords } from "../verbs/verb";

/** What to offer for a value. `words` are known now; the others are looked up when somebody completes. */
export type Offer =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "stacks" | "files" | "commands" | "nothing" };

/** One option of a verb. */
export interface OptionModel {
  /** `--stack`, and `-s` where there is a short one, the long one first. */
  readonly names: readonly string[];
  readonly description: string;
  /** Missing where the option takes no value. */
  readonly value?: Offer;
  /** The word for the value in help: `stack`. */
  readonly placeholder: string;
  readonly repeatable: boolean;
}

/** One place for a word that is no option. */
export interface ArgumentModel {
  readonly name: string;
  readonly offer: Offer;
  /** Every further word is one as well. */
  readonly variadic: boolean;
}

/** One verb. */
export interface VerbModel {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionModel[];
  readonly arguments: readonly ArgumentModel[];
}

/** Every verb of the command line, `help` included, in the order of help. */
export function describeCli(cli: Command): VerbModel[] {
  const verbs = cli.commands.map((command) => describeVerb(command, cli));
  const words = { kind: "words", words: verbs.map(({ name }) => name) } as const;
  const help = { name: "help", description: "say how a command is used", options: [] };
  return [...verbs, { ...help, arguments: [{ name: "command", offer: words, variadic: false }] }];
}

function describeVerb(command: Command, cli: Command): VerbModel {
  const help = cli.createHelp();
  return {
    name: command.name(),
    description: command.description(),
    options: help.visibleOptions(command).map(describeOption),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      offer: offerFor(argument, argument.name()),
      variadic: argument.variadic,
    })),
  };
}

function describeOption(option: Option): OptionModel {
  const placeholder = /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1] ?? "";
  const takesValue = option.required || option.optional;
  return {
    names: [option.long, option.short].filter((name) => name !== undefined),
    description: option.description,
    placeholder,
    repeatable: option.parseArg === collect,
    ...(takesValue ? { value: offerFor(option, placeholder) } : {}),
  };
}

/** Declared choices first; else the placeholder says what is meant. */
function offerFor({ argChoices }: Option | Argument, placeholder: string): Offer {
  if (argChoices) return { kind: "words", words: argChoices };
  switch (placeholder) {
    case "stack":
      return { kind: "stacks" };
    case "file":
      return { kind: "files" };
    case "command":
      return { kind: "commands" };
    case "service":
    case "services":
      return { kind: "words", words: ["all", ...serviceWords()] };
    default:
      return { kind: "nothing" };
  }
}
