/** What does one run of the command line cost? A child that reports on itself when it ends. */
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { type Measurement } from "./case";
import { type EscProcess } from "./esc-process";

/** The folder of package.json. */
export const CHECKOUT = resolve(__dirname, "..");

/** How the command line is run. */
export interface CommandOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Whose work is told apart from ours. */
  readonly esc: EscProcess;
}

/** Runs `sophia-secrets`, which has to be built, to its end. Throws with what it said when it does not end with 0. */
export async function measure(words: readonly string[], { env, cwd, esc }: CommandOptions): Promise<Measurement> {
  await esc.startCounting();
  const main = join(CHECKOUT, "bin", "sophia-secrets.js");
  const begun = process.hrtime.bigint();
  const child = spawn(process.execPath, ["--require", join(CHECKOUT, "bench", "peak.js"), "--", main, ...words], {
    cwd,
    env: { ...env },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const said = { text: "", costs: "" };
  child.stdio[1]?.resume();
  child.stdio[2]?.on("data", (chunk: Buffer) => (said.text += chunk.toString("utf8")));
  child.stdio[3]?.on("data", (chunk: Buffer) => (said.costs += chunk.toString("utf8")));
  const code = await new Promise((done, reject) => child.once("error", reject).once("close", done));
  const wallMs = Number(process.hrtime.bigint() - begun) / 1e6;
  if (code !== 0) throw new Error(`${words.join(" ")} ended with ${String(code)}: ${said.text}`);
  const costs = JSON.parse(said.costs) as Pick<Measurement, "peakMb" | "cpuMs">;
  return { wallMs, ...costs, ...(await esc.stopCounting()) };
}
