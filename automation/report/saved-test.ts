/** What did the newest integration test say? Found in the working directory by the name under which tests are kept, or run just now. */
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../json";
import { type IntegrationTestReport } from "../reports/integration-test";

/** One service's result. */
export interface TestedService {
  readonly service: string;
  readonly outcome: "passed" | "rejected" | "unknown";
  /** Why it did not pass. */
  readonly reason?: string;
  /** What to do about it, sentences. */
  readonly advice: readonly string[];
}

/** The newest test. `timestamp` is ISO 8601. */
export type NewestTest =
  | {
      readonly state: "read";
      /** Its name; missing where it was run for this report. */
      readonly file?: string;
      /** Of which stack it says to be; older files do not say. */
      readonly stack?: string;
      readonly timestamp: string;
      readonly services: readonly TestedService[];
    }
  | { readonly state: "none" }
  | { readonly state: "unreadable"; readonly file: string; readonly reason: string };

const NAME = /^integration_test_results_\d{8}_\d{6}\.json$/;
/** A report has some kilobytes: what is larger is none. */
const LARGEST = 1_000_000;

/** As `test` writes it; `stack` where it says of which one. The tools before this one wrote no outcomes. */
const schema = z.object({
  timestamp: z.string().refine((text) => !Number.isNaN(Date.parse(text))),
  stack: z.string().optional(),
  services: z.record(
    z.string(),
    z.object({
      status: z.string(),
      outcome: z.enum(["passed", "rejected", "unknown"]).optional(),
      error: z.string().nullish(),
      recommendations: z.array(z.string()).default([]),
    }),
  ),
});

/** The newest test of the stack in the folder. One of another stack is passed over; the newest one that cannot be read is said to be so. */
export async function newestTest(folder: string, stack: string): Promise<NewestTest> {
  const names = (await readdir(folder).catch((): string[] => [])).filter((name) => NAME.test(name)).sort();
  for (const file of names.reverse()) {
    const text = await readPlainFile(join(folder, file));
    if (text === undefined) return { state: "unreadable", file, reason: "it is no plain file, or too large" };
    const parsed = schema.safeParse(parseJson(text));
    if (!parsed.success) return { state: "unreadable", file, reason: "it is no report of a test" };
    if (parsed.data.stack !== undefined && parsed.data.stack !== stack) continue;
    return { ...asNewestTest(parsed.data), file };
  }
  return { state: "none" };
}

/** A test that was run just now. */
export function testOfNow(report: IntegrationTestReport): NewestTest {
  return asNewestTest(schema.parse(report));
}

function asNewestTest({ timestamp, stack, services }: z.infer<typeof schema>): NewestTest & { readonly state: "read" } {
  return {
    state: "read",
    ...(stack === undefined ? {} : { stack }),
    timestamp: new Date(timestamp).toISOString(),
    services: Object.entries(services).map(([service, { status, outcome, error, recommendations }]) => ({
      service,
      outcome: outcome ?? (status === "connected" ? "passed" : "rejected"),
      ...(error ? { reason: error } : {}),
      advice: recommendations,
    })),
  };
}

/** No link: the report must not show what stands somewhere else. */
async function readPlainFile(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isFile() || found.size > LARGEST) return undefined;
  return readFile(path, "utf8").catch(() => undefined);
}
