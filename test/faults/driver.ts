/** How does the suite run commands? By one process that stays, because starting one costs more than most of what it does. */
import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { CHECKOUT, type ChildResult } from "../support/sandbox";
import { processTree, signalProcess } from "./processes";

/** A run that takes longer than this hangs. Milliseconds. */
const DEADLINE_MS = 400_000;

/** Exit code of a run that had to be ended. */
export const TIMED_OUT = -2;

/** How a command is run. */
export interface RunOptions {
  /** Told of the process as the command begins. */
  readonly onStart?: (pid: number) => void;
  /** Added to the process's environment for this command and all that follow; null takes one away. */
  readonly variables?: Readonly<Record<string, string | null>>;
}

/** The process. It starts with the first command and again whenever it was ended. */
export class WarmDriver {
  private child: ChildProcess | undefined;

  constructor(private readonly environment: Readonly<Record<string, string>>) {}

  /** Of the process that runs commands now. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Runs a command to its end; -1 when the process was killed. */
  async run(
    args: readonly string[],
    { onStart = () => undefined, variables = {} }: RunOptions = {},
  ): Promise<ChildResult> {
    const child = this.child ?? this.start();
    const { pid } = child;
    if (pid === undefined) throw new Error("the command line could not be started");
    const output = { stdout: "", stderr: "" };
    const listen = (name: "stdout" | "stderr") => {
      const take = (text: string) => (output[name] += text);
      child[name]?.on("data", take);
      return () => child[name]?.off("data", take);
    };
    const stops = [listen("stdout"), listen("stderr")];
    onStart(pid);
    const code = await this.ended(child, pid, () => child.send({ args, variables }));
    // What was printed last may still be on its way.
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const stop of stops) stop();
    return { code, ...output };
  }

  /** Ends the process: a command that has ended has left nothing in it. */
  stop(): void {
    if (this.child?.pid !== undefined) signalProcess(this.child.pid, "SIGKILL");
    this.child = undefined;
  }

  private start(): ChildProcess {
    const child = fork(join(__dirname, "warm-driver.js"), [], {
      cwd: CHECKOUT,
      env: { ...this.environment },
      execArgv: [],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    child.stdout?.setEncoding("utf8");
    child.stderr?.setEncoding("utf8");
    this.child = child;
    return child;
  }

  private ended(child: ChildProcess, pid: number, begin: () => void): Promise<number> {
    return new Promise((resolve) => {
      const end = (code: number) => {
        clearTimeout(timer);
        child.removeAllListeners("message").removeAllListeners("exit");
        resolve(code);
      };
      const timer = setTimeout(() => {
        for (const victim of processTree(pid)) signalProcess(victim, "SIGKILL");
        this.child = undefined;
        end(TIMED_OUT);
      }, DEADLINE_MS);
      child.once("message", ({ code }: { code: number }) => end(code));
      child.once("exit", (code) => {
        this.child = undefined;
        end(code ?? -1);
      });
      begin();
    });
  }
}
