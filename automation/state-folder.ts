/**
 * Can a state in a folder be read after the CLI was killed, or the disk was full? Two weaknesses of the CLI's driver for folders, both mended before
 * a stack is opened (https://github.com/google/go-cloud/blob/master/blob/fileblob and `WriteAll` of ../blob.go):
 *
 * - Beside each file it keeps one with attributes (type, checksum), and that one it writes in place: a kill in that instant leaves it empty, and then
 *   every command ends with `failed to load checkpoint: EOF`, although the state itself is whole. Without such a file the usual attributes hold.
 * - A write that fails for want of room is ended like a good one: what fitted takes the place of the state, and at the next try that of its backup.
 *   The CLI has whole ones besides, of when each run began (`backups`) and ended (`history`).
 */
import { constants } from "node:fs";
import { copyFile, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseJson } from "./json";
import { stateAddress } from "./state-backend";

/** Name of the project in Pulumi.yaml, under which the CLI keeps its files. */
export const PROJECT = "sophia";

/** What was mended. */
export interface MendedState {
  /** Paths of attributes that were removed. */
  readonly attributes: readonly string[];
  /** The state was cut short: path of the whole one whose copy has its place now. What was there is beside it, its name ends in `.cut-short`. */
  readonly restoredFrom?: string;
}

/** Where a stack's state is: the backend's folder, and the file below it. */
export interface StateFile {
  readonly folder: string;
  readonly path: string;
}

/** Undefined where the state is not in a folder of this machine. */
export function stateFile(environment: NodeJS.ProcessEnv, stack: string): StateFile | undefined {
  const folder = stateFolder(stateAddress(environment));
  return folder === undefined
    ? undefined
    : { folder, path: join(folder, ".pulumi", "stacks", PROJECT, `${stack}.json`) };
}

/** Mends the state of a stack, where that is a folder of this machine. Throws what the file system refuses. */
export async function mendState(environment: NodeJS.ProcessEnv, stack: string): Promise<MendedState> {
  const state = stateFile(environment, stack);
  if (!state) return { attributes: [] };
  const attributes = await removeBrokenAttributes(state.folder, stack);
  const whole = (await isCutShort(state.path)) ? await newestWhole(state.folder, stack) : undefined;
  if (whole === undefined) return { attributes };
  const copy = `${state.path}.${process.pid}.tmp`;
  await copyFile(whole, copy, constants.COPYFILE_EXCL);
  await rename(state.path, `${state.path}.cut-short`);
  await rename(copy, state.path);
  await rm(`${state.path}.attrs`, { force: true });
  return { attributes, restoredFrom: whole };
}

/** Removes what is no JSON; the locks' attributes too. */
async function removeBrokenAttributes(folder: string, stack: string): Promise<string[]> {
  const places = [
    { path: join(folder, ".pulumi", "stacks", PROJECT), prefix: `${stack}.json` },
    { path: join(folder, ".pulumi", "locks", "organization", PROJECT, stack), prefix: "" },
  ];
  const files = await Promise.all(places.map(({ path, prefix }) => filesIn(path, prefix, ".attrs")));
  const broken: string[] = [];
  for (const file of files.flat()) if (await isCutShort(file)) broken.push(file);
  for (const file of broken) await rm(file, { force: true });
  return broken;
}

/** The last whole state that the CLI has kept; undefined where there is none. */
async function newestWhole(folder: string, stack: string): Promise<string | undefined> {
  const below = (name: string) => join(folder, ".pulumi", name, PROJECT);
  const kept = await Promise.all([
    filesIn(below("stacks"), `${stack}.json`, ".json.bak"),
    filesIn(join(below("backups"), stack), `${stack}.`, ".json"),
    filesIn(join(below("history"), stack), `${stack}-`, ".checkpoint.json"),
  ]);
  const dated = await Promise.all(kept.flat().map(async (path) => ({ path, at: (await stat(path)).mtimeMs })));
  for (const { path } of dated.sort((left, right) => right.at - left.at)) if (!(await isCutShort(path))) return path;
  return undefined;
}

/** Whether a file is there and no JSON. */
async function isCutShort(path: string): Promise<boolean> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text !== undefined && parseJson(text) === undefined;
}

async function filesIn(path: string, prefix: string, suffix: string): Promise<string[]> {
  const names = await readdir(path).catch(() => []);
  return names.filter((name) => name.startsWith(prefix) && name.endsWith(suffix)).map((name) => join(path, name));
}

/** `file://~` is the home folder. */
function stateFolder(address: string | undefined): string | undefined {
  if (!address?.startsWith("file://")) return undefined;
  const [path = ""] = address.replace(/^file:\/\/~/, `file://${homedir()}`).split("?");
  try {
    return fileURLToPath(path);
  } catch {
    return undefined;
  }
}
