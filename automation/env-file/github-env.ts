/**
 * How do values get into later steps of a GitHub Actions job? Masked first, then appended to the file that $GITHUB_ENV names.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
import { randomBytes } from "node:crypto";
import { appendFile } from "node:fs/promises";
import { AutomationError, EXIT, usageError } from "../errors";
import { type ExportedVariable } from "./formats";
import { unwritable } from "./write";

/** Names that the runner refuses or keeps to itself. */
const RESERVED = /^(GITHUB_|RUNNER_|ACTIONS_)|^(CI|NODE_OPTIONS)$/i;

/** The runner's file. Throws a usage error outside of a job: the masks would print values to whoever looks. */
export function requireGitHubEnv(environment: NodeJS.ProcessEnv): string {
  const { GITHUB_ACTIONS, GITHUB_ENV } = environment;
  if (GITHUB_ACTIONS === "true" && GITHUB_ENV) return GITHUB_ENV;
  throw usageError(
    "export.no_runner",
    "--format github-env works in a GitHub Actions job only (GITHUB_ACTIONS and GITHUB_ENV are not set); nothing was written.",
    "Use --format shell or dotenv here.",
  );
}

/** One `::add-mask::` a line of every secret; each line is a command of its own, and only the runner must see it. */
export function formatMasks(variables: readonly ExportedVariable[]): string {
  const lines = variables.filter(({ secret }) => secret).flatMap(({ value }) => linesToMask(value));
  return [...new Set(lines)].map((line) => `::add-mask::${escapeData(line)}\n`).join("");
}

/** The whole value where it is one line; of several lines those that would not black out every brace of a log. */
function linesToMask(value: string): string[] {
  const lines = value.split(/\r\n|\r|\n/).filter((line) => line.trim() !== "");
  return lines.length === 1 ? lines : lines.filter((line) => line.trim().length >= 4);
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** The heredocs. A delimiter that a value could guess would let the value define variables of its own. */
export function formatGitHubEnv(variables: readonly ExportedVariable[], delimiter = randomDelimiter()): string {
  const refused = variables.filter(({ name, value }) => RESERVED.test(name) || value.includes(delimiter));
  if (refused.length > 0) {
    throw unwritable(
      "github-env",
      refused.map(({ name }) => name),
      "json or leave the service out with --service",
    );
  }
  return variables.map(({ name, value }) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`).join("");
}

/** Appends to the runner's file. Throws when it cannot be written. */
export async function appendGitHubEnv(path: string, text: string): Promise<void> {
  await appendFile(path, text).catch((error: NodeJS.ErrnoException) => {
    throw new AutomationError({
      code: "export.failed",
      exitCode: EXIT.attention,
      message: `The runner's file (GITHUB_ENV) cannot be written (${error.code ?? "unknown"}).`,
    });
  });
}

function randomDelimiter(): string {
  return `EOF_${randomBytes(24).toString("hex")}`;
}
