/** `import-env`: put the values of an env file into the stack's intake environment, as one revision or not at all. */
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { services } from "../../../services";
import { findOwner } from "../../../services/select";
import { type Service } from "../../../services/service";
import { openPublishedOrNothing } from "../../env-file/collect";
import { planImport, type ImportOptions, type ImportPlan } from "../../env-file/import";
import { importData, importText, type ImportOutcome } from "../../env-file/import-report";
import { parseEnvFile, type EnvFile } from "../../env-file/parse";
import { planSecretsConfig, readSecretsConfig, type SecretsConfig } from "../../env-file/secrets-config";
import { findStanding, type Standing } from "../../env-file/three-way";
import { AutomationError, EXIT, usageError } from "../../errors";
import { parseIntake, type Intake } from "../../esc/intake";
import { credentialAtHand } from "../../rotation/strategies";
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
  /** The Python tools' notes; left out: those beside the env file; false: none. */
  readonly secretsConfig?: string | false;
}

/** Imports the file; creates the intake environment when it is missing. */
export async function runImportEnv(options: ImportEnvOptions, context: CommandContext): Promise<CommandResult> {
  const groups = selectGroups(options.services);
  const session = context.session(ESC_TOKEN);
  const file = parseEnvFile(await readContent(options.envFile, context), shownName(options.envFile));
  context.dependencies.redactor.addAll(secretsOf(file, session));
  const config = await readSecretsConfig(options.secretsConfig, options.envFile, context.dependencies);
  const present = await session.intake.find();
  const standing = await findStanding(file.source, session.intake, present?.revision);
  const planFor = await createPlanner({ file, config, standing, groups, session, force: options.force });
  const before = present?.intake ?? parseIntake({}, session.intake.fullName);
  let plan = planFor(before);
  // An old file of which nothing differs is as good as a new one.
  const isHarmless = plan.lines.every(({ action }) => action === "same" || action === "skip");
  const stale = isHarmless ? undefined : standing.stale;
  sayNotices(file, plan, stale, context);
  const shown = {
    ...{ stack: context.stackName, environment: session.intake.fullName, dryRun: options.dryRun },
    ...(stale === undefined ? {} : { stale }),
    ...(config ? { secretsConfig: config } : {}),
  };
  if (options.dryRun) {
    const lines = await withFingerprints(plan, file, session);
    const revision = present ? { revision: present.revision } : {};
    say({ ...shown, ...revision, lines, carriedOver: plan.carriedOver }, context);
    return plan.lines.some(({ action, reason }) => action === "refuse" || (action === "newer" && reason))
      ? EXIT.attention
      : EXIT.done;
  }
  requireReal(plan, options.envFile);
  const overwrite = await requireConsent(plan, stale, context);
  if (overwrite) plan = planFor(before, overwrite);
  if (!present) await session.intake.create();
  const { revision } = await session.intake.write(
    ({ intake }) => requireSame(plan, planFor(intake, overwrite), session).edits,
    present,
  );
  say({ ...shown, revision, lines: plan.lines, carriedOver: plan.carriedOver }, context);
  return EXIT.done;
}

interface Material {
  readonly file: EnvFile;
  readonly config: SecretsConfig | undefined;
  readonly standing: Standing;
  readonly groups: readonly string[];
  readonly session: Session;
  readonly force: boolean;
}

/** The plan of the values and of what the Python tools noted: one list of edits, hence one revision. */
type WholePlan = ImportPlan & Pick<ImportOutcome, "carriedOver">;

