/** May secrets be written to this path, and how? Checks before, and a write that leaves the old file or the new one, 0600 from its first byte. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { link, lstat, open, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { usageError, type AutomationError } from "../errors";

/** A path that passed {@link requirePrivatePath}. */
export interface PrivatePath {
  /** As the user named it. */
  readonly shown: string;
  /** Its folder, links resolved, and its name. */
  readonly absolute: string;
  /** A file that is there may be replaced. */
  readonly replace: boolean;
}

/**
 * Throws a usage error for a folder that is not there, for anything but a plain file at the path, a symbolic link above all, and without `force`
 * for a file that is there and for a path that git tracks or does not ignore.
 */
export async function requirePrivatePath(
  path: string,
  options: { readonly directory: string; readonly force: boolean; readonly environment: NodeJS.ProcessEnv },
): Promise<PrivatePath> {
  const { directory, force, environment } = options;
  const wanted = resolve(directory, path);
  const folder = await realpath(dirname(wanted)).catch(() => undefined);
  if (folder === undefined) throw refusal("export.no_folder", `The folder of ${path} is not there`, "Make it first.");
  const absolute = join(folder, basename(wanted));
  const present = await lstat(absolute).catch(() => undefined);
  if (present && !present.isFile()) {
    const kind = present.isSymbolicLink() ? "a symbolic link" : "no plain file";
    throw refusal("export.not_a_file", `${path} is ${kind}`, "Choose another path with --env-file.");
  }
  if (force) return { shown: path, absolute, replace: true };
  if (present) {
    throw refusal("export.exists", `${path} is there already`, "Add --force to replace it, or name another path.");
  }
  if ((await askGit(absolute, environment)) === "exposed") {
    throw refusal(
      "export.not_ignored",
      `Git tracks ${path} or does not ignore it, so it could be committed`,
      "Add it to .gitignore, choose a name that begins with .env, or add --force.",
    );
  }
  return { shown: path, absolute, replace: false };
}

function refusal(code: string, what: string, hint: string): AutomationError {
  return usageError(code, `${what}; nothing was written.`, hint);
}

/** Outside of a repository nothing can be committed; where git cannot say, the path counts as exposed. */
async function askGit(path: string, { PATH, HOME }: NodeJS.ProcessEnv): Promise<"safe" | "exposed"> {
  // No tokens and no GIT_DIR for the child; in C, so that its message can be told.
  const env = { ...(PATH === undefined ? {} : { PATH }), ...(HOME === undefined ? {} : { HOME }), LC_ALL: "C" };
  const run = (args: readonly string[]) =>
    new Promise<{ code: number | string; stderr: string }>((done) => {
      execFile("git", args, { cwd: dirname(path), env, timeout: 10_000 }, (error, _, stderr) =>
        done({ code: error ? (error.code ?? "failed") : 0, stderr }),
      );
    });
  const inside = await run(["rev-parse", "--is-inside-work-tree"]);
  if (inside.code === 128 && /not a git repository/i.test(inside.stderr)) return "safe";
  if (inside.code === "ENOENT") return (await hasRepository(path)) ? "exposed" : "safe";
  // Says yes only for what is ignored and not tracked: https://git-scm.com/docs/git-check-ignore
  return (await run(["check-ignore", "-q", "--", path])).code === 0 ? "safe" : "exposed";
}

async function hasRepository(path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (await lstat(join(folder, ".git")).catch(() => undefined)) return true;
    if (folder === dirname(folder)) return false;
  }
}

/**
 * Writes the text: a new file beside it (never through a link that somebody put there), flushed, then put into place in one step.
 * Not write-file-atomic: it follows links at the target, and opens a temporary file of a name that can be guessed.
 */
export async function writePrivateFile({ absolute, shown, replace }: PrivatePath, text: string): Promise<void> {
  const temporary = `${absolute}.${randomBytes(8).toString("hex")}.tmp`;
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      // The umask may have taken bits away.
      await file.chmod(0o600);
      await file.writeFile(text, "utf8");
      await file.sync();
    } finally {
      await file.close();
    }
    // A link fails when the name has been taken meanwhile; a rename would overwrite.
    await (replace ? rename(temporary, absolute) : link(temporary, absolute));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown";
    throw usageError(
      "export.failed",
      `${shown} cannot be written (${code}); nothing was changed.`,
      "Choose another path.",
    );
  } finally {
    await rm(temporary, { force: true });
  }
}
