/** Is the process that holds something still alive? Only this machine's processes can be asked about. */
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
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

/** Whether a run has ended of which the machine is known too, since machines and containers may share a name. */
export function runHasEnded({
  owner,
  machine,
}: {
  readonly owner: string;
  readonly machine?: string | undefined;
}): boolean {
  return machine === thisMachine() && ownerHasEnded(owner);
}

/** A mark of where process numbers mean the same: this boot of this machine and, in a container, its own numbers. */
export function thisMachine(): string {
  return createHash("sha256").update(describeMachine()).digest("hex").slice(0, 12);
}

function describeMachine(): string {
  try {
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}
