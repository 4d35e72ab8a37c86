// How is a tool built from Go modules where it cannot be downloaded?
import path from "node:path";
import { REPOSITORY } from "./cache.mjs";
import { SetupError } from "./errors.mjs";
import { findOnPath } from "./processes.mjs";
import { MINIMUM_GO, PULUMI } from "./versions.mjs";

const WANTED = `Go ${MINIMUM_GO.join(".")}`;

/**
 * @typedef {object} GoBuild
 * @property {string} module Folder below tools/ with the go.mod that pins it; go.sum there is what verifies the sources.
 * @property {string} [package] Main package; by default the module's own.
 * @property {string} output File to write.
 * @property {Record<string, string>} [symbols] Strings that the linker sets.
 */

/**
 * A builder that looks for Go once, at the first build.
 * @param {{ environment: NodeJS.ProcessEnv, run: typeof import("./processes.mjs").run, log: (line: string) => void }} context
 * @returns {(build: GoBuild) => Promise<void>} throws SetupError when Go is missing or too old, and says what to install.
 */
export function createGoBuilder({ environment, run, log }) {
  /** @type {Promise<string> | undefined} */
  let go;
  return async (build) => {
    const program = await (go ??= requireGo(environment, run));
    const symbols = Object.entries(build.symbols ?? {}).map(([name, value]) => ` -X ${name}=${value}`);
    const args = [
      "build",
      ...["-mod=readonly", "-trimpath", "-buildvcs=false", "-p", "2"],
      // The official builds' own tags: no C library, and no tracing pages that keep the linker from leaving code out.
      ...["-tags", "osusergo,grpcnotrace", "-ldflags", `-s -w${symbols.join("")}`],
      ...["-o", build.output, build.package ?? "."],
    ];
    const env = { ...environment, CGO_ENABLED: "0", GOWORK: "off" };
    const label = `building ${path.basename(build.module)} from Go modules`;
    try {
      await run(program, args, { cwd: path.join(REPOSITORY, "tools", build.module), env, label, log });
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      throw new SetupError(
        `${label} failed; if a module could not be fetched, let GOPROXY name one that can.\n${error.message}`,
      );
    }
  };
}

/**
 * @param {string} output What `go version` printed.
 * @returns {boolean} Is it new enough for the go.mod files? A development build counts as new.
 */
export function isNewEnough(output) {
  const match = /\bgo(\d+)\.(\d+)/.exec(output);
  if (!match) return /\bdevel\b/.test(output);
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const [wantedMajor = 0, wantedMinor = 0] = MINIMUM_GO;
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/** @param {NodeJS.ProcessEnv} environment @param {typeof import("./processes.mjs").run} run @returns {Promise<string>} */
async function requireGo(environment, run) {
  const go = findOnPath("go", environment);
  if (!go) throw new SetupError(advice("there is no `go` on PATH"));
  let found;
  try {
    // In a module's folder: a `go` that fetches newer ones by itself says there which one it would use.
    found = await run(go, ["version"], { cwd: path.join(REPOSITORY, "tools", PULUMI.goModule), env: environment });
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    throw new SetupError(advice(`\`go version\` failed: ${error.message.split("\n")[0]}`));
  }
  if (!isNewEnough(found)) throw new SetupError(advice(`\`go version\` says ${found.trim()}`));
  return go;
}

/** @param {string} reason */
function advice(reason) {
  return (
    `Pulumi ${PULUMI.version} and its plugins can neither be downloaded from here nor built: ${reason}. ` +
    `Install ${WANTED} or newer (https://go.dev/doc/install) and put it on PATH, ` +
    `or make the Pulumi downloads reachable (https://www.pulumi.com/docs/install), then run the same command again.`
  );
}
