/** Which verbs carry values in and out: env files, and the environment of a program? */
import { Option } from "commander";
import { collect, type Shared, type Verbs } from "./verb";

type ExportFlags = {
  envFile: string;
  format: "dotenv" | "json" | "yaml" | "shell" | "docker" | "github-env";
  service?: string[];
  force: boolean;
};

/** Declares them. */
export function addEnvFileVerbs({ verb, act }: Verbs): void {
  const groups = "all, a service, or other; repeatable (default: all)";
  verb("import-env", "put the values of an env file into Pulumi ESC", "import-env --env-file .env --stack development")
    .option("--env-file <file>", "the file; - for standard input", ".env")
    .option("--service <service>", groups, collect)
    .option("--dry-run", "say what would be written, by name", false)
    .option("--force", "take placeholders, and let an old file win", false)
    .action((o: Shared & { envFile: string; service?: string[]; dryRun: boolean; force: boolean }) =>
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
    .option("--service <service>", groups, collect)
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
