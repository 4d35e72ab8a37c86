// In which order are the spec files run? Those that took longest the last time come first, so that no worker is left with a long one at the end.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { REPOSITORY, cacheRoot, readJson } from "./toolchain/cache.mjs";

/** Stands in a file that deploys, types in a clone or compiles: a minute rather than a second. */
const DEAR = /\b(startSpecSandbox|Team\.open|openTestStack|openShell|copyCheckout|strike|checkTypesAndLint)\(/;
/** Stands in a file that follows the documentation, which takes longest. */
const PAGES = /\bopenShell\(/;
/** Milliseconds, for a file that was never timed. */
const GUESS = { pages: 240_000, dear: 60_000, other: 1_000 };

/**
 * Where the reporter writes how long each file took; outside of the clone, for the next one.
 * @param {NodeJS.ProcessEnv} environment
 */
export function durationsFile(environment) {
  return path.join(cacheRoot(environment), "spec-durations.json");
}

/**
 * @param {{ environment?: NodeJS.ProcessEnv, root?: string }} [options]
 * @returns {string[]} Every spec file, relative to the checkout.
 */
export function listSpecs({ environment = process.env, root = REPOSITORY } = {}) {
  const known = /** @type {Record<string, number>} */ (readJson(durationsFile(environment)) ?? {});
  const files = readdirSync(path.join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".spec.ts"))
    .map((file) => `test/${file.replaceAll(path.sep, "/")}`);
  const weights = files.map((file) => ({ file, weight: known[file] ?? guess(path.join(root, file)) }));
  return weights
    .sort((left, right) => right.weight - left.weight || left.file.localeCompare(right.file))
    .map(({ file }) => file);
}

/** @param {string} file */
function guess(file) {
  const text = readFileSync(file, "utf8");
  if (PAGES.test(text)) return GUESS.pages;
  return DEAR.test(text) ? GUESS.dear : GUESS.other;
}
