/** Is anything left behind? A sandbox that was interrupted, and one that is kept in the background and ended. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { copyCheckout, type CheckoutCopy } from "../support/checkout";
import { TOOLCHAIN_VARIABLE } from "../support/engine";
import { CAN_SEE_PROCESSES, findProcesses, isListening, listeningPorts } from "../support/processes";
import { runChild, said, type ChildResult } from "../support/sandbox";

describe("what the sandbox leaves behind", function () {
  this.timeout(300_000);
  let copy: CheckoutCopy;
  let folder: string;
  let environment: Record<string, string>;

  before(async () => {
    copy = await copyCheckout();
    folder = await realpath(await mkdtemp(join(tmpdir(), "sophia-leftovers-")));
    for (const name of ["home", "tmp"]) await mkdir(join(folder, name));
    environment = {
      PATH: process.env.PATH ?? "",
      HOME: join(folder, "home"),
      TMPDIR: join(folder, "tmp"),
      [TOOLCHAIN_VARIABLE]: process.env[TOOLCHAIN_VARIABLE] ?? "",
    };
  });
  after(async () => {
    await sandbox("stop");
    await copy?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  function sandbox(...words: string[]): Promise<ChildResult> {
    return runChild(process.execPath, [join(copy.folder, "bin", "sophia-secrets.js"), "sandbox", ...words], {
      env: environment,
      cwd: copy.folder,
    });
  }

  /** What is there of the sandbox besides reports and logs. */
  async function leftovers(group: number) {
    const home = join(copy.folder, ".sandbox");
    return {
      processes: findProcesses(group, [copy.folder, folder]),
      folders: existsSync(home) ? (await readdir(home)).filter((name) => !/^(report|live)\.\w+$/.test(name)) : [],
      temporary: await readdir(environment.TMPDIR ?? ""),
    };
  }

  const NOTHING = { processes: [], folders: [], temporary: [] };

  /** Whoever ends a process has ended what it started: a moment is granted for the machine to notice. */
  async function expectNothing(group: number, ports: readonly number[]): Promise<void> {
    for (let waited = 0; waited < 2000 && (await leftovers(group)).processes.length > 0; waited += 100)
      await sleep(100);
    assert.deepEqual(await leftovers(group), NOTHING);
    // A freed port may be taken at once by a spec that runs beside this one; a sandbox that is still there has all of its own.
    const open = (await Promise.all(ports.map(isListening))).filter((listens) => listens).length;
    assert.ok(open < ports.length / 2, `${open} of ${ports.length} ports are still open`);
  }

  describe("a tour that is interrupted", () => {
    before(function () {
      if (!CAN_SEE_PROCESSES) this.skip();
    });

    it("by ctrl-C while Pulumi is at work: nothing", async () => {
      const tour = startTour();
      await tour.until(/create +snowflake-/);
      const ports = listeningPorts(tour.pid);
      assert.ok(ports.length >= 7, `${ports.length} ports`);
      // A terminal sends it to everything that runs in the foreground.
      process.kill(-tour.pid, "SIGINT");
      const { code, stderr } = await tour.end();
      assert.match(stderr, /error: .*(Interrupted|cancel)/i);
      assert.equal(code, 8);
      await expectNothing(tour.pid, ports);
    });

    it("by the end of its own process only, while credentials are rotated: nothing", async () => {
      const tour = startTour();
      await tour.until(/pulumi up \(stage\)/);
      const ports = listeningPorts(tour.pid);
      process.kill(tour.pid, "SIGTERM");
      assert.equal((await tour.end()).code, 8);
      await expectNothing(tour.pid, ports);
    });

    function startTour() {
      const child = spawn(process.execPath, [join(copy.folder, "bin", "sophia-secrets.js"), "sandbox", "run"], {
        cwd: copy.folder,
        env: environment,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
      });
      return followTour(child);
    }
  });

  describe("a sandbox in the background", () => {
    it("is not there at first", async () => {
      const status = await sandbox("status");
      assert.deepEqual([status.code, status.stdout.split(".")[0]], [1, "No sandbox is running here"], said(status));
      const env = await sandbox("env");
      assert.deepEqual([env.code, env.stdout], [2, ""], said(env));
      assert.match(env.stderr, /^error: No sandbox is running in this checkout\.\n {2}.*sandbox start\n$/);
    });

    let pid: number;
    let ports: number[];

    it("is started, answers, and stays", async () => {
      const started = await sandbox("start", "--json");
      assert.equal(started.code, 0, said(started));
      const view = JSON.parse(started.stdout) as { pid: number; addresses: Record<string, string> };
      pid = view.pid;
      ports = Object.values(view.addresses).map((address) => Number(new URL(address).port));
      assert.equal(ports.length, 7);
      for (const port of ports) assert.equal(await isListening(port), true);
    });

    it("says that it runs, and shows no token", async () => {
      const status = await sandbox("status");
      assert.equal(status.code, 0, said(status));
      assert.match(status.stdout, new RegExp(`^The sandbox runs \\(process ${pid}\\):\n`));
      const { PULUMI_ACCESS_TOKEN = "" } = await variables();
      assert.notEqual(PULUMI_ACCESS_TOKEN, "");
      assert.ok(!status.stdout.includes(PULUMI_ACCESS_TOKEN));
    });

    it("is not started a second time", async () => {
      const again = await sandbox("start");
      assert.equal(again.code, 0, said(again));
      assert.match(again.stdout, new RegExp(`^The sandbox is running already \\(process ${pid}\\)\\.\n`));
    });

    it("gives a shell all that the commands need", async () => {
      const env = await variables();
      const options = { env: { ...env, HOME: environment.HOME ?? "" }, cwd: copy.folder };
      const status = await runChild(
        process.execPath,
        [join(copy.folder, "bin", "sophia-secrets.js"), "status"],
        options,
      );
      assert.deepEqual([status.code, status.stderr], [0, ""], said(status));
      assert.match(status.stdout, /^snowflake +idle/m);
      const plain = await runChild("pulumi", ["stack", "ls", "--json"], options);
      assert.match(plain.stdout, /"name": "development"/, said(plain));
    });

    it("keeps its tokens in files that only their owner can read", async () => {
      const live = join(copy.folder, ".sandbox", "live");
      for (const file of ["sandbox.json", "passphrase"]) {
        assert.equal((await stat(join(live, file))).mode & 0o777, 0o600, file);
      }
      assert.equal((await stat(live)).mode & 0o777, 0o700);
    });

    it("ends when it is told, and leaves nothing", async () => {
      const stopped = await sandbox("stop");
      assert.deepEqual([stopped.code, stopped.stdout], [0, "The sandbox has ended.\n"], said(stopped));
      await expectNothing(pid, ports);
      assert.equal((await sandbox("status")).code, 1);
    });

    it("may be ended twice", async () => {
      const stopped = await sandbox("stop");
      assert.deepEqual([stopped.code, stopped.stdout], [0, "No sandbox was running here.\n"], said(stopped));
    });

    /** What a shell has after `eval "$(… sandbox env)"`. */
    async function variables(): Promise<Record<string, string>> {
      const script = `eval "$("$0" bin/sophia-secrets.js sandbox env)" && env -0`;
      const shell = await runChild("sh", ["-c", script, process.execPath], { env: environment, cwd: copy.folder });
      assert.equal(shell.code, 0, said(shell));
      return Object.fromEntries(
        shell.stdout
          .split("\0")
          .filter((entry) => entry.includes("="))
          .map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
      );
    }
  });
});

/** A tour at work: waits for what it says, and for its end. */
function followTour(child: ChildProcess) {
  let stderr = "";
  let ended = false;
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdout?.resume();
  const end = new Promise<number | null>((resolve) => child.once("close", resolve));
  void end.then(() => (ended = true));
  return {
    pid: child.pid ?? 0,
    until: async (words: RegExp): Promise<void> => {
      while (!words.test(stderr)) {
        if (ended) throw new Error(`the tour ended early: ${stderr}`);
        await sleep(20);
      }
    },
    end: async () => ({ code: await end, stderr }),
  };
}
