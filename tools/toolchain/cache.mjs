// Where do the tools live between runs, and is what is there whole?
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { LANGUAGE_HOST, PLUGINS, PULUMI } from "./versions.mjs";

/** The checkout's root folder. */
export const REPOSITORY = path.resolve(import.meta.dirname, "..", "..");

/**
 * What a finished step left behind. It is written last: no stamp, no step.
 * @typedef {object} Stamp
 * @property {string} version
 * @property {"present" | "download" | "go-modules" | "stand-in"} source
 * @property {Record<string, number>} files Size in bytes by path relative to the toolchain's folder.
 * @property {{ files: string[], hash: string }} [inputs] Sources of a stand-in, relative to the checkout.
 */

/**
 * The folder for everything that outlives a clone.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {string} `$SOPHIA_SECRETS_CACHE`, `$XDG_CACHE_HOME/sophia-secrets` or `~/.cache/sophia-secrets`.
 */
export function cacheRoot(environment) {
  if (environment.SOPHIA_SECRETS_CACHE) return path.resolve(environment.SOPHIA_SECRETS_CACHE);
  return path.join(environment.XDG_CACHE_HOME || path.join(homedir(), ".cache"), "sophia-secrets");
}

/**
 * Is this a tool that we put there ourselves, in a cache or in a sandbox's folder? After `eval "$(… sandbox env)"` PATH and
 * PULUMI_HOME lead to those, and taking them for the machine's own would hide that they were built or are stand-ins.
 * @param {string} file
 * @param {NodeJS.ProcessEnv} environment
 */
export function isOurs(file, environment) {
  const real = realpathSync(file);
  const cache = cacheRoot(environment);
  const roots = [cache, existsSync(cache) ? realpathSync(cache) : cache].map((root) => root + path.sep);
  return roots.some((root) => real.startsWith(root)) || real.split(path.sep).includes(".sandbox");
}

/**
 * The name of the toolchain that this checkout needs on this platform.
 * @param {string} [repository] Checkout whose tools/ decides.
 * @returns {string} CLI version, platform and a hash of every pin and Go source: another pin, another folder.
 */
export function toolchainKey(repository = REPOSITORY) {
  const hash = createHash("sha256").update(JSON.stringify([PULUMI, LANGUAGE_HOST, PLUGINS]));
  const modules = [PULUMI, LANGUAGE_HOST, ...PLUGINS].flatMap((pin) => pin.goModule ?? []);
  for (const module of modules) {
    const folder = path.join(repository, "tools", module);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((f) => /\.(go|mod|sum)$/.test(f));
    for (const file of files.sort()) {
      // Line ends differ between checkouts on Windows and elsewhere; the tools do not.
      const text = readFileSync(path.join(folder, file), "utf8").replaceAll("\r\n", "\n");
      hash.update(`${module}/${file.replaceAll(path.sep, "/")}\0${text}\0`);
    }
  }
  return `${PULUMI.version}-${process.platform}-${process.arch}-${hash.digest("hex").slice(0, 12)}`;
}

/**
 * @param {NodeJS.ProcessEnv} environment
 * @returns {{ root: string, bin: string, pluginHome: string, steps: string, work: string, file: string, lock: string }}
 */
export function toolchainPaths(environment) {
  const root = path.join(cacheRoot(environment), "toolchain", toolchainKey());
  return {
    root,
    bin: path.join(root, "bin"),
    pluginHome: path.join(root, "pulumi-home"),
    steps: path.join(root, "steps"),
    // Of this process alone: a compiler that outlived a killed run has nowhere left to write to.
    work: path.join(root, `work-${process.pid}`),
    file: path.join(root, "toolchain.json"),
    lock: `${root}.lock`,
  };
}

/**
 * Reads a step's stamp and compares it with what is on disk, by size only: a second run must not read 300 MB.
 * @param {{ root: string, steps: string }} paths
 * @param {string} step
 * @returns {Stamp | undefined} undefined when the step has to be done (again).
 */
export function findStamp(paths, step) {
  const stamp = /** @type {Stamp | undefined} */ (readJson(path.join(paths.steps, `${step}.json`)));
  if (!stamp) return undefined;
  const whole = Object.entries(stamp.files).every(
    ([file, size]) => statSync(path.join(paths.root, file), { throwIfNoEntry: false })?.size === size,
  );
  if (!whole) return undefined;
  return stamp.inputs && hashInputs(stamp.inputs.files) !== stamp.inputs.hash ? undefined : stamp;
}

/**
 * Declares a step done.
 * @param {{ root: string, steps: string }} paths
 * @param {string} step
 * @param {Omit<Stamp, "files"> & { files: string[] }} done `files`: absolute paths that must be there from now on.
 * @returns {Stamp}
 */
export function writeStamp(paths, step, { files, ...rest }) {
  const sizes = files.map((file) => [path.relative(paths.root, file), statSync(file).size]);
  const stamp = { ...rest, files: Object.fromEntries(sizes) };
  writeJson(path.join(paths.steps, `${step}.json`), stamp);
  return stamp;
}

/**
 * @param {readonly string[]} files Paths relative to the checkout.
 * @returns {string | undefined} Hash of their contents and of the lockfile; undefined when one cannot be read.
 */
export function hashInputs(files) {
  const hash = createHash("sha256");
  try {
    for (const file of ["package-lock.json", ...files]) {
      hash
        .update(`${file}\0`)
        .update(readFileSync(path.join(REPOSITORY, file)))
        .update("\0");
    }
  } catch {
    return undefined;
  }
  return hash.digest("hex");
}

/** @param {string} file @returns {any} The parsed content; undefined when it is missing or half-written. */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Writes JSON so that a reader sees the old content or the new, never half of it. @param {string} file @param {unknown} value */
export function writeJson(file, value) {
  mkdirSync(path.dirname(file), { recursive: true });
  const partial = `${file}.${process.pid}.partial`;
  try {
    writeFileSync(partial, `${JSON.stringify(value, undefined, 2)}\n`);
    renameSync(partial, file);
  } finally {
    rmSync(partial, { force: true });
  }
}
