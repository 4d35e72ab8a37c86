// How does a machine get the Pulumi CLI, the Node language host and the five provider plugins?
// Uses only Node's own modules (but for the stand-ins, which need `npm ci`), so that it runs in a fresh clone.
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { findStamp, readJson, toolchainPaths, writeJson } from "./toolchain/cache.mjs";
import { executable, setUpCli, setUpLanguageHost } from "./toolchain/cli.mjs";
import { createDownloadSite } from "./toolchain/download.mjs";
import { createGoBuilder } from "./toolchain/go-build.mjs";
import { withLock } from "./toolchain/lock.mjs";
import { pluginPath, setUpPlugin } from "./toolchain/plugins.mjs";
import { run as runProgram, withInterrupts } from "./toolchain/processes.mjs";
import { formatDuration, timed } from "./toolchain/timing.mjs";
import { PLUGINS, PULUMI } from "./toolchain/versions.mjs";

/**
 * What every step works with.
 * @typedef {object} SetupContext
 * @property {ReturnType<typeof toolchainPaths>} paths
 * @property {NodeJS.ProcessEnv} environment
 * @property {NodeJS.ProcessEnv} pulumiEnvironment For calls of `pulumi` on the toolchain's own plugin cache.
 * @property {(line: string) => void} log
 * @property {typeof runProgram} run
 * @property {ReturnType<typeof createDownloadSite>} site
 * @property {ReturnType<typeof createGoBuilder>} build
 */

/**
 * What `toolchain.json` holds. `source` says where a tool came from: `present` on this machine, the official `download`,
 * built from `go-modules`, or a `stand-in` of ours (vercel and pulumiservice only).
 * @typedef {object} Toolchain
 * @property {"sophia-secrets/toolchain"} schema
 * @property {1} version
 * @property {string} bin Folder to put first on PATH.
 * @property {{ path: string, version: string, source: string }} pulumi
 * @property {{ path: string, version: string, source: string }} languageHost
 * @property {string} pluginHome A PULUMI_HOME whose `plugins` folder is filled.
 * @property {{ name: string, version: string, path: string, source: string }[]} plugins
 */

/**
 * Makes sure that the whole toolchain is there. Finished steps are kept: an interrupted run is taken up by the next.
 * @param {object} options
 * @param {(line: string) => void} options.log Told one line a step, with how long it took.
 * @param {NodeJS.ProcessEnv} [options.environment] PATH, HOME, cache settings.
 * @param {typeof runProgram} [options.run] Runs other programs; specs pass their own.
 * @param {ReturnType<typeof createDownloadSite>} [options.site]
 * @returns {Promise<{ path: string, toolchain: Toolchain }>} `path`: the toolchain.json that was written.
 * @throws {import("./toolchain/errors.mjs").SetupError} exit code 2, when neither downloads nor Go modules can be had.
 */
export async function setUpToolchain({
  log,
  environment = process.env,
  run = runProgram,
  site = createDownloadSite(),
}) {
  const started = performance.now();
  const paths = toolchainPaths(environment);
  const ready = describe(paths);
  if (ready && readJson(paths.file)) {
    log(
      `toolchain: pulumi ${PULUMI.version} and ${PLUGINS.length} plugins are there (${formatDuration(performance.now() - started)})`,
    );
    return finish(paths, ready);
  }
  return withInterrupts(() =>
    withLock(paths.lock, log, async () => {
      clearWork(paths.root);
      mkdirSync(paths.work, { recursive: true });
      const pulumiEnvironment = {
        ...environment,
        PULUMI_HOME: paths.pluginHome,
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      };
      const build = createGoBuilder({ environment, run, log });
      try {
        await runSteps({ paths, environment, pulumiEnvironment, log, run, site, build });
      } finally {
        clearWork(paths.root);
      }
      return finish(paths, describe(paths, { partly: true }));
    }),
  );
}

/** Removes what this run, and runs that did not get to it, were making. @param {string} root */
function clearWork(root) {
  const names = existsSync(root) ? readdirSync(root).filter((name) => name.startsWith("work-")) : [];
  for (const name of names) rmSync(path.join(root, name), { recursive: true, force: true });
}

/** @param {SetupContext} context */
async function runSteps(context) {
  const { paths, log } = context;
  if (!findStamp(paths, "pulumi")) await timed(log, `pulumi ${PULUMI.version}`, () => setUpCli(context));
  if (!findStamp(paths, "pulumi-language-nodejs")) {
    await timed(log, "language host for Node", () => setUpLanguageHost(context));
  }
  for (const plugin of PLUGINS) {
    if (findStamp(paths, `plugin-${plugin.name}`)) continue;
    await timed(log, `plugin ${plugin.name} ${plugin.version}`, () => setUpPlugin(context, plugin));
  }
}

/**
 * Reads the steps' stamps; starts nothing.
 * @param {ReturnType<typeof toolchainPaths>} paths
 * @param {{ partly?: boolean }} [options] `partly`: describe what is there even if a plugin is missing.
 * @returns {Toolchain | undefined}
 */
function describe(paths, { partly = false } = {}) {
  const pulumi = findStamp(paths, "pulumi");
  const languageHost = findStamp(paths, "pulumi-language-nodejs");
  if (!pulumi || !languageHost) return undefined;
  const plugins = PLUGINS.flatMap((plugin) => {
    const stamp = findStamp(paths, `plugin-${plugin.name}`);
    if (!stamp) return [];
    const { name, version } = plugin;
    return [{ name, version, path: pluginPath(paths.pluginHome, plugin), source: stamp.source }];
  });
  if (plugins.length < PLUGINS.length && !partly) return undefined;
  const tool = (
    /** @type {string} */ name,
    /** @type {import("./toolchain/cache.mjs").Stamp} */ { version, source },
  ) => ({
    path: executable(paths.bin, name),
    version,
    source,
  });
  return {
    schema: "sophia-secrets/toolchain",
    version: 1,
    bin: paths.bin,
    pulumi: tool("pulumi", pulumi),
    languageHost: tool("pulumi-language-nodejs", languageHost),
    pluginHome: paths.pluginHome,
    plugins,
  };
}

/** @param {ReturnType<typeof toolchainPaths>} paths @param {Toolchain | undefined} toolchain */
function finish(paths, toolchain) {
  if (!toolchain) throw new Error("the toolchain was changed while it was set up: run the same command again");
  if (JSON.stringify(readJson(paths.file)) !== JSON.stringify(toolchain)) writeJson(paths.file, toolchain);
  return { path: paths.file, toolchain };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const { path: file } = await setUpToolchain({ log: (line) => process.stderr.write(`${line}\n`) });
    process.stdout.write(`${file}\n`);
  } catch (error) {
    const { message, exitCode = 255 } = /** @type {Error & { exitCode?: number }} */ (error);
    process.stderr.write(`${message}\n`);
    process.exitCode = exitCode;
  }
}
