/** Where does a job's summary go? Markdown is added to the end of a file such as `$GITHUB_STEP_SUMMARY`, and an error is written there too. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { Option } from "commander";
import { AutomationError, usageError } from "../errors";
import { type CommandContext } from "./command";

/** The option of verbs that have a summary. */
export const summaryOption = (): Option =>
  new Option("--summary <file>", "add a report in Markdown to the end of it: $GITHUB_STEP_SUMMARY");

/** A job's summary while the command works. Without a file it is nowhere. */
export interface Summary {
  /** Adds Markdown to the end. Throws a usage error where the file cannot be written. */
  add(text: string): Promise<void>;
  /** Does the work; what it throws is added and thrown on. The file is tried first, so that nothing is changed where it cannot be written. */
  during<T>(work: () => Promise<T>): Promise<T>;
}

/** Opens the summary; `title` is its heading where the work fails. */
export function openSummary(file: string | undefined, title: string, context: CommandContext): Summary {
  const { redactor, directory } = context.dependencies;
  const add = async (text: string) => {
    if (file !== undefined) await append(resolve(directory, file), redactor.redact(text));
  };
  return {
    add,
    during: async (work) => {
      await add("");
      try {
        return await work();
      } catch (error) {
        if (error instanceof AutomationError) {
          const { failureMarkdown } = await import("../reports/stack-markdown.js");
          await add(failureMarkdown(title, error));
        }
        throw error;
      }
    },
  };
}

/** No link is followed: a job's step may have been led astray by an earlier one. */
async function append(path: string, text: string): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  try {
    const file = await open(path, flags, 0o600);
    await file.writeFile(text, "utf8").finally(() => file.close());
  } catch (error) {
    throw usageError(
      "summary.unwritable",
      `${path} cannot be written (${(error as NodeJS.ErrnoException).code ?? "unknown"}).`,
      "Name another file with --summary.",
    );
  }
}
