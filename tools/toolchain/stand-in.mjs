// How does a stand-in plugin in TypeScript become one executable file?
import { createHash } from "node:crypto";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { REPOSITORY, hashInputs } from "./cache.mjs";
import { SetupError } from "./errors.mjs";

/**
 * Bundles a stand-in's entry file with all that it imports.
 * @param {string} entry TypeScript file, relative to the checkout.
 * @param {string} output File to write, mode 0755.
 * @returns {Promise<{ files: string[], hash: string }>} Its sources in this checkout, and the hash that findStamp compares.
 * @throws {SetupError} when node_modules is not there yet, or a source does not compile.
 */
export async function bundleStandIn(entry, output) {
  if (!existsSync(path.join(REPOSITORY, "node_modules", "esbuild"))) {
    throw new SetupError(`${entry} cannot be bundled before the dependencies are installed: run \`npm ci\` first`);
  }
  /** @type {typeof import("esbuild")} */
  const esbuild = createRequire(path.join(REPOSITORY, "package.json"))("esbuild");
  try {
    const { metafile } = await esbuild.build({
      absWorkingDir: REPOSITORY,
      entryPoints: [entry],
      outfile: output,
      bundle: true,
      platform: "node",
      format: "cjs",
      target: "node20",
      banner: { js: "#!/usr/bin/env node" },
      metafile: true,
      logLevel: "silent",
    });
    chmodSync(output, 0o755);
    const files = Object.keys(metafile.inputs).filter((file) => !file.includes("node_modules/"));
    return { files, hash: hashInputs(files) ?? createHash("sha256").update(readFileSync(output)).digest("hex") };
  } catch (error) {
    throw new SetupError(`${entry} could not be bundled: ${/** @type {Error} */ (error).message}`);
  } finally {
    await esbuild.stop();
  }
}
