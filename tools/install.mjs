// Are the npm dependencies those of package-lock.json?
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { REPOSITORY, cacheRoot, readJson } from "./toolchain/cache.mjs";
import { withLock } from "./toolchain/lock.mjs";
import { run as runProgram, withInterrupts } from "./toolchain/processes.mjs";
import { timed } from "./toolchain/timing.mjs";

/**
 * Runs `npm ci` when node_modules is missing or is of another package-lock.json.
 * @param {{ log: (line: string) => void, environment?: NodeJS.ProcessEnv, root?: string, run?: typeof runProgram }} options
 * @throws {import("./toolchain/errors.mjs").SetupError} with npm's last lines when it fails.
 */
export async function ensureDependencies({ log, environment = process.env, root = REPOSITORY, run = runProgram }) {
  if (isInstalled(root)) return;
  await withInterrupts(() =>
    withLock(checkoutLock(root, environment), log, async () => {
      if (isInstalled(root)) return;
      log("dependencies: running npm ci");
      await timed(log, "dependencies", async () => {
        const [command, ...args] = npmCommand(environment);
        const env = { ...environment, npm_config_audit: "false", npm_config_fund: "false" };
        await run(command, [...args, "ci", "--no-audit", "--no-fund"], { cwd: root, env, label: "npm ci", log });
        writeFileSync(stampFile(root), lockHash(root));
        return { said: "installed" };
      });
    }),
  );
}

/**
 * The lock that set-up work inside one checkout takes; kept outside of it, because `npm ci` empties node_modules.
 * @param {string} root @param {NodeJS.ProcessEnv} environment
 */
export function checkoutLock(root, environment) {
  const name = createHash("sha256").update(root).digest("hex").slice(0, 16);
  return path.join(cacheRoot(environment), "locks", `${name}.lock`);
}

/** @param {string} root @returns {boolean} Stat and read of two files; a node_modules made by hand is taken when it fits. */
function isInstalled(root) {
  const hash = lockHash(root);
  if (existsSync(stampFile(root))) return readFileSync(stampFile(root), "utf8") === hash;
  if (!matchesLockfile(root)) return false;
  writeFileSync(stampFile(root), hash);
  return true;
}

/**
 * Did somebody run `npm ci` by hand? npm writes down what it installed: compare that with what is wanted.
 * @param {string} root
 */
function matchesLockfile(root) {
  const installed = readJson(path.join(root, "node_modules", ".package-lock.json"))?.packages;
  const wanted = readJson(path.join(root, "package-lock.json"))?.packages;
  if (!installed || !wanted) return false;
  return Object.entries(/** @type {Record<string, any>} */ (wanted)).every(
    ([place, { version, optional }]) =>
      !place || installed[place]?.version === version || (optional && !installed[place]),
  );
}

/** @param {string} root */
function lockHash(root) {
  return createHash("sha256")
    .update(readFileSync(path.join(root, "package-lock.json")))
    .digest("hex");
}

/** @param {string} root */
function stampFile(root) {
  return path.join(root, "node_modules", ".sophia-secrets-lock");
}

/** @param {NodeJS.ProcessEnv} environment @returns {[string, ...string[]]} The npm that started us, else the one on PATH. */
function npmCommand(environment) {
  const script = environment.npm_execpath;
  if (script && /npm-cli\.[cm]?js$/.test(script)) return [process.execPath, script];
  return process.platform === "win32" ? ["cmd.exe", "/c", "npm"] : ["npm"];
}
