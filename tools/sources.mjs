// Do the sources keep their types, the lint rules and the format? A file is looked at again only when the answer may have changed.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { REPOSITORY, cacheRoot } from "./toolchain/cache.mjs";
import { SetupError } from "./toolchain/errors.mjs";

/** A change of these may change every answer. */
const CONFIGURATION = ["package-lock.json", "tsconfig.json", "eslint.config.mjs", ".prettierrc.json"];
/** Stands for the compiler's memory inside the checkout, so that it names files by their place in it; the file itself is kept elsewhere. */
const BUILD_INFO = ".sources.tsbuildinfo";

/** @typedef {{ environment?: NodeJS.ProcessEnv, root?: string }} Options */

/**
 * Types and lint in one: the lint rules ask the very program that the compiler has checked, and look at the files alone that a change since the last
 * clean check can reach, which the compiler knows. What is kept of a clean check lies outside of the clone and serves every clone.
 * @param {Options} [options]
 * @returns {Promise<string>} What is wrong, in the tools' words; empty when nothing is.
 */
export async function checkTypesAndLint({ environment = process.env, root = REPOSITORY } = {}) {
  const memory = memoryOf(environment, root, "types");
  const { default: ts } = await import("typescript");
  const { builder, host } = openProgram(ts, root, memory);
  const program = builder.getProgram();
  const faults = [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...program.getSyntacticDiagnostics(),
  ];
  /** @type {Set<string>} */
  const reached = new Set();
  for (let next; (next = builder.getSemanticDiagnosticsOfNextAffectedFile());) {
    faults.push(...next.result);
    const sources = "fileName" in next.affected ? [next.affected] : next.affected.getSourceFiles();
    for (const { fileName } of sources) if (!fileName.includes("/node_modules/")) reached.add(fileName);
  }
  const lint = faults.length > 0 || reached.size === 0 ? "" : await lintFiles(root, program, [...reached]);
  const found = `${ts.formatDiagnostics(faults, host)}${lint}`;
  if (found === "") builder.emit(undefined, (_, text) => memory.write(text));
  return found;
}

/**
 * @param {Options} [options]
 * @returns {Promise<string>} The files that are not formatted, a line each; empty when there is none.
 */
export async function checkFormat({ environment = process.env, root = REPOSITORY } = {}) {
  const memory = memoryOf(environment, root, "format");
  const known = new Set(memory.read()?.split("\n"));
  const files = (await listFiles(root)).map((file) => {
    const text = readFileSync(path.join(root, file), "utf8");
    return { file, text, mark: hashOf(file, text) };
  });
  const odd = await findUnformatted(
    root,
    files.filter(({ mark }) => !known.has(mark)),
  );
  memory.write(files.flatMap(({ file, mark }) => (odd.includes(file) ? [] : [mark])).join("\n"));
  return odd.map((file) => `${file}\n`).join("");
}

/** @param {string} root @param {{ file: string, text: string }[]} files @returns {Promise<string[]>} */
async function findUnformatted(root, files) {
  if (files.length === 0) return [];
  const prettier = await import("prettier");
  const ignorePath = path.join(root, ".prettierignore");
  /** @type {string[]} */
  const odd = [];
  for (const { file, text } of files) {
    const filepath = path.join(root, file);
    const { ignored, inferredParser } = await prettier.getFileInfo(filepath, { ignorePath });
    if (ignored || inferredParser === null) continue;
    const options = await prettier.resolveConfig(filepath);
    if (!(await prettier.check(text, { ...options, filepath }))) odd.push(file);
  }
  return odd;
}

/** @param {typeof import("typescript")} ts @param {string} root @param {Memory} memory */
function openProgram(ts, root, memory) {
  const configHost = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
  const changes = { noEmit: true, incremental: true, tsBuildInfoFile: path.join(root, BUILD_INFO) };
  const config = ts.getParsedCommandLineOfConfigFile(path.join(root, "tsconfig.json"), changes, configHost);
  if (!config) throw new SetupError("tsconfig.json cannot be read");
  const { options, fileNames, errors } = config;
  const host = ts.createIncrementalCompilerHost(options);
  const readFile = (/** @type {string} */ file) =>
    path.basename(file) === BUILD_INFO ? memory.read() : ts.sys.readFile(file);
  const { useCaseSensitiveFileNames } = ts.sys;
  const former = ts.readBuilderProgram(options, {
    readFile,
    useCaseSensitiveFileNames: () => useCaseSensitiveFileNames,
    getCurrentDirectory: () => root,
  });
  return { host, builder: ts.createSemanticDiagnosticsBuilderProgram(fileNames, options, host, former, errors) };
}

/**
 * @param {string} root @param {import("typescript").Program} program @param {string[]} files
 * @returns {Promise<string>}
 */
async function lintFiles(root, program, files) {
  const { ESLint } = await import("eslint");
  // The program instead of the service that the settings name: a second compiler would check all of it again.
  const parserOptions = { programs: [program], projectService: false };
  const eslint = new ESLint({
    cwd: root,
    overrideConfig: [{ languageOptions: { parserOptions } }],
    warnIgnored: false,
  });
  const results = await eslint.lintFiles(files);
  const bad = results.filter(({ errorCount, warningCount }) => errorCount + warningCount > 0);
  return bad.length === 0 ? "" : (await eslint.loadFormatter("stylish")).format(bad);
}

/**
 * What is kept of an earlier check made under the same configuration; the text is written beside and renamed, so that a reader gets the old one or the new one.
 * @typedef {{ read(): string | undefined, write(text: string): void }} Memory
 * @param {NodeJS.ProcessEnv} environment @param {string} root @param {string} name
 * @returns {Memory}
 */
function memoryOf(environment, root, name) {
  const configuration = CONFIGURATION.map((file) => readFileSync(path.join(root, file), "utf8"));
  const folder = path.join(cacheRoot(environment), "sources");
  const file = path.join(folder, `${name}-${hashOf(...configuration).slice(0, 16)}`);
  return {
    read: () => (existsSync(file) ? readFileSync(file, "utf8") : undefined),
    write: (text) => {
      mkdirSync(folder, { recursive: true });
      const partial = `${file}.${process.pid}.tmp`;
      writeFileSync(partial, text);
      renameSync(partial, file);
    },
  };
}

/** Files that git tracks or would track, and that are there; a link to a folder is none. @param {string} root @returns {Promise<string[]>} */
async function listFiles(root) {
  const words = ["ls-files", "-co", "--exclude-standard", "--deduplicate", "-z"];
  const { stdout } = await promisify(execFile)("git", words, { cwd: root, maxBuffer: 16 * 1024 * 1024 });
  return stdout
    .split("\0")
    .filter((file) => file !== "" && statSync(path.join(root, file), { throwIfNoEntry: false })?.isFile());
}

/** @param {...string} texts */
function hashOf(...texts) {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text).update("\0");
  return hash.digest("hex");
}
