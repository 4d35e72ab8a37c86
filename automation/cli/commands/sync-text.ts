/** How do long lists of names stay within a terminal's width? */

/** Characters of a line, at most, where words can be wrapped. */
const WIDTH = 100;
const LABEL = 10;

/** Words in as few lines as fit, each after `indent` blanks; a word that is longer than a line stays whole. */
export function wrapped(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && indent + longer.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line].map((one) => `${" ".repeat(indent)}${one}`);
}

/** A sentence below a place. */
export const indented = (text: string): string[] => wrapped(text, 2);

/** `  added     A, B`, gone on below the first name; no line where there is no name. */
export function labelled(word: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const [first = "", ...rest] = wrapped(names.join(", "), LABEL + 2);
  return [`  ${word.padEnd(LABEL)}${first.trimStart()}`, ...rest];
}
