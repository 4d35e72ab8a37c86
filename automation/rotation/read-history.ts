/** Where does the history come from? The intake's revisions at ESC, the newest hundred: each is the whole of it, ciphertext instead of secrets. */
import { parse } from "yaml";
import { z } from "zod";
import { type EscClient } from "../esc/client";
import { recordSchema, type RotationRecord } from "./record";
import { type RecordRevision } from "./history";

/** What was read. */
export interface HistoryReading {
  /** In the order in which they were written. */
  readonly revisions: readonly RecordRevision[];
  /** There are older ones, which were not read. */
  readonly isCut: boolean;
}

/** A rotation makes about eight: so many show a dozen of them, and cost a hundred requests. */
const NEWEST = 100;
/** Requests at once. */
const AT_ONCE = 8;

/** An environment that was just made has no text. */
const definitionSchema = z
  .object({ values: z.object({ rotation: z.record(z.string(), z.unknown()).nullish() }).nullish() })
  .nullable();

/** Reads the records of the intake's revisions; a revision that is no intake, or is gone, is left out. Throws as {@link EscClient} does. */
export async function readHistory(
  esc: Pick<EscClient, "revisions" | "textAt">,
  intake: string,
): Promise<HistoryReading> {
  const listed = await esc.revisions(intake, NEWEST + 1);
  const wanted = listed.slice(0, NEWEST).reverse();
  const read: RecordRevision[] = [];
  for (let start = 0; start < wanted.length; start += AT_ONCE) {
    const some = wanted.slice(start, start + AT_ONCE);
    const texts = await Promise.all(some.map(({ number }) => esc.textAt(intake, number)));
    some.forEach(({ created = "" }, index) => {
      const records = recordsOf(texts[index]);
      const time = Date.parse(created);
      if (records && !Number.isNaN(time)) read.push({ at: new Date(time).toISOString(), records });
    });
  }
  return { revisions: read, isCut: listed.length > NEWEST };
}

/** The records of a definition; one that is malformed is left out, as are those of no service. */
function recordsOf(text: string | undefined): Record<string, RotationRecord> | undefined {
  const parsed = definitionSchema.safeParse(text === undefined ? undefined : parseYaml(text));
  if (!parsed.success) return undefined;
  const entries = Object.entries(parsed.data?.values?.rotation ?? {}).flatMap(([service, record]) => {
    const { success, data } = recordSchema.safeParse(record);
    return success ? [[service, data] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** ESC stores what it could not parse, too. */
function parseYaml(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch {
    return undefined;
  }
}
