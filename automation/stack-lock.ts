/**
 * Has whoever locked the stack died? Backends that are a folder or a bucket keep a lock as a file that names host and process; a killed `pulumi` leaves
 * it behind for ever (https://www.pulumi.com/docs/iac/concepts/state-and-backends/).
 */

import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** One lock as the CLI's refusal tells of it. */
export interface PulumiLock {
  /** Address of the file, `file:///…/.pulumi/locks/…`. */
  readonly url: string;
  /** `host:pid` */
  readonly owner: string;
  /** When it was made, by that host's clock. Milliseconds since 1970, whole seconds. */
  readonly at: number;
}

/** The locks in the text of a refusal: `URL: created by USER@HOST (pid PID) at TIME`, one a line. */
export function parseLocks(text: string): PulumiLock[] {
  const lines = text.matchAll(/(\S+): created by \S*@(\S+) \(pid (\d+)\) at (\S+)/g);
  return [...lines].map(([, url = "", host, pid, at = ""]) => ({ url, owner: `${host}:${pid}`, at: Date.parse(at) }));
}

/**
 * Takes the locks away that the refusal tells of, if all are of dead processes of this machine; says whether it did. Exactly these files:
 * `pulumi cancel` would also take a lock that a live process has made since. Only a folder is believed: two machines (or containers) of one
 * name may share a bucket, and there the process ids mean nothing.
 */
export async function removeAbandoned(
  locks: readonly PulumiLock[],
  hasEnded: (owner: string) => boolean,
): Promise<boolean> {
  if (!locks.every(({ url, owner }) => url.startsWith("file://") && hasEnded(owner))) return false;
  for (const { url } of locks) {
    const { href, search } = new URL(url);
    const file = fileURLToPath(href.slice(0, href.length - search.length));
    await rm(file, { force: true });
    await rm(`${file}.attrs`, { force: true });
  }
  return locks.length > 0;
}
