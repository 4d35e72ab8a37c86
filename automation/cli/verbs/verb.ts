/** How is a verb declared? What all declarations share: the common options, and the way from options to code that is loaded late. */
import { Option, type Argument, type Command } from "commander";
import { services } from "../../../services";
import { type Service } from "../../../services/service";
import { type CommandContext, type CommandResult } from "../command";

/** The options that every verb has. */
export interface Shared {
  readonly stack?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** Runs one verb with a context made for its shared options. */
export type Act = (shared: Shared, run: (context: CommandContext) => Promise<CommandResult>) => Promise<void>;

/** The command line while it is being declared. */
export interface Verbs {
  /** Declares a verb; each of `examples` is a line of its help: what stands behind `sophia-secrets`, or a whole line of a shell. */
  readonly verb: (name: string, description: string, ...examples: readonly string[]) => Command;
  readonly act: Act;
}

/** Declares a verb of the command line with the options that all share. */
export function declareVerb(cli: Command, name: string, description: string, examples: readonly string[]): Command {
  const lines = examples
    .map((example) => `\n  $ ${example.startsWith(name) ? `sophia-secrets ${example}` : example}`)
    .join("");
  return cli
    .command(name)
    .description(description)
    .option("-s, --stack <stack>", "the stack (default: $PULUMI_STACK or development)")
    .option("--json", "one JSON object on standard output")
    .option("--verbose", "tell each request, retry and engine step")
    .addHelpText("after", `\n${examples.length > 1 ? "Examples" : "Example"}:${lines}`);
}

/** Gathers the words of a repeatable option. */
export const collect = (word: string, words: string[] = []): string[] => [...words, word];

/** The option of every verb that asks before it changes anything. */
export const yes = (): Option => new Option("-y, --yes", "do not ask").default(false);

/** Shows the words in help and at completion. What is no such word is left to the verb, which says what it is that it does not know. */
export function offering<T extends Option | Argument>(one: T, words: readonly string[]): T {
  one.argChoices = [...words];
  return one;
}

/** The services of the command line, by name. */
export const serviceWords = (qualifies: (service: Service) => boolean = () => true): string[] =>
  (services as readonly Service[]).filter(qualifies).map(({ name }) => name);
