/** Is the process that holds something still alive? Only this machine's processes can be asked about. */
import { hostname } from "node:os";

/** This process as the owner of a lock: `host:pid`. */
export function processOwner(): string {
  return `${hostname()}:${process.pid}`;
}

/** Whether the owner (`host:pid`) is a process of this machine that has ended. */
export function ownerHasEnded(owner: string): boolean {
  const [host, pid] = [owner.slice(0, owner.lastIndexOf(":")), Number(owner.slice(owner.lastIndexOf(":") + 1))];
  if (host !== hostname() || !Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
