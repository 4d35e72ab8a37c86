/** How is a process ended together with all that it has started? By asking /proc who is whose child. */
import { readdirSync, readFileSync } from "node:fs";

/** The process and all that it has started, the youngest generation last. */
export function processTree(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const parent = /^\d+$/.test(name) ? parentOf(Number(name)) : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = [pid];
  for (const one of tree) tree.push(...(children.get(one) ?? []));
  return tree;
}

/** Sends a signal; a process that has ended already is none of our business. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function parentOf(pid: number): number | undefined {
  try {
    // The command's name stands in brackets and may itself hold brackets; state and parent follow.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return Number(fields[1]);
  } catch {
    return undefined;
  }
}
