// Is dist/ what the TypeScript sources say?
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { STAMP, isUntouched, markOf, readStamp } from "./freshness.js";
import { checkoutLock } from "./install.mjs";
import { REPOSITORY, readJson, writeJson } from "./toolchain/cache.mjs";
import { SetupError } from "./toolchain/errors.mjs";
import { withLock } from "./toolchain/lock.mjs";
import { timed } from "./toolchain/timing.mjs";

const CONFIGURATION = "tsconfig.build.json";
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
    writeJson(path.join(partial, path.basename(STAMP)), stamp);
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
  if (isUntouched(root)) return true;
  const { files: _files, ...now } = fingerprint(root);
  if (readStamp(root)?.contents !== now.contents) return false;
  // Only touched, as by a checkout back and forth.
  writeJson(path.join(root, STAMP), now);
  return true;
}

/** @param {string} root @returns {{ files: string[] } & import("./freshness.js").Stamp} */
function fingerprint(root) {
  const { files, folders } = listSources(root);
  const places = [...SETTINGS, ...folders, ...files];
  const marks = Object.fromEntries(places.map((place) => [place, markOf(path.join(root, place))]));
  const hash = createHash("sha256");
  for (const file of [...SETTINGS, ...files]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update("\0");
  }
  return { files, marks, contents: hash.digest("hex") };
}

/** @param {string} root @returns {{ files: string[], folders: string[] }} Relative to the checkout; a folder may be missing yet. */
function listSources(root) {
  /** @type {string[]} */
  const files = [];
  /** @type {string[]} */
  const folders = [];
  for (const place of /** @type {string[]} */ (readJson(path.join(root, CONFIGURATION))?.include ?? [])) {
    const found = statSync(path.join(root, place), { throwIfNoEntry: false });
    (found?.isFile() ? files : folders).push(place);
    if (!found?.isDirectory()) continue;
    for (const entry of readdirSync(path.join(root, place), { recursive: true, withFileTypes: true })) {
      const file = path.relative(root, path.join(entry.parentPath, entry.name));
      if (entry.isDirectory()) folders.push(file);
      else if (/(?<!\.d)\.ts$|\.json$/.test(file)) files.push(file);
    }
  }
  return { files: files.sort(), folders };
}

/** Data that the sources import by path: copied as it is. @param {string} file */
function isData(file) {
  return file.endsWith(".json");
}
