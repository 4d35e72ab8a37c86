/** How does a spec run a program as a child of its own? With the environment that it is given and nothing else. */
import { spawn } from "node:child_process";
import { resolve } from "node:path";

/** The folder of Pulumi.yaml. */
export const CHECKOUT = resolve(__dirname, "..", "..");

/** What a run came to. */
export interface ChildResult {
  /** -1 when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. Rejects only when it cannot be started. */
export async function runChild(
  command: string,
  args: readonly string[],
  options: { readonly env: Readonly<Record<string, string>>; readonly stdin?: string; readonly cwd?: string },
): Promise<ChildResult> {
  const child = spawn(command, [...args], { cwd: options.cwd ?? CHECKOUT, env: { ...options.env } });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  // A child that does not read its input closes the pipe early; that is no failure.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.stdin ?? "");
  return new Promise((done, reject) => {
    child.once("error", reject);
    child.once("close", (code) => done({ code: code ?? -1, ...output }));
  });
}

/** What was printed, for the message of an assertion on the exit code. */
export function said({ code, stdout, stderr }: ChildResult): string {
  return `exit code ${code}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`;
}
