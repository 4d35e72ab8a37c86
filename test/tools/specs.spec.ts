/** Are the spec files run longest first, every one of them, and does a run note how long each took? */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { importTool, repository, withFolder } from "./support";

interface Specs {
  readonly listSpecs: (options?: { readonly environment: NodeJS.ProcessEnv; readonly root: string }) => string[];
  readonly durationsFile: (environment: NodeJS.ProcessEnv) => string;
}

describe("the list of specs", () => {
  let specs: Specs;
  before(async () => void (specs = await importTool("specs.mjs")));

  it("has the longest first: as it was timed, else by what it does, else by name", () =>
    withFolder((root) => {
      mkdirSync(path.join(root, "test", "below"), { recursive: true });
      const write = (name: string, text = "") => writeFileSync(path.join(root, "test", name), text);
      write("below/b.spec.ts");
      write("a.spec.ts");
      write("deploys.spec.ts", "await startSpecSandbox();");
      write("timed.spec.ts");
      write("quick.spec.ts", "await startSpecSandbox();");
      write("helper.ts");
      const environment = { SOPHIA_SECRETS_CACHE: root };
      const timed = { "test/timed.spec.ts": 70_000, "test/quick.spec.ts": 5 };
      writeFileSync(specs.durationsFile(environment), JSON.stringify(timed));
      const names = ["timed", "deploys", "a", "below/b", "quick"].map((name) => `test/${name}.spec.ts`);
      assert.deepEqual(specs.listSpecs({ environment, root }), names);
    }));

  it("has every file that git knows", () => {
    const words = ["ls-files", "-co", "--exclude-standard", "--deduplicate", "test/**.spec.ts"];
    const files = execFileSync("git", words, { cwd: repository, encoding: "utf8" }).trim().split("\n");
    assert.deepEqual([...specs.listSpecs()].sort(), files.sort());
  });

  it("is timed by the reporter, which keeps what it knows of other files and prints the closing line last", () =>
    withFolder((folder) => {
      const place = path.join(folder, "cache", "durations.json");
      mkdirSync(path.dirname(place));
      writeFileSync(place, JSON.stringify({ "test/other.spec.ts": 7 }));
      const spec = path.join(folder, "slow.spec.cjs");
      writeFileSync(
        spec,
        'it("waits", (done) => setTimeout(done, 60)); it("fails", () => { throw new Error("no"); });',
      );
      const [mocha, reporter] = ["node_modules/mocha/bin/mocha.js", "test/support/reporter.js"];
      const command = [mocha, "--no-config", "--no-package", "--reporter", path.join(repository, reporter), spec];
      const env = { ...process.env, SOPHIA_SECRETS_SPEC_DURATIONS: place };
      const run = () =>
        execFileSync(process.execPath, command, { cwd: repository, env, encoding: "utf8", stdio: "pipe" });
      assert.throws(run, ({ stdout }: { stdout: string }) => stdout.trimEnd().endsWith("\n1 passed, 1 failed"));
      const [[, other], [file, duration]] = Object.entries(JSON.parse(readFileSync(place, "utf8")) as object) as [
        [string, number],
        [string, number],
      ];
      assert.equal(other, 7);
      assert.match(file, /slow\.spec\.cjs$/);
      assert.ok(duration >= 50 && duration < 5000, `${duration} ms`);
    }));
});
