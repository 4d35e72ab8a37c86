/** How is Pulumi's SDK loaded? Late, since it takes most of a second, without what it does for `--debug`, and without what it packs functions with. */
import Module, { createRequire } from "node:module";
import type { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation";
import { inGroupOfItsOwn } from "./engine-group";
import { AutomationError, EXIT } from "./errors";

/** The Automation API, and the CLI that it drives. */
export interface EngineSdk {
  readonly LocalWorkspace: typeof LocalWorkspace;
  readonly pulumiCommand: PulumiCommand;
}

/** Loads it and looks for the CLI, which is asked for its version meanwhile. Throws a usage error where that is not on PATH. */
export async function loadEngineSdk(): Promise<EngineSdk> {
  const { PulumiCommand } = await import("@pulumi/pulumi/automation/cmd.js");
  const asked = PulumiCommand.get({});
  asked.catch(() => undefined);
  dropDebugLines();
  skipPackager();
  const { LocalWorkspace } = await import("@pulumi/pulumi/automation/index.js");
  const pulumiCommand = await asked.catch((error: unknown) => {
    throw new AutomationError({
      code: "stack.no_cli",
      exitCode: EXIT.usage,
      message: "The Pulumi CLI is not on PATH.",
      hint: "Install it: https://www.pulumi.com/docs/install/. To try things out without it: npx sophia-secrets sandbox start",
      cause: error,
    });
  });
  return { LocalWorkspace, pulumiCommand: inGroupOfItsOwn(pulumiCommand) };
}

/**
 * The runtime sends some five lines a resource to the engine, each a call that waits for the one before, and the engine drops them, since nothing here
 * asks for them: a third of what a first run takes in this process. `debug` of https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/log/index.ts
 */
function dropDebugLines(): void {
  // An import would be a view of the module, which cannot be changed.
  const log = createRequire(__filename)("@pulumi/pulumi/log") as object;
  Object.assign(log, { debug: () => Promise.resolve() });
}

/**
 * A third of the time that the SDK takes to load goes into npm's own tree builder, which it needs for functions that are shipped to a cloud with
 * their dependencies. There are none here; whoever makes one is told. `computeCodePaths` of
 * https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/runtime/closure/codePaths.ts
 */
function skipPackager(): void {
  const { resolve, cache } = createRequire(__filename);
  try {
    const file = createRequire(resolve("@pulumi/pulumi/runtime/closure/codePaths")).resolve("@npmcli/arborist");
    if (cache[file]) return;
    const packager = new Module(file);
    cache[file] = Object.assign(packager, { exports: { Arborist: NoPackager }, filename: file, loaded: true });
  } catch {
    // Another SDK that needs none, or finds it elsewhere: it is loaded as it is.
  }
}

/** In the place of `Arborist`. */
class NoPackager {
  constructor() {
    throw new Error(
      "Functions that are shipped with their dependencies are not supported: see automation/engine-sdk.ts",
    );
  }
}
