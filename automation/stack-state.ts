/** What does the stack's state say it owns? Identities only, out of an export whose secrets stay encrypted. */
import { type Deployment } from "@pulumi/pulumi/automation";
import { z } from "zod";

/** One resource of the state. */
export interface StackResource {
  /** The type token. */
  readonly type: string;
  /** The name in the program. */
  readonly name: string;
  /** URN of the parent. */
  readonly parent?: string;
  /** When the service says that we wrote it last, ISO; GitHub's secrets have it. */
  readonly updatedAt?: string;
}

const schema = z.object({
  resources: z
    .array(
      z.object({
        urn: z.string(),
        type: z.string(),
        parent: z.string().optional(),
        delete: z.boolean().optional(),
        outputs: z.object({ updatedAt: z.unknown().optional() }).optional(),
      }),
    )
    .default([]),
});

/** The resources of an exported state, without those that only wait for their deletion. Throws when the export has another shape. */
export function parseStackState({ deployment }: Pick<Deployment, "deployment">): StackResource[] {
  return schema
    .parse(deployment ?? {})
    .resources.filter((resource) => !resource.delete)
    .map(({ urn, type, parent, outputs }) => {
      const updatedAt = isoTime(outputs?.updatedAt);
      return {
        type,
        name: urn.split("::").pop() ?? urn,
        ...(parent === undefined ? {} : { parent }),
        ...(updatedAt === undefined ? {} : { updatedAt }),
      };
    });
}

/** The GitHub provider keeps times as Go prints them: `2026-11-23 15:41:00 +0000 UTC`. */
function isoTime(text: unknown): string | undefined {
  const time = typeof text === "string" ? Date.parse(text.replace(/ UTC$/, "")) : Number.NaN;
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
