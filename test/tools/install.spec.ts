// Is `npm ci` run when, and only when, node_modules is not what package-lock.json says?
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Run, importTool, listen, withFolder } from "./support";

interface InstallModule {
  ensureDependencies: (options: {
    log: (line: string) => void;
    environment: NodeJS.ProcessEnv;
    root: string;
    run: Run;
  }) => Promise<void>;
}

const wanted = {
  "": {},
  "node_modules/a": { version: "1.0.0" },
  "node_modules/b": { version: "2.0.0", optional: true },
};

describe("dependencies", () => {
  let ensureDependencies: InstallModule["ensureDependencies"];
  before(async () => {
    ({ ensureDependencies } = await importTool<InstallModule>("install.mjs"));
  });

  it("runs npm ci once where node_modules is missing, with the npm that started it", async () => {
    const calls = await installTwice(ensureDependencies, undefined);
    assert.deepEqual(calls, [[process.execPath, "/npm/bin/npm-cli.js", "ci", "--no-audit", "--no-fund"]]);
  });

  it("takes what somebody installed by hand when it fits the lockfile", async () => {
    const fitting = { "node_modules/a": { version: "1.0.0" } };
    assert.deepEqual(await installTwice(ensureDependencies, fitting), []);
  });

  for (const [what, packages] of [
    ["a package is of another version", { "node_modules/a": { version: "0.9.0" } }],
    ["a package is missing", { "node_modules/b": { version: "2.0.0" } }],
    ["an optional package is of another version", { ...wanted, "node_modules/b": { version: "1.0.0" } }],
  ] as const) {
    it(`runs npm ci where ${what}`, async () => {
      assert.equal((await installTwice(ensureDependencies, packages)).length, 1);
    });
  }

  it("runs npm ci again after package-lock.json changed", async () => {
    await withCheckout(undefined, async ({ root, install, calls }) => {
      await install(ensureDependencies);
      const changed = { packages: { ...wanted, "node_modules/a": { version: "1.1.0" } } };
      writeFileSync(path.join(root, "package-lock.json"), JSON.stringify(changed));
      await install(ensureDependencies);
      assert.equal(calls.length, 2);
    });
  });
});

async function installTwice(
  ensureDependencies: InstallModule["ensureDependencies"],
  installed: object | undefined,
): Promise<string[][]> {
  return withCheckout(installed, async ({ install, calls }) => {
    await install(ensureDependencies);
    await install(ensureDependencies);
    return calls;
  });
}

interface Checkout {
  root: string;
  install: (ensureDependencies: InstallModule["ensureDependencies"]) => Promise<void>;
  calls: string[][];
}

/** A checkout whose node_modules holds `installed`, as npm writes it down, and an npm that is only pretended. */
async function withCheckout<T>(installed: object | undefined, work: (checkout: Checkout) => Promise<T>): Promise<T> {
  return withFolder(async (folder) => {
    const root = path.join(folder, "checkout");
    mkdirSync(root);
    writeFileSync(path.join(root, "package-lock.json"), JSON.stringify({ packages: wanted }));
    if (installed) {
      mkdirSync(path.join(root, "node_modules"));
      writeFileSync(path.join(root, "node_modules", ".package-lock.json"), JSON.stringify({ packages: installed }));
    }
    const calls: string[][] = [];
    const run: Run = async (command, args) => {
      calls.push([command, ...args]);
      mkdirSync(path.join(root, "node_modules"), { recursive: true });
      return "";
    };
    const environment = {
      SOPHIA_SECRETS_CACHE: path.join(folder, "cache"),
      npm_execpath: "/npm/bin/npm-cli.js",
    };
    const install: Checkout["install"] = (ensure) => ensure({ ...listen(), environment, root, run });
    return work({ root, install, calls });
  });
}
