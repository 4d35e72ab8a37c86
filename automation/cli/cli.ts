/** Which verbs and options are there? The command line as data for commander; each verb's code is loaded when it runs. */
import { Argument, Command, Option } from "commander";
import { parseDuration } from "./duration";
import { type CommandContext, type CommandResult } from "./command";

/** Runs one verb with a context made for its shared options. */
export type Act = (
  shared: { readonly stack?: string; readonly json?: boolean },
  run: (context: CommandContext) => Promise<CommandResult>,
) => Promise<void>;

const collect = (word: string, words: string[] = []) => [...words, word];
const yes = () => new Option("-y, --yes", "do not ask").default(false);

/** The whole command line; `act` runs what was chosen. */
export function createCli(version: string, act: Act): Command {
  const cli = new Command("sophia-secrets")
    .description("Owns, distributes, rotates and proves the credentials of the Sophia AI platform.")
    .version(version)
    .showHelpAfterError()
    .exitOverride();
  const verb = (name: string, description: string, example: string) =>
    cli
      .command(name)
      .description(description)
      .option("-s, --stack <stack>", "the stack (default: $PULUMI_STACK or development)")
      .option("--json", "one JSON object on standard output")
      .addHelpText("after", `\nExample:\n  $ sophia-secrets ${example}`);

  verb("up", "bring the stack about: ESC, GitHub, Vercel, Snowflake", "up --stack development --yes")
    .addOption(yes())
    .action((o: Shared & { yes: boolean }) => act(o, async (c) => (await import("./commands/up.js")).runUp(o, c)));

  verb("preview", "say what `up` would change", "preview --expect-no-changes")
    .option("--expect-no-changes", "exit 7 when anything would change", false)
    .action((o: Shared & { expectNoChanges: boolean }) =>
      act(o, async (c) => (await import("./commands/preview.js")).runPreview(o, c)),
    );

  verb("rotate", "replace credentials without locking anybody out", "rotate --service snowflake")
    .option("--service <service>", "all, snowflake, gong, vercel or estuary; repeatable (default: all)", collect)
    .addOption(
      new Option("--grace <duration>", "how long the old credential lives on: 0, 30s, 24h")
        .argParser(parseDuration)
        .default(24 * 3_600_000, "24h"),
    )
    .addOption(new Option("--resume", "go on with what is under way, begin nothing").default(false).conflicts("abort"))
    .option("--abort", "go back to the old credential, begin nothing", false)
    .option("--take-over", "go on although another run holds the lock", false)
    .option("--from-file <file>", "JSON with a new pair that a person made; - for standard input")
    .addOption(yes())
    .action((o: Shared & RotateFlags) =>
      act(o, async (c) => {
        const { service: services = [], grace: graceMs, ...rest } = o;
        return (await import("./commands/rotate.js")).runRotate({ ...rest, services, graceMs }, c);
      }),
    );

  verb("test", "log in to each service as a consumer would", "test snowflake gong")
    .argument("[services...]", "snowflake, gong, vercel, estuary, github, pulumi (default: all)")
    .addOption(
      new Option("--source <source>", "where values come from").choices(["esc", "env-file", "process"]).default("esc"),
    )
    .option("--env-file <file>", "for --source env-file", ".env")
    .option("--output <file>", "write the JSON report to a file too")
    .action((services: string[], o: Shared & TestFlags) =>
      act(o, async (c) => (await import("./commands/test.js")).runTest({ ...o, services }, c)),
    );

  verb("status", "say where each rotation stands", "status").action((o: Shared) =>
    act(o, async (c) => (await import("./commands/status.js")).runStatus(c)),
  );

  verb("audit", "say what is old, missing or not where it should be", "audit --fail-on overdue")
    .option("--fail-on <finding>", "exit 1 on: overdue, never, missing; repeatable", collect)
    .action((o: Shared & { failOn?: string[] }) =>
      act(o, async (c) => (await import("./commands/audit.js")).runAudit({ failOn: o.failOn ?? [] }, c)),
    );

  addEnvFiles(verb, act);
  addSync(verb, act);
  verb("doctor", "say what keeps this machine and this stack from working", "doctor").action((o: Shared) =>
    act(o, async (c) => (await import("./commands/doctor.js")).runDoctorCommand(c)),
  );

  verb("services", "say what the catalogue knows of each service", "services show snowflake")
    .addArgument(new Argument("[action]", "list them, or show some in full").choices(["list", "show"]).default("list"))
    .argument("[services...]", "for show (default: all)")
    .action((action: string, names: string[], o: Shared) =>
      act(o, async (c) => {
        const services = action === "show" && names.length === 0 ? ["all"] : names;
        return (await import("./commands/services.js")).runServices({ services }, c);
      }),
    );

  verb("template", "print an env file to fill in", "template > .env.example").action((o: Shared) =>
    act(o, async (c) => (await import("./commands/template.js")).runTemplate(c)),
  );

  verb("validate", "say which variables consumers lack", "validate snowflake")
    .argument("[services...]", "(default: all)")
    .action((services: string[], o: Shared) =>
      act(o, async (c) => (await import("./commands/validate.js")).runValidate({ services }, c)),
    );

  verb("run", "start a program with what consumers read, its output masked", "run -- node server.js")
    .argument("<command...>", "the program and its words, after --")
    .option("--no-masking", "pass its output on as it is")
    .action((command: string[], o: Shared & { masking: boolean }) =>
      act(o, async (c) => (await import("./commands/run.js")).runRun({ command, masking: o.masking }, c)),
    );

  addSandbox(verb("sandbox", "stand-ins of every service on this machine", "sandbox start"), act);
  return cli;
}

