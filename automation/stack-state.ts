/** What does the stack's state say it owns, and what did its program export? No value of a secret. */
import { z } from "zod";
import { BATCH_TYPE, withBatchedEntries } from "./sync/batched";

/** One resource of the state. */
export interface StackResource {
  readonly urn: string;
  /** The provider's id; components have none. */
  readonly id?: string;
  /** The type token. */
  readonly type: string;
  /** The name in the program. */
  readonly name: string;
  /** URN of the parent. */
  readonly parent?: string;
  /** When the service says that we wrote it last, ISO; GitHub's secrets have it. */
  readonly updatedAt?: string;
  /** When the engine wrote it last, by this machine's clock or that of whoever ran it; ISO. */
  readonly modifiedAt?: string;
  /** The last write of it failed in the middle: what the state says may not be what is there. */
  readonly isHalfWritten: boolean;
}

const schema = z.object({
  resources: z
    .array(
      z.object({
        urn: z.string(),
        type: z.string(),
        id: z.string().optional(),
        initErrors: z.array(z.unknown()).nullish(),
        parent: z.string().optional(),
        delete: z.boolean().optional(),
        modified: z.string().optional(),
        outputs: z.record(z.string(), z.unknown()).optional(),
      }),
    )
    .default([]),
  pending_operations: z.array(z.object({ type: z.string(), resource: z.object({ urn: z.string() }) })).nullish(),
});

/** The resources of an exported state, without those that only wait for their deletion. Throws when the export has another shape. */
export function parseStackState({ deployment }: { readonly deployment: unknown }): StackResource[] {
  const { resources, pending_operations: pending } = schema.parse(deployment ?? {});
  // A write that its process did not live to tell of: some of the place's entries may be the new ones.
  const interrupted = new Set((pending ?? []).map(({ resource }) => resource.urn));
  return withBatchedEntries(resources)
    .filter((resource) => !resource.delete)
    .map(({ urn, type, id, parent, modified, outputs, initErrors }) => {
      const updatedAt = isoTime(outputs?.updatedAt);
      const modifiedAt = isoTime(modified);
      return {
        urn,
        type,
        // A resource for a whole place knows of each entry whether it was written, unless its process died before it could say so.
        isHalfWritten: type === BATCH_TYPE ? interrupted.has(urn) : (initErrors ?? []).length > 0,
        ...(id === undefined ? {} : { id }),
        name: urn.split("::").pop() ?? urn,
        ...(parent === undefined ? {} : { parent }),
        ...(updatedAt === undefined ? {} : { updatedAt }),
        ...(modifiedAt === undefined ? {} : { modifiedAt }),
      };
    });
}

/** What the program exported at the last `up`, by name; empty before the first. Throws when the export has another shape. */
export function parseProgramOutputs({ deployment }: { readonly deployment: unknown }): Record<string, unknown> {
  const { resources } = schema.parse(deployment ?? {});
  return resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
}

/** The GitHub provider keeps times as Go prints them: `2026-11-23 15:41:00 +0000 UTC`. */
function isoTime(text: unknown): string | undefined {
  const time = typeof text === "string" ? Date.parse(text.replace(/ UTC$/, "")) : Number.NaN;
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
