/** How is Pulumi's SDK loaded? Late, since it takes most of a second, and without what it does for `--debug`. */
import { createRequire } from "node:module";
import type { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation";
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
  return { LocalWorkspace, pulumiCommand };
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
