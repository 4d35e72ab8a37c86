/** `sync-github`, `sync-github-org`, `sync-vercel`: write the stack's variables to one destination. */
import { githubSegment } from "../../esc/intake-destinations";
import { usageError } from "../../errors";
import { type Session } from "../../session";
import { isSameName, planGitHub, type GitHubRequest } from "../../sync/desired";
import { githubSyncPlace, vercelSyncPlace } from "../../sync/places";
import { sync, type PlaceReport, type SyncRequest } from "../../sync/sync";
import { type CommandContext, type CommandResult } from "../command";

/** Options of every sync. */
export interface SyncOptions {
  readonly dryRun: boolean;
  readonly adopt: boolean;
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
  { dryRun, adopt, yes }: SyncOptions,
  context: CommandContext,
  plan: SyncRequest["plan"],
): Promise<CommandResult> {
  const { output } = context;
  const session = context.session();
  const report = await sync(session, {
    plan,
    dryRun,
    adopt,
    consent: () => context.requireConsent(`Write the variables of stack ${session.stackName}?`, yes),
    onChange: ({ op, name }) => output.talk(`  ${op.padEnd(8)} ${name}`),
  });
  const { places, remembered, durationMs } = report;
  output.result(
    { schema: `sophia-secrets/${verb}`, version: 1, stack: session.stackName, dryRun, ...report },
    [
      ...places.flatMap(describePlace),
      ...(places.length === 0 ? ["The stack names no place to write to: name one with --repo"] : []),
      ...(remembered && !dryRun
        ? [`Remembered in ${session.intake.fullName}: every later \`up\` writes there too`]
        : []),
      `Stack ${session.stackName}: ${(durationMs / 1000).toFixed(1)} s${dryRun ? " (dry run: nothing was written)" : ""}`,
    ].join("\n"),
  );
  return places.some(({ overwritten }) => overwritten.length > 0) ? 1 : 0;
}

function describePlace({ place, added, changed, removed, unchanged, overwritten }: PlaceReport): string[] {
  const lines = Object.entries({ added, changed, removed, unchanged })
    .filter(([, names]) => names.length > 0)
    .map(([word, names]) => `  ${word.padEnd(9)} ${names.join(", ")}`);
  const warnings = overwritten.map(
    ({ name, remedy }) => `  ${name} was written by somebody else since. To write it again, run this first: ${remedy}`,
  );
  return [place, ...lines, ...warnings];
}

/** The name of a repository of the stack's owner. */
function repositoryName(session: Session, word: string): string {
  const [owner, name, ...rest] = word.includes("/") ? word.split("/") : [session.settings.github.owner, word];
  if (name === undefined || owner === undefined || rest.length > 0) {
    throw usageError("cli.repository", `${word} is not OWNER/NAME; nothing was changed.`, "As in: payready/sophia");
  }
  requireSegment(name, "The repository");
  requireOwner(session, owner);
  return name;
}

function requireOwner(session: Session, owner: string): void {
  const own = session.settings.github.owner;
  if (isSameName(owner, own)) return;
  throw usageError(
    "sync.foreign_owner",
    `${owner} is not the GitHub owner of stack ${session.stackName}, which is ${own}; nothing was changed.`,
    `Name one of ${own}, choose another stack with --stack, or change the owner: pulumi config set sophia:githubOwner ${owner} --stack ${session.stackName}`,
  );
}

function requireSegment(name: string, what: string): void {
  if (githubSegment.safeParse(name).success) return;
  throw usageError("cli.name", `${what} must be made of letters, digits, '-', '_' and '.'; nothing was changed.`);
}
