/** `prune`: delete at the stack's places what it wrote once and wants no longer. */
import { usageError } from "../../errors";
import { type Session } from "../../session";
import { type GitHubPlace } from "../../sync/desired";
import { type InventoryScope } from "../../sync/inventory";
import { prune, type PrunedPlace } from "../../sync/prune";
import { type CommandContext, type CommandResult } from "../command";
import { repositoryName, requireOwner, requireSegment } from "./sync";
import { indented, labelled } from "./sync-text";

/** Options of `prune`. */
export interface PruneOptions {
  /** None means all. */
  readonly kinds: InventoryScope["kinds"];
  /** `OWNER/NAME` or `NAME`; none means all. */
  readonly repositories: readonly string[];
  /** `OWNER/NAME`, `OWNER/NAME:ENVIRONMENT`, or `OWNER` for the organization. */
  readonly forget: readonly string[];
  readonly dryRun: boolean;
  readonly yes: boolean;
}

/** Shows what is to go, asks, and deletes. */
export async function runPrune(options: PruneOptions, context: CommandContext): Promise<CommandResult> {
  const { output } = context;
  const session = context.session();
  const repositories = options.repositories.map((word) => repositoryName(session, word));
  const { dryRun } = options;
  const report = await prune(session, {
    scope: { kinds: options.kinds, repositories },
    forget: options.forget.map((word) => namedPlace(session, word)),
    dryRun,
    consent: async (places) => {
      for (const line of places.flatMap((place) => describe(place, "to delete"))) output.talk(line);
      const count = places.reduce((sum, { removed }) => sum + removed.length, 0);
      await context.requireConsent(`Delete ${count} name${count === 1 ? "" : "s"} that this stack wrote?`, options.yes);
    },
    onChange: ({ op, name }) => output.talk(`  ${op.padEnd(8)} ${name}`),
  });
  const { places, forgotten, durationMs } = report;
  output.result(
    { schema: "sophia-secrets/prune", version: 1, stack: session.stackName, dryRun, ...report },
    [
      ...places.flatMap((place) => describe(place, dryRun ? "to delete" : "deleted")),
      ...(places.length === 0 ? ["Nothing to prune: every name that this stack wrote is still wanted."] : []),
      ...(forgotten && !dryRun ? [`Forgotten in ${session.intake.fullName}: no later \`up\` writes there`] : []),
      `Stack ${session.stackName}: ${(durationMs / 1000).toFixed(1)} s${dryRun ? " (dry run: nothing was deleted)" : ""}`,
    ].join("\n"),
  );
  return undefined;
}

function describe({ place, former, removed, editedOutside }: PrunedPlace, word: string): string[] {
  return [
    `${place}${former ? " (the stack writes there no longer)" : ""}`,
    ...labelled(word, removed),
    ...(editedOutside.length > 0
      ? indented(`Somebody else has written over ${editedOutside.join(", ")} since; that goes too.`)
      : []),
  ];
}

function namedPlace(session: Session, word: string): GitHubPlace {
  const [path = "", environment, ...rest] = word.split(":");
  if (rest.length > 0) throw usageError("cli.place", `${word} is not OWNER/NAME:ENVIRONMENT; nothing was changed.`);
  if (!path.includes("/")) {
    requireOwner(session, path);
    return { kind: "organization", visibility: "private", repositories: [] };
  }
  const repository = repositoryName(session, path);
  if (environment === undefined) return { kind: "repository", repository };
  requireSegment(environment, "The environment");
  return { kind: "environment", repository, environment };
}
