/** How is a report kept within a terminal's width? Sentences are broken at blanks, columns of tables narrowed. */

/** Columns that a line may take where nobody says how wide the terminal is. */
export const WIDTH = 100;

/** `head` and then `text`, broken into lines of at most `width` columns, the later ones below the text of the first; a word that is longer has a line of its own. */
export function hanging(head: string, text: string, width: number = WIDTH): string {
  const room = width - head.length;
  const lines: string[] = [];
  for (const word of text.split(/ +/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line, index) => (index === 0 ? head : " ".repeat(head.length)) + line).join("\n");
}

const NARROWEST = 8;

/**
 * The widths of a table's columns, blanks at their sides included, so that it takes no more than `width` columns with its lines: `widest` where
 * there is room, else what the cells of `rows` need, and of that the widest column gives first.
 */
export function fitColumns(widest: readonly number[], rows: readonly (readonly string[])[], width: number): number[] {
  const room = width - widest.length - 1;
  const total = (widths: readonly number[]) => widths.reduce((sum, one) => sum + one, 0);
  if (total(widest) <= room) return [...widest];
  const widths = widest.map((most, column) => {
    const lines = rows.flatMap((row) => (row[column] ?? "").split("\n"));
    return Math.min(most, Math.max(NARROWEST, ...lines.map((line) => line.length + 2)));
  });
  while (total(widths) > room) {
    const most = Math.max(...widths);
    if (most <= NARROWEST) break;
    widths[widths.lastIndexOf(most)] = most - 1;
  }
  return widths;
}
