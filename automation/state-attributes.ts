/**
 * Can a state in a folder be read after the CLI was killed? Beside each file it keeps one with attributes (type, checksum), and that one it writes in
 * place: a kill in that instant leaves it empty, and then every command ends with `failed to load checkpoint: EOF`, although the state itself is whole.
 * Without such a file the CLI takes the usual attributes. `setAttrs` and `getAttrs` of https://github.com/google/go-cloud/blob/master/blob/fileblob/attrs.go
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseJson } from "./json";
import { stateAddress } from "./state-backend";

/** Name of the project in Pulumi.yaml, under which the CLI keeps its files. */
export const PROJECT = "sophia";

/** Removes the attributes of a stack's state and locks that are not JSON; returns their paths. None where the state is not a folder of this machine. */
export async function removeBrokenAttributes(environment: NodeJS.ProcessEnv, stack: string): Promise<string[]> {
  const folder = stateFolder(stateAddress(environment));
  if (folder === undefined) return [];
  const places = [
    { path: join(folder, ".pulumi", "stacks", PROJECT), prefix: `${stack}.json` },
    { path: join(folder, ".pulumi", "locks", "organization", PROJECT, stack), prefix: "" },
  ];
  const found = await Promise.all(places.map(({ path, prefix }) => brokenIn(path, prefix)));
  for (const file of found.flat()) await rm(file, { force: true });
  return found.flat();
}

async function brokenIn(path: string, prefix: string): Promise<string[]> {
  const names = await readdir(path).catch(() => []);
  const files = names
    .filter((name) => name.startsWith(prefix) && name.endsWith(".attrs"))
    .map((name) => join(path, name));
  const broken = await Promise.all(
    files.map(async (file) => parseJson(await readFile(file, "utf8").catch(() => "{}")) === undefined),
  );
  return files.filter((_, index) => broken[index]);
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
