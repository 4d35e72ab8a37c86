/** How does one place at GitHub get what is due, and what is known of it afterwards, also where only part of it went well? */
import { isWrittenSince } from "../written-since";
import { describeMs } from "./budget";
import {
  countWrites,
  groupsOf,
  planEntries,
  type Entries,
  type EntryPlan,
  type KnownEntry,
  type WantedEntry,
  type WrittenKind,
} from "./entries";
import { type ListedEntry, type PlaceApi } from "./place-api";

/** What is to be written to a place. */
export interface PlaceWrite {
  readonly known: Entries<KnownEntry>;
  readonly wanted: Entries<WantedEntry>;
  /** By name; never shown. */
  readonly values: Entries<string>;
  readonly plan: EntryPlan;
  /** Told from time to time how far all writers of the process are. */
  readonly tell?: (line: string) => void;
}

/** What a place holds of ours after a write. */
export interface WrittenPlace {
  readonly entries: Entries<KnownEntry>;
  /** One line for each name that was not written; empty when all went well. */
  readonly failures: readonly string[];
}

type Listings = Partial<Record<WrittenKind, ReadonlyMap<string, ListedEntry>>>;

/**
 * Reads what is there of ours; `values` are what we wrote, with which variables are compared, because they can be read; without them only times
 * count. Undefined where the place is gone, or cannot be seen.
 */
export async function readPlace(
  api: PlaceApi,
  known: Entries<KnownEntry>,
  values?: Entries<string>,
): Promise<Entries<KnownEntry> | undefined> {
  const kinds = [...new Set(Object.values(known).map(({ kind }) => kind))];
  const listings = await listKinds(api, kinds.length === 0 ? ["secret"] : kinds);
  if (!listings) return undefined;
  const found = Object.entries(known).flatMap(([name, entry]) => {
    const listed = listings[entry.kind]?.get(name.toUpperCase());
    // What somebody has removed is made again; of what somebody has written over nobody knows what it is.
    if (!listed) return [];
    const isReadable = entry.kind === "variable" && values !== undefined;
    const isOurs = isReadable ? listed.value === values[name] : !isWrittenSince(listed.updated_at, entry);
    return [[name, isOurs ? entry : { ...entry, mark: "" }] as const];
  });
  return Object.fromEntries(found);
}

/** Writes what the plan says. Never throws for a single name; what GitHub refuses before the first write is thrown. */
export async function writePlace(
  api: PlaceApi,
  { known, wanted, values, plan, tell }: PlaceWrite,
): Promise<WrittenPlace> {
  const due = [...plan.create, ...plan.update];
  const { pace } = api.client;
  pace.remember(Object.values(known).map(({ updatedAt }) => updatedAt));
  await api.prepare([...new Set(due.map((name) => kindOf(wanted, name)))]);
  const failures = new Map<string, string>();
  /** What belongs together goes out at once. */
  const attempt = async (names: readonly string[], act: (name: string) => Promise<void>) => {
    const requests = names.map((name) => async () => {
      await act(name).finally(() => {
        pace.finish(1);
        tell?.(progressLine(pace.progress()));
      });
    });
    const results = await pace.write(requests);
    for (const [index, result] of results.entries())
      if (result.status === "rejected") failures.set(names[index] ?? "", (result.reason as Error).message);
  };
  const put = (name: string) => {
    const value = values[name] ?? "";
    if (kindOf(wanted, name) === "secret") return api.putSecret(name, value);
    return api.putVariable(name, value, known[name]?.kind === "variable");
  };
  await Promise.all(groupsOf(due, wanted).map((names) => attempt(names, put)));
  await Promise.all(plan.remove.map((name) => attempt([name], () => api.remove(kindOf(known, name), name))));
  return { entries: await entriesAfter(api, { known, wanted, plan }, failures), failures: [...failures.values()] };
}

/** Removes what we wrote. What somebody else has written over since is theirs; its names are given back. */
export async function clearPlace(api: PlaceApi, known: Entries<KnownEntry>): Promise<string[]> {
  const there = await readPlace(api, known);
  if (!there) return [];
  const theirs = Object.keys(there).filter((name) => there[name]?.mark === "" && known[name]?.mark !== "");
  const ours = Object.fromEntries(Object.entries(there).filter(([name]) => !theirs.includes(name)));
  const plan = planEntries(ours, {});
  api.client.pace.announce(countWrites(plan));
  const { failures } = await writePlace(api, { known: ours, wanted: {}, values: {}, plan });
  if (failures.length > 0) throw new Error(failures.join(" | "));
  return theirs;
}

/** What was written has the place's own time, so that a later write of somebody else shows. */
async function entriesAfter(
  api: PlaceApi,
  { known, wanted, plan }: Pick<PlaceWrite, "known" | "wanted" | "plan">,
  failures: ReadonlyMap<string, string>,
): Promise<Entries<KnownEntry>> {
  const due = [...plan.create, ...plan.update];
  const written = due.filter((name) => !failures.has(name));
  // A list that fails must not lose what was written: without times, the next look decides by what it finds.
  const listings = written.length === 0 ? {} : await listKinds(api, kindsOf(wanted, written)).catch(() => undefined);
  const entries: Record<string, KnownEntry> = {};
  for (const [name, entry] of Object.entries(known)) {
    if (!plan.remove.includes(name) || failures.has(name)) entries[name] = entry;
  }
  for (const name of due) {
    const kind = kindOf(wanted, name);
    const updatedAt = listings?.[kind]?.get(name.toUpperCase())?.updated_at ?? "";
    if (!failures.has(name)) entries[name] = { kind, mark: wanted[name]?.mark ?? "", updatedAt };
    // Its answer may have been lost: it may or may not be there.
    else if (known[name]?.kind === kind) entries[name] = { ...known[name], mark: "" };
  }
  return entries;
}

async function listKinds(api: PlaceApi, kinds: readonly WrittenKind[]): Promise<Listings | undefined> {
  const lists = await Promise.all(kinds.map(async (kind) => [kind, await api.list(kind)] as const));
  return lists.some(([, list]) => list === undefined) ? undefined : Object.fromEntries(lists);
}

function kindOf(entries: Entries<{ readonly kind: WrittenKind }>, name: string): WrittenKind {
  return entries[name]?.kind ?? "secret";
}

function kindsOf(entries: Entries<{ readonly kind: WrittenKind }>, names: readonly string[]): WrittenKind[] {
  return [...new Set(names.map((name) => kindOf(entries, name)))];
}

function progressLine({ done, total, remainingMs }: { done: number; total: number; remainingMs: number }): string {
  const left = remainingMs > 0 ? `, about ${describeMs(remainingMs)} left` : "";
  return `${done} of ${total} written to GitHub${left}`;
}
