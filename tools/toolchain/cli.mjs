// Where do the Pulumi CLI and the Node language host come from?
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { isOurs, writeStamp } from "./cache.mjs";
import { cliRelease } from "./download.mjs";
import { findOnPath } from "./processes.mjs";
import { LANGUAGE_HOST, PULUMI, VERSION_SYMBOL } from "./versions.mjs";

const SUFFIX = process.platform === "win32" ? ".exe" : "";
/** Smaller than any real CLI: version managers put scripts of this name on PATH, which copying would break. */
const SMALLEST_BINARY = 2 ** 20;

/** @param {string} bin @param {string} name */
export function executable(bin, name) {
  return path.join(bin, `${name}${SUFFIX}`);
}

/**
 * Puts `pulumi` and `pulumi-language-nodejs` into the toolchain: what is on PATH, the official archive, or Go modules.
 * @param {import("../toolchain.mjs").SetupContext} context
 * @returns {Promise<{ said: string }>}
 */
export async function setUpCli(context) {
  const present = await copyPresent(context);
  if (present) return present;
  const { refusal, done } = await downloadCli(context);
  if (done) return done;
  context.log(`pulumi ${PULUMI.version}: ${refusal}: it has to be built from Go modules, which takes some minutes`);
  await context.build({
    module: PULUMI.goModule,
    package: PULUMI.goPackage,
    output: workFile(context, "pulumi"),
    symbols: { [VERSION_SYMBOL]: `v${PULUMI.version}` },
  });
  return finish(context, "pulumi", "go-modules", PULUMI.version, "built from Go modules");
}

/**
 * The language host, where setUpCli built a CLI that came without one.
 * @param {import("../toolchain.mjs").SetupContext} context
 * @returns {Promise<{ said: string }>}
 */
export async function setUpLanguageHost(context) {
  await context.build({
    module: LANGUAGE_HOST.goModule,
    package: LANGUAGE_HOST.goPackage,
    output: workFile(context, "pulumi-language-nodejs"),
    symbols: { [VERSION_SYMBOL]: `v${LANGUAGE_HOST.version}` },
  });
  return finish(context, "pulumi-language-nodejs", "go-modules", LANGUAGE_HOST.version, "built from Go modules");
}

/** @param {import("../toolchain.mjs").SetupContext} context @returns {Promise<{ said: string } | undefined>} */
async function copyPresent(context) {
  const found = findOnPath("pulumi", context.environment);
  if (!found || isOurs(found, context.environment)) return undefined;
  const folder = path.dirname(realpathSync(found));
  const sources = ["pulumi", "pulumi-language-nodejs"].map((name) => executable(folder, name));
  if (!sources.every((file) => existsSync(file) && statSync(file).size > SMALLEST_BINARY)) return undefined;
  const said = await context.run(found, ["version"], { env: context.pulumiEnvironment }).catch(() => "");
  if (said.trim() !== `v${PULUMI.version}`) return undefined;
  for (const source of sources) {
    // Copied, not linked: an upgrade of the machine's own Pulumi must not change this toolchain.
    copyFileSync(source, workFile(context, path.basename(source, SUFFIX)), constants.COPYFILE_FICLONE);
  }
  return finishBoth(context, "present", "found on PATH");
}

/**
 * @param {import("../toolchain.mjs").SetupContext} context
 * @returns {Promise<{ refusal: string, done?: undefined } | { refusal?: undefined, done: { said: string } }>}
 */
async function downloadCli(context) {
  const release = cliRelease(PULUMI.version);
  const archive = path.join(context.paths.work, release.asset);
  const refused = await context.site.fetchVerified(release, archive, context.log);
  if (refused) return { refusal: refused.reason };
  const unpacked = path.join(context.paths.work, "unpacked");
  mkdirSync(unpacked, { recursive: true });
  await context.run("tar", ["-xf", archive, "-C", unpacked], { env: context.environment });
  const folder = path.join(unpacked, "pulumi", process.platform === "win32" ? "bin" : "");
  for (const name of ["pulumi", "pulumi-language-nodejs"])
    renameSync(executable(folder, name), workFile(context, name));
  rmSync(archive);
  rmSync(unpacked, { recursive: true });
  return { done: finishBoth(context, "download", "downloaded, checksum verified") };
}

/** @param {import("../toolchain.mjs").SetupContext} context @param {"present" | "download"} source @param {string} said */
function finishBoth(context, source, said) {
  finish(context, "pulumi-language-nodejs", source, PULUMI.version, said);
  return finish(context, "pulumi", source, PULUMI.version, said);
}

/**
 * Moves a finished binary to its place, then stamps it.
 * @param {import("../toolchain.mjs").SetupContext} context @param {string} name
 * @param {import("./cache.mjs").Stamp["source"]} source @param {string} version @param {string} said
 */
function finish(context, name, source, version, said) {
  const target = executable(context.paths.bin, name);
  chmodSync(workFile(context, name), 0o755);
  mkdirSync(context.paths.bin, { recursive: true });
  renameSync(workFile(context, name), target);
  const launchers = name === "pulumi-language-nodejs" && SUFFIX === "" ? [writeDynamicLauncher(context)] : [];
  writeStamp(context.paths, name, { version, source, files: [target, ...launchers] });
  return { said };
}

/**
 * The runner of dynamic resources starts the program's own SDK. Every official installation has it beside the CLI, where
 * the engine looks first; anywhere else on PATH it warns at every run.
 * @param {import("../toolchain.mjs").SetupContext} context
 */
function writeDynamicLauncher(context) {
  const target = path.join(context.paths.bin, LANGUAGE_HOST.dynamicLauncher);
  const script = `node -p "require.resolve('@pulumi/pulumi/cmd/dynamic-provider')"`;
  writeFileSync(target, `#!/bin/sh\nexec node "$(${script})" "$@"\n`, { mode: 0o755 });
  return target;
}

/** @param {import("../toolchain.mjs").SetupContext} context @param {string} name */
function workFile(context, name) {
  return executable(context.paths.work, name);
}
