/** Does the check of the sources, which skips what it has seen, find everything that a check of all of them would? */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { importTool, repository } from "./support";

const SETTINGS = [
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "eslint.config.mjs",
  ".prettierrc.json",
  ".prettierignore",
];

type Check = (options: { root: string; environment: NodeJS.ProcessEnv }) => Promise<string>;

describe("the check of the sources", function () {
  this.timeout(120_000);
  let folder: string;
  let root: string;
  let checks: Readonly<Record<"checkTypesAndLint" | "checkFormat", Check>>;
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "sophia-sources-"));
    root = clone("first");
    checks = await importTool("sources.mjs");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A repository of two files: one uses what the other gives. */
  function clone(name: string): string {
    const place = path.join(folder, name);
    mkdirSync(path.join(place, "services"), { recursive: true });
    for (const file of SETTINGS) cpSync(path.join(repository, file), path.join(place, file));
    symlinkSync(path.join(repository, "node_modules"), path.join(place, "node_modules"));
    execFileSync("git", ["init", "--quiet"], { cwd: place });
    write("given", "export const given = () => 1;\n", place);
    write("user", 'import { given } from "./given";\n\ngiven();\n', place);
    return place;
  }
  const write = (name: string, text: string, place = root) =>
    writeFileSync(path.join(place, "services", `${name}.ts`), text);
  const check = (name: keyof typeof checks, place = root) =>
    checks[name]({ root: place, environment: { SOPHIA_SECRETS_CACHE: path.join(folder, "cache") } });

  it("finds nothing where nothing is wrong, the second time too, and in another clone", async () => {
    for (const place of [root, root, clone("second")]) {
      assert.equal(await check("checkTypesAndLint", place), "");
      assert.equal(await check("checkFormat", place), "");
    }
  });

  it("lints a file again whose own text is the same, when what it uses has become a promise", async () => {
    write("given", "export const given = async () => 1;\n");
    assert.match(await check("checkTypesAndLint"), /user\.ts[^]*no-floating-promises/);
    assert.match(await check("checkTypesAndLint"), /user\.ts[^]*no-floating-promises/, "it is not forgotten");
    write("given", "export const given = () => 1;\n");
    assert.equal(await check("checkTypesAndLint"), "");
  });

  it("finds a type that does not fit in the file that uses it, until it fits", async () => {
    write("given", "export const given = (it: number) => it;\n");
    assert.match(await check("checkTypesAndLint"), /services\/user\.ts\(3,1\): error TS2554/);
    assert.match(await check("checkTypesAndLint"), /TS2554/);
    write("user", 'import { given } from "./given";\n\ngiven(1);\n');
    assert.equal(await check("checkTypesAndLint"), "");
  });

  it("names a file that is not formatted, every time", async () => {
    write("user", 'import { given } from "./given"\ngiven(1)\n');
    assert.equal(await check("checkFormat"), "services/user.ts\n");
    assert.equal(await check("checkFormat"), "services/user.ts\n");
  });
});
