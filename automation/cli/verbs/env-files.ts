/** Which verbs carry values in and out: env files, and the environment of a program? */
import { Option } from "commander";
import { collect, offering, serviceWords, type Shared, type Verbs } from "./verb";

type ImportFlags = {
  envFile: string;
  service?: string[];
  dryRun: boolean;
  force: boolean;
  secretsConfig?: string | false;
};

type ExportFlags = {
  envFile: string;
  format: "dotenv" | "json" | "yaml" | "shell" | "docker" | "github-env";
  service?: string[];
  force: boolean;
};

/** Declares them. */
export function addEnvFileVerbs({ verb, act }: Verbs): void {
  const service = () =>
    offering(
      new Option("--service <service>", "all, a service, or other; repeatable (default: all)").argParser(collect),
      ["all", ...serviceWords(), "other"],
    );
  verb("import-env", "put the values of an env file into Pulumi ESC", "import-env --env-file .env --stack development")
    .option("--env-file <file>", "the file; - for standard input", ".env")
    .addOption(service())
    .option("--dry-run", "say what would be written, by name", false)
    .option("--force", "take placeholders, and let an old file win", false)
    .option("--secrets-config <file>", "what the Python tools noted (default: secrets_config.json beside it)")
    .option("--no-secrets-config", "leave that out")
    .action((o: Shared & ImportFlags) =>
      act(o, async (c) =>
        (await import("../commands/import-env.js")).runImportEnv({ ...o, services: o.service ?? [] }, c),
      ),
    );

  verb("export-env", "write what programs read into an env file", "export-env --env-file .env.new --stack production")
    .option("--env-file <file>", "the file; - for standard output", ".env.new")
    .addOption(
      new Option("--format <format>", "how it is written")
        .choices(["dotenv", "json", "yaml", "shell", "docker", "github-env"])
        .default("dotenv"),
    )
    .addOption(service())
    .option("--force", "replace a file, write where git sees it, or to a terminal", false)
    .action((o: Shared & ExportFlags) =>
      act(o, async (c) =>
        (await import("../commands/export-env.js")).runExportEnv({ ...o, services: o.service ?? [] }, c),
      ),
    );

  verb("run", "start a program with what consumers read, its output masked", "run -- node server.js")
    .argument("<command...>", "the program and its words, after --")
    .option("--no-masking", "pass its output on as it is")
    .action((command: string[], o: Shared & { masking: boolean }) =>
      act(o, async (c) => (await import("../commands/run.js")).runRun({ command, masking: o.masking }, c)),
    );
}
