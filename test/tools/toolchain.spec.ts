// Does the set-up get everything, once, and go on where an interrupted run ended?
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Run, type SetupFailure, importTool, listen, withFolder } from "./support";

interface Toolchain {
  bin: string;
  pluginHome: string;
  pulumi: { path: string; version: string; source: string };
  languageHost: { path: string; version: string; source: string };
  plugins: { name: string; version: string; path: string; source: string }[];
}
interface Site {
  fetchVerified: (release: { asset: string }, target: string) => Promise<{ reason: string } | undefined>;
}
interface ToolchainModule {
  setUpToolchain: (options: {
    log: (line: string) => void;
    environment: NodeJS.ProcessEnv;
    run: Run;
    site: Site;
  }) => Promise<{ path: string; toolchain: Toolchain }>;
}

/** Nothing can be downloaded. */
const noSite: Site = { fetchVerified: async () => ({ reason: "the download site cannot be reached" }) };

describe("toolchain set-up", () => {
  let setUpToolchain: ToolchainModule["setUpToolchain"];
  before(async () => {
    ({ setUpToolchain } = await importTool<ToolchainModule>("toolchain.mjs"));
  });

  it("builds what cannot be downloaded, and says where each tool came from", async () => {
    await withMachine(async ({ environment, run, calls }) => {
      const { toolchain, path: file } = await setUpToolchain({ ...listen(), environment, run, site: noSite });
      assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), toolchain);
      assert.deepEqual(
        [toolchain.pulumi, toolchain.languageHost].map(({ version, source }) => `${version} ${source}`),
        ["3.259.0 go-modules", "3.68.0 go-modules"],
      );
      assert.deepEqual(
        toolchain.plugins.map(({ name, version, source }) => `${name} ${version} ${source}`),
        [
          "github 6.15.0 go-modules",
          "snowflake 1.3.0 go-modules",
          "random 4.21.2 go-modules",
          "vercel 5.4.1 present",
          "pulumiservice 1.3.0 present",
        ],
      );
      const builds = calls.filter((call) => call.startsWith("go build"));
      assert.deepEqual(
        builds.map((call) => call.split(" in ")[1]),
        ["cli", "language-nodejs", "github", "snowflake", "random"],
      );
      assert.ok(builds.every((call) => call.includes("-mod=readonly")));
      assert.match(builds[0] ?? "", /-X github\.com\/pulumi\/pulumi\/sdk\/v3\/go\/common\/version\.Version=v3\.259\.0/);
    });
  });

  it("starts no program and asks no site the second time", async () => {
    await withMachine(async ({ environment, run, calls }) => {
      const first = await setUpToolchain({ ...listen(), environment, run, site: noSite });
      calls.length = 0;
      let asked = 0;
      const site: Site = { fetchVerified: async () => ({ reason: String((asked += 1)) }) };
      const { lines, log } = listen();
      const started = performance.now();
      const second = await setUpToolchain({ log, environment, run, site });
      assert.ok(performance.now() - started < 1000);
      assert.deepEqual(second, first);
      assert.deepEqual({ calls, asked, lines: lines.length }, { calls: [], asked: 0, lines: 1 });
    });
  });

  it("goes on where a run was interrupted, and leaves nothing half-made", async () => {
    await withMachine(async ({ environment, run, calls, failAt }) => {
      failAt("snowflake");
      await assert.rejects(setUpToolchain({ ...listen(), environment, run, site: noSite }), /stopped in snowflake/);
      failAt(undefined);
      calls.length = 0;
      const { toolchain, path: file } = await setUpToolchain({ ...listen(), environment, run, site: noSite });
      assert.deepEqual(
        calls.filter((call) => call.startsWith("go build")).map((call) => call.split(" in ")[1]),
        ["snowflake", "random"],
      );
      assert.deepEqual(readdirSync(path.dirname(file)).sort(), ["bin", "pulumi-home", "steps", "toolchain.json"]);
      const tools = ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"];
      assert.deepEqual(readdirSync(toolchain.bin).sort(), tools);
    });
  });

  it("builds a tool again that was cut short on disk", async () => {
    await withMachine(async ({ environment, run, calls }) => {
      const { toolchain } = await setUpToolchain({ ...listen(), environment, run, site: noSite });
      truncateSync(toolchain.plugins[2]?.path ?? "", 1);
      calls.length = 0;
      await setUpToolchain({ ...listen(), environment, run, site: noSite });
      assert.deepEqual(
        calls.filter((call) => call.startsWith("go build")).map((call) => call.split(" in ")[1]),
        ["random"],
      );
    });
  });

  it("lets two set-ups at once do every step once", async () => {
    await withMachine(async ({ environment, run, calls }) => {
      const options = { ...listen(), environment, run, site: noSite };
      const [first, second] = await Promise.all([setUpToolchain(options), setUpToolchain(options)]);
      assert.deepEqual(second, first);
      assert.equal(calls.filter((call) => call.startsWith("go build")).length, 5);
    });
  });

  it("takes the official downloads where they can be had, and builds nothing", async () => {
    await withMachine(async ({ environment, run, calls }) => {
      const asked: string[] = [];
      const site: Site = {
        fetchVerified: async ({ asset }, target) => {
          asked.push(asset);
          writeFileSync(target, asset);
          return undefined;
        },
      };
      const { toolchain } = await setUpToolchain({ ...listen(), environment, run, site });
      assert.deepEqual(
        [toolchain.pulumi, toolchain.languageHost].map(({ version, source }) => `${version} ${source}`),
        ["3.259.0 download", "3.259.0 download"],
      );
      assert.equal(asked.length, 4);
      assert.match(asked[0] ?? "", /^pulumi-v3\.259\.0-/);
      assert.deepEqual(
        calls.filter((call) => call.startsWith("go")),
        [],
      );
    });
  });

  it("does not take its own stand-ins for official plugins when PULUMI_HOME leads to them", async () => {
    await withMachine(async ({ environment, run, folder }) => {
      const home = path.join(folder, ".sandbox", "home");
      fakePlugin(home, "github", "6.15.0");
      fakePlugin(home, "vercel", "5.4.1");
      const { toolchain } = await setUpToolchain({
        ...listen(),
        environment: { ...environment, PULUMI_HOME: home },
        run,
        site: noSite,
      });
      const sources = new Map(toolchain.plugins.map(({ name, source }) => [name, source]));
      assert.deepEqual([sources.get("github"), sources.get("vercel")], ["go-modules", "stand-in"]);
    });
  });

  for (const [what, go] of [
    ["without Go", undefined],
    ["with a Go that is too old", "go version go1.25.9 linux/amd64"],
  ] as const) {
    it(`says what to install, with exit code 2, ${what}`, async () => {
      await withMachine(
        async ({ environment, run }) => {
          const failure = await setUpToolchain({ ...listen(), environment, run, site: noSite }).then(
            () => assert.fail("it went on"),
            (error: SetupFailure) => error,
          );
          assert.equal(failure.exitCode, 2);
          assert.match(failure.message, /Install Go 1\.26 or newer/);
          assert.match(failure.message, go ? /says go version go1\.25\.9/ : /there is no `go` on PATH/);
          assert.equal(failure.message.includes("\n"), false);
        },
        { go },
      );
    });
  }
});

