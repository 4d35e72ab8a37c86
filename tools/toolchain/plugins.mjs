// Where does a provider plugin come from?
import { existsSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { REPOSITORY, isOurs, writeStamp } from "./cache.mjs";
import { executable } from "./cli.mjs";
import { pluginRelease } from "./download.mjs";
import { bundleStandIn } from "./stand-in.mjs";

/**
 * The executable that the engine starts for a plugin.
 * @param {string} pluginHome @param {{ name: string, version: string }} plugin
 */
export function pluginPath(pluginHome, { name, version }) {
  return executable(path.join(pluginHome, "plugins", `resource-${name}-v${version}`), `pulumi-resource-${name}`);
}

/**
 * Installs one plugin into the toolchain's plugin cache: the user's own, the official archive, Go modules or a stand-in.
 * @param {import("../toolchain.mjs").SetupContext} context
 * @param {import("./versions.mjs").PluginPin} plugin
 * @returns {Promise<{ said: string }>}
 */
export async function setUpPlugin(context, plugin) {
  const present = findPresent(context.environment, plugin);
  if (present) {
    return install(context, plugin, present, { source: "present", said: "copied from the machine's own plugins" });
  }
  const release = pluginRelease(plugin);
  const archive = path.join(context.paths.work, release.asset);
  const refused = await context.site.fetchVerified(release, archive, context.log);
  if (!refused) {
    return install(context, plugin, archive, { source: "download", said: "downloaded, checksum verified" });
  }
  return plugin.goModule ? buildPlugin(context, plugin, plugin.goModule) : standIn(context, plugin, refused.reason);
}

/** @param {NodeJS.ProcessEnv} environment @param {import("./versions.mjs").PluginPin} plugin @returns {string | undefined} Folder. */
function findPresent(environment, plugin) {
  const file = pluginPath(environment.PULUMI_HOME || path.join(homedir(), ".pulumi"), plugin);
  return existsSync(file) && !isOurs(file, environment) ? path.dirname(file) : undefined;
}

/**
 * @param {import("../toolchain.mjs").SetupContext} context @param {import("./versions.mjs").PluginPin} plugin @param {string} module
 */
async function buildPlugin(context, plugin, module) {
  const output = executable(context.paths.work, `pulumi-resource-${plugin.name}`);
  await context.build({ module, output });
  return install(context, plugin, output, { source: "go-modules", said: "upstream provider built from Go modules" });
}

/**
 * @param {import("../toolchain.mjs").SetupContext} context @param {import("./versions.mjs").PluginPin} plugin @param {string} reason
 */
async function standIn(context, plugin, reason) {
  const entry = path.join("tools", plugin.standIn ?? "");
  if (!existsSync(path.join(REPOSITORY, entry))) return { said: `left out: ${reason}, and ${entry} does not exist` };
  const output = path.join(context.paths.work, `pulumi-resource-${plugin.name}`);
  const inputs = await bundleStandIn(entry, output);
  const said = `stand-in of ours installed (${reason})`;
  return install(context, plugin, output, { source: "stand-in", said, inputs });
}

/**
 * @param {import("../toolchain.mjs").SetupContext} context
 * @param {import("./versions.mjs").PluginPin} plugin
 * @param {string} file Executable, folder or archive.
 * @param {{ source: import("./cache.mjs").Stamp["source"], said: string, inputs?: import("./cache.mjs").Stamp["inputs"] }} how
 */
async function install(context, plugin, file, { said, ...how }) {
  const { name, version } = plugin;
  // --reinstall: what an interrupted run or an older stand-in left there is replaced.
  const args = ["plugin", "install", "resource", name, version, "--file", file, "--reinstall"];
  await context.run(executable(context.paths.bin, "pulumi"), args, { env: context.pulumiEnvironment });
  writeStamp(context.paths, `plugin-${name}`, {
    version,
    ...how,
    files: [pluginPath(context.paths.pluginHome, plugin)],
  });
  if (how.source !== "present") rmSync(file, { force: true });
  return { said };
}
