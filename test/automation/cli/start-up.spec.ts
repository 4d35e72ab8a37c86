// What is read from disk before the command line answers? Counted, because times depend on the machine.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { delimiter, join, resolve } from "node:path";
import { promisify } from "node:util";
import { readToolchain } from "../../../sandbox/toolchain";
import { buildDist } from "../../support/command-line";

const CHECKOUT = resolve(__dirname, "..", "..", "..");
/** Loaded before the entry; prints the files of every module as the last line. */
const HOOK = `data:text/javascript,import { createRequire } from "node:module";
  const { cache } = createRequire(process.cwd() + "/");
  process.on("exit", () => console.log("\\n" + JSON.stringify(Object.keys(cache))));`;

describe("start-up", () => {
  // Whoever starts it first after a change compiles, and loads the compiler.
  before(buildDist);

  it("of --version loads commander, the declarations of the verbs, and the catalogue", async () => {
    const { packages, own } = await loaded("--version");
    assert.deepEqual(packages, ["commander"]);
    assert.ok(own.length <= 40, `${own.length} files of ours: ${own.join(", ")}`);
  });

  it("of a verb's help loads no more than that", async () => {
    assert.deepEqual(await loaded("rotate", "--help"), await loaded("--version"));
  });

  it("of any other verb loads neither the engine nor a driver", async () => {
    const { packages } = await loaded("services");
    assert.ok(packages.includes("zod"));
    assert.deepEqual(
      packages.filter((name) => name.startsWith("@pulumi") || name === "snowflake-sdk" || name === "typescript"),
      [],
    );
  });

  it("of the engine leaves out what packs functions for a cloud, and says so to whoever asks for it", async () => {
    const script = `const { loadEngineSdk } = require("./dist/automation/engine-sdk.js");
      loadEngineSdk().then(async () => {
        const { computeCodePaths } = require("@pulumi/pulumi/runtime");
        const refused = await computeCodePaths().catch((error) => error.message);
        console.log(JSON.stringify({ refused, files: Object.keys(require.cache) }));
      });`;
    const { bin } = await readToolchain(CHECKOUT, process.env);
    const env = { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) };
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", script], { cwd: CHECKOUT, env });
    const { refused, files } = JSON.parse(stdout) as { refused: string; files: string[] };
    assert.match(refused, /^Functions that are shipped with their dependencies are not supported/);
    assert.equal(files.filter((file) => /[\\/](pacote|sigstore)[\\/]/.test(file)).length, 0);
    assert.ok(files.length < 450, `${files.length} files`);
  });
});

/** The packages and the files of our own that one run loads, through the entry that users run. */
async function loaded(...words: readonly string[]): Promise<{ packages: string[]; own: string[] }> {
  const entry = join(CHECKOUT, "bin", "sophia-secrets.js");
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", HOOK, "--", entry, ...words], {
    cwd: CHECKOUT,
  });
  const files = JSON.parse(stdout.trim().split("\n").pop() ?? "[]") as string[];
  const packages = files.flatMap((file) => /node_modules[\\/]((@[^\\/]+[\\/])?[^\\/]+)/.exec(file)?.[1] ?? []);
  const own = files.filter((file) => !file.includes("node_modules")).map((file) => file.slice(CHECKOUT.length + 1));
  return { packages: [...new Set(packages)].sort(), own: own.sort() };
}