interface Machine {
  folder: string;
  environment: NodeJS.ProcessEnv;
  run: Run;
  /** `PROGRAM ARGUMENTS in FOLDER` for each program that was started. */
  calls: string[];
  failAt: (module: string | undefined) => void;
}

/**
 * A machine whose programs are pretended: `go build` and `pulumi plugin install` leave the files that the real ones leave.
 * Its user has the official vercel and pulumiservice plugins, so that nothing needs to be bundled.
 */
async function withMachine(
  work: (machine: Machine) => Promise<void>,
  { go }: { go: string | undefined } = { go: "go version go1.26.0 linux/amd64" },
): Promise<void> {
  await withFolder(async (folder) => {
    const bin = path.join(folder, "bin");
    mkdirSync(bin);
    if (go !== undefined) writeFileSync(path.join(bin, "go"), "");
    const userHome = path.join(folder, "pulumi");
    fakePlugin(userHome, "vercel", "5.4.1");
    fakePlugin(userHome, "pulumiservice", "1.3.0");
    const calls: string[] = [];
    let failing: string | undefined;
    const run: Run = async (command, args, { cwd = "", env = {} } = {}) => {
      const program = path.basename(command);
      calls.push(`${program} ${args.join(" ")} in ${path.basename(cwd)}`);
      if (program === "go" && args[0] === "version") return go ?? "";
      if (program === "go") fakeBuild(args, path.basename(cwd) === failing);
      if (program === "tar") fakeUnpack(args);
      if (program === "pulumi" && args[0] === "plugin") fakePlugin(env.PULUMI_HOME ?? "", args[3] ?? "", args[4] ?? "");
      if (failing && path.basename(cwd) === failing) throw new Error(`stopped in ${failing}`);
      return "";
    };
    const environment = { PATH: bin, PULUMI_HOME: userHome, SOPHIA_SECRETS_CACHE: path.join(folder, "cache") };
    await work({ folder, environment, run, calls, failAt: (module) => (failing = module) });
  });
}

function fakeBuild(args: readonly string[], halfWay: boolean): void {
  const output = args[args.indexOf("-o") + 1] ?? "";
  writeFileSync(output, halfWay ? "half" : `binary ${path.basename(output)}`);
  chmodSync(output, 0o755);
}

function fakeUnpack(args: readonly string[]): void {
  const folder = path.join(args[args.indexOf("-C") + 1] ?? "", "pulumi");
  mkdirSync(folder);
  for (const name of ["pulumi", "pulumi-language-nodejs"]) writeFileSync(path.join(folder, name), `official ${name}`);
}

function fakePlugin(home: string, name: string, version: string): void {
  const folder = path.join(home, "plugins", `resource-${name}-v${version}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `pulumi-resource-${name}`), `plugin ${name}`);
}
