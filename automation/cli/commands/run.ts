/** `run -- CMD`: start a program with what consumers read, and take the values out of what it prints. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { type Readable } from "node:stream";
import { CONTROL_VARIABLES, ESC_TOKEN } from "../../settings";
import { usageError } from "../../errors";
import { hasPassword } from "../../state-backend";
import { type CommandContext } from "../command";

/** Options of `run`. */
export interface RunOptions {
  readonly command: readonly string[];
  /** Pass the program's output on as it is. */
  readonly masking: boolean;
}

/** What opens the secrets in Pulumi's state. https://www.pulumi.com/docs/iac/cli/environment-variables/ */
const STATE_VARIABLES = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"];

/** Runs the program; its exit code is ours (128 + signal where one ended it). Controlling tokens and what opens the state are not passed on. */
export async function runRun({ command, masking }: RunOptions, context: CommandContext): Promise<number> {
  const { dependencies } = context;
  const [program, ...words] = command;
  if (program === undefined)
    throw usageError(
      "run.no_command",
      "No program was named.",
      "Name it after --: npx sophia-secrets run -- node server.js",
    );
  const { environmentVariables } = await context.session(ESC_TOKEN).openPublished();
  const { PULUMI_BACKEND_URL: stateUrl = "" } = dependencies.environment;
  const opening = hasPassword(stateUrl) ? ["PULUMI_BACKEND_URL"] : [];
  const controls = new Set([...CONTROL_VARIABLES, ...STATE_VARIABLES, ...opening]);
  const inherited = Object.entries(dependencies.environment).filter(([name]) => !controls.has(name));
  const env = { ...Object.fromEntries(inherited), ...environmentVariables };
  const child = spawn(program, words, { env, stdio: masking ? ["inherit", "pipe", "pipe"] : "inherit" });
  dependencies.signal.addEventListener("abort", () => child.kill("SIGTERM"), { once: true });
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        usageError(
          "run.not_started",
          `${program} could not be started (${error.code ?? "unknown"}).`,
          "Check its name and PATH; what a shell understands goes into sh -c '…'.",
        ),
      ),
    );
    child.once("close", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
  const { redactor, stdout, stderr } = dependencies;
  if (child.stdout) pipeLines(child.stdout, redactor.writer(stdout));
  if (child.stderr) pipeLines(child.stderr, redactor.writer(stderr));
  return ended;
}

/** Whole lines only: a value that arrives in two pieces would slip through. */
function pipeLines(stream: Readable, write: (text: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const end = (rest + chunk).lastIndexOf("\n") + 1;
    const text = rest + chunk;
    if (end > 0) write(text.slice(0, end));
    rest = text.slice(end);
  });
  stream.on("end", () => {
    if (rest !== "") write(rest);
  });
}
