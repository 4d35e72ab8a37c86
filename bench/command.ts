/** What does one command cost, with everything that it starts? */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { type Cost, type MeasuredCommand } from "./case";
import { sampleMemory } from "./memory";

/** The folder of package.json. */
export const CHECKOUT = resolve(__dirname, "..");

/** What a command came to. */
export interface Finished extends Cost {
  readonly stdout: string;
}

/** The shell's own account of the processes that it has waited for, and those for which they have: two lines, of which the second counts. */
const COUNTED = `"$@"; code=$?; times >&3; exit $code`;

/**
 * Runs a command to its end. Its processor time is that of every descendant that was waited for. With `memory`, which costs the machine a little,
 * its memory is measured too. Throws with what it said when it ends with a code that is not expected.
 */
export async function runCommand(
  { words, env, cwd, expect = [0] }: MeasuredCommand,
  options: { readonly memory: boolean } = { memory: false },
): Promise<Finished> {
  const begun = process.hrtime.bigint();
  const child = spawn("bash", ["-c", COUNTED, "bench", ...words], {
    ...{ cwd, env: { ...env }, detached: true },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  // It leads a session of its own, so an interrupt of the bench does not reach it.
  const end = () => child.pid !== undefined && child.exitCode === null && process.kill(-child.pid, "SIGTERM");
  process.on("exit", end);
  const memory = options.memory && child.pid !== undefined ? sampleMemory(child.pid) : undefined;
  const said = ["", "", "", ""];
  for (const channel of [1, 2, 3])
    child.stdio[channel]?.on("data", (chunk: Buffer) => (said[channel] += chunk.toString("utf8")));
  const code = await new Promise<number>((done, failed) =>
    child.once("error", failed).once("close", (exitCode) => done(exitCode ?? -1)),
  );
  process.off("exit", end);
  const wallMs = Number(process.hrtime.bigint() - begun) / 1e6;
  const peakMb = memory?.stop();
  const [, stdout = "", stderr = "", times = ""] = said;
  if (!expect.includes(code))
    throw new Error(`${words.slice(0, 4).join(" ")} … ended with ${code}:\n${stderr}\n${stdout}`);
  return { wallMs, cpuMs: childrenTime(times), stdout, ...(peakMb === undefined ? {} : { peakMb }) };
}

/** `times` prints user and system time of the shell, and in a second line those of its children: `0m1.234s 0m0.100s`. */
function childrenTime(times: string): number {
  const [, children = ""] = times.trim().split("\n");
  const parts = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  return parts.reduce((sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1000, 0);
}
