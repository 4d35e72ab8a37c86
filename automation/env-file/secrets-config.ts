/**
 * What did the Python tools note in their `secrets_config.json`? When which service was rotated, which our rotation records take over once.
 *
 * The file is `{services, last_updated, pulumi, github_repo, github_org, rotation: {services: [NAME…], last_rotation: TIME}}`, without values of
 * secrets. Its times are of Python's `datetime.isoformat()`: without a zone they are taken for UTC. When something was last imported, exported and
 * synced is not taken: ESC, GitHub and Vercel know that themselves.
 */
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { type Service } from "../../services/service";
import { usageError } from "../errors";
import { type Intake, type IntakeEdit } from "../esc/intake";
import { FIRST_RECORD } from "../rotation/record";
import { recordEdits } from "../rotation/transitions";

/** The name under which the Python tools kept it, beside the env file. */
export const SECRETS_CONFIG = "secrets_config.json";

/** A day: clocks differ, but nothing was rotated tomorrow. */
const TOLERANCE_MS = 86_400_000;

const TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?$/;

const fileSchema = z.object({
  services: z.record(z.string(), z.unknown()),
  pulumi: z.record(z.string(), z.unknown()),
  github_repo: z.record(z.string(), z.unknown()).optional(),
  github_org: z.record(z.string(), z.unknown()).optional(),
  rotation: z
    .object({ services: z.array(z.string()).default([]), last_rotation: z.string().nullish() })
    .default({ services: [] }),
});

/** What the file says. */
export interface SecretsConfig {
  /** As it was named. */
  readonly file: string;
  /** Names as they stand there; none where nothing was ever rotated. */
  readonly services: readonly string[];
  /** ISO, UTC. */
  readonly rotatedAt?: string;
}

/** What becomes of one service of the file. */
export interface CarriedOver {
  readonly service: string;
  /** Kept: the record has a time of its own. Unknown: no such service, or none that rotates. */
  readonly action: "taken" | "taken already" | "kept" | "unknown";
}

/**
 * Reads the file that is named, or the one beside the env file where there is one; undefined where there is none or `named` is false.
 * Throws a usage error (`secrets_config.unreadable`, `secrets_config.malformed`) without a word of what is in it.
 */
export async function readSecretsConfig(
  named: string | false | undefined,
  envFile: string,
  { directory, now }: { readonly directory: string; readonly now: () => number },
): Promise<SecretsConfig | undefined> {
  if (named === false || (named === undefined && envFile === "-")) return undefined;
  const file = named ?? join(dirname(envFile), SECRETS_CONFIG);
  try {
    return parseSecretsConfig(await readFile(resolve(directory, file), "utf8"), file, now());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (named === undefined && code === "ENOENT") return undefined;
    if (error instanceof SyntaxError) throw malformed(file, "it is no JSON");
    if (typeof code === "string" && /^E[A-Z]+$/.test(code)) {
      throw usageError(
        "secrets_config.unreadable",
        `${file} cannot be read (${code}); nothing was changed.`,
        "Name the file of the Python tools with --secrets-config, or leave it out with --no-secrets-config.",
      );
    }
    throw error;
  }
}

/** Parses the text; `now` in milliseconds. Throws `SyntaxError` for what is no JSON, a usage error for what is not that file. */
export function parseSecretsConfig(text: string, file: string, now: number): SecretsConfig {
  const parsed = fileSchema.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const paths = parsed.error.issues.map(({ path }) => path.join(".") || "its top");
    throw malformed(file, `not as the Python tools write it at ${[...new Set(paths)].join(", ")}`);
  }
  const { services, last_rotation: time } = parsed.data.rotation;
  if (services.length === 0 || time === undefined || time === null) return { file, services: [] };
  if (!TIME.test(time)) throw malformed(file, "rotation.last_rotation is no time");
  const at = Date.parse(`${time.replace(" ", "T")}${/(Z|[+-]\d\d:?\d\d)$/.test(time) ? "" : "Z"}`);
  if (Number.isNaN(at)) throw malformed(file, "rotation.last_rotation is no time");
  if (at > now + TOLERANCE_MS) throw malformed(file, "rotation.last_rotation lies in the future");
  return { file, services: [...new Set(services)], rotatedAt: new Date(at).toISOString() };
}

function malformed(file: string, what: string) {
  return usageError(
    "secrets_config.malformed",
    `${file} cannot be taken over: ${what}; nothing was changed.`,
    `Repair it, or leave it out with --no-secrets-config.`,
  );
}

/** Plans what is carried over; a record that has a time keeps it. `all` stands for every service that rotates. */
export function planSecretsConfig(
  { file, services, rotatedAt }: SecretsConfig,
  intake: Intake,
  catalogue: readonly Service[],
): { readonly lines: readonly CarriedOver[]; readonly edits: readonly IntakeEdit[] } {
  const rotating = catalogue.filter(({ rotation }) => rotation).map(({ name }) => name);
  const names = services.flatMap((name) => (name === "all" ? rotating : [name]));
  const rotatedAtSource = basename(file);
  const edits: IntakeEdit[] = [];
  const lines = [...new Set(names)].map((service): CarriedOver => {
    if (!rotating.includes(service) || rotatedAt === undefined) return { service, action: "unknown" };
    const record = intake.rotation(service);
    if (record.rotatedAt !== undefined) {
      const isOurs = record.rotatedAt === rotatedAt && record.rotatedAtSource !== undefined;
      return { service, action: isOurs ? "taken already" : "kept" };
    }
    const dated = recordEdits(service, { ...record, rotatedAt, rotatedAtSource });
    // Of a record that is there, whoever holds its lock writes the rest.
    const fields = record === FIRST_RECORD ? dated : dated.filter(({ path }) => /^rotatedAt/.test(path[2] ?? ""));
    edits.push(...fields.filter((edit) => !("remove" in edit)));
    return { service, action: "taken" };
  });
  return { lines, edits };
}
