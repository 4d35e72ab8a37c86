/** Where does the command line begin and end? Parses, runs one verb, and is the only place that sets the exit code. */
import { type Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { CommanderError } from "commander";
import { AutomationError, EXIT, interruptedError, type ExitCode } from "../errors";
import { systemHttp } from "../http";
import { Redactor } from "../redact";
import { createCli } from "./cli";
import { type TerminalWriter } from "./command";
import { describeMistake, silenceMistakes } from "./mistakes";
import { helpText } from "./help";
import { Output } from "./output";
import { readPackage } from "./package";
import { tellingHttp } from "./verbose";
import { type Act } from "./verbs/verb";

/** What one run of the command line is given from outside. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  /** Folder in which paths of the line begin. */
  readonly directory: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: TerminalWriter;
  readonly stderr: TerminalWriter;
  /** Aborted when the user wants the run to end. */
  readonly interrupt: AbortSignal;
}

/** Runs the command line and returns the exit code; touches nothing of this process but what it is given. */
export async function main(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { environment, directory, stdin, stdout, stderr, interrupt } = surroundings;
  const redactor = new Redactor();
  // Whoever reads us may stop reading (`| head -1`): the work goes on to its end, only its words are lost.
  for (const stream of [stdout, stderr]) stream.on("error", () => undefined);
  // What stands behind `--` belongs to the command that `run` starts.
  const json = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : argv.length).includes("--json");
  let output = new Output({ stdout, stderr, redactor, json });
  let exitCode: number = EXIT.done;
  const act: Act = async (shared, run) => {
    const { json: isJson = false, verbose = false } = shared;
    const spoken = new Output({ stdout, stderr, redactor, json: isJson, verbose });
    const tellDetail = (line: string) => spoken.detail(line);
    output = spoken;
    // Settings and ESC, with their libraries, are for verbs: help and completion start without them.
    const [{ CommandContext }, { stateSecrets }] = await Promise.all([
      import("./command.js"),
      import("../state-backend.js"),
    ]);
    redactor.addAll(stateSecrets(environment));
    const http = systemHttp(environment);
    const context = new CommandContext(
      {
        environment,
        directory,
        http: verbose ? tellingHttp(http, tellDetail, () => performance.now()) : http,
        now: Date.now,
        redactor,
        signal: interrupt,
        stdin,
        stdout,
        stderr,
        sleep: (milliseconds) => sleep(milliseconds, undefined, { signal: interrupt }),
        ...(verbose ? { tellDetail } : {}),
      },
      output,
      { stack: shared.stack ?? environment.PULUMI_STACK ?? "development", json: isJson },
    );
    exitCode = (await run(context)) ?? EXIT.done;
  };
  const cli = createCli(readPackage().version, act);
  silenceMistakes(cli);
  try {
    await cli.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    const isMistake = error instanceof CommanderError && error.exitCode !== 0;
    if (isMistake && argv.length === 0) output.talk(helpText(cli));
    return fail(isMistake ? describeMistake(error, cli, argv) : error, output, surroundings);
  }
}

function fail(error: unknown, output: Output, { interrupt, environment }: Surroundings): ExitCode {
  const interrupted = interrupt.aborted;
  // Help and version, which were asked for and are printed.
  if (error instanceof CommanderError) return EXIT.done;
  if (error instanceof AutomationError && (!interrupted || error.exitCode === EXIT.cancelled)) {
    output.error(error);
    return error.exitCode;
  }
  // Whatever broke after the interrupt broke because of it.
  if (interrupted) {
    output.error(interruptedError());
    return EXIT.cancelled;
  }
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const where = error instanceof Error && environment.SOPHIA_SECRETS_DEBUG ? `\n${error.stack}` : "";
  output.error(
    new AutomationError({
      code: "internal",
      exitCode: EXIT.internal,
      message: `A defect of sophia-secrets: ${detail}${where}`,
      hint: "Run again with SOPHIA_SECRETS_DEBUG=1 for the place, and report it.",
    }),
  );
  return EXIT.internal;
}

/** Runs the command line of this process. */
export async function runMain(): Promise<void> {
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  const { env: environment, stdin, stdout, stderr } = process;
  const surroundings = { environment, directory: process.cwd(), stdin, stdout, stderr, interrupt: interrupt.signal };
  process.exitCode = await main(process.argv.slice(2), surroundings);
  process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
}

if (require.main === module) void runMain();
