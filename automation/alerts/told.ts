/** What was told already? One small file, so that the same trouble is told once and not every day. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { requireReportPath, writeReport } from "../env-file/private-file";
import { usageError } from "../errors";
import { parseJson } from "../json";
import { type Alert, type AlertSource } from "./alert";

/** What one command looks at. */
export interface AlertScope {
  readonly stack: string;
  readonly source: AlertSource;
  /** The services that it was narrowed to, as on the command line: none, or `all` among them, for all of them. */
  readonly services: readonly string[];
}

const schema = z.object({
  alerts: z.record(
    z.string(),
    z.object({ fingerprint: z.string(), state: z.enum(["failing", "recovered"]), sentAt: z.string() }),
  ),
});

/** What was told last, by stack, source and services. It holds fingerprints and times, and is written only after an alert has arrived. */
export type Told = z.infer<typeof schema>;

/** The name of the file where nobody names another. */
export const TOLD_FILE = "secrets_alert_state.json";

/** Reads the file; nothing was told where there is none. Throws a usage error for a file that is none of ours, or that could not be written later. */
export async function readTold(directory: string, file: string): Promise<Told> {
  await requireReportPath(targetOf(directory, file));
  const text = await readFile(resolve(directory, file), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw unusable(file, error.code ?? "unknown");
  });
  if (text === undefined) return { alerts: {} };
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success) throw unusable(file, "it is not what --alert writes");
  return parsed.data;
}

/**
 * Whether it says anything that was not said last. What was never told needs no all-clear, and one service that is well again gives none for
 * another: a command that was narrowed to some services answers for itself only, one that looks at all of them answers for those too.
 */
export function isNews({ alerts }: Told, scope: AlertScope, alert: Alert): boolean {
  const own = alerts[keyOf(scope)];
  if (alert.state === "failing") return own?.state !== "failing" || own.fingerprint !== alert.fingerprint;
  return [own, ...narrowerKeys(alerts, scope).map((key) => alerts[key])].some((last) => last?.state === "failing");
}

/** Writes down that it was told. Throws a usage error where the file cannot be written. */
export async function writeTold(
  told: Told,
  scope: AlertScope,
  alert: Alert,
  directory: string,
  file: string,
): Promise<void> {
  const { fingerprint, state, timestamp: sentAt } = alert;
  const covered = narrowerKeys(told.alerts, scope);
  const others = Object.entries(told.alerts).filter(([key]) => !covered.includes(key));
  const alerts = { ...Object.fromEntries(others), [keyOf(scope)]: { fingerprint, state, sentAt } };
  await writeReport(targetOf(directory, file), `${JSON.stringify({ alerts }, null, 2)}\n`);
}

const HINT = "Name another file with --alert-state.";

function targetOf(directory: string, file: string) {
  return { path: resolve(directory, file), shown: file, code: "alerts.unwritable", hint: HINT };
}

function keyOf({ stack, source, services }: AlertScope): string {
  return [stack, source, ...(services.includes("all") ? [] : [...new Set(services)].sort())].join(" ");
}

/** What a command without names of services looked at too. */
function narrowerKeys(alerts: Told["alerts"], scope: AlertScope): string[] {
  const whole = keyOf({ ...scope, services: [] });
  return keyOf(scope) === whole ? Object.keys(alerts).filter((key) => key.startsWith(`${whole} `)) : [];
}

function unusable(file: string, why: string) {
  return usageError("alerts.malformed_state", `${file} cannot be used (${why}); nothing was done.`, HINT);
}
