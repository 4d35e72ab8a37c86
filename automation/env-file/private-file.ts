/** May secrets be written to this path, and how? Checks before, and a write that leaves the old file or the new one, 0600 from its first byte. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { link, lstat, open, readdir, realpath, rename, rm } from "node:fs/promises";
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
  try {
    await putIntoPlace(absolute, text, replace);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown";
    throw usageError(
      "export.failed",
      `${shown} cannot be written (${code}); nothing was changed.`,
      "Choose another path.",
    );
  }
}

/** A report that a command leaves: where, as the user named it, and the error's code and hint where that cannot be. */
export interface ReportTarget {
  readonly path: string;
  readonly shown: string;
  readonly code: string;
  readonly hint: string;
  /** Permission bits. @default 0o600 */
  readonly mode?: number;
}

/**
 * Throws a usage error where a report has no place: its folder is not there, or something else than a plain file stands at the path. A symbolic
 * link above all, since somebody else may have put it there to have a file replaced that the user has not meant.
 */
export async function requireReportPath({ path, shown, code, hint }: ReportTarget): Promise<string> {
  const refuse = (why: string) => usageError(code, `${shown} cannot be written (${why}); nothing was changed.`, hint);
  const folder = await realpath(dirname(path)).catch((error: NodeJS.ErrnoException) => {
    throw refuse(error.code ?? "unknown");
  });
  const absolute = join(folder, basename(path));
  const present = await lstat(absolute).catch(() => undefined);
  if (present?.isSymbolicLink()) throw refuse("it is a symbolic link");
  if (present && !present.isFile()) throw refuse("it is no plain file");
  return absolute;
}

/** Writes a report, for its owner only unless the target says otherwise, in the place of an older one. Throws as {@link requireReportPath}, and where the write fails. */
export async function writeReport(target: ReportTarget, text: string): Promise<void> {
  const absolute = await requireReportPath(target);
  await putIntoPlace(absolute, text, true, target.mode).catch((error: NodeJS.ErrnoException) => {
    const { shown, code, hint } = target;
    throw usageError(code, `${shown} cannot be written (${error.code ?? "unknown"}); nothing was changed.`, hint);
  });
}

async function putIntoPlace(absolute: string, text: string, replace: boolean, mode = 0o600): Promise<void> {
  await removeAbandoned(absolute);
  const temporary = `${absolute}.${randomBytes(8).toString("hex")}.tmp`;
  try {
    const file = await open(temporary, "wx", mode);
    try {
      // The umask may have taken bits away.
      await file.chmod(mode);
      await file.writeFile(text, "utf8");
      await file.sync();
    } finally {
      await file.close();
    }
    // A link fails when the name has been taken meanwhile; a rename would overwrite.
    await (replace ? rename(temporary, absolute) : link(temporary, absolute));
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Milliseconds after which a temporary file of ours is of a run that was killed: a write takes no time. */
const ABANDONED_MS = 60_000;

/** A killed run could not take its temporary file away, and that holds what the file was to hold. */
async function removeAbandoned(absolute: string): Promise<void> {
  const [folder, name] = [dirname(absolute), basename(absolute)];
  const isOurs = (entry: string) =>
    entry.startsWith(`${name}.`) && /^[0-9a-f]{16}\.tmp$/.test(entry.slice(name.length + 1));
  for (const entry of (await readdir(folder).catch(() => [])).filter(isOurs)) {
    const found = await lstat(join(folder, entry)).catch(() => undefined);
    if (found?.isFile() && found.mtimeMs < Date.now() - ABANDONED_MS) await rm(join(folder, entry), { force: true });
  }
}
