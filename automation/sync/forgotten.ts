/**
 * Which secrets at a place are ours although Pulumi's state does not have them? A secret that is to be written again is taken out of the state
 * first (`automation/stack-repair.ts`); where the write then fails, only this is left: its component says that the stack writes the name there,
 * and the place says that it was written while the stack did.
 */
import { z } from "zod";
import { withBatchedEntries } from "./batched";
import { CLOCK_TOLERANCE_MS } from "../written-since";
import { type PlaceContents } from "./place-reader";
import { childrenOf, variableOf, type PlaceComponent } from "./targets";

const schema = z.object({
  manifest: z.object({ time: z.string() }),
  resources: z
    .array(
      z.object({
        urn: z.string(),
        type: z.string(),
        parent: z.string().optional(),
        created: z.string().optional(),
        outputs: z.looseObject({ names: z.array(z.string()).catch([]) }).optional(),
      }),
    )
    .default([]),
});

/**
 * The names. A secret that was there before the stack came to the place, or that was written after the stack's last run, is somebody else's.
 * `deployment` is the exported state; throws when it has another shape.
 */
export function forgottenNames(
  component: PlaceComponent,
  { secrets, writtenAt }: Pick<PlaceContents, "secrets" | "writtenAt">,
  deployment: unknown,
): string[] {
  const { manifest, resources } = schema.parse(deployment);
  const state = withBatchedEntries(resources).map((resource) => ({
    ...resource,
    name: resource.urn.split("::").pop() ?? "",
  }));
  const own = state.find(({ type, name }) => type === component.type && name === component.name);
  const known = childrenOf(component, state).map(({ name }) => variableOf(component, name));
  const from = Date.parse(own?.created ?? "") - CLOCK_TOLERANCE_MS;
  const until = Date.parse(manifest.time) + CLOCK_TOLERANCE_MS;
  return (own?.outputs?.names ?? []).filter((name) => {
    const there = Date.parse(writtenAt[name] ?? "");
    return secrets.includes(name) && !known.includes(name) && there >= from && there <= until;
  });
}
