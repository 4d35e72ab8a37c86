// How do two set-ups at once keep out of each other's way?
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { readJson, writeJson } from "./cache.mjs";
import { throwIfInterrupted } from "./processes.mjs";
import { formatDuration } from "./timing.mjs";

const POLL_MS = 250;
const SAY_EVERY_MS = 15_000;
const HEARTBEAT_MS = 5_000;
/** An owner on another host (a shared home folder) cannot be asked: it is given up after this long without a heartbeat. */
const SILENT_AFTER_MS = 120_000;

/** @typedef {{ pid: number, host: string, startedAt: string, born?: string }} Owner */

/**
 * Runs `work` while holding a lock folder; waits for a live owner and takes over from a dead one.
 * @template T
 * @param {string} folder Path of the lock; its parent is made when missing.
 * @param {(line: string) => void} log Told when it waits and whom for.
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(folder, log, work) {
  await acquire(folder, log);
  const heartbeat = setInterval(() => touch(folder), HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    release(folder);
  }
}

/**
 * Is the process that wrote this owner record still at work?
 * @param {Owner} owner
 * @param {number} silentMs Time since its last heartbeat, used for owners on other hosts.
 */
export function isAlive(owner, silentMs) {
  if (owner.host !== hostname()) return silentMs < SILENT_AFTER_MS;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
  // The number may have been given to another process since.
  const born = processStart(owner.pid);
  return owner.born === undefined || born === undefined || born === owner.born;
}

/** @param {string} folder @param {(line: string) => void} log */
async function acquire(folder, log) {
  mkdirSync(path.dirname(folder), { recursive: true });
  const started = performance.now();
  let said = -Infinity;
  while (!tryAcquire(folder)) {
    throwIfInterrupted();
    const owner = /** @type {Owner | undefined} */ (readJson(ownerFile(folder)));
    if (owner && !isAlive(owner, silence(folder))) {
      log(`lock: process ${owner.pid} ended without finishing, taking over`);
      takeAway(folder, owner);
      continue;
    }
    if (performance.now() - said >= SAY_EVERY_MS) {
      said = performance.now();
      const who = owner ? `process ${owner.pid}` : "another process";
      log(`lock: waiting for ${who}, which is setting up (${formatDuration(said - started)})`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/**
 * The folder appears with its owner record inside, by one rename: there is no moment in which a lock has no owner.
 * @param {string} folder
 */
function tryAcquire(folder) {
  const draft = `${folder}.${process.pid}.partial`;
  mkdirSync(draft, { recursive: true });
  writeJson(ownerFile(draft), {
    pid: process.pid,
    host: hostname(),
    startedAt: new Date().toISOString(),
    born: processStart(process.pid),
  });
  try {
    renameSync(draft, folder);
    return true;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    const code = /** @type {NodeJS.ErrnoException} */ (error).code ?? "";
    if (["ENOTEMPTY", "EEXIST", "EPERM", "EACCES"].includes(code) && statSync(folder, { throwIfNoEntry: false }))
      return false;
    if (["ENOTEMPTY", "EEXIST"].includes(code)) return false;
    throw error;
  }
}

/**
 * Removes a dead owner's lock. Another waiter may have taken over meanwhile: what was moved away is checked, and put back.
 * @param {string} folder @param {Owner} dead
 */
function takeAway(folder, dead) {
  const aside = `${folder}.${process.pid}.stale`;
  try {
    renameSync(folder, aside);
  } catch {
    return;
  }
  const moved = /** @type {Owner | undefined} */ (readJson(ownerFile(aside)));
  if (moved && (moved.pid !== dead.pid || moved.startedAt !== dead.startedAt)) renameSync(aside, folder);
  else rmSync(aside, { recursive: true, force: true });
}

/** @param {string} folder */
function release(folder) {
  const owner = /** @type {Owner | undefined} */ (readJson(ownerFile(folder)));
  if (owner?.pid === process.pid && owner.host === hostname()) rmSync(folder, { recursive: true, force: true });
}

/** @param {string} folder */
function touch(folder) {
  try {
    utimesSync(ownerFile(folder), new Date(), new Date());
  } catch {
    // Taken over or released: nothing to keep alive.
  }
}

/** @param {string} folder @returns {number} Milliseconds since the owner's last heartbeat. */
function silence(folder) {
  const record = statSync(ownerFile(folder), { throwIfNoEntry: false });
  return record ? Date.now() - record.mtimeMs : 0;
}

/** @param {string} folder */
function ownerFile(folder) {
  return path.join(folder, "owner.json");
}

/** @param {number} pid @returns {string | undefined} When the process was born, in kernel ticks; Linux only. */
function processStart(pid) {
  try {
    // The command name, field 2, may hold spaces and parentheses: count from behind it. Field 22 is the start time.
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19];
  } catch {
    return undefined;
  }
}
