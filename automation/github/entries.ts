/** What does a place at GitHub hold of ours, what shall it hold, and what has to be written for that? Data only. */

/** A secret or a plain variable. */
export type WrittenKind = "secret" | "variable";

/** How many of a kind GitHub lists at once, at most: https://docs.github.com/en/rest/actions/secrets and /variables. */
export const PAGE_SIZES = { secrets: 100, variables: 30 } as const;

/** An entry as the state knows it. */
export interface KnownEntry {
  readonly kind: WrittenKind;
  /** Mark of what we wrote; empty where nobody knows what is there: the write failed, or somebody has written over it. */
  readonly mark: string;
  /** GitHub's own time of our last write, ISO; empty where it did not say. */
  readonly updatedAt: string;
}

/** An entry as it shall be. */
export interface WantedEntry {
  readonly kind: WrittenKind;
  /** Changes with the value, and with who may read it; tells neither. */
  readonly mark: string;
  /** Entries of one group change together: their writes go out at once. */
  readonly group: string;
}

/** What to look at, and what to write although nothing seems to have changed. */
export interface WriteOrder {
  /** Names to limit everything to. @default all */
  readonly only?: readonly string[];
  /** Names to write again, with a word that was not given for them before. */
  readonly again?: Readonly<Record<string, string>>;
}

/** Names, each once, in the order of the groups. */
export interface EntryPlan {
  readonly create: readonly string[];
  readonly update: readonly string[];
  /** Those that we wrote once and that are wanted no longer. */
  readonly remove: readonly string[];
}

/** By name. */
export type Entries<T> = Readonly<Record<string, T>>;

/** Plans the writes. `before` is the order of the last write, by which a word of `again` is a new one. */
export function planEntries(
  known: Entries<KnownEntry>,
  wanted: Entries<WantedEntry>,
  order: WriteOrder = {},
  before: WriteOrder = {},
): EntryPlan {
  const meant = (name: string) => order.only === undefined || order.only.includes(name);
  const isNews = (name: string) => {
    const word = order.again?.[name];
    return word !== undefined && word !== before.again?.[name];
  };
  const isDue = ([name, { kind, mark }]: readonly [string, WantedEntry]) =>
    known[name]?.kind !== kind || known[name].mark !== mark || isNews(name);
  const due = byGroup(Object.entries(wanted).filter((entry) => meant(entry[0]) && isDue(entry)));
  return {
    create: due.filter((name) => known[name]?.kind !== wanted[name]?.kind),
    update: due.filter((name) => known[name]?.kind === wanted[name]?.kind),
    remove: Object.keys(known).filter((name) => meant(name) && known[name]?.kind !== wanted[name]?.kind),
  };
}

/** How many requests change something. */
export function countWrites({ create, update, remove }: EntryPlan): number {
  return create.length + update.length + remove.length;
}

/** The names in groups, in the order in which the groups come first. */
export function groupsOf(names: readonly string[], wanted: Entries<WantedEntry>): string[][] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const group = wanted[name]?.group ?? "";
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  return [...groups.values()];
}

function byGroup(entries: readonly (readonly [string, WantedEntry])[]): string[] {
  return groupsOf(
    entries.map(([name]) => name),
    Object.fromEntries(entries),
  ).flat();
}
