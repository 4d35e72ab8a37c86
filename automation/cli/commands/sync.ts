/** `sync-github`, `sync-github-org`, `sync-vercel`: write the stack's variables to one destination. */
import { githubSegment } from "../../esc/intake-destinations";
import { usageError } from "../../errors";
import { type Session } from "../../session";
import { isSameName, isWritten, planGitHub, type GitHubRequest } from "../../sync/desired";
import { githubSyncPlace, vercelSyncPlace } from "../../sync/places";
import { sync, type PlaceReport, type SyncRequest } from "../../sync/sync";
import { selectServices, type CommandContext, type CommandResult } from "../command";
import { indented, labelled } from "./sync-text";

/** Options of every sync. */
export interface SyncOptions {
  /** Names of services; none means all. */
  readonly services: readonly string[];
  readonly dryRun: boolean;
  readonly adopt: boolean;
  readonly force: boolean;
  readonly yes: boolean;
}

/** Options of `sync-github`. */
export interface SyncGitHubOptions extends SyncOptions {
  /** `OWNER/NAME` or `NAME`; none means every repository of the stack. */
  readonly repositories: readonly string[];
  readonly environment?: string;
}

/** Options of `sync-github-org`. */
export interface SyncOrganizationOptions extends SyncOptions {
  /** @default the stack's owner */
  readonly organization?: string;
  readonly visibility?: "all" | "private" | "selected";
  readonly repositories?: readonly string[];
}

/** Options of `sync-vercel`. */
export interface SyncVercelOptions extends SyncOptions {
  /** @default the stack's project */
  readonly project?: string;
}

/** Writes to repositories, or to an environment of each. */
export async function runSyncGitHub(options: SyncGitHubOptions, context: CommandContext): Promise<CommandResult> {
  const session = context.session();
  const repositories = options.repositories.map((word) => repositoryName(session, word));
  const { environment } = options;
  if (environment !== undefined) {
    requireSegment(environment, "--environment");
    if (repositories.length === 0) throw usageError("cli.option", "--environment needs --repo; nothing was changed.");
  }
  const request = {
    kind: "repositories",
    repositories,
    ...(environment === undefined ? {} : { environment }),
  } as const;
  return run("sync-github", options, context, githubPlan(session, request));
}

/** Writes to the organization. */
export async function runSyncOrganization(
  options: SyncOrganizationOptions,
  context: CommandContext,
): Promise<CommandResult> {
  const session = context.session();
  const { organization = session.settings.github.owner, visibility, repositories } = options;
  requireOwner(session, organization);
  const request = {
    kind: "organization",
    ...(visibility === undefined ? {} : { visibility }),
    ...(repositories === undefined ? {} : { repositories: repositories.map((name) => repositoryName(session, name)) }),
  } as const;
  if (visibility === "all")
    context.output.talk("Visibility all: public repositories of the organization can read them too.");
  return run("sync-github-org", options, context, githubPlan(session, request));
}

/** Writes to the stack's project at Vercel. */
export async function runSyncVercel(options: SyncVercelOptions, context: CommandContext): Promise<CommandResult> {
  const session = context.session();
  const { project } = session.settings.vercel;
  if (options.project !== undefined && options.project !== project) {
    throw usageError(
      "sync.foreign_project",
      `${options.project} is not the Vercel project of stack ${session.stackName}; nothing was changed.`,
      `The stack writes to ${project}. To change that: pulumi config set sophia:vercelProject ${options.project} --stack ${session.stackName}`,
    );
  }
  return run("sync-vercel", options, context, () => ({ places: [vercelSyncPlace(session)], edits: [] }));
}

function githubPlan(session: Session, request: GitHubRequest): SyncRequest["plan"] {
  return (intake) => {
    const { places, edits, intake: requested } = planGitHub(session.settings, intake.github, request);
    return { places: places.map((place) => githubSyncPlace(session, place)), edits, requested };
  };
}

