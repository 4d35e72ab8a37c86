/** Which stacks are meant? Names and patterns of the command line against the settings files of the project. */
import { unknownStackError, usageError } from "../errors";

/** Whether the words of `--stack` may mean several stacks. */
export function meansSeveral(words: readonly string[]): boolean {
  return words.length > 1 || words.some(isPattern);
}

/**
 * The stacks, each once, in the order of `known` for each word. `*` stands for any text and `?` for one character. Throws a usage error for a name that
 * nobody has set up and for a pattern that fits none: a rotation of fewer stacks than were meant would look like one of all.
 */
export function selectStacks(words: readonly string[], known: readonly string[]): string[] {
  const found = words.flatMap((word) => {
    const fitting = known.filter((stack) => patternOf(word).test(stack));
    if (fitting.length > 0) return fitting;
    if (!isPattern(word)) throw unknownStackError(word, known);
    throw usageError(
      "stack.no_match",
      `No stack fits ${word}; nothing was changed.`,
      `Known stacks: ${known.join(", ") || "none"}. Put a pattern into quotes, or the shell looks for files.`,
    );
  });
  return [...new Set(found)];
}

function isPattern(word: string): boolean {
  return /[*?]/.test(word);
}

function patternOf(word: string): RegExp {
  const escaped = word.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}
