/** Where are a project's stacks set up? Finds Pulumi.yaml and reads a stack's settings file the way the Pulumi CLI does. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parse } from "yaml";
import { type AutomationError, unknownStackError, usageError } from "./errors";
import { type ConfigReader } from "./settings";

/** A project folder and how to read one stack's configuration. */
export interface StackFile {
  readonly projectDirectory: string;
  readonly read: ConfigReader;
}

/** The nearest folder with a Pulumi.yaml, from `directory` upwards. Throws a usage error when there is none. */
export function findProjectDirectory(directory: string): string {
  for (let folder = directory; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "Pulumi.yaml"))) return folder;
    if (dirname(folder) === folder) break;
  }
  throw usageError(
    "project.missing",
    "There is no Pulumi.yaml in this folder or above it.",
    "Run the command in a checkout of sophia-secrets.",
  );
}

/**
 * Reads the settings file of a stack: the one given (`PULUMI_OPTION_CONFIG_FILE`, as for the Pulumi CLI) or Pulumi.<stack>.yaml.
 * Throws usage errors for a stack that nobody has set up and for a file that is no YAML mapping.
 */
export function readStackFile(stack: string, directory: string, configFile?: string): StackFile {
  const projectDirectory = findProjectDirectory(directory);
  const known = knownStacks(projectDirectory);
  if (!known.includes(stack)) throw unknownStackError(stack, known);
  const named = /^Pulumi\.(.+)\.yaml$/.exec(basename(configFile ?? ""))?.[1];
  if (named !== undefined && named !== stack && known.includes(named)) throw otherStacksFile(stack, named);
  const path = configFile ?? join(projectDirectory, `Pulumi.${stack}.yaml`);
  const config = parseConfig(path);
  return { projectDirectory, read: (key) => config[`sophia:${key}`] };
}

function parseConfig(path: string): Readonly<Record<string, unknown>> {
  try {
    const content: unknown = parse(readFileSync(path, "utf8"));
    const config = (content as { config?: unknown } | null)?.config ?? {};
    if (typeof config === "object") return config as Record<string, unknown>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw missingFile(path);
    // Otherwise said below: the text of a parser's error may quote the file.
  }
  throw usageError(
    "stack.malformed_file",
    `${path} cannot be read as a stack's settings; nothing was changed.`,
    "It must be YAML with a mapping under config:.",
  );
}

/** One stack brought about by the settings of another would take over what belongs to that one. */
function otherStacksFile(stack: string, named: string): AutomationError {
  return usageError(
    "stack.other_settings",
    `PULUMI_OPTION_CONFIG_FILE names the settings of stack ${named}, but the stack is ${stack}; nothing was changed.`,
    `Run it without that variable, or with --stack ${named}. A shell with \`sandbox env\` is for the sandbox's stack alone.`,
  );
}

function missingFile(path: string): AutomationError {
  return usageError(
    "stack.missing_file",
    `${path} is not there, though PULUMI_OPTION_CONFIG_FILE names it; nothing was changed.`,
    "Unset it. If it is of a sandbox that has ended, open a new shell, or start one and evaluate `sandbox env` again.",
  );
}

/** The stacks that are set up in the project of this folder, by name. Throws a usage error where there is no project. */
export function listStacks(directory: string): string[] {
  return knownStacks(findProjectDirectory(directory));
}

function knownStacks(projectDirectory: string): string[] {
  return readdirSync(projectDirectory)
    .flatMap((file) => /^Pulumi\.([A-Za-z0-9_.-]+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}
