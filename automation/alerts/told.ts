/** What was told already? One small file, so that the same trouble is told once and not every day. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { writeReport } from "../env-file/private-file";
import { usageError } from "../errors";
import { type Alert } from "./alert";

const schema = z.object({
  alerts: z.record(
    z.string(),
    z.object({ fingerprint: z.string(), state: z.enum(["failing", "recovered"]), sentAt: z.string() }),
  ),
});

/** What was told last, by stack and source. It holds fingerprints and times, and is written only after an alert has arrived. */
export type Told = z.infer<typeof schema>;

/** The name of the file where nobody names another. */
export const TOLD_FILE = "secrets_alert_state.json";

/** Reads the file; nothing was told where there is none. Throws a usage error for a file that is none of ours. */
export async function readTold(directory: string, file: string): Promise<Told> {
  const text = await readFile(resolve(directory, file), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw unusable(file, error.code ?? "unknown");
  });
  if (text === undefined) return { alerts: {} };
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success) throw unusable(file, "it is not what --alert writes");
  return parsed.data;
}

/** Whether it says anything that was not said last. What was never told needs no all-clear. */
export function isNews({ alerts }: Told, alert: Alert): boolean {
  const last = alerts[keyOf(alert)];
  if (alert.state === "recovered") return last?.state === "failing";
  return last?.state !== "failing" || last.fingerprint !== alert.fingerprint;
}

/** Writes down that it was told. */
export async function writeTold(told: Told, alert: Alert, directory: string, file: string): Promise<void> {
  const { fingerprint, state, timestamp: sentAt } = alert;
  const alerts = { ...told.alerts, [keyOf(alert)]: { fingerprint, state, sentAt } };
  const target = { path: resolve(directory, file), shown: file, code: "alerts.unwritable", hint: HINT };
  await writeReport(target, `${JSON.stringify({ alerts }, null, 2)}\n`);
}

const HINT = "Name another file with --alert-state.";

function keyOf({ stack, source }: Alert): string {
  return `${stack} ${source}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unusable(file: string, why: string) {
  return usageError("alerts.malformed_state", `${file} cannot be used (${why}); nothing was done.`, HINT);
}
