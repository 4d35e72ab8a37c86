/** What reaches the CLI when somebody presses ctrl-C? A stand-in for it on PATH, started as the Automation API starts the true one. */
import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import processes from "node:child_process";
import { once } from "node:events";
import { inGroupOfItsOwn } from "../../automation/engine-group";
import { loadEngineSdk } from "../../automation/engine-sdk";
import { CHECKOUT } from "../support/child";
import { buildDist } from "../support/command-line";

/** Counts what it gets, and ends at the second. */
const PATIENT = `
let count = 0;
process.on("SIGINT", () => { console.log("ctrl-C " + ++count); if (count === 2) process.exit(1); });
setTimeout(() => {}, 20000);
console.log("begun");
`;

/** A driver: its signal fires at the first ctrl-C. */
const DRIVER = `
const { spawn } = require("node:child_process");
const { passOnAgain } = require("./dist/automation/engine-group.js");
const controller = new AbortController();
process.on("SIGINT", () => controller.abort());
const child = spawn(process.execPath, ["-e", process.argv[1]], { detached: true, stdio: ["ignore", "inherit", "inherit"] });
controller.signal.addEventListener("abort", () => child.kill("SIGINT"));
passOnAgain(controller.signal, child);
child.once("close", () => setImmediate(() => console.log("listeners " + process.listenerCount("SIGINT"))));
`;

/** Says its version, or its own number and that of its process group (proc_pid_stat(5), the fifth word). */
const CLI = `#!/bin/sh
if [ "$1" = version ]; then echo v3.259.0; exit; fi
read -r _ _ _ _ group _ < /proc/$$/stat
echo "$$ $group"
`;

type Run = (...words: unknown[]) => Promise<{ readonly stdout: string }>;

describe("inGroupOfItsOwn", () => {
  const { PATH = "" } = process.env;
  let folder: string;
  before(async function () {
    if (process.platform !== "linux") this.skip();
    folder = await mkdtemp(join(tmpdir(), "sophia-engine-sdk-"));
    await writeFile(join(folder, "pulumi"), CLI);
    await chmod(join(folder, "pulumi"), 0o755);
    process.env.PATH = `${folder}${delimiter}${PATH}`;
  });
  after(async () => {
    process.env.PATH = PATH;
    if (folder) await rm(folder, { recursive: true });
  });

  it("leaves the command that it is given as it was: given again, it would signal a child twice", async () => {
    const { PulumiCommand } = await import("@pulumi/pulumi/automation/cmd.js");
    const command = await PulumiCommand.get({});
    const before = Object.keys(command);
    const apart = inGroupOfItsOwn(command);
    assert.deepEqual(
      [Object.keys(command), apart.command, apart instanceof PulumiCommand],
      [before, command.command, true],
    );
  });

  it("starts a run out of the terminal's reach: ctrl-C there and the SDK's own signal would be two, and the second orphans what is being made", async () => {
    const { spawn } = processes;
    const { pulumiCommand } = await loadEngineSdk();
    const { PATH: path } = process.env;
    const start = async (signal?: AbortSignal) => {
      const command = pulumiCommand as unknown as { run: Run };
      const { stdout } = await command.run(["up"], folder, { PATH: path }, undefined, undefined, signal);
      const [own, group] = stdout.trim().split(" ");
      return own === group ? "by itself" : "with the terminal's";
    };
    assert.equal(await start(new AbortController().signal), "by itself");
    // Nobody passes a signal on to it.
    assert.equal(await start(), "with the terminal's");
    assert.equal(processes.spawn, spawn);
  });

  it("passes a second ctrl-C on, at which the CLI ends without waiting, and no first one twice", async () => {
    await buildDist();
    const driver = processes.spawn(process.execPath, ["-e", DRIVER, PATIENT], { cwd: CHECKOUT });
    let said = "";
    driver.stdout.on("data", (text: Buffer) => (said += String(text)));
    const until = async (words: string) => {
      while (!said.includes(words)) await once(driver.stdout, "data");
    };
    await until("begun");
    driver.kill("SIGINT");
    await until("ctrl-C 1");
    driver.kill("SIGINT");
    await until("listeners");
    assert.equal(said, "begun\nctrl-C 1\nctrl-C 2\nlisteners 1\n");
  });
});
