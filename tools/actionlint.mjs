// Are the workflows what GitHub takes? Runs actionlint over them: the official release, checksum verified, or built from Go modules.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { REPOSITORY, cacheRoot } from "./toolchain/cache.mjs";
import { createDownloadSite } from "./toolchain/download.mjs";
import { createGoBuilder } from "./toolchain/go-build.mjs";
import { withLock } from "./toolchain/lock.mjs";
import { run } from "./toolchain/processes.mjs";

/** The version in tools/actionlint/go.mod. */
const VERSION = "1.7.12";
const SUFFIX = process.platform === "win32" ? ".exe" : "";

/**
 * The program, cached outside of the clone.
 * @param {{ log: (line: string) => void, environment?: NodeJS.ProcessEnv, site?: ReturnType<typeof createDownloadSite> }} options
 * @returns {Promise<string>} Its path.
 * @throws {import("./toolchain/errors.mjs").SetupError} when it can neither be downloaded nor built.
 */
export async function ensureActionlint({ log, environment = process.env, site = createDownloadSite() }) {
  const sums = readFileSync(path.join(REPOSITORY, "tools", "actionlint", "go.sum"));
  const key = `${VERSION}-${process.platform}-${process.arch}-${createHash("sha256").update(sums).digest("hex").slice(0, 12)}`;
  const folder = path.join(cacheRoot(environment), "actionlint", key);
  const program = path.join(folder, `actionlint${SUFFIX}`);
  if (existsSync(program)) return program;
  await withLock(`${folder}.lock`, log, async () => {
    if (existsSync(program)) return;
    const work = `${folder}.${process.pid}.work`;
    mkdirSync(work, { recursive: true });
    mkdirSync(folder, { recursive: true });
    try {
      const made = path.join(work, `actionlint${SUFFIX}`);
      if (!(await download(work, { log, environment, site }))) {
        await createGoBuilder({ environment, run, log })({
          module: "actionlint",
          package: "github.com/rhysd/actionlint/cmd/actionlint",
          output: made,
        });
      }
      chmodSync(made, 0o755);
      renameSync(made, program);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });
  return program;
}

/**
 * @param {string} work Folder into which it is unpacked.
 * @param {{ log: (line: string) => void, environment: NodeJS.ProcessEnv, site: ReturnType<typeof createDownloadSite> }} options
 * @returns {Promise<boolean>} Whether it could be had.
 */
async function download(work, { log, environment, site }) {
  const os = process.platform === "win32" ? "windows" : process.platform;
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const asset = `actionlint_${VERSION}_${os}_${architecture}.${os === "windows" ? "zip" : "tar.gz"}`;
  const archive = path.join(work, asset);
  const checksums = `actionlint_${VERSION}_checksums.txt`;
  const refused = await site.fetchVerified(
    { repository: "rhysd/actionlint", version: VERSION, asset, checksums },
    archive,
    log,
  );
  if (refused) {
    log(`actionlint ${VERSION}: ${refused.reason}: it has to be built from Go modules`);
    return false;
  }
  await run("tar", ["-xf", archive, "-C", work], { env: environment });
  return true;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const program = await ensureActionlint({ log: (line) => process.stderr.write(`${line}\n`) });
    const { status } = spawnSync(program, process.argv.slice(2), { cwd: REPOSITORY, stdio: "inherit" });
    process.exitCode = status ?? 1;
  } catch (error) {
    const { message, exitCode = 255 } = /** @type {Error & { exitCode?: number }} */ (error);
    process.stderr.write(`${message}\n`);
    process.exitCode = exitCode;
  }
}
