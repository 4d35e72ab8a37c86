/** How does a spec run the command line without the half second that a process needs to start? The compiled program, in this process, with streams of its own. */
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { type main } from "../../automation/cli/main";
import { CHECKOUT, type ChildResult } from "./child";
import { importTool } from "../tools/support";
import { withoutSourceMaps } from "./source-maps";

/** What one run is given. */
export interface RunOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  /** @default nothing */
  readonly stdin?: string;
}

let loaded: Promise<typeof main> | undefined;

/**
 * Runs `sophia-secrets` to its end. It is the code of `dist/`, which children run too: the engine would take a dynamic resource for changed
 * whose code was compiled in another way. What only a process shows (signals, arguments, its temporary folder) needs a child.
 */
export async function runHere(argv: readonly string[], options: RunOptions): Promise<ChildResult> {
  const run = await (loaded ??= load());
  const { environment, directory, stdin = "" } = options;
  const output = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof output) =>
    new PassThrough({ encoding: "utf8" }).on("data", (text: string) => (output[name] += text));
  const streams = { stdin: Readable.from([stdin]), stdout: stream("stdout"), stderr: stream("stderr") };
  const interrupt = new AbortController().signal;
  const code = await withoutSourceMaps(() =>
    run(argv, { environment: { ...environment }, directory, ...streams, interrupt }),
  );
  await new Promise((done) => streams.stdout.end(() => streams.stderr.end(done)));
  return { code, ...output };
}

/** Compiles what has changed, as the first start after a change does. */
export async function buildDist(): Promise<void> {
  const { ensureBuilt } = await importTool<{ readonly ensureBuilt: (options: object) => Promise<void> }>("build.mjs");
  await ensureBuilt({ log: () => undefined });
}

async function load(): Promise<typeof main> {
  await buildDist();
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- compiled just now
  return (require(join(CHECKOUT, "dist", "automation", "cli", "main.js")) as { main: typeof main }).main;
}
