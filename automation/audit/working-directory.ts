/** Does the folder in which we run give secrets away? Modes of env files, and whether git tracks them. */
import { execFile } from "node:child_process";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** One file that may hold secrets. */
export interface EnvFileAudit {
  readonly file: string;
  readonly tracked: boolean;
  /** Four octal digits: `0600`. */
  readonly mode: string;
  /** Somebody beside its owner may read it. */
  readonly exposed: boolean;
}

/** Names of env files; an example holds no value. */
const ENV_FILE = /^\.env(\.|$)(?!.*(example|template|sample))/i;

/** The env files of a folder, none where it cannot be read. */
export async function auditEnvFiles(directory: string, environment: NodeJS.ProcessEnv): Promise<EnvFileAudit[]> {
  const names = (await readdir(directory).catch(() => [])).filter((name) => ENV_FILE.test(name)).sort();
  const audited = await Promise.all(
    names.map(async (file): Promise<EnvFileAudit | undefined> => {
      const found = await lstat(join(directory, file)).catch(() => undefined);
      if (!found?.isFile()) return undefined;
      const bits = found.mode & 0o7777;
      const mode = bits.toString(8).padStart(4, "0");
      return { file, tracked: await isTracked(directory, file, environment), mode, exposed: (bits & 0o077) !== 0 };
    }),
  );
  return audited.filter((one) => one !== undefined);
}

/** Without git, and outside of a repository, nothing is tracked. https://git-scm.com/docs/git-ls-files */
async function isTracked(directory: string, file: string, { PATH, HOME }: NodeJS.ProcessEnv): Promise<boolean> {
  // No tokens and no GIT_DIR for the child.
  const env = { ...(PATH === undefined ? {} : { PATH }), ...(HOME === undefined ? {} : { HOME }) };
  return new Promise((done) => {
    const options = { cwd: directory, env, timeout: 10_000 };
    execFile("git", ["ls-files", "--error-unmatch", "--", file], options, (error) => done(error === null));
  });
}
