/** What is said of a word that is none of those there are? */

/** A hint: the word that was probably meant, and all there is to choose from. */
export function chooseFrom(words: readonly string[], given?: string): string {
  const meant = given === undefined ? undefined : nearest(given, words);
  return `${meant === undefined ? "" : `Did you mean ${meant}? `}Choose from: ${words.join(", ")}.`;
}

/** The one word that is not further away than a third of its letters; undefined where there is none, or more than one. */
function nearest(given: string, words: readonly string[]): string | undefined {
  const ranked = words.map((word) => ({ word, edits: countEdits(given.toLowerCase(), word.toLowerCase()) }));
  const close = ranked.filter(({ word, edits }) => edits <= Math.max(1, word.length / 3));
  const least = Math.min(...close.map(({ edits }) => edits));
  const best = close.filter(({ edits }) => edits === least);
  return best.length === 1 ? best[0]?.word : undefined;
}

/** How many letters are added, left out or changed, or change places with the next one (the distance of Damerau and Levenshtein). */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  let above: number[] = [];
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let at = 1; at < row.length; at += 1) {
      const isSwapped = letter === to[at - 2] && from[index - 1] === to[at - 1];
      next.push(
        Math.min(
          ...[(row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1, (row[at - 1] ?? 0) + (letter === to[at - 1] ? 0 : 1)],
          isSwapped ? (above[at - 2] ?? 0) + 1 : Infinity,
        ),
      );
    }
    [above, row] = [row, next];
  }
  return row.at(-1) ?? 0;
}
