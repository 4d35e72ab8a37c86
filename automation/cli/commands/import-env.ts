/** `import-env`: put the values of an env file into the stack's intake environment, as one revision. */
import { readFile } from "node:fs/promises";
import { services } from "../../../services";
import { planImport, type ImportPlan } from "../../env-file/import";
import { usageError } from "../../errors";
import { type Session } from "../../session";
import { type CommandContext, type CommandResult } from "../command";

/** Options of `import-env`. */
export interface ImportEnvOptions {
  readonly envFile: string;
  readonly dryRun: boolean;
}

/** Imports the file; creates the intake environment when it is missing. */
export async function runImportEnv(options: ImportEnvOptions, context: CommandContext): Promise<CommandResult> {
  const session = context.session();
  const { parse } = await import("dotenv");
  const text = await readFile(options.envFile, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw usageError(
      "import.unreadable",
      `${options.envFile} cannot be read (${error.code ?? "unknown"}); nothing was changed.`,
      "Name the file with --env-file.",
    );
  });
  const values = parse(text);
  context.dependencies.redactor.addAll(Object.values(values));
  const plan = await importValues(session, values, options.dryRun);
  const count = (action: string) => plan.lines.filter((line) => line.action === action).length;
  context.output.result(
    {
      schema: "sophia-secrets/import-env",
      version: 1,
      stack: session.stackName,
      dryRun: options.dryRun,
      lines: plan.lines,
    },
    [
      ...plan.lines.map(
        ({ action, name, service, storedAs }) =>
          `  ${action.padEnd(7)} ${name}  (${service}${storedAs ? `, stored as ${storedAs}` : ""})`,
      ),
      `${session.intake.fullName}: ${count("add")} added, ${count("change")} changed, ${count("same")} the same, ${count("skip")} skipped${options.dryRun ? " (dry run: nothing was written)" : ""}`,
    ].join("\n"),
  );
  return 0;
}

/** Writes the values into the intake in one compare-and-set and says what became of each name. */
export async function importValues(
  session: Session,
  values: Readonly<Record<string, string>>,
  dryRun: boolean,
): Promise<ImportPlan> {
  const present = await session.intake.find();
  if (!present && !dryRun) await session.intake.create();
  let plan: ImportPlan = { lines: [], edits: [] };
  const decide = (intake: Parameters<typeof planImport>[1]) => {
    plan = planImport(values, intake, services, (service) => session.credentialOf(service));
    return plan.edits;
  };
  if (!dryRun) await session.intake.change((state) => decide(state.intake));
  else
    decide(
      present
        ? present.intake
        : {
            service: () => ({ settings: {}, slots: {} }),
            rotation: () => ({ current: "a", slots: {}, phase: "idle" }),
          },
    );
  return plan;
}
