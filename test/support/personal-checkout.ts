/** Where does somebody who follows the guide type its lines? In a clone with git, with settings files of its own, and a real shell whose programs reach a sandbox. */
import { execFile } from "node:child_process";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { SANDBOX_STACK } from "../../sandbox/sandbox";
import { copyCheckout } from "./checkout";
import { runChild, type ChildResult, type SpecSandbox } from "./sandbox";

/** How a line is typed. */
export interface TypingOptions {
  /** Added to the shell's variables; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
}

/** A person's clone. */
export interface PersonalCheckout {
  readonly folder: string;
  /** All that was printed so far. */
  readonly transcript: readonly string[];
  /** Runs the line by `/bin/sh` in the clone. The umask is open, so that a file's mode is the program's own doing. */
  type(line: string, options?: TypingOptions): Promise<ChildResult>;
  /** What git prints. Rejects when git fails. */
  git(...words: readonly string[]): Promise<string>;
  read(file: string): Promise<string>;
  /** Writes a file of the clone that only its owner can read. */
  write(file: string, content: string): Promise<void>;
  dispose(): Promise<void>;
}

/** Clones what git would hand out and commits it there. The settings files are the clone's own, for every stack: none is named by the environment. */
export async function openPersonalCheckout(sandbox: SpecSandbox): Promise<PersonalCheckout> {
  const copy = await copyCheckout();
  const { folder } = copy;
  const transcript: string[] = [];
  const { PULUMI_OPTION_CONFIG_FILE: configFile = "", ...variables } = sandbox.variables;
  const place = (file: string) => join(folder, file);
  const shared = { ...variables, HOME: sandbox.places.home, TMPDIR: sandbox.places.temporary };
  const git = async (...words: readonly string[]) => {
    const { stdout } = await promisify(execFile)("git", words, { cwd: folder, maxBuffer: 16 * 1024 * 1024 });
    return stdout;
  };
  // The one of the sandbox has the salt of its passphrase.
  await copyFile(configFile, place(`Pulumi.${SANDBOX_STACK}.yaml`));
  await git("init", "--quiet");
  await git("add", "--all");
  const person = ["-c", "user.name=A Person", "-c", "user.email=person@example.com", "-c", "commit.gpgSign=false"];
  await git(...person, "commit", "--quiet", "--message", "as cloned");
  return {
    folder,
    transcript,
    type: async (line, { env = {}, stdin } = {}) => {
      const given = Object.entries({ ...shared, ...(await sandbox.attach()), ...env }).filter(
        ([, value]) => value !== undefined,
      );
      const result = await runChild("/bin/sh", ["-c", `umask 000; ${line}`], {
        env: Object.fromEntries(given),
        cwd: folder,
        ...(stdin === undefined ? {} : { stdin }),
      });
      transcript.push(result.stdout, result.stderr);
      return result;
    },
    git,
    read: (file) => readFile(place(file), "utf8"),
    write: (file, content) => writeFile(place(file), content, { mode: 0o600 }),
    dispose: () => copy.dispose(),
  };
}
