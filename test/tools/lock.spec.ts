// Do two set-ups at once keep apart, and does a dead one not block the next?
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { importTool, listen, withFolder } from "./support";

interface LockModule {
  withLock<T>(folder: string, log: (line: string) => void, work: () => Promise<T>): Promise<T>;
  isAlive(owner: { pid: number; host: string; startedAt: string; born?: string }, silentMs: number): boolean;
}

describe("set-up lock", () => {
  let lock: LockModule;
  before(async () => {
    lock = await importTool<LockModule>("toolchain/lock.mjs");
  });

  it("lets the second wait for the first, and says whom it waits for", async () => {
    await withFolder(async (folder) => {
      const { lines, log } = listen();
      const order: string[] = [];
      const first = lock.withLock(path.join(folder, "x.lock"), log, async () => {
        order.push("first in");
        await sleep(400);
        order.push("first out");
      });
      await sleep(20);
      await lock.withLock(path.join(folder, "x.lock"), log, async () => void order.push("second in"));
      await first;
      assert.deepEqual(order, ["first in", "first out", "second in"]);
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? "", new RegExp(`^lock: waiting for process ${process.pid}, which is setting up`));
    });
  });

  it("never lets two in at once when many come together", async () => {
    await withFolder(async (folder) => {
      let inside = 0;
      let most = 0;
      const work = async () => {
        most = Math.max(most, ++inside);
        await sleep(1);
        inside -= 1;
      };
      const all = Array.from({ length: 5 }, () => lock.withLock(path.join(folder, "x.lock"), () => undefined, work));
      await Promise.all(all);
      assert.equal(most, 1);
      assert.equal(existsSync(path.join(folder, "x.lock")), false);
    });
  });

  it("takes over from a process that is gone, and says so", async () => {
    await withFolder(async (folder) => {
      const file = path.join(folder, "x.lock");
      const { pid } = spawnSync(process.execPath, ["-e", ""]);
      writeOwner(file, { pid, host: hostname() });
      const { lines, log } = listen();
      assert.equal(await lock.withLock(file, log, async () => "done"), "done");
      assert.deepEqual(lines, [`lock: process ${pid} ended without finishing, taking over`]);
    });
  });

  it("is released when the work throws", async () => {
    await withFolder(async (folder) => {
      const file = path.join(folder, "x.lock");
      const failing = lock.withLock(
        file,
        () => undefined,
        () => Promise.reject(new Error("no")),
      );
      await assert.rejects(failing, /^Error: no$/);
      assert.equal(existsSync(file), false);
    });
  });

  it("has its owner's record from the first moment on", async () => {
    await withFolder(async (folder) => {
      const file = path.join(folder, "x.lock");
      await lock.withLock(
        file,
        () => undefined,
        async () => {
          const owner = JSON.parse(readFileSync(path.join(file, "owner.json"), "utf8")) as {
            pid: number;
            host: string;
          };
          assert.deepEqual([owner.pid, owner.host], [process.pid, hostname()]);
        },
      );
    });
  });

  // Only Linux says when a process was born without another program.
  const onLinux = process.platform === "linux" ? it : () => undefined;
  onLinux("knows a process number that was given to another process since", () => {
    const owner = { pid: process.pid, host: hostname(), startedAt: "", born: "1" };
    assert.equal(lock.isAlive(owner, 0), false);
  });

  it("goes by the heartbeat for an owner on another host", () => {
    const owner = { pid: 1, host: "elsewhere", startedAt: "" };
    assert.deepEqual([lock.isAlive(owner, 119_000), lock.isAlive(owner, 121_000)], [true, false]);
  });
});

function writeOwner(folder: string, owner: { pid: number | undefined; host: string }): void {
  mkdirSync(folder);
  writeFileSync(path.join(folder, "owner.json"), JSON.stringify({ ...owner, startedAt: "2026-01-01T00:00:00Z" }));
}
