/** What do the scripts of all shells have in common? */

/** The names under which the program is started; `./sophia_secrets` is the one of a checkout. */
export const PROGRAMS = ["sophia-secrets", "sophia_secrets"] as const;

/** The shell function, the same in bash and zsh, that prints the stacks of the project that a person stands in. */
export const POSIX_STACKS = `_sophia_secrets_stacks() {
  local folder=$PWD file
  while [ ! -e "$folder/Pulumi.yaml" ]; do
    [ -n "$folder" ] || return 0
    folder=\${folder%/*}
  done
  for file in "$folder"/Pulumi.?*.yaml; do
    [ -e "$file" ] || continue
    file=\${file##*/Pulumi.}
    printf '%s\\n' "\${file%.yaml}"
  done
}`;

/** One word of a POSIX shell, and of zsh. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
