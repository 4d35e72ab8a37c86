// Is dist/ what the TypeScript sources say?
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { checkoutLock } from "./install.mjs";
import { REPOSITORY, readJson, writeJson } from "./toolchain/cache.mjs";
import { SetupError } from "./toolchain/errors.mjs";
import { withLock } from "./toolchain/lock.mjs";
import { timed } from "./toolchain/timing.mjs";

const CONFIGURATION = "tsconfig.build.json";
const STAMP = ".stamp.json";
/** A change of these changes what is compiled, or how. */
const SETTINGS = ["tsconfig.json", CONFIGURATION, "package-lock.json"];

/**
 * Compiles the sources into dist/ when they changed since it was last made; does nothing, in milliseconds, when not.
 * Types are not checked here: that is what `npm run typecheck` is for. esbuild, as behind the tests' loader, because the
 * TypeScript compiler takes 7 seconds to do the same on 2 cores even when told not to check.
 * @param {{ log: (line: string) => void, environment?: NodeJS.ProcessEnv, root?: string }} options
 * @throws {SetupError} when the compiler is not installed or refuses the sources.
 */
export async function ensureBuilt({ log, environment = process.env, root = REPOSITORY }) {
  if (isFresh(root)) return;
  if (!existsSync(path.join(root, "node_modules", "esbuild"))) {
    throw new SetupError("the dependencies are not installed: run `npm ci` in the checkout first");
  }
  await withLock(checkoutLock(root, environment), log, async () => {
    if (!isFresh(root)) await timed(log, "build", () => compile(root));
  });
}

/** @param {string} root */
async function compile(root) {
  const before = fingerprint(root);
  // Into a folder of its own first: a run that is interrupted, or refused by the compiler, leaves the old dist/ whole.
  // Its name is this process's own: another one, with another home folder and so another lock, may be compiling the same.
  const partial = path.join(root, `dist.partial.${process.pid}.tmp`);
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial);
  try {
    await transpile(root, before.files, partial);
    for (const file of before.files.filter(isData)) cpSync(path.join(root, file), path.join(partial, file));
    const { files, ...stamp } = before;
    writeJson(path.join(partial, STAMP), stamp);
    putInPlace(partial, path.join(root, "dist"));
    return { said: `compiled ${files.length} files` };
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/**
 * Two renames, so that nobody finds dist/ half removed; a process that came first has compiled the same sources.
 * @param {string} made @param {string} place
 */
function putInPlace(made, place) {
  const old = `${place}.old.${process.pid}.tmp`;
  try {
    renameSync(place, old);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOENT") throw error;
  }
  try {
    renameSync(made, place);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST"].includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? "")) throw error;
  }
  rmSync(old, { recursive: true, force: true });
}

/** @param {string} root @param {string[]} files @param {string} outdir */
async function transpile(root, files, outdir) {
  /** @type {typeof import("esbuild")} */
  const esbuild = createRequire(path.join(root, "package.json"))("esbuild");
  try {
    await esbuild.build({
      absWorkingDir: root,
      entryPoints: files.filter((file) => !isData(file)),
      outdir,
      outbase: root,
      tsconfig: CONFIGURATION,
      platform: "node",
      format: "cjs",
      target: "node20",
      sourcemap: true,
      logLevel: "silent",
    });
  } catch (error) {
    throw new SetupError(`the sources cannot be compiled: ${/** @type {Error} */ (error).message}`);
  } finally {
    await esbuild.stop();
  }
}

/** @param {string} root */
function isFresh(root) {
  const file = path.join(root, "dist", STAMP);
  const stamp = readJson(file);
  if (!stamp) return false;
  if (stamp.times === listSources(root).times) return true;
  const { files: _files, ...now } = fingerprint(root);
  if (stamp.contents !== now.contents) return false;
  // Only touched, as by a checkout back and forth.
  writeJson(file, now);
  return true;
}

/** @param {string} root @returns {{ files: string[], times: string, contents: string }} */
function fingerprint(root) {
  const { files, times } = listSources(root);
  const hash = createHash("sha256");
  for (const file of [...SETTINGS, ...files]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update("\0");
  }
  return { files, times, contents: hash.digest("hex") };
}

/** @param {string} root @returns {{ files: string[], times: string }} `times`: hash of names, sizes and modification times. */
function listSources(root) {
  /** @type {string[]} */
  const files = [];
  for (const place of /** @type {string[]} */ (readJson(path.join(root, CONFIGURATION))?.include ?? [])) {
    const found = statSync(path.join(root, place), { throwIfNoEntry: false });
    if (found?.isFile()) files.push(place);
    if (!found?.isDirectory()) continue;
    const below = readdirSync(path.join(root, place), { recursive: true, encoding: "utf8" });
    files.push(...below.filter((file) => /(?<!\.d)\.ts$|\.json$/.test(file)).map((file) => path.join(place, file)));
  }
  files.sort();
  const hash = createHash("sha256");
  for (const file of [...SETTINGS, ...files]) {
    const { size, mtimeMs } = statSync(path.join(root, file));
    hash.update(`${file}\0${size}\0${mtimeMs}\0`);
  }
  return { files, times: hash.digest("hex") };
}

/** Data that the sources import by path: copied as it is. @param {string} file */
function isData(file) {
  return file.endsWith(".json");
}
