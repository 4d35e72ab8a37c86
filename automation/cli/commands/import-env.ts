/** `import-env`: put the values of an env file into the stack's intake environment, as one revision or not at all. */
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { services } from "../../../services";
import { findOwner } from "../../../services/select";
import { openPublishedOrNothing } from "../../env-file/collect";
import { planImport, type ImportLine, type ImportPlan } from "../../env-file/import";
import { parseEnvFile, type EnvFile } from "../../env-file/parse";
import { AutomationError, EXIT, usageError } from "../../errors";
import { parseIntake, type Intake } from "../../esc/intake";
import { refuseHandedOver } from "../../self-rotation";
import { type Session } from "../../session";
import { type CommandContext, type CommandResult } from "../command";
import { selectGroups } from "./export-env";
import { ESC_TOKEN } from "../../settings";

/** Options of `import-env`. */
export interface ImportEnvOptions {
  /** A path, or `-` for standard input. */
  readonly envFile: string;
  readonly dryRun: boolean;
  /** Words of the catalogue and `other`; empty for all. */
  readonly services: readonly string[];
  /** Take placeholders, masks and conflicts, and let an old file overwrite newer values. */
  readonly force: boolean;
}

/** Imports the file; creates the intake environment when it is missing. */
export async function runImportEnv(options: ImportEnvOptions, context: CommandContext): Promise<CommandResult> {
  const groups = selectGroups(options.services);
  const session = context.session(ESC_TOKEN);
  const file = parseEnvFile(await readContent(options.envFile, context), shownName(options.envFile));
  context.dependencies.redactor.addAll(secretsOf(file, session));
  const present = await session.intake.find();
  // Values of the stack's own file are published as they are: they count as present before the first `up` too.
  const published = { ...session.settings.values, ...(await openPublishedOrNothing(session)) };
  const planFor = (intake: Intake) =>
    planImport(file.values, intake, services, (service) => session.credentialOf(service), {
      published,
      services: groups,
      force: options.force,
    });
  const plan = planFor(present?.intake ?? parseIntake({}, session.intake.fullName));
  const stored = plan.lines.filter(({ action }) => action === "add" || action === "change");
  refuseHandedOver(Object.fromEntries(stored.map(({ name }) => [name, file.values[name] ?? ""])), session.settings);
  const stale = findStaleness(file, plan, session, present?.revision);
  sayNotices(file, plan, stale, context);
  if (options.dryRun) {
    const fingerprints = await makeFingerprints(session, file);
    report({ plan, stale, revision: present?.revision, fingerprints, options, context });
    return plan.lines.some(({ action }) => action === "refuse") ? EXIT.attention : EXIT.done;
  }
  requireReal(plan, options.envFile);
  if (stale !== undefined && !options.force) await requireStaleConsent(stale, context);
  if (!present) await session.intake.create();
  const { revision } = await session.intake.change(({ intake }) => requireSame(plan, planFor(intake), session).edits);
  report({ plan, stale, revision, fingerprints: {}, options, context });
  return EXIT.done;
}

async function readContent(envFile: string, { dependencies }: CommandContext): Promise<Uint8Array> {
  try {
    if (envFile !== "-") return await readFile(resolve(dependencies.directory, envFile));
    const chunks: Buffer[] = [];
    for await (const chunk of dependencies.stdin) chunks.push(Buffer.from(chunk as Buffer));
    return Buffer.concat(chunks);
  } catch (error) {
    throw usageError(
      "import.unreadable",
      `${shownName(envFile)} cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"}); nothing was changed.`,
      "Name the file with --env-file.",
    );
  }
}

function shownName(envFile: string): string {
  return envFile === "-" ? "standard input" : envFile;
}

/** Whatever is not declared plain. The words that we print ourselves are no secrets even where a line has them for its value. */
function secretsOf({ values }: EnvFile, { stackName, intake }: Session): string[] {
  const words = new Set([stackName, ...intake.fullName.split("/")]);
  const isPlain = (name: string) => findOwner(name)?.variables[name]?.secret === false;
  return Object.entries(values).flatMap(([name, value]) => (isPlain(name) || words.has(value) ? [] : [value]));
}

/** Why the file may be older than what it would overwrite; undefined where it cannot be or overwrites nothing. */
function findStaleness({ source }: EnvFile, { lines }: ImportPlan, session: Session, revision = 0): string | undefined {
  const changed = lines.filter(({ action }) => action === "change").length;
  const added = lines.filter(({ action }) => action === "add").length;
  const { fullName } = session.intake;
  if (!source) return undefined;
  if (source.environment !== fullName) {
    return changed + added > 0 ? `it was exported from ${source.environment}, and this is ${fullName}` : undefined;
  }
  if (changed === 0 || source.revision >= revision) return undefined;
  return `it was exported at revision ${source.revision}, ${fullName} is at ${revision} now, and ${changed} values would be overwritten`;
}