async function run(
  verb: string,
  { services, dryRun, adopt, force, yes }: SyncOptions,
  context: CommandContext,
  plan: SyncRequest["plan"],
): Promise<CommandResult> {
  const { output } = context;
  const chosen = chosenServices(services);
  const session = context.session();
  const report = await sync(session, {
    ...{ plan, dryRun, adopt, force },
    ...(chosen ? { services: chosen } : {}),
    consent: () => context.requireConsent(`Write the variables of stack ${session.stackName}?`, yes),
    onChange: ({ op, name }) => output.talk(`  ${op.padEnd(8)} ${name}`),
    onProgress: (line) => output.progress(line),
    onTime: ({ text }) => output.talk(text),
  });
  const { places, remembered, durationMs } = report;
  const everything = chosen ? ", all services" : "";
  output.result(
    { schema: `sophia-secrets/${verb}`, version: 1, stack: session.stackName, dryRun, ...report },
    [
      ...places.flatMap(describePlace),
      ...(verb === "sync-github" ? describeCopies(places) : []),
      ...(places.length === 0 ? ["The stack names no place to write to: name one with --repo"] : []),
      ...(remembered && !dryRun
        ? [`Remembered in ${session.intake.fullName}: every later \`up\` writes there too${everything}`]
        : []),
      `Stack ${session.stackName}: ${(durationMs / 1000).toFixed(1)} s${dryRun ? " (dry run: nothing was written)" : ""}`,
    ].join("\n"),
  );
  return undefined;
}

function describePlace({ place, overwritten, repaired, writes, ...names }: PlaceReport): string[] {
  const { added, changed, removed, unchanged } = names;
  return [
    place,
    ...Object.entries({ added, changed, removed, unchanged }).flatMap(([word, list]) => labelled(word, list)),
    ...(writes && writes.here > 0
      ? indented(
          `${writes.here} writes instead of ${writes.asCopies}: each once for ${writes.repositories} repositories, not in each of them`,
        )
      : []),
    ...(repaired.length > 0
      ? indented(`Somebody else had written over ${repaired.join(", ")}: these are ours again.`)
      : []),
    ...(overwritten.length > 0
      ? [
          ...indented(
            `Somebody else has written over ${overwritten.map(({ name }) => name).join(", ")}. To write it again:`,
          ),
          `    ${overwritten[0]?.remedy ?? ""}`,
        ]
      : []),
  ];
}

/** The same in many repositories could be written once. */
function describeCopies(places: readonly PlaceReport[]): string[] {
  const written = places.map(({ added, changed, removed }) => added.length + changed.length + removed.length);
  const copies = written.reduce((sum, count) => sum + count, 0);
  const once = Math.max(0, ...written);
  if (places.length < 2 || copies === once) return [];
  return indented(
    `${copies} writes; for the organization it would be ${once}: sync-github-org --visibility selected --repositories NAME,…`,
  );
}

/** The services of the command line by name; undefined where all are meant. Throws a usage error that lists those with variables to write. */
export function chosenServices(words: readonly string[]): string[] | undefined {
  const chosen = selectServices(words, isWritten).map(({ name }) => name);
  return words.length === 0 || words.includes("all") ? undefined : chosen;
}

/** The name of a repository of the stack's owner, of `OWNER/NAME` or `NAME`. Throws a usage error for another owner's. */
export function repositoryName(session: Session, word: string): string {
  const [owner, name, ...rest] = word.includes("/") ? word.split("/") : [session.settings.github.owner, word];
  if (name === undefined || owner === undefined || rest.length > 0) {
    throw usageError("cli.repository", `${word} is not OWNER/NAME; nothing was changed.`, "As in: payready/sophia");
  }
  requireSegment(name, "The repository");
  requireOwner(session, owner);
  return name;
}

/** Throws a usage error unless the stack writes to this owner. */
export function requireOwner(session: Session, owner: string): void {
  const own = session.settings.github.owner;
  if (isSameName(owner, own)) return;
  throw usageError(
    "sync.foreign_owner",
    `${owner} is not the GitHub owner of stack ${session.stackName}, which is ${own}; nothing was changed.`,
    `Name one of ${own}, choose another stack with --stack, or change the owner: pulumi config set sophia:githubOwner ${owner} --stack ${session.stackName}`,
  );
}

/** Throws a usage error for what is no name of a repository or an environment. */
export function requireSegment(name: string, what: string): void {
  if (githubSegment.safeParse(name).success) return;
  throw usageError("cli.name", `${what} must be made of letters, digits, '-', '_' and '.'; nothing was changed.`);
}
