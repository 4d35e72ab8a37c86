/** `export-env`: write what programs read into an env file, another format, standard output, or a GitHub Actions job. */
import { services } from "../../../services";
import { collectExport, OTHER, type Collected } from "../../env-file/collect";
import { findEscaped, findNotForPython, formatExport, type FileFormat } from "../../env-file/formats";
import { appendGitHubEnv, formatGitHubEnv, formatMasks, requireGitHubEnv } from "../../env-file/github-env";
import { requirePrivatePath, writePrivateFile } from "../../env-file/private-file";
import { AutomationError, EXIT, usageError } from "../../errors";
import { selectServices, type CommandContext, type CommandResult } from "../command";
import { ESC_TOKEN } from "../../settings";

/** Options of `export-env`. */
export interface ExportEnvOptions {
  /** A path, or `-` for standard output. Not used with `github-env`. */
  readonly envFile: string;
  readonly format: FileFormat | "github-env";
  /** Words of the catalogue and `other`; empty for all. */
  readonly services: readonly string[];
  readonly force: boolean;
}

/** Takes the text to where it goes; `file` is what the result calls it. */
interface Sink {
  readonly file: string;
  write(collected: Collected): Promise<void>;
}

/** Exports the stack's values. The place is checked before anything is opened. */
export async function runExportEnv(options: ExportEnvOptions, context: CommandContext): Promise<CommandResult> {
  const selected = selectGroups(options.services);
  const sink = await openSink(options, context);
  const session = context.session(ESC_TOKEN);
  const collected = await collectExport(session, selected, context.dependencies.now);
  const { content, unpublished } = collected;
  const variables = content.groups.flatMap((group) => group.variables);
  context.dependencies.redactor.addAll(variables.filter(({ secret }) => secret).map(({ value }) => value));
  if (variables.length === 0) throw nothingToExport(session.stackName);
  await sink.write(collected);
  const escaped = options.format === "dotenv" ? findEscaped(content) : [];
  const notForPython = options.format === "dotenv" ? findNotForPython(content) : [];
  sayReaders(escaped, notForPython, context);
  if (unpublished.length > 0) {
    context.output.talk(
      `not published yet, taken from ${content.environment}: ${unpublished.join(", ")}. Publish with: npx sophia-secrets up --stack ${session.stackName}`,
    );
  }
  const counts = content.groups.map(({ variables: own }) => `${own[0]?.service ?? ""} ${own.length}`).join(", ");
  const summary = `${sink.file}: ${variables.length} variables of stack ${content.stack} (${counts}), from revision ${content.revision}`;
  if (sink.file === "-" || options.format === "github-env") {
    context.output.talk(summary);
    return EXIT.done;
  }
  context.output.result(
    {
      schema: "sophia-secrets/export-env",
      version: 1,
      stack: content.stack,
      file: sink.file,
      format: options.format,
      source: { environment: content.environment, revision: content.revision },
      variables: variables.map(({ name, service }) => ({ name, service })),
      unpublished,
      escaped,
      notForPython,
    },
    summary,
  );
  return EXIT.done;
}

/** Two readers of env files differ where a value holds several kinds of quotes: no form suits both. */
function sayReaders(escaped: readonly string[], notForPython: readonly string[], { output }: CommandContext): void {
  if (escaped.length > 0)
    output.talk(`note: Node's dotenv does not read ${escaped.join(", ")} from this file; import-env and Python do.`);
  if (notForPython.length > 0) {
    const names = notForPython.join(", ");
    output.talk(`note: python-dotenv does not read ${names} from this file (back-ticks); --format json is for all.`);
  }
}

/** The words of `--service` with `other` for what no service declares. Throws a usage error that lists the valid ones. */
export function selectGroups(words: readonly string[]): readonly string[] {
  const all = [...services.map(({ name }) => name), OTHER];
  if (words.length === 0 || words.includes("all")) return all;
  const declared = words.filter((word) => word !== OTHER);
  const found = declared.length === 0 ? [] : selectServices(declared, () => true).map(({ name }) => name);
  return words.includes(OTHER) ? [...found, OTHER] : found;
}

async function openSink({ envFile, format, force }: ExportEnvOptions, context: CommandContext): Promise<Sink> {
  const { environment, directory, stdout } = context.dependencies;
  const { output } = context;
  if (format === "github-env" || envFile === "-") refuseJson(context, format === "github-env" ? format : envFile);
  if (format === "github-env") {
    const path = requireGitHubEnv(environment);
    return {
      file: "GITHUB_ENV",
      write: async ({ content }) => {
        const variables = content.groups.flatMap((group) => group.variables);
        const text = formatGitHubEnv(variables);
        output.raw(formatMasks(variables));
        await appendGitHubEnv(path, text);
      },
    };
  }
  if (envFile === "-") {
    if (stdout.isTTY && !force) {
      throw usageError(
        "export.to_terminal",
        "Standard output is a terminal: everybody who sees it would read the secrets; nothing was written.",
        "Pipe it into a program, or add --force.",
      );
    }
    return { file: "-", write: async ({ content }) => output.raw(formatExport(format, content)) };
  }
  const path = await requirePrivatePath(envFile, { directory, force, environment });
  return { file: envFile, write: ({ content }) => writePrivateFile(path, formatExport(format, content)) };
}

function refuseJson(context: CommandContext, what: string): void {
  if (!context.output.isJson) return;
  throw usageError(
    "cli.conflicting_options",
    `--json and ${what === "-" ? "--env-file -" : `--format ${what}`} both want standard output; nothing was written.`,
    "Leave out one of them.",
  );
}

function nothingToExport(stack: string): AutomationError {
  return new AutomationError({
    code: "export.empty",
    exitCode: EXIT.notFound,
    message: `Stack ${stack} has no values for this choice; nothing was written.`,
    hint: `Put values in with: npx sophia-secrets import-env --env-file .env --stack ${stack}`,
    stack,
  });
}
