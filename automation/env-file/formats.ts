/** How does an export look in each format? Text from names and values, nothing else. */
import { Document, Scalar } from "yaml";
import { readAsPython } from "./python";
import { readsBack, unwritable, writeAssignment, writeEscaped } from "./write";

/** The formats of a file; `github-env` is not one of them: it goes to the runner (see `github-env.ts`). */
export const FILE_FORMATS = ["dotenv", "json", "yaml", "shell", "docker"] as const;

/** One of {@link FILE_FORMATS}. */
export type FileFormat = (typeof FILE_FORMATS)[number];

/** A variable of an export. The value is in here: never print it. */
export interface ExportedVariable {
  readonly name: string;
  readonly value: string;
  /** Word of the catalogue, or `other`. */
  readonly service: string;
  readonly secret: boolean;
}

/** What an export holds. */
export interface ExportContent {
  readonly stack: string;
  /** Full name of the intake environment and its revision, which `import-env` compares. */
  readonly environment: string;
  readonly revision: number;
  readonly time: Date;
  /** In the order in which they are written. */
  readonly groups: readonly { readonly title: string; readonly variables: readonly ExportedVariable[] }[];
}

/** The whole file. Throws a usage error (`export.unwritable`) that names the variables whose values the format cannot hold. */
export function formatExport(format: FileFormat, content: ExportContent): string {
  switch (format) {
    case "dotenv":
      return formatDotenv(content);
    case "json":
      return `${JSON.stringify(valuesOf(content), null, 2)}\n`;
    case "yaml":
      return formatYaml(content);
    case "shell":
      return formatLines(content, "shell", ({ name, value }) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`);
    case "docker":
      return formatLines(content, "docker", writeDocker);
  }
}

/** Every value by name. */
export function valuesOf({ groups }: Pick<ExportContent, "groups">): Record<string, string> {
  return Object.fromEntries(groups.flatMap(({ variables }) => variables.map(({ name, value }) => [name, value])));
}

function header({ stack, environment, revision, time }: ExportContent): string[] {
  return [
    `# Do not commit, do not share: secrets of stack ${stack}, written by sophia-secrets.`,
    `# source: ${environment} revision ${revision}`,
    `# exported: ${time.toISOString()}`,
  ];
}

function formatDotenv(content: ExportContent): string {
  const escaped = findEscaped(content);
  const text = formatLines(
    content,
    "dotenv",
    ({ name, value }) => writeAssignment(name, value) ?? writeEscaped(name, value),
  );
  // Each line was read back on its own; together they must not run into each other either.
  if (readsBack(text, valuesOf(content), escaped)) return text;
  throw unwritable("dotenv", escaped, "json or --format yaml");
}

/** Names of the variables that a dotenv file can hold only in a form that Node's dotenv does not read. */
export function findEscaped({ groups }: Pick<ExportContent, "groups">): string[] {
  const variables = groups.flatMap((group) => group.variables);
  return variables.filter(({ name, value }) => writeAssignment(name, value) === undefined).map(({ name }) => name);
}

/** Names of the variables whose values python-dotenv reads differently from a dotenv file: those that need back-ticks. */
export function findNotForPython({ groups }: Pick<ExportContent, "groups">): string[] {
  return groups
    .flatMap((group) => group.variables)
    .filter(({ name, value }) => {
      const line = writeAssignment(name, value);
      return line !== undefined && readAsPython(line) !== value;
    })
    .map(({ name }) => name);
}

function formatLines(
  content: ExportContent,
  format: FileFormat,
  write: (variable: ExportedVariable) => string | undefined,
): string {
  const failed: string[] = [];
  const blocks = content.groups.map(({ title, variables }) => {
    const lines = variables.map((variable) => {
      const line = write(variable);
      if (line === undefined) failed.push(variable.name);
      return line ?? "";
    });
    return [`# ${title}`, ...lines].join("\n");
  });
  if (failed.length > 0) throw unwritable(format, failed, "json or --format yaml");
  return `${[header(content).join("\n"), ...blocks].join("\n\n")}\n`;
}

/** Docker takes a line as it is, quotes and all: https://docs.docker.com/reference/cli/docker/container/run/#env */
function writeDocker({ name, value }: ExportedVariable): string | undefined {
  return /[\r\n]/.test(value) ? undefined : `${name}=${value}`;
}

/** Always in double quotes: YAML 1.1 and 1.2 differ on what a bare word is. */
function formatYaml(content: ExportContent): string {
  const document = new Document(valuesOf(content));
  for (const [name] of Object.entries(valuesOf(content))) {
    const scalar = document.get(name, true);
    if (scalar instanceof Scalar) scalar.type = Scalar.QUOTE_DOUBLE;
  }
  document.commentBefore = header(content)
    .map((line) => line.slice(1))
    .join("\n");
  return document.toString({ lineWidth: 0 });
}
