/** What does the program tell those who run it? The contract between `index.ts` and everything after an `up`. */
import { z } from "zod";
import { AutomationError, EXIT } from "./errors";

const names = z.array(z.string());
const schema = z.object({
  environment: z.string(),
  secretsRevision: z.number(),
  publishedRevision: z.number(),
  destinations: z.object({ esc: names, github: names, vercel: names }),
  missing: names,
  fingerprints: z.record(z.string(), z.string()),
});

/** The stack's outputs: names, revisions and keyed fingerprints; no value of a secret. */
export type StackOutputs = z.infer<typeof schema>;

/** Reads what the program exported, by name. Throws when the program did not export what it must: an empty program "succeeds" too. */
export function parseStackOutputs(outputs: Readonly<Record<string, unknown>>, stack: string): StackOutputs {
  const parsed = schema.safeParse(outputs);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map((issue) => issue.path.join(".")).join(", ");
  throw new AutomationError({
    code: "stack.outputs_missing",
    exitCode: EXIT.internal,
    message: `The program of stack ${stack} ran without its outputs (${places}).`,
    hint: "Run: npx sophia-secrets preview",
    stack,
  });
}
