// Is dist/ made again when, and only when, a source changed?
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type SetupFailure, importTool, listen, repository, withFolder } from "./support";

interface BuildModule {
  ensureBuilt: (options: {
    log: (line: string) => void;
    environment: NodeJS.ProcessEnv;
    root: string;
  }) => Promise<void>;
}

describe("build", () => {
  let ensureBuilt: BuildModule["ensureBuilt"];
  before(async () => {
    ({ ensureBuilt } = await importTool<BuildModule>("build.mjs"));
  });

  it("compiles every source, keeps the folders, and copies data", async () => {
    await withCheckout(async ({ root, build, dist }) => {
      writeFileSync(path.join(root, "app", "data.json"), `{"a":1}`);
      writeFileSync(path.join(root, "app", "types.d.ts"), "declare const x: 1;");
      assert.deepEqual(await build(ensureBuilt), ["build: compiled 3 files"]);
      assert.match(dist("app/main.js"), /exports/);
      assert.equal(dist("app/data.json"), `{"a":1}`);
      assert.equal(existsSync(path.join(root, "dist", "app", "types.d.js")), false);
    });
  });

  it("says and does nothing when nothing changed, also when files were only touched", async () => {
    await withCheckout(async ({ root, build }) => {
      await build(ensureBuilt);
      writeFileSync(path.join(root, "dist", "mark"), "");
      assert.deepEqual(await build(ensureBuilt), []);
      utimesSync(path.join(root, "app", "main.ts"), new Date(), new Date(0));
      assert.deepEqual(await build(ensureBuilt), []);
      assert.ok(existsSync(path.join(root, "dist", "mark")));
    });
  });

  it("compiles again after a change, and drops what has no source any more", async () => {
    await withCheckout(async ({ root, build, dist }) => {
      await build(ensureBuilt);
      writeFileSync(path.join(root, "app", "main.ts"), "export const answer = 43;");
      rmSync(path.join(root, "index.ts"));
      assert.deepEqual(await build(ensureBuilt), ["build: compiled 1 files"]);
      assert.match(dist("app/main.js"), /43/);
      assert.equal(existsSync(path.join(root, "dist", "index.js")), false);
    });
  });

  it("leaves the old dist/ whole when a source is refused, and names the file", async () => {
    await withCheckout(async ({ root, build, dist }) => {
      await build(ensureBuilt);
      writeFileSync(path.join(root, "app", "main.ts"), "export const = ;");
      await assert.rejects(
        build(ensureBuilt),
        (error: SetupFailure) => error.exitCode === 2 && /app\/main\.ts:1:13/.test(error.message),
      );
      assert.match(dist("app/main.js"), /42/);
      assert.equal(existsSync(path.join(root, "dist.partial.tmp")), false);
    });
  });

  it("says `npm ci` when there is no compiler", async () => {
    await withCheckout(async ({ root, build }) => {
      rmSync(path.join(root, "node_modules"), { recursive: true });
      await assert.rejects(
        build(ensureBuilt),
        (error: SetupFailure) => error.exitCode === 2 && /npm ci/.test(error.message),
      );
    });
  });
});

interface Checkout {
  root: string;
  /** What ensureBuilt said, without the times. */
  build: (ensureBuilt: BuildModule["ensureBuilt"]) => Promise<string[]>;
  dist: (file: string) => string;
}

async function withCheckout(work: (checkout: Checkout) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const root = path.join(folder, "checkout");
    mkdirSync(path.join(root, "app"), { recursive: true });
    mkdirSync(path.join(root, "node_modules"));
    for (const name of ["esbuild", "@esbuild"]) {
      symlinkSync(path.join(repository, "node_modules", name), path.join(root, "node_modules", name));
    }
    writeFileSync(path.join(root, "package.json"), "{}");
    writeFileSync(path.join(root, "package-lock.json"), "{}");
    writeFileSync(path.join(root, "tsconfig.json"), "{}");
    writeFileSync(path.join(root, "tsconfig.build.json"), `{"include":["index.ts","app","missing"]}`);
    writeFileSync(path.join(root, "index.ts"), "export const program = 1;");
    writeFileSync(path.join(root, "app", "main.ts"), "export const answer: number = 42;");
    const environment = { SOPHIA_SECRETS_CACHE: path.join(folder, "cache") };
    await work({
      root,
      build: async (ensureBuilt) => {
        const { lines, log } = listen();
        await ensureBuilt({ log, environment, root });
        return lines.map((line) => line.replace(/ \(.*\)$/, ""));
      },
      dist: (file) => readFileSync(path.join(root, "dist", file), "utf8"),
    });
  });
}
