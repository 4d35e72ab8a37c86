/** What did the newest integration test find? Its report, as `test --output` leaves it in a file. */
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { usageError } from "../errors";
import { parseJson } from "../json";

const schema = z.object({
  schema: z.literal("sophia-secrets/integration-test"),
  timestamp: z.iso.datetime(),
  services: z.record(
    z.string(),
    z.object({ outcome: z.enum(["passed", "rejected", "unknown"]), durationMs: z.number() }),
  ),
});

/** The report, as far as it is measured. `timestamp` is ISO 8601. */
export type TestResults = z.infer<typeof schema>;

/** The names under which reports are kept by default; in order of their times. */
const NAME = /^integration_test_results_\d{8}_\d{6}\.json$/;

/** Reads the file that was named, else the newest report in the folder; undefined where there is none. Throws a usage error for a file that is none. */
export async function readTestResults(directory: string, file?: string): Promise<TestResults | undefined> {
  const newest = (await readdir(directory).catch(() => []))
    .filter((name) => NAME.test(name))
    .sort()
    .at(-1);
  const shown = file ?? newest;
  if (shown === undefined) return undefined;
  const text = await readFile(file === undefined ? join(directory, shown) : resolve(directory, shown), "utf8").catch(
    (error: NodeJS.ErrnoException) => {
      throw unusable(shown, error.code ?? "unknown");
    },
  );
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success) throw unusable(shown, "it is no report of an integration test");
  return parsed.data;
}

function unusable(shown: string, why: string) {
  return usageError(
    "metrics.test_results",
    `${shown} cannot be read as test results (${why}).`,
    "Make one with: npx sophia-secrets test --output FILE, and name it with --test-results FILE.",
  );
}
