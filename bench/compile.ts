/** How do the programs of `programs/` run as ours do? Compiled beside our own code; a changed checkout drops them with it. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { CHECKOUT } from "./command";

/** Writes `dist/bench/programs/`. */
export async function compilePrograms(): Promise<void> {
  const folder = join(CHECKOUT, "bench", "programs");
  const entryPoints = (await readdir(folder)).map((file) => join(folder, file));
  const outdir = join(CHECKOUT, "dist", "bench", "programs");
  await build({ entryPoints, outdir, platform: "node", format: "cjs", target: "node20", logLevel: "silent" });
}
