/** How does fish complete? One `complete` line an option and a place. */
import { type Offer, type OptionModel, type VerbModel } from "./model";
import { PROGRAMS } from "./shared";

const HELPERS = `function __sophia_secrets_stacks
    set -l folder $PWD
    while not test -e "$folder/Pulumi.yaml"
        test -n "$folder"; or return 0
        set folder (string replace -r '/[^/]*$' '' -- $folder)
    end
    for file in $folder/Pulumi.*.yaml
        string replace -r '.*/Pulumi\\.(.+)\\.yaml$' '$1' -- $file
    end
end

# Whether the words so far are of this verb.
function __sophia_secrets_verb
    set -l words (commandline -opc)
    test (count $words) -gt 1; and test $words[2] = $argv[1]
end

# Whether the next word is the place of that number (2+: or a later one) of this verb; what follows the number are the verb's options that take a value.
function __sophia_secrets_place
    __sophia_secrets_verb $argv[1]; or return 1
    set -l words (commandline -opc)
    set -l place 1
    set -l skip 0
    for word in $words[3..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word $argv[3..-1]
            set skip 1
        else if not string match -q -- '-*' $word
            set place (math $place + 1)
        end
    end
    string match -q -- '*+' $argv[2]; and test $place -ge (string replace + '' -- $argv[2]); or test $place = $argv[2]
end`;

/** The script; put it into ~/.config/fish/completions. https://fishshell.com/docs/current/completions.html */
export function fishScript(verbs: readonly VerbModel[]): string {
  const lines = PROGRAMS.flatMap((program) => [
    `complete -c ${program} -f`,
    ...verbs.flatMap((verb) => verbLines(`complete -c ${program}`, verb)),
  ]);
  return `# fish completion of sophia-secrets\n${HELPERS}\n\n${lines.join("\n")}\n`;
}

function verbLines(complete: string, { name, description, options, arguments: places }: VerbModel): string[] {
  const isVerb = `-n '__sophia_secrets_verb ${name}'`;
  const valued = options.flatMap(({ names, value }) => (value ? names : [])).join(" ");
  return [
    `${complete} -n 'test (count (commandline -opc)) -eq 1' -a ${name} -d ${quote(description)}`,
    ...options.map((option) => `${complete} ${isVerb} ${optionFlags(option)} -d ${quote(option.description)}`),
    ...places.map(({ offer, variadic }, index) => {
      const condition = `__sophia_secrets_place ${name} ${index + 1}${variadic ? "+" : ""} ${valued}`.trim();
      return `${complete} -n '${condition}' ${offered(offer)}`;
    }),
  ];
}

function optionFlags({ names, value }: OptionModel): string {
  const flags = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  return [...flags, ...(value ? [value.kind === "files" ? "-r -F" : `-x ${offered(value)}`] : [])].join(" ").trim();
}

function offered(offer: Offer): string {
  switch (offer.kind) {
    case "words":
      return `-a ${quote(offer.words.join(" "))}`;
    case "stacks":
      return "-a '(__sophia_secrets_stacks)'";
    case "files":
      return "-F";
    case "commands":
      return "-a '(__fish_complete_command)'";
    case "nothing":
      return "";
  }
}

/** One word of fish, where a backslash escapes within single quotes too. https://fishshell.com/docs/current/language.html#quotes */
function quote(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
