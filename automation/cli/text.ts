/** How do we set text for a terminal? Lines that fit, columns that line up, and times that a person can read. */

/** Breaks at blanks, but not within a command or an address: people copy them. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.match(/(npx sophia-secrets|pulumi) [^;,]+|\S+/g) ?? [""]) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The text in lines of at most `width` columns, what is broken off as far to the right as the line began. */
export function wrapped(text: string, width: number): string {
  return text
    .split("\n")
    .flatMap((line) => {
      if (line.length <= width) return [line];
      // A column that begins after a gap stays one.
      const [, gap = "", indent = ""] = /^(( *)(?:\S+ {2,})?)/.exec(line) ?? [];
      const column = gap.length <= width / 2 ? gap : indent;
      return definition(column, line.slice(column.length), column.length, width);
    })
    .join("\n");
}

/** A word and what it means, the meaning in a column of its own that starts after `indent` characters; `width` columns in all. */
export function definition(term: string, meaning: string, indent: number, width: number): string[] {
  const blank = " ".repeat(indent);
  return wrap(meaning, width - indent).map((line, index) => `${index === 0 ? term.padEnd(indent) : blank}${line}`);
}

/** `2026-11-23 09:00 UTC (3 h ago)` or `(in 23 h)` for ISO time. `now` is in milliseconds since 1970. */
export function describeTime(time: string, now: number): string {
  const at = Date.parse(time);
  const span = describeSpan(Math.abs(at - now));
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC (${at > now ? `in ${span}` : `${span} ago`})`;
}

/** The largest unit of which there are at least two: `90 s`, `3 h`, `12 days`. */
export function describeSpan(milliseconds: number): string {
  const units = [
    [86_400_000, "days"],
    [3_600_000, "h"],
    [60_000, "min"],
  ] as const;
  const [size, name] = units.find(([unit]) => milliseconds >= 2 * unit) ?? ([1000, "s"] as const);
  return `${Math.floor(milliseconds / size)} ${name}`;
}

/** What the engine said, for a person: each reason on a line of its own, and resources by the names that the program gave them, without their URNs. */
export function engineText(message: string): string {
  const named = message.replace(/urn:pulumi:[^\s"'`|]+::([^\s"'`|:]+)/g, "$1");
  const [, head, reasons = ""] = /^(pulumi [a-z ]+ of stack \S+ failed(?: \([^)]*\))?): ([^]+)$/.exec(named) ?? [];
  return head === undefined ? named : `${head}:\n  ${reasons.split(" | ").join("\n  ")}`;
}
