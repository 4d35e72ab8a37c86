/** Which verbs write to one destination? */
import { Option } from "commander";
import { collect, yes, type Shared, type Verbs } from "./verb";

type SyncFlags = { dryRun: boolean; adopt: boolean; yes: boolean };
type OrganizationFlags = { org?: string; visibility?: "all" | "private" | "selected"; repositories?: string[] };

/** Declares them. */
export function addSyncVerbs({ verb, act }: Verbs): void {
  const sync = (name: string, description: string, example: string) =>
    verb(name, description, example)
      .option("--dry-run", "say what would be written, by name", false)
      .option("--adopt", "replace secrets of the same names that others have made", false)
      .addOption(yes());

  sync("sync-github", "write to the Actions secrets of repositories", "sync-github --repo payready/sophia")
    .option("--repo <owner/name>", "a repository; repeatable (default: all of the stack)", collect)
    .option("--environment <name>", "to this environment of the repository instead")
    .action((o: Shared & SyncFlags & { repo?: string[]; environment?: string }) =>
      act(o, async (c) => (await import("../commands/sync.js")).runSyncGitHub({ ...o, repositories: o.repo ?? [] }, c)),
    );

  sync("sync-github-org", "write to the organization's Actions secrets", "sync-github-org --org payready")
    .option("--org <name>", "the organization (default: the stack's owner)")
    .addOption(
      new Option("--visibility <who>", "which repositories read them; private at first").choices([
        "private",
        "all",
        "selected",
      ]),
    )
    .option("--repositories <names>", "for --visibility selected: a,b", (words: string) => words.split(","))
    .action(({ org, ...o }: Shared & SyncFlags & OrganizationFlags) =>
      act(o, async (c) =>
        (await import("../commands/sync.js")).runSyncOrganization(
          { ...o, ...(org === undefined ? {} : { organization: org }) },
          c,
        ),
      ),
    );

  sync("sync-vercel", "write to the Vercel project's environment variables", "sync-vercel --dry-run")
    .option("--project <id>", "must be the stack's project")
    .action((o: Shared & SyncFlags & { project?: string }) =>
      act(o, async (c) => (await import("../commands/sync.js")).runSyncVercel(o, c)),
    );
}
