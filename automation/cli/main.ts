/** Where does the command line begin and end? Parses, runs one verb, and is the only place that sets the exit code. */
import { setTimeout as sleep } from "node:timers/promises";
import { CommanderError } from "commander";
import { AutomationError, EXIT, interruptedError, type ExitCode } from "../errors";
import { systemHttp } from "../http";
import { Redactor } from "../redact";
import { createCli } from "./cli";
import { describeMistake, silenceMistakes } from "./mistakes";
import { helpText } from "./help";
import { Output } from "./output";
import { readPackage } from "./package";
import { tellingHttp } from "./verbose";
import { type Act } from "./verbs/verb";

/** Runs the command line and returns the exit code; writes only to the given streams. */
export async function main(argv: readonly string[]): Promise<number> {
  const redactor = new Redactor();
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  // Whoever reads us may stop reading (`| head -1`): the work goes on to its end, only its words are lost.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const { env: environment, stdin, stdout, stderr } = process;
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
    const { CommandContext } = await import("./command.js");
    const context = new CommandContext(
      {
        environment,
        directory: process.cwd(),
        http: verbose ? tellingHttp(systemHttp(), tellDetail, () => performance.now()) : systemHttp(),
        now: Date.now,
        redactor,
        signal: interrupt.signal,
        stdin,
        stdout,
        stderr,
        sleep: (milliseconds) => sleep(milliseconds, undefined, { signal: interrupt.signal }),
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
    return fail(isMistake ? describeMistake(error, cli, argv) : error, output, interrupt.signal.aborted);
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

function fail(error: unknown, output: Output, interrupted: boolean): ExitCode {
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
  const where = error instanceof Error && process.env.SOPHIA_SECRETS_DEBUG ? `\n${error.stack}` : "";
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
  process.exitCode = await main(process.argv.slice(2));
}

if (require.main === module) void runMain();
