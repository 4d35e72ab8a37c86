/** Can this value be real? Masks, texts of examples and ciphertext get into env files by copying and must not get into ESC. */

const KINDS: readonly (readonly [reason: string, pattern: RegExp])[] = [
  // What masking tools leave: the Python tools, Pulumi's CLI, GitHub's logs, ourselves.
  [
    "mask",
    /^(\[?(sensitive|secret|redacted|hidden|masked)\]?|\*{3,}|•{3,}|\[unknown\]|<(sensitive|secret|redacted)>)$/i,
  ],
  ["placeholder", /^your[-_ ]/i],
  ["placeholder", /^(change[-_ ]?me|replace[-_ ]?me|to[-_ ]?do|fixme|tbd|placeholder|example|dummy|x{3,}|\.{3})$/i],
  ["placeholder", /^(placeholder|dummy)[-_ ]/i],
  ["placeholder", /^<[a-z][\w .-]*>$/i],
  ["placeholder", /^(\$\{[a-z_][\w.]*\}|\$?\{\{[^{}]*\}\})$/i],
  // The addresses and ids of the guide and of .env.example.
  ["placeholder", /^((prj|team)_123456789|https:\/\/us-12345\..*)$/],
  // ESC's ciphertext is base64 of "escx" and a version; Pulumi's in stack files is v1:NONCE:TEXT; dotenvx writes encrypted:TEXT.
  ["ciphertext", /^ZXNjeAAAA[A-Za-z0-9+/]{8,}=*$/],
  ["ciphertext", /^v1:[A-Za-z0-9+/]{16}:[A-Za-z0-9+/]+=*$/],
  ["ciphertext", /^encrypted:[A-Za-z0-9+/]+=*$/],
];

/** Why the value cannot be real (`mask`, `placeholder`, `ciphertext`), or undefined. */
export function findPlaceholder(value: string): string | undefined {
  const text = value.trim();
  return KINDS.find(([, pattern]) => pattern.test(text))?.[0];
}
