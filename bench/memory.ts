/** How much memory do a process and its descendants take together? Read from Linux's own account, every few milliseconds. */
import { readdirSync, readFileSync } from "node:fs";

const EVERY_MS = 25;

/** A measurement under way. */
export interface MemorySampler {
  /** The largest sum seen, in MB of 10^6 bytes; undefined where the system keeps no such account. */
  stop(): number | undefined;
}

/** Begins to look at `leader`, at what it starts, and at what stays in its session when the one that started it has ended. */
export function sampleMemory(leader: number): MemorySampler {
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, memoryOf(leader));
  };
  const timer = setInterval(look, EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return peak > 0 ? peak : undefined;
    },
  };
}

/** Proportional set sizes: a page that two share counts half for each. https://docs.kernel.org/filesystems/proc.html */
function memoryOf(leader: number): number {
  let kilobytes = 0;
  for (const pid of familyOf(leader)) {
    try {
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
      kilobytes += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
    } catch {
      // It has ended meanwhile.
    }
  }
  return (kilobytes * 1024) / 1e6;
}

/** The session, and the descendants of its processes that lead one of their own, as the Pulumi CLI does. */
function familyOf(leader: number): Set<string> {
  const family = new Set<string>();
  const others: { pid: string; parent: string }[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      // After the name in brackets: state, parent, group, session.
      const words = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop()?.split(" ") ?? [];
      if (words[3] === String(leader)) family.add(pid);
      else others.push({ pid, parent: words[1] ?? "" });
    } catch {
      // It has ended meanwhile.
    }
  }
  for (let size = -1; size < family.size;) {
    size = family.size;
    for (const { pid, parent } of others) if (family.has(parent)) family.add(pid);
  }
  return family;
}
