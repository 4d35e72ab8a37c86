// Can the official release be downloaded, and is it what its publisher released?
import { createHash } from "node:crypto";
import { createWriteStream, rmSync } from "node:fs";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { SetupError } from "./errors.mjs";

const RELEASES = "https://github.com";
const CONNECT_MS = 3_000;
const STALL_MS = 30_000;
const PROGRESS_EVERY_MS = 15_000;
/** Publishers differ: the CLI's list is SHA-256, the plugins' are what `shasum` prints by default. */
const ALGORITHM_BY_LENGTH = /** @type {Record<number, string>} */ ({ 40: "sha1", 64: "sha256", 128: "sha512" });

/**
 * A download that could not be had; the set-up goes on with the next source.
 * @typedef {{ reason: string }} Refusal
 */

/**
 * The official download site during one set-up: once it could not be reached, it is not tried again.
 * @param {{ fetch?: typeof fetch, connectMs?: number, site?: string }} [options]
 * @returns {{ fetchVerified: (release: Release, target: string, log: (line: string) => void) => Promise<Refusal | undefined> }}
 */
export function createDownloadSite({ fetch: get = fetch, connectMs = CONNECT_MS, site = RELEASES } = {}) {
  /** @type {string | undefined} */
  let unreachable;
  return {
    async fetchVerified(release, target, log) {
      if (unreachable) return { reason: unreachable };
      const base = `${site}/${release.repository}/releases/download/v${release.version}`;
      const list = await getText(get, `${base}/${release.checksums}`, connectMs);
      if (list.unreachable) {
        unreachable = "the download site cannot be reached";
        return { reason: unreachable };
      }
      const expected = list.text === undefined ? undefined : findChecksum(list.text, release.asset);
      if (!expected) return { reason: `no published checksum for ${release.asset}, not downloaded` };
      return save(get, `${base}/${release.asset}`, target, expected, log);
    },
  };
}

/** @typedef {{ repository: string, version: string, asset: string, checksums: string }} Release */

/** @param {string} version @returns {Release} The CLI's archive for this platform. */
export function cliRelease(version) {
  const os = process.platform === "win32" ? "windows" : process.platform;
  const extension = os === "windows" ? "zip" : "tar.gz";
  return {
    repository: "pulumi/pulumi",
    version,
    asset: `pulumi-v${version}-${os}-${process.arch}.${extension}`,
    checksums: `pulumi-${version}-checksums.txt`,
  };
}

/** @param {import("./versions.mjs").PluginPin} plugin @returns {Release} The plugin's archive for this platform. */
export function pluginRelease({ name, version, repository }) {
  const os = process.platform === "win32" ? "windows" : process.platform;
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  return {
    repository,
    version,
    asset: `pulumi-resource-${name}-v${version}-${os}-${architecture}.tar.gz`,
    checksums: `pulumi-${name}_${version}_checksums.txt`,
  };
}

/**
 * @param {string} list Lines `<hex digest>  <file>`, the file perhaps with `./` or `*` before it.
 * @param {string} asset
 * @returns {{ algorithm: string, digest: string } | undefined}
 */
export function findChecksum(list, asset) {
  for (const line of list.split(/\r?\n/)) {
    const match = /^([0-9a-f]+)\s+[*]?(?:\.\/)?(.+)$/i.exec(line.trim());
    const digest = match?.[1]?.toLowerCase() ?? "";
    const algorithm = ALGORITHM_BY_LENGTH[digest.length];
    if (match?.[2] === asset && algorithm) return { algorithm, digest };
  }
  return undefined;
}

/**
 * @param {typeof fetch} get @param {string} url @param {number} timeoutMs
 * @returns {Promise<{ text?: string, unreachable?: boolean }>} A refusal that is not "no such file" counts as unreachable.
 */
async function getText(get, url, timeoutMs) {
  try {
    const response = await get(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (response.ok) return { text: await response.text() };
    await response.body?.cancel();
    return response.status === 404 ? {} : { unreachable: true };
  } catch {
    return { unreachable: true };
  }
}

/**
 * @param {typeof fetch} get @param {string} url @param {string} target
 * @param {{ algorithm: string, digest: string }} expected @param {(line: string) => void} log
 * @returns {Promise<Refusal | undefined>}
 */
async function save(get, url, target, expected, log) {
  const abort = new AbortController();
  const stall = setTimeout(() => abort.abort(new Error(`no data for ${STALL_MS / 1000} s`)), STALL_MS);
  const hash = createHash(expected.algorithm);
  let received = 0;
  const meter = new Transform({
    transform(chunk, _encoding, done) {
      stall.refresh();
      hash.update(chunk);
      received += chunk.length;
      done(null, chunk);
    },
  });
  const progress = setInterval(() => log(`download: ${(received / 2 ** 20).toFixed(0)} MB so far`), PROGRESS_EVERY_MS);
  try {
    const response = await get(url, { signal: abort.signal });
    if (!response.ok || !response.body) return { reason: `download refused, HTTP ${response.status}` };
    const body = Readable.fromWeb(/** @type {any} */ (response.body));
    await pipeline(body, meter, createWriteStream(target), { signal: abort.signal });
  } catch (error) {
    rmSync(target, { force: true });
    return { reason: `download broken off (${/** @type {Error} */ (error).message})` };
  } finally {
    clearTimeout(stall);
    clearInterval(progress);
  }
  if (hash.digest("hex") === expected.digest) return undefined;
  rmSync(target, { force: true });
  throw new SetupError(
    `${url} is not what its publisher's checksum says: nothing was installed. Try again; if it repeats, do not trust this network.`,
  );
}
