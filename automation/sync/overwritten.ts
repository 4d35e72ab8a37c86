/** Which of our entries has somebody else written since? Told by the times of the place and of Pulumi's state, for the sync commands and the audit. */
import { type StackResource } from "../stack-state";
import { isWrittenSince } from "../written-since";
import { type PlaceContents } from "./place-reader";
import { childrenOf, variableOf, type PlaceComponent } from "./targets";

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
