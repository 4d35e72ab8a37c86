// Does another pin or source give another toolchain, and is a changed file noticed?
import assert from "node:assert/strict";
import { appendFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { importTool, repository, withFolder } from "./support";

interface CacheModule {
  cacheRoot(environment: NodeJS.ProcessEnv): string;
  toolchainKey(repository?: string): string;
  hashInputs(files: string[]): string | undefined;
  writeStamp(paths: object, step: string, done: object): object;
  findStamp(paths: object, step: string): object | undefined;
  isOurs(file: string, environment: NodeJS.ProcessEnv): boolean;
}
interface Versions {
  PLUGINS: readonly { name: string; version: string; goModule?: string }[];
}

describe("toolchain cache", () => {
  let cache: CacheModule;
  before(async () => {
    cache = await importTool<CacheModule>("toolchain/cache.mjs");
  });

  it("is where the environment says, else in the user's cache", () => {
    const rest = { XDG_CACHE_HOME: "/xdg" };
    assert.equal(cache.cacheRoot({ SOPHIA_SECRETS_CACHE: "/own", ...rest }), "/own");
    assert.equal(cache.cacheRoot(rest), "/xdg/sophia-secrets");
    assert.match(cache.cacheRoot({}), /\/\.cache\/sophia-secrets$/);
  });

  it("has a key of the version, the platform and the Go sources", async () => {
    await withFolder((folder) => {
      cpSync(path.join(repository, "tools"), path.join(folder, "tools"), { recursive: true });
      const key = cache.toolchainKey(folder);
      assert.equal(key, cache.toolchainKey());
      assert.match(key, new RegExp(`^3\\.259\\.0-${process.platform}-${process.arch}-[0-9a-f]{12}$`));
      const seen = new Set([key]);
      for (const file of ["cli/go.mod", "cli/go.sum", "providers/github/main.go", "providers/random/shim/shim.go"]) {
        appendFileSync(path.join(folder, "tools", file), "\n");
        seen.add(cache.toolchainKey(folder));
      }
      assert.equal(seen.size, 5);
    });
  });

  it("keeps its key when only line ends or the stand-ins' sources differ", async () => {
    await withFolder((folder) => {
      cpSync(path.join(repository, "tools"), path.join(folder, "tools"), { recursive: true });
      const file = path.join(folder, "tools", "cli", "go.mod");
      writeFileSync(file, readFileSync(file, "utf8").replaceAll("\n", "\r\n"));
      writeFileSync(path.join(folder, "tools", "plugins", "vercel.ts"), "");
      assert.equal(cache.toolchainKey(folder), cache.toolchainKey());
    });
  });

  it("knows its own tools, also behind links and in a sandbox's folder", async () => {
    await withFolder((folder) => {
      for (const place of ["cache", "own", path.join(".sandbox", "home")])
        mkdirSync(path.join(folder, place), { recursive: true });
      const files = ["cache/a", "own/a", ".sandbox/home/a"].map((file) => path.join(folder, file));
      for (const file of files) writeFileSync(file, "");
      symlinkSync(path.join(folder, "cache", "a"), path.join(folder, "own", "link"));
      const environment = { SOPHIA_SECRETS_CACHE: path.join(folder, "cache") };
      const answers = [...files, path.join(folder, "own", "link")].map((file) => cache.isOurs(file, environment));
      assert.deepEqual(answers, [true, false, true, true]);
    });
  });

  it("forgets a stand-in whose sources changed, or are gone", async () => {
    await withFolder((root) => {
      const paths = { root, steps: path.join(root, "steps") };
      const done = { version: "1.0.0", source: "stand-in", files: [] };
      const finds = (files: string[], hash: string | undefined): boolean => {
        cache.writeStamp(paths, "x", { ...done, inputs: { files, hash: hash ?? "" } });
        return cache.findStamp(paths, "x") !== undefined;
      };
      const files = ["tools/run.mjs"];
      assert.equal(finds(files, cache.hashInputs(files)), true);
      assert.equal(finds(files, cache.hashInputs(["tools/build.mjs"])), false);
      assert.equal(finds(["tools/gone.ts"], ""), false);
    });
  });

  it("pins the plugin versions that the npm packages were made for", async () => {
    const { PLUGINS } = await importTool<Versions>("toolchain/versions.mjs");
    for (const { name, version, goModule } of PLUGINS) {
      const scope = name === "vercel" ? "@pulumiverse" : "@pulumi";
      const file = path.join(repository, "node_modules", scope, name, "package.json");
      const manifest = JSON.parse(readFileSync(file, "utf8")) as { pulumi: { name: string; version: string } };
      assert.deepEqual({ name, version }, { name: manifest.pulumi.name, version: manifest.pulumi.version });
      if (!goModule) continue;
      const source = readFileSync(path.join(repository, "tools", goModule, "main.go"), "utf8");
      assert.ok(source.includes(`const version = "${version}"`), `${goModule}/main.go says another version`);
    }
  });
});
