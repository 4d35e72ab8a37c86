/** Does the repository keep its own rules? What a review would otherwise have to look for in every change. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { importTool } from "./tools/support";

const ROOT = join(__dirname, "..");
const run = promisify(execFile);

/** Files that git tracks or would track. */
async function listFiles(...patterns: string[]): Promise<string[]> {
  const { stdout } = await run("git", ["ls-files", "-co", "--exclude-standard", "-z", "--", ...patterns], {
    cwd: ROOT,
  });
  return stdout.split("\0").filter((file) => file !== "" && exists(file));
}

function exists(file: string): boolean {
  try {
    readFileSync(join(ROOT, file));
    return true;
  } catch {
    return false;
  }
}

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

describe("the repository", () => {
  let checks: Readonly<Record<"checkTypesAndLint" | "checkFormat", () => Promise<string>>>;
  before(async () => void (checks = await importTool("sources.mjs")));

  it("compiles under strict types and passes the type-checked lint, no floating promise in it", async function () {
    this.timeout(420_000);
    assert.equal(await checks.checkTypesAndLint(), "");
  });

  it("is formatted", async function () {
    this.timeout(120_000);
    assert.equal(await checks.checkFormat(), "");
  });

  it("has no source file over 400 lines", async () => {
    const long = (await listFiles("*.ts", "*.mjs", "*.js", "*.go")).filter(
      (file) => read(file).split("\n").length > 401,
    );
    assert.deepEqual(long, []);
  });

  it("imports the sandbox from no product code but the one door of the command line", async () => {
    const product = await listFiles("services/*.ts", "components/**/*.ts", "automation/**/*.ts", "index.ts");
    const doors = product.filter((file) => /(from|import\()\s*"[^"]*\/sandbox\//.test(read(file)));
    assert.deepEqual(doors, ["automation/cli/commands/sandbox.ts"]);
    assert.deepEqual(
      product.filter((file) => /\bif \([^)]*sandbox/i.test(read(file))),
      [],
    );
  });

  it("lets git ignore env files, reports and build output, but not the example", async () => {
    const ignored = [
      ".env",
      ".env.local",
      ".env.new",
      ".sandbox/report.json",
      "dist/index.js",
      "secrets_audit_20261123_090000.json",
    ];
    for (const path of ignored) {
      const { stdout } = await run("git", ["check-ignore", "--no-index", path], { cwd: ROOT });
      assert.equal(stdout.trim(), path);
    }
    await assert.rejects(run("git", ["check-ignore", "--no-index", ".env.example"], { cwd: ROOT }), { code: 1 });
  });

  it("keeps no download addresses in the lockfile and exact versions in package.json", () => {
    assert.equal(read("package-lock.json").includes('"resolved"'), false);
    const { dependencies, devDependencies } = JSON.parse(read("package.json")) as Record<
      string,
      Record<string, string>
    >;
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
    );
    assert.deepEqual(loose, []);
  });
});