async function createPlanner({ file, config, standing: { base }, groups, session, force }: Material) {
  const read = await openPublishedOrNothing(session);
  // Values of the stack's own file are published as they are: they count as present before the first `up` too.
  const published = { ...session.settings.values, ...read };
  const isPublished = Object.keys(read).length > 0;
  const chosen = { credentialOf: (service: Service) => session.credentialOf(service) };
  const options: ImportOptions = { published, services: groups, force, ...(base === undefined ? {} : { base }) };
  const inGroups = (services as readonly Service[]).filter(({ name }) => groups.includes(name));
  return (intake: Intake, overwrite = false): WholePlan => {
    const credentialOf = (service: Service) =>
      credentialAtHand(service, intake.rotation(service.name), chosen, isPublished);
    const { lines, edits } = planImport(file.values, intake, services, credentialOf, { ...options, overwrite });
    requireForeign(file, lines, session);
    const carried = config ? planSecretsConfig(config, intake, inGroups) : { lines: [], edits: [] };
    return { lines, edits: [...edits, ...carried.edits], carriedOver: carried.lines };
  };
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

/** What is stored must not be a token by which this project itself is controlled. */
function requireForeign({ values }: EnvFile, lines: ImportPlan["lines"], { settings }: Session): void {
  const stored = lines.filter(({ action }) => action === "add" || action === "change");
  refuseHandedOver(Object.fromEntries(stored.map(({ name }) => [name, values[name] ?? ""])), settings);
}

/** Whether the file's values go in where both sides may have changed one. Throws a usage error when nobody says so. */
async function requireConsent(
  { lines }: ImportPlan,
  stale: string | undefined,
  context: CommandContext,
): Promise<boolean> {
  const doubtful = lines.filter(({ action, reason }) => action === "newer" && reason !== undefined);
  if (doubtful.length === 0) return false;
  const names = doubtful.map(({ name }) => name).join(", ");
  if (context.isInteractive) {
    await context.requireConsent(`The file may be out of date: ${stale}. Overwrite ${names}?`, false);
    return true;
  }
  throw usageError(
    "import.stale",
    `The file may be out of date: ${stale}, and would overwrite ${names}. Nothing was changed.`,
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
function requireSame(agreed: WholePlan, now: WholePlan, { intake }: Session): WholePlan {
  const shown = ({ lines, carriedOver }: WholePlan) => JSON.stringify([lines, carriedOver]);
  if (shown(agreed) === shown(now)) return now;
  throw new AutomationError({
    code: "import.changed_meanwhile",
    exitCode: EXIT.attention,
    message: `${intake.fullName} was changed by somebody else in a value of this import; nothing was changed by this run.`,
    hint: "Look at the differences with --dry-run, then run the same command again.",
  });
}

function sayNotices(file: EnvFile, { lines }: ImportPlan, stale: string | undefined, { output }: CommandContext): void {
  for (const notice of file.notices) output.talk(`note: ${notice}`);
  for (const { name, storedAs, isOldName } of lines) {
    if (isOldName) output.talk(`warning: ${name} is an old name; it is stored as ${storedAs}.`);
  }
  if (stale !== undefined) output.talk(`warning: the file may be out of date: ${stale}.`);
  const kept = lines.filter(({ action, reason }) => action === "newer" && reason === undefined).map(({ name }) => name);
  if (kept.length > 0) output.talk(`note: newer in ESC and kept: ${kept.join(", ")}; --force takes the file's.`);
}

/** Keyed like the stack's own fingerprints (see `pulumi stack output fingerprints`); none before the first `up`, and none of what is skipped. */
async function withFingerprints(
  { lines }: ImportPlan,
  { values }: EnvFile,
  { esc, settings }: Session,
): Promise<ImportOutcome["lines"]> {
  const key = (await esc.open(settings.environments.published))?.fingerprintKey;
  if (typeof key !== "string" || key === "") return lines;
  return lines.map((line) => {
    if (line.action === "skip") return line;
    const digest = createHmac("sha256", key).update(values[line.name] ?? "");
    return { ...line, fingerprint: digest.digest("hex").slice(0, 12) };
  });
}

function say(outcome: ImportOutcome, { output }: CommandContext): void {
  output.result(importData(outcome), importText(outcome));
}