function addEnvFiles(verb: (name: string, description: string, example: string) => Command, act: Act): void {
  const groups = "all, a service, or other; repeatable (default: all)";
  verb("import-env", "put the values of an env file into Pulumi ESC", "import-env --env-file .env --stack development")
    .option("--env-file <file>", "the file; - for standard input", ".env")
    .option("--service <service>", groups, collect)
    .option("--dry-run", "say what would be written, by name", false)
    .option("--force", "take placeholders, and let an old file win", false)
    .action((o: Shared & { envFile: string; service?: string[]; dryRun: boolean; force: boolean }) =>
      act(o, async (c) =>
        (await import("./commands/import-env.js")).runImportEnv({ ...o, services: o.service ?? [] }, c),
      ),
    );

  verb("export-env", "write what programs read into an env file", "export-env --env-file .env.new --stack production")
    .option("--env-file <file>", "the file; - for standard output", ".env.new")
    .addOption(
      new Option("--format <format>", "how it is written")
        .choices(["dotenv", "json", "yaml", "shell", "docker", "github-env"])
        .default("dotenv"),
    )
    .option("--service <service>", groups, collect)
    .option("--force", "replace a file, write where git sees it, or to a terminal", false)
    .action((o: Shared & ExportFlags) =>
      act(o, async (c) =>
        (await import("./commands/export-env.js")).runExportEnv({ ...o, services: o.service ?? [] }, c),
      ),
    );
}

type Shared = { readonly stack?: string; readonly json?: boolean };
type RotateFlags = {
  service?: string[];
  grace: number;
  resume: boolean;
  takeOver: boolean;
  abort: boolean;
  yes: boolean;
  fromFile?: string;
};
type ExportFlags = {
  envFile: string;
  format: "dotenv" | "json" | "yaml" | "shell" | "docker" | "github-env";
  service?: string[];
  force: boolean;
};
type TestFlags = { source: "esc" | "env-file" | "process"; envFile: string; output?: string };

type SyncFlags = { dryRun: boolean; adopt: boolean; yes: boolean };
type OrganizationFlags = { org?: string; visibility?: "all" | "private" | "selected"; repositories?: string[] };

/** The three verbs that write to one destination. */
function addSync(verb: (name: string, description: string, example: string) => Command, act: Act): void {
  const sync = (name: string, description: string, example: string) =>
    verb(name, description, example)
      .option("--dry-run", "say what would be written, by name", false)
      .option("--adopt", "replace secrets of the same names that others have made", false)
      .addOption(yes());

  sync("sync-github", "write to the Actions secrets of repositories", "sync-github --repo payready/sophia")
    .option("--repo <owner/name>", "a repository; repeatable (default: all of the stack)", collect)
    .option("--environment <name>", "to this environment of the repository instead")
    .action((o: Shared & SyncFlags & { repo?: string[]; environment?: string }) =>
      act(o, async (c) => (await import("./commands/sync.js")).runSyncGitHub({ ...o, repositories: o.repo ?? [] }, c)),
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
        (await import("./commands/sync.js")).runSyncOrganization(
          { ...o, ...(org === undefined ? {} : { organization: org }) },
          c,
        ),
      ),
    );

  sync("sync-vercel", "write to the Vercel project's environment variables", "sync-vercel --dry-run")
    .option("--project <id>", "must be the stack's project")
    .action((o: Shared & SyncFlags & { project?: string }) =>
      act(o, async (c) => (await import("./commands/sync.js")).runSyncVercel(o, c)),
    );
}

/** The sandbox is not part of the product: its code is loaded through a path that only these verbs know. */
function addSandbox(sandbox: Command, act: Act): void {
  sandbox
    .argument(
      "<action>",
      "run: the whole tour; start, env, status, stop: to play by hand; gong-key, gong-retire: what a person does at Gong",
    )
    .option("--foreground", "start: stay until interrupted", false)
    .action((action: string, o: Shared & { foreground: boolean }) =>
      act(o, async (c) => (await import("./commands/sandbox.js")).runSandbox({ action, foreground: o.foreground }, c)),
    );
}
