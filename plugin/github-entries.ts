/** What does the engine's word mean for the entries of one place at GitHub? Inputs and state as data, and what each operation does with them. */
import {
  countWrites,
  planEntries,
  type Entries,
  type EntryPlan,
  type KnownEntry,
  type WantedEntry,
  type WriteOrder,
} from "../automation/github/entries";
import { type GitHubClient } from "../automation/github/client";
import { addressLabel, PlaceApi, type PlaceAddress } from "../automation/github/place-api";
import { clearPlace, readPlace, writePlace } from "../automation/github/place-writer";

/** The inputs of `sophia:github:Entries`. */
export interface EntriesInputs extends PlaceAddress {
  readonly wanted: Entries<WantedEntry>;
  /** By name; one secret. */
  readonly values: Entries<string>;
  readonly order?: WriteOrder;
}

/** Its state. Values are in the inputs only, once. */
export interface EntriesState extends PlaceAddress {
  readonly entries: Entries<KnownEntry>;
}

/** Some names were written and some were not: the engine keeps `state`, and tries again at the next run. */
export class PartialWrite extends Error {
  constructor(
    readonly id: string,
    readonly state: EntriesState,
    readonly reasons: readonly string[],
  ) {
    super(reasons.join(" | "));
    this.name = "PartialWrite";
  }
}

/** Where lines for people go: `isPassing` ones are replaced by the next. */
export type Tell = (line: string, isPassing: boolean) => void;

/** The plan for new inputs; nothing is known of a place that was not written yet. */
export function planOf(
  state: Partial<EntriesState>,
  inputs: EntriesInputs,
  before: Partial<EntriesInputs> = {},
): EntryPlan {
  return planEntries(state.entries ?? {}, inputs.wanted, inputs.order, before.order);
}

/** Whether the new inputs mean another place, which is written anew before the old one is cleared. */
export function isElsewhere(state: PlaceAddress, inputs: PlaceAddress): boolean {
  return idOf(state) !== idOf(inputs);
}

/** `payready`, `payready/sophia`, `payready/sophia/production`. */
export function idOf({ owner, repository, environment }: PlaceAddress): string {
  return [owner, repository, environment].filter((part) => part !== undefined).join("/");
}

/** `github payready/sophia: writes A, B; removes C`. */
export function describePlan(inputs: EntriesInputs, { create, update, remove }: EntryPlan): string {
  const parts = [
    ...(create.length + update.length > 0 ? [`writes ${[...create, ...update].join(", ")}`] : []),
    ...(remove.length > 0 ? [`removes ${remove.join(", ")}`] : []),
  ];
  return `${addressLabel(inputs)}: ${parts.join("; ") || "nothing to write"}`;
}

/** Writes what is due. Throws a {@link PartialWrite} where only some of it went well, another error where nothing was written. */
export async function applyEntries(
  client: GitHubClient,
  request: { readonly state: Partial<EntriesState>; readonly inputs: EntriesInputs; readonly plan: EntryPlan },
  tell: Tell,
): Promise<EntriesState> {
  const { state, inputs, plan } = request;
  const api = new PlaceApi(client, inputs);
  const known = state.entries ?? {};
  const { wanted, values } = inputs;
  const written = await writePlace(api, { known, wanted, values, plan, tell: (line) => tell(line, true) });
  const after: EntriesState = { ...addressOf(inputs), entries: written.entries };
  if (written.failures.length === 0) return after;
  const reasons = written.failures.map((failure) => `${addressLabel(inputs)}: ${failure}`);
  const isFruitless = state.entries === undefined && Object.keys(written.entries).length === 0;
  if (isFruitless) throw new Error(reasons.join(" | "));
  throw new PartialWrite(idOf(inputs), after, reasons);
}

/** What is there of ours now; undefined where the place is gone. */
export async function refreshEntries(
  client: GitHubClient,
  state: EntriesState,
  inputs: Partial<EntriesInputs>,
): Promise<EntriesState | undefined> {
  const entries = await readPlace(new PlaceApi(client, state), state.entries, inputs.values ?? {});
  return entries && { ...addressOf(state), entries };
}

/** Removes what is ours, and says what it leaves. */
export async function deleteEntries(client: GitHubClient, state: EntriesState, tell: Tell): Promise<void> {
  const theirs = await clearPlace(new PlaceApi(client, state), state.entries);
  if (theirs.length > 0)
    tell(`${addressLabel(state)}: left ${theirs.join(", ")}, which somebody else has written since`, false);
}

/** How many requests the plan takes. */
export const writesOf = countWrites;

function addressOf({ owner, repository, environment, visibility, repositories }: PlaceAddress): PlaceAddress {
  return {
    owner,
    ...(repository === undefined ? {} : { repository }),
    ...(environment === undefined ? {} : { environment }),
    ...(visibility === undefined ? {} : { visibility }),
    ...(repositories === undefined ? {} : { repositories }),
  };
}
