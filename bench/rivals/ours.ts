/** Our own command line, as users start it, and the plain Pulumi CLI on the same program. */
import { join } from "node:path";
import { type MeasuredCommand } from "../case";
import { CHECKOUT } from "../command";

/** `sophia-secrets WORDS`, compiled. */
export function ours(env: Readonly<Record<string, string>>, ...words: readonly string[]): MeasuredCommand {
  const entry = join(CHECKOUT, "bin", "sophia-secrets.js");
  return { words: [process.execPath, "--", entry, ...words], env, cwd: CHECKOUT };
}

/** `pulumi WORDS` in the checkout, as one types it: Node's language host compiles the program with ts-node and checks its types. */
export function byHand(env: Readonly<Record<string, string>>, ...words: readonly string[]): MeasuredCommand {
  const { PULUMI_NODEJS_TRANSPILE_ONLY: _, ...typed } = env;
  return { words: ["pulumi", ...words, "--non-interactive"], env: typed, cwd: CHECKOUT };
}

/** A program of `bench/programs/`, compiled as ours is. */
export function compiled(
  program: string,
  env: Readonly<Record<string, string>>,
  ...words: readonly string[]
): MeasuredCommand {
  return {
    words: [process.execPath, join(CHECKOUT, "dist", "bench", "programs", `${program}.js`), ...words],
    env,
    cwd: CHECKOUT,
  };
}
