// Do the programs that the set-up runs end with it?
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { type Run, type SetupFailure, importTool, repository, withFolder } from "./support";

const module = pathToFileURL(path.join(repository, "tools", "toolchain", "processes.mjs")).href;

describe("programs run during set-up", () => {
  let run: Run;
  before(async () => {
    ({ run } = await importTool<{ run: Run }>("toolchain/processes.mjs"));
  });

  it("hands back what a program printed", async () => {
    assert.equal(await run(process.execPath, ["-e", "console.log('out'); console.error('err')"]), "out\n");
  });

  it("fails with the program's last lines and exit code 2", async () => {
    const script = "for (let i = 0; i < 100; i++) console.error('line ' + i); process.exit(3)";
    const failure = await run(process.execPath, ["-e", script]).then(
      () => assert.fail("it went on"),
      (error: SetupFailure) => error,
    );
    assert.equal(failure.exitCode, 2);
    const [first, ...rest] = failure.message.split("\n");
    assert.match(first ?? "", /it ended with code 3$/);
    assert.deepEqual([rest.length, rest[0], rest.at(-1)], [20, "line 80", "line 99"]);
  });

  it("fails when a program cannot be started", async () => {
    await assert.rejects(run(path.join(repository, "no-such-program"), []), /ENOENT/);
  });

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    it(`ends the program and what it started on ${signal}, and exits with ${code}`, async () => {
      await withFolder(async (folder) => {
        const outcome = await interrupt(signal, path.join(folder, "pid"));
        assert.equal(outcome.code, code);
        assert.equal(outcome.stdout, `stopped by ${signal}; the next run takes up where this one ended\n`);
        const grandchild = Number(readFileSync(path.join(folder, "pid"), "utf8"));
        for (let waited = 0; isRunning(grandchild) && waited < 3000; waited += 50) await sleep(50);
        assert.equal(isRunning(grandchild), false);
      });
    });
  }
});

/** Runs a program that starts another, as a build starts compilers, and sends `signal` to the set-up when both run. */
async function interrupt(signal: NodeJS.Signals, pidFile: string): Promise<{ code: number | null; stdout: string }> {
  const program = `
    const { pid } = require("node:child_process").spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"]);
    require("node:fs").writeFileSync(${JSON.stringify(pidFile)}, String(pid)); setTimeout(() => {}, 60000);`;
  const script = `
    import { run, withInterrupts } from ${JSON.stringify(module)};
    await withInterrupts(() => run(process.execPath, ["-e", ${JSON.stringify(program)}])).catch((error) => {
      console.log(error.message);
      process.exitCode = error.exitCode;
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let stdout = "";
  child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
  while (!existsSync(pidFile) || !readFileSync(pidFile, "utf8")) await sleep(20);
  child.kill(signal);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, stdout };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A process that ended but was not waited for by its new parent still has its number.
  const state = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1) : "";
  return !state?.startsWith("Z");
}
