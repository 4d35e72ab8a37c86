/**
 * Does Python get this value too? What python-dotenv makes of one assignment, without its interpolation (`dotenv_values(interpolate=False)`).
 *
 * Its grammar, as of 1.0 to 1.2: single quotes end at the next one that has no backslash before it, and `\\` and `\'` stand for the second character;
 * in double quotes the same with `\"` and the letters a b f n r t v; anything else runs to the end of the line or to white space and a `#`. Back-ticks
 * mean nothing. https://github.com/theskumar/python-dotenv/blob/main/src/dotenv/parser.py
 */

const LETTERS: Readonly<Record<string, string>> = {
  ...{ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" },
};

/** The value that python-dotenv reads from `NAME=VALUE` and nothing else, or undefined where it sees no assignment or more than one. */
export function readAsPython(assignment: string): string | undefined {
  const [, text = ""] = /^[A-Za-z_]\w*=([^]*)$/.exec(assignment) ?? [];
  const [, single] = /^'((?:\\'|[^'])*)'[^\S\r\n]*$/.exec(text) ?? [];
  if (single !== undefined) return single.replace(/\\([\\'])/g, "$1");
  const [, double] = /^"((?:\\"|[^"])*)"[^\S\r\n]*$/.exec(text) ?? [];
  if (double !== undefined)
    return double.replace(/\\([\\'"abfnrtv])/g, (_, escaped: string) => LETTERS[escaped] ?? escaped);
  if (/^['"]|[\r\n]/.test(text)) return undefined;
  return text.replace(/\s+#.*/, "").trimEnd();
}
