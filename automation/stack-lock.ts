/**
 * Has whoever locked the stack died? Backends that are a folder or a bucket keep a lock as a file that names host and process; a killed `pulumi` leaves
 * it behind for ever (https://www.pulumi.com/docs/iac/concepts/state-and-backends/).
 */

/** One lock as the CLI's refusal tells of it. */
export interface PulumiLock {
  /** Address of the file, `file:///…/.pulumi/locks/…`. */
  readonly url: string;
  /** `host:pid` */
  readonly owner: string;
}

/** The locks in the text of a refusal: `URL: created by USER@HOST (pid PID) at TIME`, one a line. */
export function parseLocks(text: string): PulumiLock[] {
  return [...text.matchAll(/(\S+): created by \S*@(\S+) \(pid (\d+)\) at /g)].map(([, url = "", host, pid]) => ({
    url,
    owner: `${host}:${pid}`,
  }));
}

/**
 * Whether all of the locks are of dead processes of this machine. Only a folder is believed: two machines (or containers) of one name may share a
 * bucket, and there the process ids mean nothing.
 */
export function areAbandoned(locks: readonly PulumiLock[], hasEnded: (owner: string) => boolean): boolean {
  return locks.length > 0 && locks.every(({ url, owner }) => url.startsWith("file://") && hasEnded(owner));
}
