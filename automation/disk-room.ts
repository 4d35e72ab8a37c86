/**
 * Has the disk room for what a run of the engine writes, where the state is a folder? The CLI writes the whole state anew after each resource, beside
 * the old one, and keeps a copy of when the run began and ended. Without room it tries each of these writes for half a minute, goes on with what it
 * cannot write down, and may leave a state that is cut short (`state-folder.ts`): so no run begins on such a disk, and one that meets it is ended.
 */
import { stat, statfs } from "node:fs/promises";
import { AutomationError, EXIT } from "./errors";
import { stateFile, type StateFile } from "./state-folder";

/** What a run needs before it begins: the copies of begin and end, the old state, the new one; and what grows. */
const COPIES_AT_BEGIN = 4;
/** What the next write needs. */
const COPIES_BETWEEN = 2;
/** Room for locks, attributes and history. Bytes. */
const SPARE_BYTES = 64 * 1024;
const LOOK_EVERY_MS = 500;

/** Room as it was found. Bytes. */
interface Room {
  readonly folder: string;
  readonly free: number;
  readonly state: number;
}

/** What looks after the disk of one stack. */
export class DiskRoom {
  private readonly end = new AbortController();
  /** Undefined where the state is no folder of this machine. */
  private readonly state: StateFile | undefined;
  private lacking: Room | undefined;

  constructor(
    environment: NodeJS.ProcessEnv,
    private readonly stack: string,
    private readonly freeBytes = freeBytesOf,
    private readonly lookEveryMs = LOOK_EVERY_MS,
  ) {
    this.state = stateFile(environment, stack);
  }

  /** Aborted when the run is to end. */
  get signal(): AbortSignal {
    return this.end.signal;
  }

  /** Looks while `run` runs. Throws `stack.disk_full` before it begins where there is no room, and after it has ended where there was none left. */
  async during<T>(run: () => Promise<T>): Promise<T> {
    const { state } = this;
    if (!state) return run();
    const atBegin = await this.look(state);
    if (atBegin && atBegin.free < wanted(atBegin, COPIES_AT_BEGIN)) throw this.error(atBegin, "was not begun");
    const timer = setInterval(() => void this.lookBetween(state), this.lookEveryMs);
    try {
      return await run();
    } catch (error) {
      if (this.lacking) throw this.error(this.lacking, "was ended", error);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  private async lookBetween(state: StateFile): Promise<void> {
    const room = await this.look(state);
    if (!room || this.lacking || room.free >= wanted(room, COPIES_BETWEEN)) return;
    this.lacking = room;
    this.end.abort();
  }

  /** The room that there is; undefined where nobody can say. */
  private async look({ folder, path }: StateFile): Promise<Room | undefined> {
    const [free, file] = await Promise.all([this.freeBytes(folder), stat(path).catch(() => undefined)]);
    return free === undefined ? undefined : { folder, free, state: file?.size ?? 0 };
  }

  private error(room: Room, what: "was not begun" | "was ended", cause?: unknown): AutomationError {
    const isBegun = what === "was ended";
    const needed = kilobytes(wanted(room, isBegun ? COPIES_BETWEEN : COPIES_AT_BEGIN));
    return new AutomationError({
      code: "stack.disk_full",
      exitCode: EXIT.resource,
      message:
        `The run of stack ${this.stack} ${what}: the disk with Pulumi's state (${room.folder}) has ${kilobytes(room.free)} left, ` +
        `and ${needed} are needed; ${isBegun ? "what was done last may not be in the state, the next run looks" : "nothing was changed"}.`,
      hint: "Free some space there, then run the same command again.",
      stack: this.stack,
      cause,
    });
  }
}

function wanted({ state }: Room, copies: number): number {
  return copies * state + SPARE_BYTES;
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1024)} KB`;
}

async function freeBytesOf(folder: string): Promise<number | undefined> {
  const disk = await statfs(folder).catch(() => undefined);
  return disk && disk.bavail * disk.bsize;
}
