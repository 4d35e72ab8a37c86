/** How does zsh complete? One `_arguments` call a verb, with descriptions. */
import { type ArgumentModel, type Offer, type OptionModel, type VerbModel } from "./model";
import { POSIX_STACKS, PROGRAMS, quote } from "./shared";

/** The script; works with `eval` after compinit and as a file `_sophia-secrets` in a folder of fpath. https://zsh.sourceforge.io/Doc/Release/Completion-System.html */
export function zshScript(verbs: readonly VerbModel[]): string {
  return `#compdef ${PROGRAMS.join(" ")}
# zsh completion of sophia-secrets
${POSIX_STACKS}

_sophia_secrets_offer_stacks() {
  local -a stacks
  stacks=(\${(f)"$(_sophia_secrets_stacks)"})
  _describe stack stacks
}

_sophia_secrets() {
  local curcontext="$curcontext" state line
  typeset -A opt_args
  _arguments -C '(- *)'{-h,--help}'[show help]' '(- *)'{-V,--version}'[show the version]' '1: :->verb' '*:: :->rest'
  case $state in
    verb)
      local -a verbs
      verbs=(
${verbs.map(({ name, description }) => `        ${quote(`${name}:${description}`)}`).join("\n")}
      )
      _describe command verbs
      ;;
    rest)
      case $words[1] in
${verbs.map(verbCase).join("\n")}
      esac
      ;;
  esac
}

if [ "$funcstack[1]" = "_sophia_secrets" ]; then
  _sophia_secrets "$@"
else
  compdef _sophia_secrets ${PROGRAMS.join(" ")}
fi
`;
}

function verbCase({ name, options, arguments: places }: VerbModel): string {
  const specs = [...options.map(optionSpec), ...places.map(placeSpec)];
  return `        ${name})\n          _arguments -s -S ${specs.join(" \\\n            ")}\n          ;;`;
}

function optionSpec({ names, description, value, placeholder, repeatable }: OptionModel): string {
  const help = description.replace(/[[\]\\:]/g, "\\$&");
  const says = quote(`[${help}]${value ? `:${placeholder}:${action(value)}` : ""}`);
  const excluded = repeatable ? "'*'" : `'(${names.join(" ")})'`;
  return `${excluded}${names.length > 1 ? `{${names.join(",")}}` : names.join("")}${says}`;
}

function placeSpec({ name, offer, variadic }: ArgumentModel, index: number): string {
  // The program's own words are completed as if it were started by itself.
  if (offer.kind === "commands") return "'(-)1: :_command_names -e' '*:: :_normal'";
  return quote(`${variadic ? "*" : String(index + 1)}:${name}:${action(offer)}`);
}

function action(offer: Offer): string {
  switch (offer.kind) {
    case "words":
      return `(${offer.words.join(" ")})`;
    case "stacks":
      return "_sophia_secrets_offer_stacks";
    case "files":
      return "_files";
    case "commands":
      return "_command_names -e";
    case "nothing":
      return " ";
  }
}
