/** What does an import say of itself? Names, places and keyed fingerprints, never a value. */
import { type CarriedOver, type SecretsConfig } from "./secrets-config";
import { type ImportLine } from "./import";

/** What is told of an import that was made, or would be. */
export interface ImportOutcome {
  readonly stack: string;
  /** Full name of the intake environment, and its revision; none before there is one. */
  readonly environment: string;
  readonly revision?: number;
  readonly dryRun: boolean;
  /** Why the file may be older than what ESC holds. */
  readonly stale?: string;
  readonly lines: readonly (ImportLine & { readonly fingerprint?: string })[];
  /** The Python tools' notes, where there are any. */
  readonly secretsConfig?: SecretsConfig;
  readonly carriedOver: readonly CarriedOver[];
}

/** The object of `--json`. */
export function importData({ secretsConfig, carriedOver, ...outcome }: ImportOutcome): object {
  return {
    schema: "sophia-secrets/import-env",
    version: 1,
    ...outcome,
    ...(secretsConfig
      ? {
          secretsConfig: {
            file: secretsConfig.file,
            ...(secretsConfig.rotatedAt === undefined ? {} : { rotatedAt: secretsConfig.rotatedAt }),
            services: carriedOver,
          },
        }
      : {}),
  };
}

/** The text for people: a line a name, what the Python tools' notes came to, and the sum. */
export function importText(outcome: ImportOutcome): string {
  const { environment, dryRun, lines, secretsConfig, carriedOver } = outcome;
  const count = (action: ImportLine["action"]) => lines.filter((line) => line.action === action).length;
  const rare = (["newer", "refuse"] as const).flatMap((action) =>
    count(action) > 0 ? [`, ${count(action)} ${action === "newer" ? "newer in ESC" : "refused"}`] : [],
  );
  const end = dryRun ? " (dry run: nothing was written)" : "";
  const counts = `${count("add")} added, ${count("change")} changed, ${count("same")} the same, ${count("skip")} skipped`;
  return [
    ...lines.map(describeLine),
    ...(secretsConfig ? describeConfig(secretsConfig, carriedOver) : []),
    `${environment}: ${counts}${rare.join("")}${end}`,
  ].join("\n");
}

function describeLine({ action, name, service, storedAs, reason, fingerprint }: ImportOutcome["lines"][number]) {
  const details = [service, ...(storedAs ? [`stored as ${storedAs}`] : []), ...(reason ? [reason] : [])].join(", ");
  return `  ${action.padEnd(7)} ${name}  (${details})${fingerprint ? `  ${fingerprint}` : ""}`;
}

const WORDS: Readonly<Record<CarriedOver["action"], string>> = {
  taken: "time of the last rotation taken over",
  "taken already": "taken over already",
  kept: "a rotation of its own is recorded, which counts",
  unknown: "no service that rotates here",
};

function describeConfig({ file, rotatedAt }: SecretsConfig, carriedOver: readonly CarriedOver[]): string[] {
  if (carriedOver.length === 0) return [`${file}: notes no rotation of these services`];
  return carriedOver.map(
    ({ service, action }) => `${file}: ${service} ${rotatedAt?.slice(0, 10) ?? ""}: ${WORDS[action]}`,
  );
}
