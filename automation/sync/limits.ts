/** Would the destination refuse what we are about to write? Names, sizes and counts, checked before the first write. */
import { type PlaceContents } from "./place-reader";

/** The two kinds of entries that a place has. */
export type EntryKind = "secrets" | "variables";

/** What fits into a place. */
export interface PlaceLimits {
  /** Entries of each kind, those included that are not ours. */
  readonly counts: Readonly<Record<EntryKind, number>>;
  /** Bytes of one value in UTF-8. */
  readonly valueBytes: number;
  /** Bytes of all our names and values together, where the place says so. */
  readonly totalBytes?: number;
  readonly isName: (name: string) => boolean;
  /** The remedy for a place that is full. */
  readonly whenFull: string;
}

/** A variable on its way to a place. */
export interface Candidate {
  readonly name: string;
  readonly kind: EntryKind;
  /** Never shown. */
  readonly value: string;
}

const GITHUB = { valueBytes: 48 * 1024, isName: isGitHubName };
const FULL_REPOSITORY =
  "Delete what nobody reads there, or give the repository the organization's secrets: sync-github-org --visibility selected";

/**
 * GitHub's limits by kind of place.
 * https://docs.github.com/en/actions/reference/security/secrets#limits-for-secrets
 * https://docs.github.com/en/actions/reference/workflows-and-actions/variables#limits-for-configuration-variables
 */
export const GITHUB_LIMITS: Readonly<Record<"repository" | "environment" | "organization", PlaceLimits>> = {
  repository: { ...GITHUB, counts: { secrets: 100, variables: 500 }, whenFull: FULL_REPOSITORY },
  environment: { ...GITHUB, counts: { secrets: 100, variables: 100 }, whenFull: FULL_REPOSITORY },
  organization: {
    ...GITHUB,
    counts: { secrets: 1000, variables: 1000 },
    whenFull: "Delete what nobody reads there, or write to single repositories: sync-github",
  },
};

/**
 * Vercel's limits: 1,000 variables for each of a project's targets, and 64 KB for all that one deployment gets.
 * https://vercel.com/docs/environment-variables#environment-variable-size
 */
export const VERCEL_LIMITS: PlaceLimits = {
  counts: { secrets: 0, variables: 1000 },
  valueBytes: 64 * 1024,
  totalBytes: 64 * 1024,
  isName: (name) => /^[A-Za-z_]\w*$/.test(name),
  whenFull: "Delete what nobody reads there.",
};

/** Whether GitHub takes the name for a secret or variable: letters, digits and `_`, no digit first, no `GITHUB_` prefix. */
export function isGitHubName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !/^GITHUB_/i.test(name);
}

/** One sentence with its remedy for everything that the place would refuse; none when all of it fits. */
export function limitFaults(
  place: string,
  limits: PlaceLimits,
  contents: Pick<PlaceContents, EntryKind>,
  candidates: readonly Candidate[],
): string[] {
  const sizes = sizeFaults(place, limits, candidates);
  // A single value that is too long is the plainer thing to say.
  const total = sizes.length > 0 ? [] : totalFaults(place, limits, candidates);
  return [...nameFaults(place, limits, candidates), ...sizes, ...total].concat(
    (["secrets", "variables"] as const).flatMap((kind) => {
      const names = candidates.filter((one) => one.kind === kind).map(({ name }) => name.toUpperCase());
      const present = contents[kind].map((name) => name.toUpperCase());
      const total = new Set([...present, ...names]).size;
      if (names.length === 0 || total <= limits.counts[kind]) return [];
      const numbers = `${present.length} there, ${total - present.length} to add, ${limits.counts[kind]} fit`;
      return [`${place} would hold too many ${kind} (${numbers}). ${limits.whenFull}`];
    }),
  );
}

function nameFaults(place: string, { isName }: PlaceLimits, candidates: readonly Candidate[]): string[] {
  const names = candidates.map(({ name }) => name);
  const twice = names.filter(
    (name, index) => names.findIndex((other) => other.toUpperCase() === name.toUpperCase()) < index,
  );
  return [
    ...names
      .filter((name) => !isName(name))
      .map(
        (name) => `${place} refuses the name ${name}. Rename it in the catalogue, to ${legalName(name)} for example`,
      ),
    ...twice.map(
      (name) => `${place} takes ${name} for a name that is there already in other letters. Rename one of them`,
    ),
  ];
}

function sizeFaults(place: string, { valueBytes }: PlaceLimits, candidates: readonly Candidate[]): string[] {
  return candidates.flatMap(({ name, value }) => {
    const bytes = Buffer.byteLength(value, "utf8");
    if (bytes <= valueBytes) return [];
    const sizes = `${bytes} bytes, ${valueBytes / 1024} KB fit`;
    return [`${place} refuses the value of ${name} (${sizes}). Read it from ESC there: pulumi env run`];
  });
}

function totalFaults(
  place: string,
  { totalBytes = Infinity }: PlaceLimits,
  candidates: readonly Candidate[],
): string[] {
  const bytes = candidates.reduce((sum, { name, value }) => sum + Buffer.byteLength(`${name}${value}`, "utf8"), 0);
  if (bytes <= totalBytes) return [];
  const sizes = `${bytes} bytes in all, ${totalBytes / 1024} KB fit`;
  return [`${place} refuses so much (${sizes}). Read the longest of them from ESC there: pulumi env run`];
}

/** A name of the same sense that every destination takes. */
function legalName(name: string): string {
  const word = name
    .toUpperCase()
    .replace(/[^A-Z0-9_]/g, "_")
    .replace(/^GITHUB_/, "GH_");
  return /^[A-Z_]/.test(word) ? word : `_${word}`;
}
