/** How much memory do a process and its descendants take together? Read from Linux's own account, every few milliseconds. */
import { readdirSync, readFileSync } from "node:fs";

const EVERY_MS = 25;

/** A measurement under way. */
export interface MemorySampler {
  /** The largest sum seen, in MB of 10^6 bytes; undefined where the system keeps no such account. */
  stop(): number | undefined;
}

/** Begins to look at the processes of the session that `leader` leads: what it starts belongs to it too. */
export function sampleMemory(leader: number): MemorySampler {
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, sessionMemory(leader));
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
function sessionMemory(leader: number): number {
  let kilobytes = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      // After the name in brackets: state, parent, group, session.
      const session = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop()?.split(" ")[3];
      if (session !== String(leader)) continue;
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
      kilobytes += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
    } catch {
      // It has ended meanwhile.
    }
  }
  return (kilobytes * 1024) / 1e6;
}
