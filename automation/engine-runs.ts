/**
 * Did a process of this machine die while its `pulumi` held a shared state's lock? Such a lock names host, process and time only, and machines or
 * containers may share a name: so each run of the engine leaves a note on this machine while it lasts, and a lock is believed to be abandoned
 * only where a note of a dead process fits it.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownerHasEnded, processOwner, runHasEnded, thisMachine } from "./process-owner";
import { type PulumiLock } from "./stack-lock";
import { describeState, isShared, pulumiHome, stateAddress } from "./state-backend";

/** The CLI takes the lock soon after it has started, at the very latest after this. Milliseconds. */
const LONGEST_START_MS = 120_000;

/** What a run leaves while it lasts. */
interface Note {
  /** `host:pid` of the driver. */
  readonly owner: string;
  readonly machine: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** The notes of one stack on this machine. Only for shared states: a folder's locks are files, Pulumi Cloud ends them itself. */
export class EngineRuns {
  private readonly folder: string | undefined;

  constructor(
    environment: NodeJS.ProcessEnv,
    stack: string,
    private readonly now: () => number,
  ) {
    const address = stateAddress(environment);
    if (address === undefined || !isShared(address)) return;
    const key = createHash("sha256")
      .update(`${describeState(address)} ${stack}`)
      .digest("hex")
      .slice(0, 24);
    this.folder = join(pulumiHome(environment), "sophia-secrets", "runs", key);
  }

  /** Runs the engine with a note beside it. */
  async during<T>(act: () => Promise<T>): Promise<T> {
    if (this.folder === undefined) return act();
    const startedAt = this.now();
    const path = join(this.folder, `${process.pid}-${startedAt}.json`);
    const note: Note = { owner: processOwner(), machine: thisMachine(), startedAt };
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    writeFileSync(path, JSON.stringify(note), { mode: 0o600 });
    try {
      return await act();
    } finally {
      rmSync(path, { force: true });
    }
  }

  /**
   * Whether every lock is of a run on this machine that has died. True for one caller only, however many ask at once: whoever takes the note away
   * may take the lock away, and until then nobody else can get it.
   */
  claimAbandoned(locks: readonly PulumiLock[]): boolean {
    const dead = this.deadNotes().filter(({ note }) => locks.some((lock) => fits(note, lock)));
    if (locks.length === 0 || !locks.every((lock) => dead.some(({ note }) => fits(note, lock)))) return false;
    // All are tried: none is left behind to fit a later lock.
    return dead.map(({ path }) => takeAway(path)).every(Boolean);
  }

  private deadNotes(): { readonly path: string; readonly note: Note }[] {
    const { folder } = this;
    if (folder === undefined) return [];
    return listFolder(folder).flatMap((file) => {
      const path = join(folder, file);
      const note = readNote(path);
      return note && runHasEnded(note) ? [{ path, note }] : [];
    });
  }
}

/** A lock's time is whole seconds. */
function fits({ startedAt }: Note, { owner, at }: PulumiLock): boolean {
  return ownerHasEnded(owner) && at >= startedAt - 1000 && at <= startedAt + LONGEST_START_MS;
}

function takeAway(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch {
    return false;
  }
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readNote(path: string): Note | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Note;
  } catch {
    return undefined;
  }
}
