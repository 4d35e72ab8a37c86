/** Which verbs write to one destination? */
import { Argument, Option, type Command } from "commander";
import { isWritten } from "../../sync/desired";
import { collect, offering, serviceWords, yes, type Shared, type Verbs } from "./verb";

type SyncFlags = { service?: string[]; dryRun: boolean; adopt: boolean; force: boolean; yes: boolean };
type Kind = "github" | "github-org" | "vercel";
type OrganizationFlags = { org?: string; visibility?: "all" | "private" | "selected"; repositories?: string[] };

/** Declares them. */
export function addSyncVerbs(verbs: Verbs): void {
  addWritingVerbs(verbs);
  addLedgerVerbs(verbs);
}

const addServiceOption = (command: Command): Command =>
  command.addOption(
    offering(new Option("--service <service>", "only its variables; repeatable (default: all)").argParser(collect), [
      "all",
      ...serviceWords(isWritten),
    ]),
  );

function addWritingVerbs({ verb, act }: Verbs): void {
  const sync = (name: string, description: string, example: string) =>
    addServiceOption(verb(name, description, example))
      .option("--dry-run", "say what would be written, by name", false)
      .option("--adopt", "replace secrets of the same names that others have made", false)
      .option("--force", "write secrets again that seem unchanged; each is away for a second", false)
      .addOption(yes());

  sync("sync-github", "write to the Actions secrets of repositories", "sync-github --repo payready/sophia")
    .option("--repo <owner/name>", "a repository; repeatable (default: all of the stack)", collect)
    .option("--environment <name>", "to this environment of the repository instead")
    .action((o: Shared & SyncFlags & { repo?: string[]; environment?: string }) =>
      act(o, async (c) =>
        (await import("../commands/sync.js")).runSyncGitHub(
          { ...o, services: o.service ?? [], repositories: o.repo ?? [] },
          c,
        ),
      ),
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
          { ...o, services: o.service ?? [], ...(org === undefined ? {} : { organization: org }) },
          c,
        ),
      ),
    );

  sync("sync-vercel", "write to the Vercel project's environment variables", "sync-vercel --dry-run")
    .option("--project <id>", "must be the stack's project")
    .action((o: Shared & SyncFlags & { project?: string }) =>
      act(o, async (c) => (await import("../commands/sync.js")).runSyncVercel({ ...o, services: o.service ?? [] }, c)),
    );
}

/** What the places hold, by Pulumi's state as the ledger of what we wrote. */
function addLedgerVerbs({ verb, act }: Verbs): void {
  const places = () =>
    new Argument("[places...]", "which kinds of places (default: all)").choices(["github", "github-org", "vercel"]);
  const repo = "only this repository and its environments; repeatable";

  addServiceOption(
    verb("list", "say what each place holds, and what of it is ours", "list github", "list --service gong"),
  )
    .addArgument(places())
    .option("--repo <owner/name>", repo, collect)
    .action((kinds: Kind[], o: Shared & { repo?: string[]; service?: string[] }) =>
      act(o, async (c) =>
        (await import("../commands/sync-list.js")).runList(
          { kinds, repositories: o.repo ?? [], services: o.service ?? [] },
          c,
        ),
      ),
    );

  verb(
    "prune",
    "delete what this stack wrote once and wants no longer",
    "prune --dry-run",
    "prune --forget payready/sophia-web",
  )
    .addArgument(places())
    .option("--repo <owner/name>", repo, collect)
    .option(
      "--forget <place>",
      "stop writing to OWNER/NAME, OWNER/NAME:ENVIRONMENT or OWNER, which sync-… has added; repeatable",
      collect,
    )
    .option("--dry-run", "say what would be deleted, by name", false)
    .addOption(yes())
    .action((kinds: Kind[], o: Shared & { repo?: string[]; forget?: string[]; dryRun: boolean; yes: boolean }) =>
      act(o, async (c) =>
        (await import("../commands/sync-prune.js")).runPrune(
          { ...o, kinds, repositories: o.repo ?? [], forget: o.forget ?? [] },
          c,
        ),
      ),
    );
}
