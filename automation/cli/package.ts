/** Which version is this? Read from the nearest package.json: the one of the checkout or of the installed package. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Folder and version of the package that this file belongs to. */
export function readPackage(): { readonly directory: string; readonly version: string } {
  for (let directory = __dirname; directory !== dirname(directory); directory = dirname(directory)) {
    const path = join(directory, "package.json");
    if (!existsSync(path)) continue;
    const content = JSON.parse(readFileSync(path, "utf8")) as { name?: string; version?: string };
    if (content.name === "sophia-secrets") return { directory, version: content.version ?? "0" };
  }
  throw new Error("the package.json of sophia-secrets is missing");
}
