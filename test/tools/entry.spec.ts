// Do the two entries, tools/run.mjs and bin/sophia-secrets.js, say in one line what is wrong?
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { repository, withFolder } from "./support";

describe("entries", () => {
  it("bin says `npm ci`, with exit code 2, where the dependencies are missing", async () => {
    await withFolder((folder) => {
      cpSync(path.join(repository, "bin"), path.join(folder, "bin"), { recursive: true });
      const { status, stderr, stdout } = start(path.join(folder, "bin", "sophia-secrets.js"));
      assert.deepEqual({ status, stdout }, { status: 2, stdout: "" });
      assert.equal(stderr, "sophia-secrets: the dependencies are not installed: run `npm ci` first\n");
    });
  });

  it("bin starts what was compiled, where there are no sources", async () => {
    await withFolder((folder) => {
      cpSync(path.join(repository, "bin"), path.join(folder, "bin"), { recursive: true });
      mkdirSync(path.join(folder, "node_modules"));
      mkdirSync(path.join(folder, "dist", "automation", "cli"), { recursive: true });
      const main = "exports.runMain = async () => console.log(process.argv.slice(2).join());";
      writeFileSync(path.join(folder, "dist", "automation", "cli", "main.js"), main);
      const { status, stdout } = start(path.join(folder, "bin", "sophia-secrets.js"), "audit", "--json");
      assert.deepEqual({ status, stdout }, { status: 0, stdout: "audit,--json\n" });
    });
  });

  it("run lists its verbs, with exit code 2, when asked for another", () => {
    const { status, stderr } = start(path.join(repository, "tools", "run.mjs"), "nonsense");
    assert.deepEqual(
      { status, stderr },
      { status: 2, stderr: "usage: node tools/run.mjs sandbox | test | faults | toolchain\n" },
    );
  });

  it("run names the version that it needs under an older Node, before it reads anything else", async () => {
    await withFolder((folder) => {
      mkdirSync(path.join(folder, "tools"));
      cpSync(path.join(repository, "tools", "run.mjs"), path.join(folder, "tools", "run.mjs"));
      const old = path.join(folder, "old.cjs");
      writeFileSync(old, `Object.defineProperty(process.versions, "node", { value: "20.18.3" });`);
      const { status, stderr } = start("--require", old, path.join(folder, "tools", "run.mjs"), "test");
      assert.equal(status, 2);
      assert.match(stderr, /^Node 20\.19 or newer is needed, this is v/);
      assert.equal(stderr.split("\n").length, 2);
    });
  });
});

describe("program in the foreground", () => {
  it("gives back the program's exit code", async () => {
    assert.deepEqual(await inForeground("process.exit(7)"), { code: 7, stdout: "" });
  });

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    it(`is told of ${signal}, and may end in its own way`, async () => {
      const program = `process.on("${signal}", () => { console.log("cleaned"); process.exit(5); });
        console.log("ready"); setTimeout(() => {}, 60000);`;
      assert.deepEqual(await inForeground(program, signal), { code: 5, stdout: "ready\ncleaned\n" });
    });

    it(`is reported as ended by ${signal} when it does not handle it`, async () => {
      const program = `console.log("ready"); setTimeout(() => {}, 60000);`;
      assert.deepEqual(await inForeground(program, signal), { code, stdout: "ready\n" });
    });
  }
});

/** Runs a program through runInForeground in another process; `signal` goes to that one as soon as the program printed. */
async function inForeground(
  program: string,
  signal?: NodeJS.Signals,
): Promise<{ code: number | null; stdout: string }> {
  const module = pathToFileURL(path.join(repository, "tools", "toolchain", "foreground.mjs")).href;
  const script = `
    import { runInForeground } from ${JSON.stringify(module)};
    const options = { cwd: process.cwd(), env: process.env };
    process.exitCode = await runInForeground(process.execPath, ["-e", ${JSON.stringify(program)}], options);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let stdout = "";
  child.stdout.on("data", (text: Buffer) => {
    if (stdout === "" && signal) child.kill(signal);
    stdout += text.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, stdout };
}

function start(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, args, { encoding: "utf8" });
}
