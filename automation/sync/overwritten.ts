/** Which of our entries has somebody else written since? Told by the times of the place and of Pulumi's state, for the sync commands and the audit. */
import { type StackResource } from "../stack-state";
import { type PlaceContents } from "./place-reader";
import { childrenOf, variableOf, type PlaceComponent } from "./targets";

/** The engine notes a write when the answer has come, by its own clock, which is not the vendor's. Milliseconds. */
export const CLOCK_TOLERANCE_MS = 30_000;

/**
 * Entries that the place has a later time of than the state, so that nobody knows what is there. The engine does not notice: a secret cannot
 * be read, and GitHub's provider (6.13) takes the later time over in a refresh and compares nothing with it. Where the provider keeps the
 * place's own time of our write (GitHub's secrets) one second tells; elsewhere the engine's time does, with room for clocks that differ.
 */
export function overwrittenNames(
  component: PlaceComponent,
  { writtenAt }: Pick<PlaceContents, "writtenAt">,
  state: readonly StackResource[],
): string[] {
  return childrenOf(component, state).flatMap((resource) => {
    const variable = variableOf(component, resource.name);
    return variable !== undefined && isWrittenSince(writtenAt[variable], resource) ? [variable] : [];
  });
}

/**
 * Whether the place's time of an entry is later than our last write of it can be. `updatedAt` is what the place itself said of our write and is
 * exact, `modifiedAt` when the engine noted it; all are ISO. False where a time is unknown or no time.
 */
export function isWrittenSince(
  placeTime: string | undefined,
  { updatedAt, modifiedAt }: Pick<StackResource, "updatedAt" | "modifiedAt">,
): boolean {
  const ours = updatedAt === undefined ? Date.parse(modifiedAt ?? "") + CLOCK_TOLERANCE_MS : Date.parse(updatedAt);
  return Date.parse(placeTime ?? "") > ours;
}
