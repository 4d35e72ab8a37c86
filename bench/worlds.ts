/** Where do the cases work? The stand-ins, folders for what contenders leave, and the toolchain, opened when first needed and cleared up at the end. */
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Toolchain } from "../sandbox/toolchain";
import { CHECKOUT } from "./command";
import { output } from "./rivals/rival";
import { startStandIns, type StandIns } from "./stand-ins/process";
import { type EscWorld, type GitHubWorld, type SandboxWorld } from "./stand-ins/protocol";

/** The surroundings of one run of the bench. */
export class Worlds {
  readonly standIns: StandIns = startStandIns();
  private path: Promise<string> | undefined;

  private constructor(private readonly folder: string) {}

  static async open(): Promise<Worlds> {
    return new Worlds(await realpath(await mkdtemp(join(tmpdir(), "sophia-bench-"))));
  }

  /** A new empty folder. */
  newFolder(): Promise<string> {
    return mkdtemp(join(this.folder, "case-"));
  }

  /** The whole sandbox, seeded, nothing deployed. */
  async openSandbox(): Promise<SandboxWorld> {
    const [toolchain, home] = [await this.toolchainPath(), await this.newFolder()];
    const world = await this.standIns.ask("openSandbox", { folder: join(home, "sandbox"), toolchain });
    // Without one, Snowflake's driver keeps what it knows of certificates in the working directory.
    return { ...world, variables: { HOME: home, ...world.variables } };
  }

  openGitHub(repositories: readonly string[], limited = false): Promise<GitHubWorld> {
    return this.standIns.ask("openGitHub", { repositories, limited });
  }

  openEsc(): Promise<EscWorld> {
    return this.standIns.ask("openEsc", {});
  }

  closeWorld({ world }: { readonly world: number }): Promise<void> {
    return this.standIns.ask("close", { world });
  }

  /** The Pulumi CLI and its plugins. */
  async toolchain(): Promise<Toolchain> {
    return JSON.parse(await readFile(await this.toolchainPath(), "utf8")) as Toolchain;
  }

  private toolchainPath(): Promise<string> {
    const named = process.env.SOPHIA_SECRETS_TOOLCHAIN;
    this.path ??= named
      ? Promise.resolve(named)
      : output(process.execPath, join(CHECKOUT, "tools", "run.mjs"), "toolchain").then((text) => text.trim());
    return this.path;
  }

  /** Ends the stand-ins and removes every folder. */
  async close(): Promise<void> {
    await this.standIns.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