async function requireStaleConsent(stale: string, context: CommandContext): Promise<void> {
  if (context.isInteractive) return context.requireConsent(`The file may be out of date: ${stale}. Go on?`, false);
  throw usageError(
    "import.stale",
    `The file may be out of date: ${stale}. Nothing was changed.`,
    "Export again, look at the differences with --dry-run, or add --force.",
  );
}

function requireReal({ lines }: ImportPlan, envFile: string): void {
  const refused = lines.filter(({ action }) => action === "refuse");
  if (refused.length === 0) return;
  throw usageError(
    "import.refused",
    `${shownName(envFile)} holds values that cannot be real or contradict each other: ${refused
      .map(({ name, reason }) => `${name} (${reason})`)
      .join(", ")}. Nothing was changed.`,
    "Fill them in or remove their lines; --force takes them as they are.",
  );
}

/** The fence: what is written is what was planned, looked at and agreed to, though somebody else wrote in between. */
function requireSame(agreed: ImportPlan, now: ImportPlan, { intake }: Session): ImportPlan {
  const isSame = JSON.stringify(agreed.lines) === JSON.stringify(now.lines);
  if (isSame) return now;
  throw new AutomationError({
    code: "import.changed_meanwhile",
    exitCode: EXIT.attention,
    message: `${intake.fullName} was changed by somebody else in a value of this import; nothing was changed by this run.`,
    hint: "Look at the differences with --dry-run, then run the same command again.",
  });
}

function sayNotices(file: EnvFile, plan: ImportPlan, stale: string | undefined, { output }: CommandContext): void {
  for (const notice of file.notices) output.talk(`note: ${notice}`);
  for (const { name, storedAs, isOldName } of plan.lines) {
    if (isOldName) output.talk(`warning: ${name} is an old name; it is stored as ${storedAs}.`);
  }
  if (stale !== undefined) output.talk(`warning: the file may be out of date: ${stale}.`);
}

/** Keyed like the stack's own fingerprints (see `pulumi stack output fingerprints`); none before the first `up`. */
async function makeFingerprints(session: Session, { values }: EnvFile): Promise<Readonly<Record<string, string>>> {
  const key = (await session.esc.open(session.settings.environments.published))?.fingerprintKey;
  if (typeof key !== "string" || key === "") return {};
  const entries = Object.entries(values).map(([name, value]) => {
    return [name, createHmac("sha256", key).update(value).digest("hex").slice(0, 12)] as const;
  });
  return Object.fromEntries(entries);
}

interface ImportReport {
  readonly plan: ImportPlan;
  readonly stale: string | undefined;
  readonly revision: number | undefined;
  readonly fingerprints: Readonly<Record<string, string>>;
  readonly options: ImportEnvOptions;
  readonly context: CommandContext;
}

function report({ plan, stale, revision, fingerprints, options: { dryRun }, context }: ImportReport): void {
  const { fullName } = context.session().intake;
  const lines = plan.lines.map((line) => {
    const fingerprint = line.action === "skip" ? undefined : fingerprints[line.name];
    return { ...line, ...(fingerprint === undefined ? {} : { fingerprint }) };
  });
  const count = (action: ImportLine["action"]) => lines.filter((line) => line.action === action).length;
  const counts = `${count("add")} added, ${count("change")} changed, ${count("same")} the same, ${count("skip")} skipped`;
  const refused = count("refuse") === 0 ? "" : `, ${count("refuse")} refused`;
  const end = dryRun ? " (dry run: nothing was written)" : "";
  context.output.result(
    {
      schema: "sophia-secrets/import-env",
      version: 1,
      stack: context.stackName,
      dryRun,
      environment: fullName,
      ...(revision === undefined ? {} : { revision }),
      ...(stale === undefined ? {} : { stale }),
      lines,
    },
    [...lines.map(describeLine), `${fullName}: ${counts}${refused}${end}`].join("\n"),
  );
}

function describeLine({ action, name, service, storedAs, reason, fingerprint }: ImportLine & { fingerprint?: string }) {
  const details = [service, ...(storedAs ? [`stored as ${storedAs}`] : []), ...(reason ? [reason] : [])].join(", ");
  return `  ${action.padEnd(7)} ${name}  (${details})${fingerprint ? `  ${fingerprint}` : ""}`;
}
