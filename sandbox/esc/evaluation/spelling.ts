/** Which known name did the author mean? The nearest by edit distance, case and underscores ignored. */

/** The candidate that needs the fewest edits, if fewer than half of the letters are wrong. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = fold(name);
  let best: string | undefined;
  let bestDistance = Math.floor((wanted.length + 1) / 2);
  for (const candidate of candidates) {
    const distance = editDistance(wanted, fold(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** The candidates, the likeliest first; the order of equally likely ones is kept. */
export function sortByEditDistance(name: string, candidates: readonly string[]): readonly string[] {
  const wanted = fold(name);
  return candidates
    .map((candidate) => ({ candidate, distance: editDistance(wanted, fold(candidate)) }))
    .sort((left, right) => left.distance - right.distance)
    .map(({ candidate }) => candidate);
}

function fold(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}

/** Levenshtein's distance. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const substituted = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
