// What do `npm run sandbox`, `npm test` and `npm run toolchain` do, on a machine where nothing was set up yet?
// Everything but the version check is imported late: an old Node must be able to read this file and say so.
import path from "node:path";
import { fileURLToPath } from "node:url";

const MINIMUM_NODE = [20, 19];
const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const COMMANDS = /** @type {Record<string, string[] | undefined>} */ ({
  sandbox: ["bin/sophia-secrets.js", "sandbox", "run"],
  test: ["node_modules/mocha/bin/mocha.js"],
  faults: ["node_modules/tsx/dist/cli.mjs", "test/faults/run.ts"],
  toolchain: [],
});

process.exitCode = await main(process.argv.slice(2));

/** @param {string[]} args @returns {Promise<number>} Exit code. */
async function main([verb = "", ...rest]) {
  const command = COMMANDS[verb];
  if (!command) return fail(`usage: node tools/run.mjs ${Object.keys(COMMANDS).join(" | ")}`, 2);
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = MINIMUM_NODE;
  if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
    const wanted = MINIMUM_NODE.join(".");
    return fail(
      `Node ${wanted} or newer is needed, this is ${process.version}: install one (https://nodejs.org) and try again`,
      2,
    );
  }
  try {
    const toolchain = await setUp({ build: command.length > 0 });
    if (command.length === 0) {
      process.stdout.write(`${toolchain}\n`);
      return 0;
    }
    const { runInForeground } = await import("./toolchain/foreground.mjs");
    const { durationsFile, listSpecs } = await import("./specs.mjs");
    const durations = durationsFile(process.env);
    const env = { ...process.env, SOPHIA_SECRETS_TOOLCHAIN: toolchain, SOPHIA_SECRETS_SPEC_DURATIONS: durations };
    // The list is given here and not in mocha's settings, which would add it to a spec that somebody names.
    const specs = verb === "test" && rest.length === 0 ? ["--parallel", "--jobs", "3", ...listSpecs()] : rest;
    return await runInForeground(process.execPath, [...command, ...specs], { cwd: ROOT, env });
  } catch (error) {
    const { message, stack, exitCode } = /** @type {Error & { exitCode?: number }} */ (error);
    return fail(exitCode === undefined ? String(stack) : message, exitCode ?? 255);
  }
}

/** @param {{ build: boolean }} options @returns {Promise<string>} Path of toolchain.json. */
async function setUp({ build }) {
  const [{ ensureDependencies }, { setUpToolchain }, { ensureBuilt }] = await Promise.all([
    import("./install.mjs"),
    import("./toolchain.mjs"),
    import("./build.mjs"),
  ]);
  const log = (/** @type {string} */ line) => void process.stderr.write(`${line}\n`);
  await ensureDependencies({ log });
  const { path: toolchain } = await setUpToolchain({ log });
  if (build) await ensureBuilt({ log });
  return toolchain;
}

/** @param {string} message @param {number} exitCode */
function fail(message, exitCode) {
  process.stderr.write(`${message}\n`);
  return exitCode;
}
