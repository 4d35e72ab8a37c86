/** Who has changed a value since a file was exported: somebody in ESC, the file's owner, or both? */
import { type Intake } from "../esc/intake";
import { type IntakeStore } from "../esc/store";
import { type EnvFileSource } from "./parse";

/** What ESC held when the file was written; `unknown` where the service cannot say any more. */
export type Base = Intake | "unknown";

/** How a file stands to what ESC holds now. */
export interface Standing {
  /** Only where the file is older, or from elsewhere. */
  readonly base?: Base;
  /** Why, for people. */
  readonly stale?: string;
}

/** Finds what a file has to be compared with. `revision` is the intake's now; undefined where there is none yet. */
export async function findStanding(
  source: EnvFileSource | undefined,
  store: IntakeStore,
  revision: number | undefined,
): Promise<Standing> {
  if (!source || source.revision === revision) return {};
  const { fullName } = store;
  if (source.environment !== fullName)
    return { base: "unknown", stale: `it was exported from ${source.environment}, and this is ${fullName}` };
  const stale = `it was exported at revision ${source.revision}, and ${fullName} is at ${revision ?? "none"} now`;
  // A higher one: the environment was made anew, and its numbers say nothing about the file.
  if (revision === undefined || source.revision > revision) return { base: "unknown", stale };
  return { base: (await store.at(source.revision)) ?? "unknown", stale };
}

/** One value on the three sides. */
export interface Sides {
  /** In the file. */
  readonly value: string;
  /** In ESC now; differs from `value`. */
  readonly present: string | undefined;
  readonly base: Base | undefined;
  readonly valueIn: (intake: Intake) => string | undefined;
}

/**
 * Whose change counts. `ESC`: the file has what ESC had. `file`: ESC has what it had. `changed on both sides`: neither, or nobody knows (what the
 * program generates was never in the intake). `the file may be older`: what ESC had is not known.
 */
export function compareThreeWays({
  value,
  present,
  base,
  valueIn,
}: Sides): "ESC" | "file" | "changed on both sides" | "the file may be older" {
  if (base === undefined) return "file";
  if (base === "unknown") return "the file may be older";
  const before = valueIn(base);
  if (before === value) return "ESC";
  return before === present ? "file" : "changed on both sides";
}
