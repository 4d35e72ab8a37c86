/** Who can write a file of secrets to repositories? Each with the command that does it. */
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type MeasuredCommand } from "../case";
import { CHECKOUT } from "../command";
import { type GitHubWorld } from "../stand-ins/protocol";
import { type Worlds } from "../worlds";
import { findGh, ghSync } from "./gh";
import { type SyncInput } from "./inputs";
import { compiled } from "./ours";
import { findProvider, findTerraform, terraformApply } from "./terraform";

/** One contender of the case. */
export interface SyncContender {
  readonly name: string;
  /** Why it cannot be had here. */
  readonly missing?: string;
  /** The command that writes the input; called again for each step, in the same folder. */
  readonly prepare?: (github: GitHubWorld, input: SyncInput) => Promise<MeasuredCommand>;
}

/** All of them, ours first. */
export async function syncContenders(worlds: Worlds): Promise<SyncContender[]> {
  const [gh, terraform, provider, pulumi] = await Promise.all([
    findGh(),
    findTerraform(),
    findProvider(),
    pulumiVariables(worlds),
  ]);
  const withUs = (name: string, writer: "resources" | "batch"): SyncContender => ({
    name,
    prepare: async (github, input) =>
      compiled("github-sync", { ...pulumi(input), ...accessTo(github) }, await pulumiFolder(input, worlds), writer),
  });
  const withTerraform = (name: string, isDefault: boolean): SyncContender => {
    if (terraform.program === undefined || provider.program === undefined)
      return { name, missing: terraform.missing ?? provider.missing ?? "not here" };
    const tools = { terraform: terraform.program, provider: provider.program };
    return { name, prepare: (github, input) => terraformApply(tools, github, input, { isDefault }) };
  };
  return [
    withUs("ours, a resource a place", "batch"),
    withUs("ours, a resource each", "resources"),
    gh.program === undefined
      ? { name: "gh", missing: gh.missing }
      : { name: "gh", prepare: (github, input) => ghSync(gh.program, github, input) },
    {
      name: "script",
      prepare: async (github, input) => ({
        words: [process.execPath, join(CHECKOUT, "bench", "rivals", "script.mjs"), input.folder],
        env: { PATH: process.env.PATH ?? "", ...accessTo(github) },
        cwd: input.folder,
      }),
    },
    withTerraform("terraform, tuned", false),
    withTerraform("terraform, defaults", true),
    {
      name: "pulumi by hand",
      prepare: async (github, input) => {
        await pulumiFolder(input, worlds);
        const cwd = await byHandFolder(input);
        const env = {
          ...pulumi(input),
          GITHUB_BASE_URL: `${github.apiUrl}/`,
          BENCH_FOLDER: input.folder,
          ...accessTo(github),
        };
        const up = "pulumi stack select bench --create --non-interactive && pulumi up --yes --non-interactive";
        return { words: ["bash", "-c", up], env, cwd };
      },
    },
  ];
}

function accessTo({ apiUrl, owner, token }: GitHubWorld): Record<string, string> {
  return { GITHUB_API: apiUrl, GITHUB_OWNER: owner, GITHUB_TOKEN: token };
}

/** State, passphrase and home of a Pulumi of its own, in the input's folder. */
async function pulumiVariables(worlds: Worlds): Promise<(input: SyncInput) => Record<string, string>> {
  const { bin } = await worlds.toolchain();
  return ({ folder }) => ({
    PATH: `${bin}:${process.env.PATH ?? ""}`,
    HOME: folder,
    PULUMI_HOME: join(folder, "pulumi", "home"),
    PULUMI_BACKEND_URL: pathToFileURL(join(folder, "pulumi", "state")).href,
    PULUMI_CONFIG_PASSPHRASE: "bench",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  });
}

async function pulumiFolder({ folder }: SyncInput, worlds: Worlds): Promise<string> {
  const { pluginHome } = await worlds.toolchain();
  for (const name of ["state", "home"]) await mkdir(join(folder, "pulumi", name), { recursive: true });
  await linkOnce(join(pluginHome, "plugins"), join(folder, "pulumi", "home", "plugins"));
  const plugins = { providers: [{ name: "sophia", path: join(CHECKOUT, "plugin") }] };
  const project = { name: "sophia-bench", runtime: "nodejs", plugins };
  await writeFile(join(folder, "pulumi", "Pulumi.yaml"), JSON.stringify(project));
  return folder;
}

/** A copy: Pulumi writes a stack's settings beside the program. */
async function byHandFolder({ folder }: SyncInput): Promise<string> {
  const copy = join(folder, "by-hand");
  await cp(join(CHECKOUT, "bench", "rivals", "by-hand"), copy, { recursive: true });
  await linkOnce(join(CHECKOUT, "node_modules"), join(copy, "node_modules"));
  return copy;
}

async function linkOnce(target: string, place: string): Promise<void> {
  await symlink(target, place).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}
