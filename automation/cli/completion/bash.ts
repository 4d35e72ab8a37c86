/** How does bash complete? A function from the words so far to those that may follow; also for macOS, whose bash is 3.2. */
import { type Offer, type VerbModel } from "./model";
import { POSIX_STACKS, PROGRAMS } from "./shared";

/** The script; `eval` it or put it where bash-completion looks. https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html */
export function bashScript(verbs: readonly VerbModel[]): string {
  const valued = verbs.flatMap(({ name, options }) =>
    options.flatMap(({ names, value }) => (value ? names.map((option) => ({ key: `${name} ${option}`, value })) : [])),
  );
  const placed = verbs.flatMap(({ name, arguments: places }) =>
    places.map(({ offer, variadic }, index) => ({
      pattern: variadic ? `"${name} "*` : `"${name} ${index + 1}"`,
      offer,
    })),
  );
  // The first pattern that fits decides: those of one place come before those of all.
  const ordered = placed.sort(
    (left, right) => Number(left.pattern.endsWith("*")) - Number(right.pattern.endsWith("*")),
  );
  return `# bash completion of sophia-secrets
${POSIX_STACKS}

# The options of a verb.
_sophia_secrets_options() {
  case $1 in
${verbs.map(({ name, options }) => `    ${name}) echo "${options.flatMap(({ names }) => names).join(" ")}" ;;`).join("\n")}
  esac
}

# What may stand as the value of an option, by verb and option; fails where the option takes none.
_sophia_secrets_value() {
  case "$1 $2" in
${cases(valued.map(({ key, value }) => [`"${key}"`, value]))}
    *) return 1 ;;
  esac
}

# What may stand as a word of its own, by verb and place.
_sophia_secrets_place() {
  case "$1 $2" in
${cases(ordered.map(({ pattern, offer }) => [pattern, offer]))}
  esac
}

_sophia_secrets() {
  local current=\${COMP_WORDS[COMP_CWORD]} verb= option= place=1 index word offered
  # --stack=dev comes as three words.
  [ "$current" = "=" ] && current=
  for ((index = 1; index < COMP_CWORD; index += 1)); do
    word=\${COMP_WORDS[index]}
    if [ "$word" = "=" ]; then
      continue
    elif [ -z "$verb" ]; then
      verb=$word
    elif [ -n "$option" ]; then
      option=
    elif [ "$word" = "--" ]; then
      local IFS=$'\\n'
      COMPREPLY=($(compgen -c -- "$current"))
      return
    elif [ "\${word#-}" != "$word" ]; then
      _sophia_secrets_value "$verb" "$word" >/dev/null && option=$word
    else
      place=$((place + 1))
    fi
  done
  if [ -z "$verb" ]; then
    offered="${verbs.map(({ name }) => name).join(" ")} --help --version"
  elif [ -n "$option" ]; then
    offered=$(_sophia_secrets_value "$verb" "$option")
  elif [ "\${current#-}" != "$current" ]; then
    offered=$(_sophia_secrets_options "$verb")
  else
    offered=$(_sophia_secrets_place "$verb" "$place")
  fi
  case $offered in
    ":stacks") offered=$(_sophia_secrets_stacks) ;;
    ":files")
      local IFS=$'\\n'
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen -f -- "$current"))
      return
      ;;
    ":commands")
      local IFS=$'\\n'
      COMPREPLY=($(compgen -c -- "$current"))
      return
      ;;
  esac
  COMPREPLY=($(compgen -W "$offered" -- "$current"))
}

complete -F _sophia_secrets ${PROGRAMS.join(" ")}
`;
}

/** The branches of a `case`; those that offer the same share one. */
function cases(entries: readonly (readonly [pattern: string, offer: Offer])[]): string {
  const patterns = new Map<string, string[]>();
  for (const [pattern, offer] of entries) {
    const said = offer.kind === "words" ? offer.words.join(" ") : offer.kind === "nothing" ? "" : `:${offer.kind}`;
    patterns.set(said, [...(patterns.get(said) ?? []), pattern]);
  }
  return [...patterns].map(([said, keys]) => `    ${keys.join(" | ")}) echo "${said}" ;;`).join("\n");
}
