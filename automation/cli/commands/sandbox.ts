/** `sandbox`: the door to the stand-ins on this machine. The sandbox's code is loaded here and nowhere else. */
import { usageError } from "../../errors";
import { chooseFrom } from "../choices";
import { type CommandContext, type CommandResult } from "../command";

/** Options of `sandbox`. */
export interface SandboxCommandOptions {
  readonly action: string;
  readonly foreground: boolean;
}

/** Runs one action of the sandbox. */
export async function runSandbox(
  { action, foreground }: SandboxCommandOptions,
  context: CommandContext,
): Promise<CommandResult> {
  const { sandboxActions } = await import("../../../sandbox/actions.js");
  const act = sandboxActions[action];
  if (act) return act(context, { foreground });
  throw usageError(
    "cli.unknown_action",
    `Unknown action: sandbox ${action}.`,
    chooseFrom(Object.keys(sandboxActions), action),
  );
}
