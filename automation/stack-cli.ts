/** What do we ask the Pulumi CLI itself for? What the Automation API has no call for, or none that leaves the secrets alone. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { parseObject } from "./json";

/** Where and as what the CLI is started. */
export interface CliPlace {
  /** Path or name of the program. */
  readonly command: string;
  readonly stack: string;
  /** Folder of Pulumi.yaml. */
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** What `pulumi stack export` prints. */
interface ExportedState {
  readonly deployment: { readonly resources?: readonly { readonly urn: string; retainOnDelete?: boolean }[] };
}

/** Bytes. */
const LARGEST_OUTPUT = 2 ** 30;

/** What it says where another run is just writing the state: a folder's attributes are written in place. Milliseconds until they are whole. */
const TORN = { pattern: /failed to load checkpoint: (unexpected )?EOF/, tries: 5, pauseMs: 200 };

/**
 * The state with its secrets encrypted. The Automation API always asks for them in clear, for which the CLI derives the passphrase's key in a million
 * rounds. Throws what the CLI says, and where that is no JSON.
 */
export async function exportEncrypted(place: CliPlace): Promise<ExportedState> {
  const state = parseObject(await runUntilWhole(place, "stack", "export"));
  if (!state) throw new Error("the state is not JSON");
  return state as unknown as ExportedState;
}

/**
 * Marks resources in the state so that the engine, when the program names them no longer, forgets them and calls no provider. Throws what the CLI says.
 * https://www.pulumi.com/docs/iac/concepts/resources/options/retainondelete/
 */
export async function retainResources(urns: readonly string[], place: CliPlace): Promise<void> {
  const exported = await exportEncrypted(place);
  const { resources = [] } = exported.deployment;
  const meant = resources.filter(({ urn, retainOnDelete }) => urns.includes(urn) && !retainOnDelete);
  if (meant.length === 0) return;
  for (const resource of meant) resource.retainOnDelete = true;
  const folder = await mkdtemp(join(tmpdir(), "sophia-state-"));
  try {
    const file = join(folder, "state.json");
    await writeFile(file, JSON.stringify(exported), { mode: 0o600 });
    await run(place, "stack", "import", "--file", file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Takes resources out of the state and leaves them alone where they are. Throws what the CLI says. */
export async function forgetResources(urns: readonly string[], place: CliPlace): Promise<void> {
  for (const urn of urns) await run(place, "state", "delete", urn, "--yes");
}

/** For what only reads. */
async function runUntilWhole(place: CliPlace, ...words: string[]): Promise<string> {
  for (let left = TORN.tries; ; left -= 1) {
    try {
      return await run(place, ...words);
    } catch (error) {
      if (left <= 1 || !TORN.pattern.test(String(error))) throw error;
      await sleep(TORN.pauseMs);
    }
  }
}

async function run(
  { command, stack, directory: cwd, environment: env }: CliPlace,
  ...words: string[]
): Promise<string> {
  const args = [...words, "--stack", stack, "--non-interactive"];
  return (await promisify(execFile)(command, args, { cwd, env, maxBuffer: LARGEST_OUTPUT })).stdout;
}
