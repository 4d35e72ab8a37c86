/** How is a long sentence shown on a terminal? Broken at blanks, the later lines below the first one's text. */

/** Columns that a line may take. */
const WIDTH = 100;

/** `head` and then `text`, broken into lines of at most 100 columns; a word that is longer has a line of its own. */
export function hanging(head: string, text: string): string {
  const room = WIDTH - head.length;
  const lines: string[] = [];
  for (const word of text.split(/ +/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line, index) => (index === 0 ? head : " ".repeat(head.length)) + line).join("\n");
}
