/**
 * Which entries does a resource carry that writes a whole place at GitHub? One state and one event look, to everybody who asks of single secrets, as
 * if each had a resource of its own.
 */
import { planEntries, type KnownEntry, type WantedEntry, type WriteOrder, type WrittenKind } from "../github/entries";
import { parseObject } from "../json";

/** The type token of such a resource. */
export const BATCH_TYPE = "sophia:github:Entries";

const TYPES: Readonly<Record<WrittenKind, string>> = {
  secret: "sophia:github:Secret",
  variable: "sophia:github:Variable",
};

/** What is needed of a resource in an exported state. */
interface RawResource {
  readonly urn: string;
  readonly type: string;
  readonly inputs?: Readonly<Record<string, unknown>> | undefined;
  readonly outputs?: Readonly<Record<string, unknown>> | undefined;
}

/** The resources with one more for each entry: named and placed as if it had a resource of its own, with its own time and, where it is there, its value. */
export function withBatchedEntries<T extends RawResource>(resources: readonly T[]): T[] {
  return resources.flatMap((resource) => [resource, ...entriesOf(resource)]);
}

function entriesOf<T extends RawResource>(resource: T): T[] {
  if (resource.type !== BATCH_TYPE) return [];
  const entries = (resource.outputs?.["entries"] ?? {}) as Readonly<Record<string, KnownEntry>>;
  const values = valuesOf(resource.inputs?.["values"]);
  return Object.entries(entries).map(([name, { kind, updatedAt }]) => ({
    ...resource,
    urn: `${resource.urn.replace(BATCH_TYPE, TYPES[kind])}-${name}`,
    type: TYPES[kind],
    inputs: values[name] === undefined ? {} : { value: values[name] },
    outputs: updatedAt === "" ? {} : { updatedAt },
    // Only the resource itself can be half written: what is known of an entry is what is there.
    initErrors: [],
  }));
}

/** One secret around all values: JSON in a string, where the state was exported with its secrets in clear. */
function valuesOf(secret: unknown): Readonly<Record<string, unknown>> {
  const { plaintext } = (secret ?? {}) as { readonly plaintext?: unknown };
  return (typeof plaintext === "string" ? parseObject(plaintext) : undefined) ?? {};
}

/** One step of the engine, as its events tell it. */
export interface BatchStep {
  readonly op: string;
  readonly name: string;
  readonly before: RawState | undefined;
  readonly after: RawState | undefined;
}

type RawState = Pick<RawResource, "inputs" | "outputs">;

/** What becomes of which entry; the resource itself where it is none of them. */
export function entryChanges({ op, name, before, after }: BatchStep): { op: string; type: string; name: string }[] {
  const known = (before?.outputs?.["entries"] ?? {}) as Readonly<Record<string, KnownEntry>>;
  const isGoing = op === "delete";
  const wanted = isGoing ? {} : ((after?.inputs?.["wanted"] ?? {}) as Readonly<Record<string, WantedEntry>>);
  const orderOf = (state: RawState | undefined) => state?.inputs?.["order"] as WriteOrder | undefined;
  const plan = planEntries(known, wanted, isGoing ? {} : orderOf(after), orderOf(before));
  const changes = (names: readonly string[], word: string, entries: Readonly<Record<string, { kind: WrittenKind }>>) =>
    names.map((entry) => ({ op: word, type: TYPES[entries[entry]?.kind ?? "secret"], name: `${name}-${entry}` }));
  const all = [
    ...changes(plan.create, "create", wanted),
    ...changes(plan.update, "update", wanted),
    ...changes(plan.remove, "delete", known),
  ];
  return all.length > 0 ? all : [{ op, type: BATCH_TYPE, name }];
}
