/** What reaches the CLI when somebody presses ctrl-C? Our signal alone, and as often as it was pressed. */
import type * as ChildProcess from "node:child_process";
import { type SpawnOptions } from "node:child_process";
import { createRequire } from "node:module";
import type { PulumiCommand } from "@pulumi/pulumi/automation";

/** The signal, where there is one, is the sixth. */
type Run = (...words: unknown[]) => Promise<unknown>;

/**
 * The command with each run in a process group of its own. A terminal sends ctrl-C to every process in its foreground, and the SDK passes it on to
 * the CLI when the run's signal fires: the CLI would get two, end at the second without waiting for what it has begun, and leave orphans. So a run
 * with a signal is kept out of the terminal's reach. The SDK has no option for that; its `run` starts the process before it first waits, so nothing
 * else is started meanwhile.
 * https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/automation/cmd.ts
 */
export function inGroupOfItsOwn(pulumiCommand: PulumiCommand): PulumiCommand {
  // An import would be a view of the module, which cannot be changed.
  const processes = createRequire(__filename)("node:child_process") as typeof ChildProcess;
  const { run } = pulumiCommand as PulumiCommand & { run: Run };
  const runApart: Run = (...words) => {
    const { spawn } = processes;
    const signal = words[5] as AbortSignal | undefined;
    // On Windows it would open a window.
    const detached = signal !== undefined && process.platform !== "win32";
    const spawnApart = (file: string, args: readonly string[], options: SpawnOptions) => {
      const child = spawn(file, args, { ...options, detached });
      if (detached) passOnAgain(signal, child);
      return child;
    };
    processes.spawn = spawnApart as typeof spawn;
    try {
      return run.apply(pulumiCommand, words);
    } finally {
      processes.spawn = spawn;
    }
  };
  // What was given stays as it is: whoever keeps it may give it again.
  return Object.assign(Object.create(pulumiCommand) as PulumiCommand, { run: runApart });
}

/**
 * Whoever presses ctrl-C again wants an end without waiting for what has begun. For a child in a group of its own that gets the first one when the
 * signal fires.
 */
export function passOnAgain(signal: AbortSignal, child: ChildProcess.ChildProcess): void {
  const again = () => void child.kill("SIGINT");
  const isThere = () => child.exitCode === null && child.signalCode === null;
  // The one that is being handled now is the first.
  const listen = () => setImmediate(() => isThere() && process.on("SIGINT", again));
  signal.addEventListener("abort", listen, { once: true });
  child.once("close", () => {
    signal.removeEventListener("abort", listen);
    process.off("SIGINT", again);
  });
}
