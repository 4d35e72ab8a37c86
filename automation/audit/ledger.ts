/** What did we write, and when? Pulumi's state as the ledger: times, revisions and digests of what each resource carries. */
import { z } from "zod";
import { type SlotName } from "../../services/service";
import { AutomationError, EXIT } from "../errors";
import { withBatchedEntries } from "../sync/batched";
import { variableOf, type PlaceComponent } from "../sync/targets";
import { valueDigest } from "../value-digest";

/** One resource of the state. Times are ISO 8601 in UTC. */
export interface LedgerEntry {
  readonly type: string;
  readonly name: string;
  readonly id?: string;
  readonly parent?: string;
  /** When the engine made it. */
  readonly createdAt?: string;
  /** When the engine wrote it last. */
  readonly modifiedAt?: string;
  /** When the service itself says that it was written last; GitHub does. */
  readonly updatedAt?: string;
  /** Of ESC environments. */
  readonly revision?: number;
  /** When the credential ends by itself, where the service or its provider says so. */
  readonly expiresAt?: string;
  /** {@link valueDigest} of the value that was written. */
  readonly digest?: string;
}

/** The state. */
export interface Ledger {
  readonly entries: readonly LedgerEntry[];
  /** What the last `up` exported: keyed fingerprints by variable, and the names without a value. */
  readonly fingerprints: Readonly<Record<string, string>>;
  readonly missing: readonly string[];
  /** What each destination was to get, by variable name. */
  readonly destinations: Readonly<Record<string, readonly string[]>>;
}

/** Marks a secret in an export: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go */
const SECRET_KEY = "4dabf18193072939515e22adb298388d";
const DAY_MS = 86_400_000;

const loose = z.record(z.string(), z.unknown());
const schema = z.object({
  resources: z
    .array(
      z.object({
        urn: z.string(),
        type: z.string(),
        id: z.string().optional(),
        parent: z.string().optional(),
        delete: z.boolean().optional(),
        created: z.string().optional(),
        modified: z.string().optional(),
        inputs: loose.optional(),
        outputs: loose.optional(),
      }),
    )
    .nullish(),
});
type RawResource = NonNullable<z.infer<typeof schema>["resources"]>[number];

const outputsSchema = z.object({
  fingerprints: z.record(z.string(), z.string()).catch({}),
  missing: z.array(z.string()).catch([]),
  destinations: z.record(z.string(), z.array(z.string())).catch({}),
});

/** Reads an exported state; undefined where nothing was ever brought up. Throws when it is no state at all. */
export function parseLedger(deployment: unknown): Ledger | undefined {
  const parsed = schema.safeParse(deployment ?? {});
  if (!parsed.success) {
    throw new AutomationError({
      code: "audit.state_malformed",
      exitCode: EXIT.attention,
      message: "The state of the stack is not what Pulumi writes.",
      hint: "Look at it with: pulumi stack export",
    });
  }
  const resources = withBatchedEntries(parsed.data.resources ?? []).filter((resource) => !resource.delete);
  const stack = resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  const entries = resources.filter((resource) => resource !== stack).map(readEntry);
  if (entries.length === 0) return undefined;
  return { entries, ...outputsSchema.parse(stack?.outputs ?? {}) };
}

/** What a place's component wrote, by variable. */
export function writtenAt(ledger: Ledger, component: PlaceComponent): ReadonlyMap<string, LedgerEntry> {
  const children = ledger.entries.filter(({ parent = "" }) =>
    parent.endsWith(`::${component.type}::${component.name}`),
  );
  const found = children.flatMap((entry) => {
    const variable = variableOf(component, entry.name);
    return variable === undefined ? [] : [[variable, entry] as const];
  });
  return new Map(found);
}

/** The oldest of what the program made for a slot: the credential's own age. */
export function materialOfSlot(ledger: Ledger, service: string, slot: SlotName): LedgerEntry | undefined {
  return ledger.entries
    .filter(({ parent = "", name }) => isSlotsOf(parent, service) && name.startsWith(`${service}-${slot}-`))
    .sort((left, right) => (left.createdAt ?? "").localeCompare(right.createdAt ?? ""))
    .at(0);
}

/** Slots for which the state has material that the program made. */
export function slotsWithMaterial(ledger: Ledger, service: string): SlotName[] {
  return (["a", "b"] as const).filter((slot) => materialOfSlot(ledger, service, slot) !== undefined);
}

function isSlotsOf(parent: string, service: string): boolean {
  return parent.endsWith(`::sophia:index:CredentialSlots::${service}`);
}

function readEntry({ urn, type, id, parent, created, modified, inputs = {}, outputs = {} }: RawResource): LedgerEntry {
  const written = textOf(inputs.value);
  const createdAt = isoTime(created);
  const fields = {
    id,
    parent,
    createdAt,
    modifiedAt: isoTime(modified),
    updatedAt: isoTime(outputs.updatedAt),
    revision: typeof outputs.revision === "number" ? outputs.revision : undefined,
    expiresAt: expiryOf(outputs, createdAt),
    digest: written === undefined ? undefined : valueDigest(written),
  };
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { type, name: urn.split("::").pop() ?? urn, ...(Object.fromEntries(known) as Partial<LedgerEntry>) };
}

/** Vercel says milliseconds, Snowflake's provider the days from the making on. */
function expiryOf(
  { expiresAt, daysToExpiry }: Readonly<Record<string, unknown>>,
  createdAt?: string,
): string | undefined {
  if (expiresAt !== undefined) return isoTime(expiresAt);
  const days = Number(daysToExpiry);
  if (daysToExpiry === undefined || createdAt === undefined || !(days > 0)) return undefined;
  return new Date(Date.parse(createdAt) + days * DAY_MS).toISOString();
}

/** A text, or the text in a secret that the export shows in clear: JSON in a string. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const { [SECRET_KEY]: mark, plaintext } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (mark === undefined || typeof plaintext !== "string") return undefined;
  try {
    const inner: unknown = JSON.parse(plaintext);
    return typeof inner === "string" ? inner : undefined;
  } catch {
    return undefined;
  }
}

/** ISO times, milliseconds, and times as Go prints them, which the GitHub provider keeps: `2026-11-23 15:41:00 +0000 UTC`. */
export function isoTime(value: unknown): string | undefined {
  const time =
    typeof value === "number" ? value : typeof value === "string" ? Date.parse(value.replace(/ UTC$/, "")) : Number.NaN;
  return Number.isNaN(time) || Math.abs(time) > 8.64e15 ? undefined : new Date(time).toISOString();
}
