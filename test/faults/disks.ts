/** Does a rotation hold where Pulumi's state cannot be written? A disk that is full, and a folder without the right to write. */
import { execFileSync } from "node:child_process";
import { cpSync, renameSync, rmSync, mkdirSync, statSync, chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT, runChild, type ChildResult } from "../support/sandbox";
import { type Scenario } from "./scenario";
import { round, type RoundResult } from "./strike";
import { type FaultWorld } from "./world";

/** The state folder is on a file system that is full: no run begins. Needs the right to mount one. */
export const fullDisk: Scenario = onDisk(16 * 1024);

/** The file system fills up, to its last byte, at the n-th such request: somebody else writes there too. */
export function diskThatFillsUp(standIn: string, method: string, path: string, nth = 1): Scenario {
  return onDisk(8 * 1024 * 1024, (world, onHit) => {
    const one = world.sandbox.standIns().find(({ name }) => name === standIn);
    one?.addFault({ method, path, nth, effect: { kind: "delay", milliseconds: 0 }, onHit });
  });
}

function onDisk(spare: number, arm?: (world: FaultWorld, fill: () => void) => void): Scenario {
  return async (world) => {
    const disk = mountUnder(world, spare);
    if (typeof disk === "string") return disk;
    arm?.(world, disk.fill);
    return failing(world, (words) => runAlone(world, [], words), disk.giveBack);
  };
}

interface Disk {
  readonly fill: () => void;
  readonly giveBack: () => void;
}

/** Puts the state folder onto a file system with so many bytes to spare; or says why that cannot be. */
function mountUnder(world: FaultWorld, spare: number): Disk | string {
  const state = join(world.sandbox.directory, "state");
  const aside = `${state}-aside`;
  const size = Math.ceil((sizeOf(state) + spare) / 1024);
  renameSync(state, aside);
  mkdirSync(state, { mode: 0o700 });
  const refusal = attempt("mount", ["-t", "tmpfs", "-o", `size=${size}k,mode=0700`, "tmpfs", state]);
  if (refusal !== undefined) {
    rmSync(state, { recursive: true });
    renameSync(aside, state);
    return `no file system of a given size can be made here (${refusal})`;
  }
  cpSync(aside, state, { recursive: true });
  const filler = join(state, "somebody-else");
  return {
    fill: () => void attempt("dd", ["if=/dev/zero", `of=${filler}`, "bs=4096"]),
    giveBack: () => {
      rmSync(filler, { force: true });
      rmSync(aside, { recursive: true });
      cpSync(state, aside, { recursive: true });
      attempt("umount", [state]);
      rmSync(state, { recursive: true });
      renameSync(aside, state);
    },
  };
}

/** Takes the right to write from the state folder. The right to write everywhere, which an administrator has, is given up for it. */
export async function lockFolder(world: FaultWorld): Promise<RoundResult | string> {
  const state = join(world.sandbox.directory, "state");
  const isAdministrator = process.getuid?.() === 0;
  const prefix = isAdministrator ? ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"] : [];
  const refusal = isAdministrator ? attempt("setpriv", [...prefix.slice(1), "true"]) : undefined;
  if (refusal !== undefined) return `an administrator's rights cannot be given up here (${refusal})`;
  const setModes = (mode: number) => foldersOf(state).forEach((folder) => chmodSync(folder, mode));
  setModes(0o500);
  return failing(
    world,
    async (words) => runAlone(world, prefix, words),
    () => setModes(0o700),
  );
}

/** The rotation must fail, and go on as soon as the state can be written again. */
function failing(
  world: FaultWorld,
  run: (words: readonly string[]) => Promise<ChildResult>,
  giveBack: () => void,
): Promise<RoundResult> {
  const found: string[] = [];
  return round(
    world,
    async () => {
      const first = await run(await world.rotation()).finally(giveBack);
      if (first.code === 0) found.push("it did not fail");
      return [first, await world.rotate()];
    },
    () => ({ struck: [], missed: [] }),
    () => found,
  );
}

function runAlone(world: FaultWorld, prefix: readonly string[], words: readonly string[]): Promise<ChildResult> {
  const [command = "", ...args] = [...prefix, process.execPath, join(CHECKOUT, "bin", "sophia-secrets.js"), ...words];
  return runChild(command, args, { env: world.environment });
}

/** What went wrong, in a few words. */
function attempt(command: string, args: readonly string[]): string | undefined {
  try {
    execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
    return undefined;
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    return (stderr?.trim() || message).split("\n")[0];
  }
}

function foldersOf(folder: string): string[] {
  const below = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [folder, ...below.map((entry) => join(entry.parentPath, entry.name))].reverse();
}

/** Bytes of a folder's files, each as many whole pages as it takes. */
function sizeOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return files.reduce((sum, entry) => {
    const { size } = statSync(join(entry.parentPath, entry.name));
    return sum + Math.ceil(Math.max(size, 1) / 4096) * 4096;
  }, 0);
}
