/** What is still running, and who listens where? Read from /proc; on a machine without it there is nothing to see. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect } from "node:net";

/** Whether processes can be looked at here. */
export const CAN_SEE_PROCESSES = existsSync("/proc/self/environ");

/** A process as a message of an assertion shows it. */
export interface SeenProcess {
  readonly pid: number;
  readonly group: number;
  readonly command: string;
}

/** The processes that belong to a group, or that have one of the texts (paths) in their environment, arguments or folder; this one is left out. */
export function findProcesses(group: number, texts: readonly string[]): SeenProcess[] {
  return processIds().flatMap((pid) => {
    const command = read(pid, "cmdline");
    const about = [read(pid, "environ"), command, link(`/proc/${pid}/cwd`)].join("\n");
    // The command's name stands in brackets and may itself hold brackets; state, parent and group follow.
    const [state, , own] = read(pid, "stat").split(") ").at(-1)?.split(" ") ?? [];
    const isRelated = Number(own) === group || texts.some((text) => about.includes(text));
    if (!isRelated || state === "Z" || pid === process.pid) return [];
    return [{ pid, group: Number(own), command: command.replaceAll("\0", " ").trim() }];
  });
}

/** The TCP ports on which a process listens. */
export function listeningPorts(pid: number): number[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`))?.[1] ?? []),
  );
  const LISTENING = "0A";
  const lines = readFileSync("/proc/net/tcp", "utf8").trim().split("\n").slice(1);
  return lines.flatMap((line) => {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    return state === LISTENING && inodes.has(inode) ? [parseInt(local.split(":")[1] ?? "", 16)] : [];
  });
}

/** Whether something accepts connections on a loopback port. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function processIds(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Empty for a process that has ended, or that is somebody else's. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
