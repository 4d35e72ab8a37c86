/** How is text put into Markdown so that it stays text? For job summaries and comments, where a name may come from anywhere. */

/** A comment of GitHub takes 65,536 characters; a table of this many rows stays below. */
const MOST_ROWS = 200;

/** A table with more rows than this is folded. */
const SHOWN_ROWS = 20;

/** Words in code type. */
export function code(text: string): string {
  return `\`${text.replace(/[`\r\n]+/g, " ").replaceAll("|", "\\|")}\``;
}

/** A sentence: no markup, no HTML, and nobody is called by an `@`. */
export function prose(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[\\`*_{}[\]<>|#~&]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll("@", "@\u200b")
    .trim();
}

/** Lines as they are, in a box whose end they cannot hold. */
export function block(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

/** A table of cells that are Markdown already; what does not fit is counted. Empty where there are no rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const shown = rows.slice(0, MOST_ROWS);
  const text = [line(head), line(head.map(() => "---")), ...shown.map(line)].join("\n");
  const rest = rows.length - shown.length;
  const whole = rest > 0 ? `${text}\n\n… and ${rest} more.` : text;
  return rows.length <= SHOWN_ROWS ? whole : `<details><summary>All ${rows.length}</summary>\n\n${whole}\n\n</details>`;
}

/** Parts of a page with a blank line between them; empty ones are left out. */
export function paragraphs(...parts: readonly string[]): string {
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}
