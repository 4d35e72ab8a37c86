/** Where does a spec get a second clone from? A copy of what git would hand out, with the dependencies and the compiled code of this checkout. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { CHECKOUT } from "./sandbox";

/** A copy of the checkout in a folder of its own. */
export interface CheckoutCopy {
  readonly folder: string;
  dispose(): Promise<void>;
}

/** Copies every file that is tracked or could be (changes that are not committed included); node_modules is linked, dist copied. */
export async function copyCheckout(): Promise<CheckoutCopy> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "sophia-second-clone-")));
  const listed = await promisify(execFile)("git", ["ls-files", "-coz", "--exclude-standard"], {
    cwd: CHECKOUT,
    maxBuffer: 16 * 1024 * 1024,
  });
  for (const file of listed.stdout.split("\0").filter((path) => path !== "" && !path.startsWith("test/"))) {
    await mkdir(join(folder, dirname(file)), { recursive: true });
    // Deleted, and the deletion is not committed.
    await cp(join(CHECKOUT, file), join(folder, file), { preserveTimestamps: true }).catch(() => undefined);
  }
  // Entry by entry: an `npm ci` in the copy empties its node_modules, and through a single link it would empty ours.
  await mkdir(join(folder, "node_modules"));
  for (const entry of await readdir(join(CHECKOUT, "node_modules")))
    await symlink(join(CHECKOUT, "node_modules", entry), join(folder, "node_modules", entry));
  await cp(join(CHECKOUT, "dist"), join(folder, "dist"), { recursive: true, preserveTimestamps: true });
  return { folder, dispose: () => rm(folder, { recursive: true, force: true }) };
}
